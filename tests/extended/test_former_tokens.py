"""Tokens that version 3 of Flask-JWT-Extended has made, and what it handed to functions."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from flask import Flask, jsonify

from flask_jwt.extended import (
    JWTManager,
    create_refresh_token,
    decode_token,
    get_jwt,
    get_jwt_identity,
    jwt_required,
)
from tests.support.secret import secret
from tests.support.tokens import compact

from .calls import ask

pytestmark = pytest.mark.filterwarnings("ignore:.* of version 3:DeprecationWarning")


def former_claims(identity: Any, kind: str = "access", **more: Any) -> dict[str, Any]:
    """Return what version 3 wrote into a token."""
    now = int(time.time())
    fresh = {} if kind == "refresh" else {"fresh": False}
    times = {"iat": now, "nbf": now, "exp": now + 300}
    return {**times, "jti": "one", "identity": identity, "type": kind, **fresh, **more}


@pytest.fixture
def app() -> Flask:
    """An application that looks at each token that is sent."""
    app = Flask("moved")
    app.config["JWT_SECRET_KEY"] = secret()
    JWTManager(app)

    @app.route("/me")
    @jwt_required()
    def me() -> Any:
        return jsonify(get_jwt_identity())

    @app.route("/refresh")
    @jwt_required(refresh=True)
    def refresh() -> Any:
        return jsonify(get_jwt())

    return app


def get(app: Flask, path: str, claims: dict[str, Any]) -> Any:
    """Return the status and the value that a token with these claims gets."""
    return ask(app, compact(claims, secret()), path)


@pytest.mark.parametrize("identity", ["ann", 7])
def test_users_stay_signed_in(app: Flask, identity: Any) -> None:
    """The user of a token of version 3 is its ``identity``; the refresh token is good, too."""
    claims = former_claims(identity, user_claims={"roles": ["admin"]})

    assert get(app, "/me", claims) == (200, identity)
    status, found = get(app, "/refresh", former_claims(identity, "refresh"))
    assert (status, found["sub"], found["identity"]) == (200, identity, identity)
    with app.test_request_context():
        assert decode_token(compact(claims, secret()))["sub"] == identity


def test_token_of_something_else(app: Flask) -> None:
    """A token that Flask-JWT has made with the same secret names nobody here."""
    claims = former_claims("ann")
    del claims["type"], claims["jti"]

    assert get(app, "/me", claims) == (422, {"msg": "Missing claim: sub"})


def test_identity_beside_sub(app: Flask) -> None:
    """The user of a token with both is ``sub``: a claim of that name is the application's own."""
    assert get(app, "/me", former_claims("ann", sub="bob")) == (200, "bob")


def test_named_claim(app: Flask) -> None:
    """Where JWT_IDENTITY_CLAIM is set, no other claim names the user."""
    app.config["JWT_IDENTITY_CLAIM"] = "user"

    assert get(app, "/me", former_claims("ann"))[0] == 422


@pytest.mark.parametrize("of_today", [True, False])
def test_what_functions_are_given(app: Flask, of_today: bool) -> None:
    """Functions of version 3 find ``identity`` and ``user_claims``, in tokens of today as well."""
    jwt: Any = app.extensions["flask-jwt-extended"]
    given: list[dict[str, Any]] = []
    jwt.token_in_blacklist_loader(lambda claims: given.append(claims))

    @jwt.claims_verification_loader
    def accepts(user_claims: dict[str, Any]) -> bool:
        given.append(user_claims)
        return True

    roles = {"roles": ["admin"]}
    claims = former_claims("ann", user_claims=roles)
    if of_today:
        claims |= {"sub": claims.pop("identity"), **claims.pop("user_claims")}

    assert get(app, "/me", claims) == (200, "ann")

    assert given[0]["identity"] == "ann"
    assert given[0]["user_claims"] == ({} if of_today else roles)
    assert given[1] == roles
    # Those of refresh tokens were never looked at.
    assert get(app, "/refresh", former_claims("ann", "refresh"))[0] == 200
    assert len(given) == 3


def test_no_blacklist_by_name(app: Flask) -> None:
    """The blacklist is asked unless JWT_BLACKLIST_ENABLED is False."""
    jwt: Any = app.extensions["flask-jwt-extended"]
    jwt.token_in_blacklist_loader(lambda _claims: True)
    assert get(app, "/me", former_claims("ann")) == (401, {"msg": "Token has been revoked"})

    app.config["JWT_BLACKLIST_ENABLED"] = False

    assert get(app, "/me", former_claims("ann"))[0] == 200


