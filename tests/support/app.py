"""A small application: whoever signs in is let in, and one view is guarded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from flask_jwt import JWT, ConfigurationError, create_access_token, jwt_required
from flask_jwt.core.clock import system_clock
from tests.support.secret import secret

SECRET = secret("app")


def make_app(
    folder: Path | None = None, clock: Callable[[], float] = system_clock, /, **config: Any
) -> Flask:
    """Make an application in production, with a secret unless told."""
    app = Flask("app", instance_path=None if folder is None else str(folder))
    app.config.update({"SECRET_KEY": SECRET, **config})
    JWT(app, lambda username, _: {"id": username}, dict, clock=clock)
    app.add_url_rule("/me", "me", jwt_required()(lambda: "me"))
    return app


def sign_in(app: Flask) -> TestResponse:
    """Sign ann in."""
    return app.test_client().post("/auth", json={"username": "ann", "password": "pw"})


def token_of(app: Flask) -> str:
    """Return a token of ann's that the application has made."""
    with app.app_context():
        return create_access_token({"id": "ann"})


def me(app: Flask, token: str | None = None, scheme: str = "JWT") -> TestResponse:
    """Ask for what is guarded, with a token or without."""
    headers = {} if token is None else {"Authorization": f"{scheme} {token}"}
    return app.test_client().get("/me", headers=headers)


def status(app: Flask, token: str | None = None, scheme: str = "JWT") -> int:
    """Return the status of the guarded view."""
    return me(app, token, scheme).status_code


def error_of(folder: Path | None = None, /, **config: Any) -> str:
    """Return what the first use of a configuration raises."""
    with pytest.raises(ConfigurationError) as caught:
        token_of(make_app(folder, **config))
    return str(caught.value)
