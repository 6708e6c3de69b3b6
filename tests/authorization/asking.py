"""An application whose views are asked with a token and without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from flask_jwt import JWT, create_access_token
from tests.support.secret import secret

SECRET = secret("authorization")


def make_app(*, protect_all: bool = True, **config: Any) -> tuple[Flask, JWT]:
    """Make an application in production."""
    app = Flask("app")
    app.config.update(SECRET_KEY=SECRET, JWT_PROTECT_ALL=protect_all, **config)
    return app, JWT(app, lambda username, _: {"id": username}, lambda claims: claims["identity"])


def status(app: Flask, path: str, method: str = "GET", **claims: Any) -> int:
    """Return the status of a request; it has a token where there are claims."""
    headers = {}
    if claims:
        with app.app_context():
            token = create_access_token({"id": "ann"}, claims=claims)
        headers["Authorization"] = f"JWT {token}"
    return app.test_client().open(path, method=method, headers=headers).status_code


def both(app: Flask, path: str, method: str = "GET") -> tuple[int, int]:
    """Return the statuses of a request without a token, and with one."""
    return status(app, path, method), status(app, path, method, who="ann")


CLOSED = (401, 200)
OPEN = (200, 200)


def fresh() -> Callable[..., str]:
    """Return a view that nothing else knows."""
    return lambda **values: "seen"


def view() -> str:
    """Answer."""
    return "seen"
