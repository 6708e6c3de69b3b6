"""What a candidate is: one way of protecting a view."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask

from ..keys import Keys
from ..tokens import LIFETIME, ClaimsOf

View = Callable[[], Any]


class User:
    """Whom a token stands for."""

    __slots__ = ("id",)

    def __init__(self, id: str) -> None:
        self.id = id


def find_user(user_id: str) -> User:
    """Return the user of a token, the same way for every candidate."""
    return User(user_id)


@dataclass(frozen=True)
class Protection:
    """A candidate that is wired up with an application."""

    guard: Callable[[View], View]
    user_id: Callable[[], str]
    issue: Callable[[User], str] | None = None


@dataclass(frozen=True)
class Candidate:
    """A way of protecting a view."""

    name: str
    protect: Callable[[Flask, Keys, str], Protection]
    claims_of: ClaimsOf
    scheme: str = "Bearer"
    names: Mapping[str, str] = field(default_factory=dict)
    imports: str = ""
    remembers: int = 0

    def name_of(self, algorithm: str) -> str:
        """Return the ``alg`` name that this candidate knows an algorithm by."""
        return self.names.get(algorithm, algorithm)


#: Of those who know Ed25519 by the name of RFC 8037 alone.
OLDER_NAMES = {"Ed25519": "EdDSA"}


def plain_claims(user_id: str, now: int) -> dict[str, Any]:
    """Return the claims that whoever chooses freely puts into a token."""
    return {"exp": now + LIFETIME, "iat": now, "nbf": now, "sub": user_id}
