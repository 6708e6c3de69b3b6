"""What hashing does to Argon2, seen from outside."""

from __future__ import annotations

from typing import Any

import argon2
import pytest


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes that Argon2 has verified, in their order."""
    seen: list[str] = []
    really = argon2.PasswordHasher.verify

    def verify(self: argon2.PasswordHasher, stored: Any, password: Any) -> bool:
        seen.append(stored)
        return really(self, stored, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", verify)
    return seen
