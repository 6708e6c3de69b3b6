"""The tokens of an application, and a request with one."""

from __future__ import annotations

from typing import Any

from flask import Flask

from flask_jwt.extended import create_access_token


def token_of(app: Flask, identity: Any = "ann", **more: Any) -> str:
    """Return an access token of an application."""
    with app.app_context():
        return create_access_token(identity, **more)


def ask(app: Flask, token: str | None, path: str = "/me") -> tuple[int, Any]:
    """Send a token, or None for none; return the status and the body."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    answer = app.test_client().get(path, headers=headers)
    return answer.status_code, answer.get_json(silent=True)
