"""An application in production, and what its answers have to look like."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from flask_jwt import JWT, current_identity, jwt_required
from flask_jwt.core import Clock

from .forging import SECRET, SetClock

#: Passwords and ids by username.
USERS = {"ann": ("violin", 7), "bob": ("cello", 8)}
#: Anything that looks like a compact JWS.
TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")

_CHALLENGE = 'JWT realm="Login Required", error="invalid_token"'


def production(clock: Clock | None = None, /, **config: Any) -> Flask:
    """Make an application with ``/auth`` and a guarded ``/me``, neither in debug nor in testing."""
    app = Flask("production", static_folder=None)
    app.debug = False
    app.config.update({"SECRET_KEY": SECRET, **config})
    JWT(app, _authenticate, _identity, clock=clock or SetClock())

    @app.get("/me")
    @jwt_required()
    def me() -> dict[str, Any]:
        return {"id": current_identity["id"]}

    return app


def _authenticate(username: str, password: str) -> dict[str, Any] | None:
    expected, identity = USERS.get(username, (None, None))
    return {"id": identity} if password == expected else None


def _identity(claims: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": claims["identity"]}


def sign_in(app: Flask, username: str = "ann", password: str = "violin") -> TestResponse:
    """Send credentials to ``/auth``."""
    body = {"username": username, "password": password}
    return app.test_client().post("/auth", json=body)


def token_of(app: Flask, username: str = "ann") -> str:
    """Sign in, and return the token."""
    answer = sign_in(app, username, USERS[username][0])
    assert answer.status_code == 200
    return str(answer.json["access_token"]) if answer.json else ""


def show(app: Flask, token: str) -> TestResponse:
    """Ask for ``/me`` with a token."""
    return app.test_client().get("/me", headers={"Authorization": f"JWT {token}"})


def assert_let_in(answer: TestResponse, identity: Any = 7) -> None:
    """Check that the guarded view has answered, and for whom."""
    assert (answer.status_code, answer.json) == (200, {"id": identity})


def assert_refused(answer: TestResponse) -> None:
    """Check that a token was refused as documented, without a trace of it in the answer."""
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == _CHALLENGE
    body = answer.json
    assert body is not None
    assert set(body) == {"description", "error", "status_code"}
    assert body["error"] in ("Invalid token", "Invalid JWT header")
    assert not TOKEN.search(f"{answer.headers}{answer.text}")
    assert "Set-Cookie" not in answer.headers


def assert_all_refused(app: Flask, tokens: Mapping[str, str]) -> None:
    """Check that each of the tokens is refused over HTTP; the name of one that is not is shown."""
    for name, token in tokens.items():
        answer = show(app, token)
        assert answer.status_code == 401, name
        assert_refused(answer)
