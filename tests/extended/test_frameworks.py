"""Refusals inside Flask-RESTful and Flask-RESTX, where the former package answered with 500."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flask_restful
import flask_restful.fields
import flask_restx
import pytest
from flask import Flask

from flask_jwt.extended import JWTManager, create_access_token, get_jwt_identity, jwt_required
from tests.support.secret import secret

# Flask-RESTX is behind the times.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:flask_restx|jsonschema")


def restful(app: Flask) -> None:
    class Me(flask_restful.Resource):
        @jwt_required()
        @flask_restful.marshal_with({"name": flask_restful.fields.String})
        def get(self) -> Any:
            return {"name": get_jwt_identity()}

        @flask_restful.marshal_with({"name": flask_restful.fields.String})
        @jwt_required(fresh=True)
        def post(self) -> Any:
            return {"name": get_jwt_identity()}

    flask_restful.Api(app).add_resource(Me, "/me")


def restx(app: Flask) -> None:
    api = flask_restx.Api(app)
    model = api.model("Me", {"name": flask_restx.fields.String})

    @api.route("/me")
    class Me(flask_restx.Resource):
        @jwt_required()
        @api.marshal_with(model)
        def get(self) -> Any:
            return {"name": get_jwt_identity()}

        @api.marshal_with(model)
        @jwt_required(fresh=True)
        def post(self) -> Any:
            return {"name": get_jwt_identity()}


@pytest.mark.parametrize("mode", ["production", "debug", "testing", "propagating"])
@pytest.mark.parametrize("add", [restful, restx])
def test_refusals_keep_their_answers(add: Callable[[Flask], None], mode: str) -> None:
    """Each refusal has the status, the body and the challenge that it has in a view of Flask."""
    app = Flask("api")
    app.config["JWT_SECRET_KEY"] = secret()
    app.debug, app.testing = mode == "debug", mode == "testing"
    app.config["PROPAGATE_EXCEPTIONS"] = mode == "propagating" or None
    jwt = JWTManager(app)
    jwt.token_in_blocklist_loader(lambda _header, claims: claims["sub"] == "revoked")
    jwt.revoked_token_loader(lambda _header, claims: ({"gone": claims["sub"]}, 410))
    add(app)
    client = app.test_client()
    with app.app_context():
        tokens = {name: create_access_token(name) for name in ("ann", "revoked")}

    def answer(method: str, token: str | None) -> tuple[int, Any, bool]:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        got = client.open("/me", method=method, headers=headers)
        return got.status_code, got.get_json(), "WWW-Authenticate" in got.headers

    missing = {"msg": "Missing Authorization Header"}
    for method in ("GET", "POST"):
        assert answer(method, None) == (401, missing, True)
        assert answer(method, "a.b.c")[0] == 422
        assert "msg" in answer(method, "a.b.c")[1]
        assert answer(method, tokens["revoked"])[0] == (410 if method == "GET" else 401)
    assert answer("POST", tokens["ann"]) == (401, {"msg": "Fresh token required"}, True)
    assert answer("GET", tokens["revoked"])[1] == {"gone": "revoked"}
    assert answer("GET", tokens["ann"]) == (200, {"name": "ann"}, False)
