"""Error handlers of the application's own: they answer what they answer with the former package."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import jwt as pyjwt
import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException

from tests.support.secret import secret
from tests.support.tokens import compact

BOTH = ["flask_jwt_extended", "flask_jwt.extended"]


def requests(app: Flask) -> list[Any]:
    """Return the answers to requests with each fault in turn."""
    now = int(time.time())
    good = {"sub": "ann", "iat": now, "exp": now + 300, "type": "access", "jti": "1", "fresh": True}
    faults: dict[str, dict[str, Any]] = {
        "expired": {"exp": now - 9},
        "no subject": {"sub": None},
        "not yet": {"nbf": now + 99},
        "wrong kind": {"type": "refresh"},
        "wrong subject": {"sub": ["ann"]},
        "not fresh": {"fresh": False},
        "revoked": {"jti": "revoked"},
        "unknown": {"sub": "nobody"},
        "not accepted": {"jti": "unwanted"},
    }
    tokens = {
        name: compact(
            {key: value for key, value in (good | fault).items() if value is not None}, secret()
        )
        for name, fault in faults.items()
    }
    tokens["signature"] = compact(good, secret("another"))
    tokens["garbage"] = "gar.ba.ge"
    client, answers = app.test_client(), []
    for name, header in {
        "none": {},
        "malformed": {"Authorization": "Bearer a b"},
        **{name: {"Authorization": f"Bearer {token}"} for name, token in tokens.items()},
    }.items():
        answer = client.get("/", headers=header)
        answers.append((name, answer.status_code, answer.is_json or answer.text))
    return answers


def application(package: str, kind: Any, *, first: bool) -> Flask:
    """Return an application with a handler for a kind of error, registered before or after."""
    extended, app = import_module(package), Flask(package)
    app.config["JWT_SECRET_KEY"] = secret()
    known = getattr(import_module(f"{package}.exceptions"), kind) if type(kind) is str else kind

    def answer(error: Any) -> tuple[str, int]:
        return f"mine: {isinstance(error, known)}", 418

    if first:
        app.register_error_handler(known, answer)
    manager = extended.JWTManager(app)
    if not first:
        app.register_error_handler(known, answer)
    manager.token_in_blocklist_loader(lambda _header, claims: claims["jti"] == "revoked")
    manager.token_verification_loader(lambda _header, claims: claims["jti"] != "unwanted")
    manager.user_lookup_loader(lambda _header, claims: {"ann": 1}.get(claims["sub"]))
    view: Callable[[], str] = lambda: "in"  # noqa: E731
    app.add_url_rule("/", view_func=extended.jwt_required(fresh=True)(view))
    return app


@pytest.mark.parametrize(
    "kind",
    [
        Exception,
        HTTPException,
        pyjwt.PyJWTError,
        pyjwt.InvalidTokenError,
        pyjwt.DecodeError,
        pyjwt.ExpiredSignatureError,
        pyjwt.ImmatureSignatureError,
        "JWTExtendedException",
        "JWTDecodeError",
        "NoAuthorizationError",
        "InvalidHeaderError",
        "WrongTokenError",
        "RevokedTokenError",
        "FreshTokenRequired",
        "UserLookupError",
        "UserClaimsVerificationError",
    ],
)
@pytest.mark.parametrize("first", [False, True])
def test_handlers_answer_as_before(kind: Any, first: bool) -> None:
    """A handler answers the same errors, registered before or after; the loaders the others."""
    theirs, ours = (application(package, kind, first=first) for package in BOTH)

    assert requests(ours) == requests(theirs)


@pytest.mark.parametrize("status", [401, 422, 400, 500])
def test_handlers_of_a_status(status: int) -> None:
    """A handler for a status answers none of these errors, as before."""
    answers = []
    for package in BOTH:
        app = application(package, "CSRFError", first=False)
        app.register_error_handler(status, lambda _error: ("by status", 418))
        answers.append(requests(app))

    assert answers[1] == answers[0]
