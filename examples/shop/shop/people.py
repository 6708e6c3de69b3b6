"""Who signs in, whom a token stands for, and what is in it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from werkzeug.security import check_password_hash, generate_password_hash

from flask_jwt import JWT

from .models import User, db

# Verified where there is no such user, so that the answer takes as long as for a wrong password:
# whoever tries names must not learn from the clock which of them exist.
_NOBODYS_HASH = generate_password_hash("nobody's password")


def authenticate(username: str, password: str) -> User | None:
    """Who signs in? None refuses."""
    user = db.session.scalar(select(User).where(User.name == username))
    known = check_password_hash(user.password_hash if user else _NOBODYS_HASH, password)
    return user if known else None


def identity(claims: dict[str, Any]) -> User | None:
    """Whom does a verified token stand for? None refuses: the user may have been deleted since."""
    return db.session.get(User, claims["identity"])


def scopes(user: User) -> list[str]:
    """Return what this user's tokens may be used for."""
    return user.scopes


def roles(user: User) -> list[str]:
    """Return what this user is in the shop; each refresh asks again."""
    return user.roles


jwt = JWT(None, authenticate, identity, scopes=scopes, roles=roles)


def signed_in() -> User:
    """Return who has sent this request, in a view that needs a token."""
    user = jwt.identity
    assert user is not None
    return user
