"""Fixtures of other folders that the console's tests use too."""

from tests.support.chromium import chromium as chromium
from tests.support.chromium import chromium_arguments as chromium_arguments
from tests.support.chromium import new_context as new_context
