"""Fixtures of other folders that the console's tests use too."""

from tests.compatibility.advisories.conftest import key_pairs as key_pairs
from tests.support.chromium import chromium as chromium
from tests.support.chromium import chromium_arguments as chromium_arguments
from tests.support.chromium import new_context as new_context
