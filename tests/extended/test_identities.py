"""Whole numbers as identities, which rows of databases have."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, jsonify

from flask_jwt.extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    current_user,
    decode_token,
    get_jwt,
    get_jwt_identity,
    jwt_required,
)
from tests.support.secret import secret
from tests.support.tokens import claims, compact, parts_of

from .calls import ask, token_of

HUGE = 2**200


@pytest.fixture
def app() -> Flask:
    """An application that hands back whom a token names."""
    app = Flask("numbered")
    app.config["JWT_SECRET_KEY"] = secret()
    JWTManager(app)

    @app.route("/me")
    @jwt_required()
    def me() -> Any:
        return jsonify([get_jwt_identity(), get_jwt()["sub"]])

    return app


@pytest.mark.parametrize("identity", [0, 7, -1, 2**63, HUGE])
def test_numbers_come_back(app: Flask, identity: int) -> None:
    """A number is in the token as it is, and is handed back as one."""
    with app.app_context():
        token, refresh = create_access_token(identity), create_refresh_token(identity=identity)
        assert decode_token(refresh)["sub"] == identity

    assert parts_of(token)[1]["sub"] == identity
    assert ask(app, token) == (200, [identity, identity])


def test_users_by_number(app: Flask) -> None:
    """A lookup gets the number; an object is named by one where the loader says so."""
    manager, users = app.extensions["flask-jwt-extended"], {7: "ann"}
    manager.user_identity_loader(lambda user: user["id"])
    manager.user_lookup_loader(lambda _header, data: users.get(data["sub"]))
    app.add_url_rule("/name", view_func=jwt_required()(lambda: jsonify(str(current_user))))

    assert ask(app, token_of(app, {"id": 7}), "/name") == (200, "ann")
    refused = {"msg": "Error loading the user 8"}
    assert ask(app, token_of(app, {"id": 8}), "/name") == (401, refused)


@pytest.mark.parametrize("identity", [True, False, 1.5, ["ann"], {"id": 7}, None])
def test_no_other_json(app: Flask, identity: Any) -> None:
    """True is no number; what is neither text nor a whole number is refused, as before."""
    token = compact(claims(None, sub=identity, type="access"), secret())

    for one in (token, token_of(app, identity)):
        assert ask(app, one)[0] == 422


def test_other_json_by_name(app: Flask) -> None:
    """With JWT_VERIFY_SUB = False, the subject may be any JSON."""
    app.config["JWT_VERIFY_SUB"] = False

    assert ask(app, token_of(app, {"id": 7})) == (200, [{"id": 7}, {"id": 7}])
