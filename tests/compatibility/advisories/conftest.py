"""Key pairs of whoever is attacked."""

from __future__ import annotations

from typing import cast

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.support.material import PRIVATE, pem

from .forging import PrivateKey


@pytest.fixture(scope="session")
def key_pairs() -> dict[str, PrivateKey]:
    """Return a private key for each algorithm that has one."""
    loaded = {name: load_pem_private_key(pem(file), None) for name, file in PRIVATE.items()}
    return cast(dict[str, PrivateKey], loaded)
