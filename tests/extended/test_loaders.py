"""Loaders: coroutines, dicts of the application's own, and views that are coroutines."""

from __future__ import annotations

from typing import Any

import flask_jwt_extended
import pytest
from flask import Flask, jsonify
from flask.views import MethodView

from flask_jwt import ConfigurationError
from flask_jwt.extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    current_user,
    get_current_user,
    get_jwt,
    get_jwt_header,
    get_jwt_identity,
    jwt_required,
    verify_jwt_in_request,
)
from tests.support.secret import secret

from .calls import ask, token_of


@pytest.fixture
def app() -> Flask:
    """An application without views."""
    app = Flask("loading")
    app.config["JWT_SECRET_KEY"] = secret()
    JWTManager(app)
    return app


def get(app: Flask, identity: str | None = "ann", **more: Any) -> tuple[int, Any]:
    """Return the status and the body that a token of an identity gets; None sends none."""
    return ask(app, None if identity is None else token_of(app, identity, **more), "/")


def test_coroutine_views(app: Flask) -> None:
    """A guard waits for a coroutine view, and such a view may look at the token itself."""

    @app.get("/")
    @jwt_required(fresh=True)
    async def view() -> Any:
        return jsonify(get_jwt_identity())

    @app.get("/by-hand")
    async def by_hand() -> Any:
        verify_jwt_in_request(optional=True)
        return jsonify(get_jwt())

    assert get(app, fresh=True) == (200, "ann")
    assert get(app) == (401, {"msg": "Fresh token required"})
    assert get(app, None)[0] == 401
    assert app.test_client().get("/by-hand").get_json() == {}


def test_coroutine_loaders(app: Flask) -> None:
    """Each loader may be a coroutine function: one that says no is waited for."""
    manager: Any = app.extensions["flask-jwt-extended"]

    async def claims(identity: str) -> Any:
        return {"name": identity.title()}

    async def is_revoked(_header: Any, data: Any) -> bool:
        return bool(data["sub"] == "revoked")

    async def is_accepted(_header: Any, data: Any) -> bool:
        return bool(data["sub"] != "unwanted")

    async def user(_header: Any, data: Any) -> Any:
        return None if data["sub"] == "nobody" else {"name": data["name"]}

    async def answer(_header: Any, data: Any) -> Any:
        return {"gone": data["sub"]}, 410

    async def answer_text(text: str) -> Any:
        return {"text": text}, 401

    manager.additional_claims_loader(claims)
    manager.token_in_blocklist_loader(is_revoked)
    manager.token_verification_loader(is_accepted)
    manager.user_lookup_loader(user)
    manager.revoked_token_loader(answer)
    manager.token_verification_failed_loader(answer)
    manager.user_lookup_error_loader(answer)
    manager.unauthorized_loader(answer_text)
    app.add_url_rule("/", view_func=jwt_required()(lambda: jsonify(get_current_user())))

    assert get(app) == (200, {"name": "Ann"})
    assert [get(app, name) for name in ("revoked", "unwanted", "nobody")] == [
        (410, {"gone": name}) for name in ("revoked", "unwanted", "nobody")
    ]
    assert get(app, None) == (401, {"text": "Missing Authorization Header"})


def test_dicts_stay_as_they_are(app: Flask) -> None:
    """What a loader returns, or a program hands over, is not written into."""
    manager: Any = app.extensions["flask-jwt-extended"]
    claims, header, more = {"role": "admin"}, {"kind": "a"}, {"role": "guest"}
    manager.additional_claims_loader(lambda _identity: claims)
    manager.additional_headers_loader(lambda _identity: header)
    app.add_url_rule(
        "/", view_func=jwt_required()(lambda: jsonify(get_jwt()["role"], get_jwt_header()["kind"]))
    )

    assert get(app, additional_claims=more, additional_headers={"kind": "b"}) == (
        200,
        ["guest", "b"],
    )
    assert get(app) == (200, ["admin", "a"])
    assert (claims, header, more) == ({"role": "admin"}, {"kind": "a"}, {"role": "guest"})


def test_claims_that_are_written_into(app: Flask) -> None:
    """What a loader or a view does to the claims reaches no other request."""
    manager: Any = app.extensions["flask-jwt-extended"]
    found: list[Any] = []

    def is_revoked(header: dict[str, Any], data: dict[str, Any]) -> bool:
        found.append((header.get("seen"), data.get("seen"), list(data["roles"])))
        header["seen"] = data["seen"] = True
        data["roles"].append("admin")
        return False

    manager.token_in_blocklist_loader(is_revoked)
    app.add_url_rule("/", view_func=jwt_required()(lambda: "in"))
    token = token_of(app, additional_claims={"roles": ["guest"]})
    for _ in range(2):
        ask(app, token, "/")

    assert found == [(None, None, ["guest"])] * 2


def test_methods_of_classes(app: Flask) -> None:
    """Guards stand in ``decorators`` and on methods, and a loader may come after the routes."""

    class View(MethodView):
        decorators = [jwt_required()]  # noqa: RUF012

        def get(self) -> Any:
            return jsonify(str(current_user))

        @jwt_required(refresh=True)
        def post(self) -> Any:
            return jsonify("never: a token is of one kind")

    app.add_url_rule("/", view_func=View.as_view("view"))
    manager: Any = app.extensions["flask-jwt-extended"]
    manager.user_lookup_loader(lambda _header, data: data["sub"].upper())
    with app.app_context():
        tokens = create_access_token("ann"), create_refresh_token("ann")

    assert get(app) == (200, "ANN")
    for token in tokens:
        answer = app.test_client().post("/", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 422


def test_without_a_manager() -> None:
    """Where nobody has made a manager, each function says what to write."""
    bare = Flask("bare")
    for call in (lambda: create_access_token("ann"), verify_jwt_in_request, get_jwt):
        with bare.test_request_context(), pytest.raises(RuntimeError, match=r"JWTManager\(app\)"):
            call()


def test_names_that_no_manager_has(app: Flask) -> None:
    """An attribute that it does not have is an error in its own name."""
    manager: Any = app.extensions["flask-jwt-extended"]
    with pytest.raises(AttributeError, match="'JWTManager' object has no attribute 'user_loader'"):
        _ = manager.user_loader


def test_import_that_was_forgotten(app: Flask) -> None:
    """A function of Flask-JWT-Extended that meets our manager fails, and is told why."""
    app.add_url_rule("/", view_func=flask_jwt_extended.jwt_required()(lambda: "in"))
    with app.app_context(), pytest.raises(AttributeError, match="still imports flask_jwt_extended"):
        flask_jwt_extended.create_access_token("ann")
    app.testing = True
    with pytest.raises(AttributeError, match="still imports flask_jwt_extended"):
        get(app)


def test_manager_of_each_package() -> None:
    """An application with a manager of Flask-JWT-Extended takes none of ours."""
    app = Flask("both")
    app.config["JWT_SECRET_KEY"] = secret()
    flask_jwt_extended.JWTManager(app)
    with pytest.raises(ConfigurationError, match="JWTManager of flask_jwt_extended, too"):
        JWTManager(app)


def test_context_processor() -> None:
    """Templates find ``current_user`` where that is asked for."""
    from flask import render_template_string

    app = Flask("templates")
    app.config["JWT_SECRET_KEY"] = secret()
    manager = JWTManager(app, add_context_processor=True)
    manager.user_lookup_loader(lambda _header, data: data["sub"].upper())
    view = jwt_required()(lambda: jsonify(render_template_string("{{ current_user }}")))
    app.add_url_rule("/", view_func=view)

    assert get(app) == (200, "ANN")