def test_blocklist_of_today_is_always_asked(app: Flask) -> None:
    """Keys of version 3 say nothing to a loader of today."""
    jwt: Any = app.extensions["flask-jwt-extended"]
    jwt.token_in_blocklist_loader(lambda _header, _claims: True)
    app.config.update(JWT_BLACKLIST_ENABLED=False, JWT_BLACKLIST_TOKEN_CHECKS=[])

    assert get(app, "/me", former_claims("ann"))[0] == 401


def test_key_of_version_3_has_to_fit(app: Flask) -> None:
    """A kind of token that there is not is an error that quotes the key."""
    app.config["JWT_BLACKLIST_TOKEN_CHECKS"] = ["acess"]
    app.testing = True

    with pytest.raises(RuntimeError, match="'JWT_BLACKLIST_TOKEN_CHECKS'"):
        get(app, "/me", former_claims("ann"))


def test_arguments_of_version_3(app: Flask) -> None:
    """``user_claims`` and ``headers`` go where they went, and are told by name."""
    from flask_jwt.extended import create_access_token, get_unverified_jwt_headers

    create: Any = create_access_token
    with app.test_request_context():
        with pytest.warns(DeprecationWarning, match="version 3") as told:
            token = create("ann", user_claims={"a": 1}, headers={"b": 2})
        assert decode_token(token)["user_claims"] == {"a": 1}
        assert get_unverified_jwt_headers(token)["b"] == 2

    assert [str(one.message).split(" is ")[0] for one in told] == ["user_claims=", "headers="]
    assert {one.filename for one in told} == {__file__}


def test_one_warning_where_it_is_imported() -> None:
    """An import of a former name is told once, at its line; a name that never was is none."""
    with pytest.warns(DeprecationWarning, match="version 3") as told:
        from flask_jwt.extended import get_raw_jwt  # type: ignore[attr-defined] # noqa: F401

    assert [str(one.message).partition(" is ")[0] for one in told] == ["get_raw_jwt"]
    assert {one.filename for one in told} == {__file__}
    with pytest.warns(DeprecationWarning, match="write UserLookupError"):
        from flask_jwt.extended.exceptions import UserLoadError  # type: ignore[attr-defined]
    assert issubclass(UserLoadError, Exception)
    with pytest.raises(ImportError):
        from flask_jwt.extended import get_rawest_jwt  # type: ignore[attr-defined] # noqa: F401


def test_key_loader_of_version_3(app: Flask) -> None:
    """A function for keys that names the claims first is given them first."""
    jwt: Any = app.extensions["flask-jwt-extended"]
    keys = {"ann": secret()}

    @jwt.decode_key_loader
    def key(unverified_claims: Any, unverified_headers: Any) -> Any:
        assert unverified_headers["alg"] == "HS256"
        return keys[unverified_claims["identity"]]

    assert get(app, "/me", former_claims("ann")) == (200, "ann")


def test_claims_without_a_guard(app: Flask) -> None:
    """Where nobody has looked at a token, the former names find nothing."""
    from flask_jwt.extended import (  # type: ignore[attr-defined]
        get_jwt_claims,
        get_raw_jwt,
        get_raw_jwt_header,
    )

    with app.test_request_context():
        found = [get_raw_jwt(), get_raw_jwt_header(), get_jwt_claims()]
        assert json.dumps(found) == "[{}, {}, {}]"


def test_claims_that_are_not_the_users() -> None:
    """What this package writes into a token, and what names its user, are no claims of the user."""
    from flask_jwt.extended import get_jwt_claims  # type: ignore[attr-defined]

    app = Flask("sessions")
    app.config.update(JWT_SECRET_KEY=secret(), JWT_SESSION_STORE="memory://")
    app.config["JWT_IDENTITY_CLAIM"] = "user"
    JWTManager(app)
    app.add_url_rule("/", view_func=jwt_required(refresh=True)(lambda: jsonify(get_jwt_claims())))
    with app.app_context():
        token = create_refresh_token("ann", additional_claims={"role": "admin"})

    assert ask(app, token, "/") == (200, {"role": "admin"})
