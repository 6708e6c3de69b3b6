"""An application with users that is thrown away leaves no connections."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import pytest
from flask import Flask

from flask_jwt import JWT
from flask_jwt.testing import cheap_hashing
from flask_jwt.users import Users
from tests.support.secret import secret
from tests.support.stores import empty_store


def sign_in_once(url: str, folder: Path) -> None:
    """Make an application that reads users and counts a sign-in, and lose it."""
    app = Flask("app", instance_path=str(folder))
    app.config["SECRET_KEY"] = secret("app")
    users = Users(url)
    JWT(app, users=users)
    with app.app_context(), cheap_hashing(users):
        users.add("ann", "correct horse")
        signed_in = {"username": "ann", "password": "correct horse"}
        assert app.test_client().post("/auth", json=signed_in).status_code == 200


def test_users_and_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Users and counts, which share an engine, close the connection that each has kept ready."""
    left: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda args: left.append(str(args.exc_value)))
    with empty_store("postgresql", tmp_path) as url:
        sign_in_once(url, tmp_path)

        # The first round frees the application, and the second what its end has let go.
        gc.collect()
        gc.collect()

        assert left == []
