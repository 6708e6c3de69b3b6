"""Fixtures of other folders that the console's tests use too."""

from tests.advisories.conftest import key_pairs as key_pairs
from tests.advisories.conftest import rsa_key as rsa_key
