"""Secrets for tests: made anew in each run, and the same in all of its processes."""

from __future__ import annotations

import hashlib
import os
import secrets

# Not FLASK_…: the servers of tests inherit none of those variables.
_SEED = os.environ.setdefault("TEST_SECRETS_SEED", secrets.token_hex(32))


def secret(name: str = "") -> str:
    """Return a secret of 64 characters, long enough for HS512."""
    return hashlib.sha256(f"{_SEED} {name}".encode()).hexdigest()
