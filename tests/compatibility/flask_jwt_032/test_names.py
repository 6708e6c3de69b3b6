"""The names that 0.3.2 had, and what they hold."""

from __future__ import annotations

import functools
import importlib
import logging
import re
import warnings
from collections import OrderedDict
from datetime import datetime, timedelta

import flask
import jwt as pyjwt
import pytest
import werkzeug.local
from flask import Flask, url_for
from werkzeug.routing import BuildError

import flask_jwt
from flask_jwt import CONFIG_DEFAULTS, JWT, JWTError, current_identity, jwt_required
from tests.support.secret import secret

DEFAULTS_OF_032 = {
    "JWT_DEFAULT_REALM": "Login Required",
    "JWT_AUTH_URL_RULE": "/auth",
    "JWT_AUTH_ENDPOINT": "jwt",
    "JWT_AUTH_URL_OPTIONS": {"methods": ["POST"]},
    "JWT_AUTH_USERNAME_KEY": "username",
    "JWT_AUTH_PASSWORD_KEY": "password",
    "JWT_ALGORITHM": "HS256",
    "JWT_LEEWAY": timedelta(seconds=10),
    "JWT_AUTH_HEADER_PREFIX": "JWT",
    "JWT_EXPIRATION_DELTA": timedelta(seconds=300),
    "JWT_NOT_BEFORE_DELTA": timedelta(seconds=0),
    "JWT_VERIFY_CLAIMS": ["signature", "exp", "nbf", "iat"],
    "JWT_REQUIRED_CLAIMS": ["exp", "iat", "nbf"],
}
HOOKS = [
    "authentication", "identity", "jwt_error", "auth_response", "auth_request", "request",
    "jwt_encode", "jwt_decode", "jwt_payload", "jwt_headers",
]  # fmt: skip


@pytest.fixture
def app() -> Flask:
    """Make an application with one protected view."""
    app = Flask(__name__)
    app.config["SECRET_KEY"] = secret("a")
    JWT(app, lambda username, password: {"id": 5}, lambda payload: {"id": payload["identity"]})

    @app.get("/")
    @jwt_required()
    def index() -> dict[str, int]:
        return dict(current_identity)

    return app


OWN_NAMES = [
    "JWT", "JWTError", "CONFIG_DEFAULTS", "current_identity", "jwt_required", "encode_token",
    "logger", "__version__", "_jwt", "_jwt_required", "_default_auth_request_handler",
    "_default_auth_response_handler", "_default_jwt_decode_handler", "_default_jwt_encode_handler",
    "_default_jwt_error_handler", "_default_jwt_headers_handler", "_default_jwt_payload_handler",
    "_default_request_handler",
]  # fmt: skip
#: What 0.3.2 had imported, and what stands for it.
IMPORTED_NAMES = {
    "LocalProxy": werkzeug.local.LocalProxy,
    "OrderedDict": OrderedDict,
    "current_app": flask.current_app,
    "datetime": datetime,
    "jsonify": flask.jsonify,
    "jwt": pyjwt,
    "logging": logging,
    "request": flask.request,
    "timedelta": timedelta,
    "warnings": warnings,
    "wraps": functools.wraps,
}
GONE_NAMES = {
    "current_user": "current_identity",
    "verify_jwt": "_jwt_required",
    "generate_token": "create_access_token",
    "_default_payload_handler": "_default_jwt_payload_handler",
    "_request_ctx_stack": "flask.g",
}


@pytest.mark.parametrize("name", OWN_NAMES)
def test_names(name: str) -> None:
    """Every name of 0.3.2 can be imported, and none warns."""
    with warnings.catch_warnings(action="error"):
        exec(f"from flask_jwt import {name}")


@pytest.mark.parametrize("name", IMPORTED_NAMES)
def test_names_that_it_had_imported(name: str) -> None:
    """What 0.3.2 had only imported is handed out, with one warning that says where it lives."""
    program = f"import flask_jwt\nfrom flask_jwt import {name}\nagain = flask_jwt.{name}"
    found: dict[str, object] = {}
    with pytest.warns(DeprecationWarning, match=f"{name} is not of flask_jwt") as warned:
        exec(compile(program, "program.py", "exec"), found)
    vars(flask_jwt).pop(name)

    assert found["again"] is found[name] is IMPORTED_NAMES[name]
    (one,) = warned
    assert re.search(r"write (from|import) ", str(one.message))
    # It points at the line of the program.
    assert (one.filename, one.lineno) == ("program.py", 2)


@pytest.mark.parametrize("name", GONE_NAMES)
def test_names_of_before(name: str) -> None:
    """A name that was gone by then is an ``ImportError`` that says what to write."""
    with pytest.raises(ImportError, match=rf"flask_jwt has no {name} .*{GONE_NAMES[name]}"):
        exec(f"from flask_jwt import {name}")


@pytest.mark.parametrize(
    "name",
    ["JWTManager", "get_jwt_identity", "get_jwt", "jwt_refresh_token_required", "get_raw_jwt"],
)
def test_names_of_flask_jwt_extended(name: str) -> None:
    """A name of Flask-JWT-Extended is an ``ImportError`` that says where it is."""
    with pytest.raises(ImportError, match=f"write from flask_jwt.extended import {name}$"):
        exec(f"from flask_jwt import {name}")


def test_names_that_never_were() -> None:
    """Any other name is the error that it is for every module."""
    with pytest.raises(ImportError, match="cannot import name 'nonsense' from 'flask_jwt'"):
        exec("from flask_jwt import nonsense")
    assert not hasattr(flask_jwt, "nonsense")


@pytest.mark.parametrize("name", ["error_handler", "payload_handler", "error_callback"])
def test_hooks_of_before(name: str) -> None:
    """A hook's name of before 0.3 is an ``AttributeError`` that says what it is called now."""
    with pytest.raises(AttributeError, match=rf"no attribute '{name}'.* it is called jwt_{name}"):
        getattr(JWT(), name)
    assert not hasattr(JWT(), "nonsense")


def test_encode_token(app: Flask) -> None:
    """``encode_token`` imports, and raises what it raised then: now it says what to write."""
    encode_token = vars(importlib.import_module("flask_jwt"))["__getattr__"]("encode_token")

    with app.app_context(), pytest.raises(AttributeError, match="write create_access_token"):
        encode_token()


def test_config_defaults() -> None:
    """``CONFIG_DEFAULTS`` holds the keys and values of 0.3.2, whatever else it holds."""
    assert DEFAULTS_OF_032.items() <= CONFIG_DEFAULTS.items()


def test_defaults_are_put_into_the_configuration(app: Flask) -> None:
    """``init_app`` puts every default into ``app.config``, and Flask's secret as its own."""
    assert {key: app.config[key] for key in DEFAULTS_OF_032} == DEFAULTS_OF_032
    assert app.config["JWT_SECRET_KEY"] == app.config["SECRET_KEY"]


def test_defaults_are_each_applications_own(app: Flask) -> None:
    """Changing a list in one application's configuration leaves the defaults alone."""
    app.config["JWT_REQUIRED_CLAIMS"].append("sub")
    app.config["JWT_AUTH_URL_OPTIONS"]["methods"].append("PUT")

    assert CONFIG_DEFAULTS["JWT_REQUIRED_CLAIMS"] == ["exp", "iat", "nbf"]
    assert CONFIG_DEFAULTS["JWT_AUTH_URL_OPTIONS"] == {"methods": ["POST"]}


def test_values_that_were_set_before_stay() -> None:
    """``init_app`` overwrites nothing."""
    app = Flask(__name__)
    app.config.update(SECRET_KEY="one", JWT_SECRET_KEY="two", JWT_LEEWAY=3)
    JWT(app)

    assert app.config["JWT_SECRET_KEY"] == "two"
    assert app.config["JWT_LEEWAY"] == 3


def test_jwt_error() -> None:
    """``JWTError`` carries what it was given, status and headers last, and prints as it did."""
    error = JWTError("Short Name", "A longer text")
    other = JWTError("Short Name", "A longer text", 418, {"X-Tea": "green"})

    assert (error.error, error.description) == ("Short Name", "A longer text")
    assert (error.status_code, error.headers) == (401, None)
    assert (other.status_code, other.headers) == (418, {"X-Tea": "green"})
    assert str(error) == "Short Name. A longer text"
    assert repr(error) == "JWTError: Short Name"


def test_extension_is_registered() -> None:
    """``app.extensions["jwt"]`` is the JWT object."""
    app = Flask(__name__)
    jwt = JWT(app)

    assert app.extensions["jwt"] is jwt


def test_arguments_of_jwt() -> None:
    """The three arguments have the names of 0.3.2, and each may be left out."""

    def authenticate(username: str, password: str) -> str | None:
        return username or password

    app = Flask(__name__)
    jwt = JWT(app=app, authentication_handler=authenticate, identity_handler=str)

    assert jwt.authentication_callback is authenticate
    assert jwt.identity_callback is str
    assert JWT().authentication_callback is None


@pytest.mark.parametrize("name", [name for name in HOOKS if name != "auth_request"])
def test_hook_decorators(name: str) -> None:
    """A hook's decorator sets its attribute and returns the function."""
    jwt = JWT()

    def hook(*args: object) -> None:
        return None

    assert getattr(jwt, f"{name}_handler")(hook) is hook
    assert getattr(jwt, f"{name}_callback") is hook


def test_deprecated_decorator() -> None:
    """``auth_request_handler`` warns, and works."""
    jwt = JWT()
    with pytest.warns(DeprecationWarning, match="auth_request_handler is deprecated"):
        jwt.auth_request_handler(str)

    assert jwt.auth_request_callback is str


@pytest.mark.parametrize(("endpoint", "rule"), [("jwt", "/auth"), ("sign_in", "/session")])
def test_endpoint(endpoint: str, rule: str) -> None:
    """``url_for`` finds the route under ``JWT_AUTH_ENDPOINT``, which 0.3.2 forgot to apply."""
    app = Flask(__name__)
    app.config.update(JWT_AUTH_ENDPOINT=endpoint, JWT_AUTH_URL_RULE=rule)
    JWT(app)

    with app.test_request_context():
        assert url_for(endpoint) == rule


@pytest.mark.parametrize(
    "options", [{}, {"JWT_AUTH_URL_OPTIONS": {"methods": ["POST"], "endpoint": "mine"}}]
)
def test_endpoint_of_032(options: dict[str, object]) -> None:
    """The route builds by the endpoint that it had in 0.3.2, too, and other names stay errors."""
    app = Flask(__name__)
    app.config.update(JWT_AUTH_URL_RULE="/session", **options)
    JWT(app).init_app(app)

    with app.test_request_context(base_url="https://choir.example"):
        name = "_default_auth_request_handler"
        assert url_for(name) == "/session"
        assert url_for(name, next="a", _external=True) == "https://choir.example/session?next=a"
        with pytest.raises(BuildError, match="'nowhere'"):
            url_for("nowhere")
    assert len(app.url_build_error_handlers) == 1


def test_endpoint_of_032_without_a_route() -> None:
    """Where there is no route, nothing builds."""
    app = Flask(__name__)
    app.config.update(JWT_AUTH_URL_RULE=None)
    JWT(app)

    with app.test_request_context(), pytest.raises(BuildError):
        url_for("_default_auth_request_handler")


def test_identity_of_nobody(app: Flask) -> None:
    """Without a request, and in one that nothing has verified, ``current_identity`` stands for
    None, and is false.
    """
    assert not current_identity
    assert current_identity == None  # noqa: E711
    assert current_identity._get_current_object() is None
    with app.test_request_context("/"):
        assert current_identity._get_current_object() is None


def test_identity_until_the_end_of_the_context(app: Flask) -> None:
    """``current_identity`` lasts until the request's context is popped, and not longer."""
    client = app.test_client()
    token = client.post("/auth", json={"username": "a", "password": "b"}).get_json()["access_token"]
    with client:
        client.get("/", headers={"Authorization": f"JWT {token}"})
        assert current_identity == {"id": 5}
        assert dict(current_identity) == {"id": 5}
        assert "id" in current_identity
        assert list(current_identity) == ["id"]

    assert current_identity._get_current_object() is None


def test_no_authentication_handler() -> None:
    """Sign-in without an authentication handler is an error that says what is missing."""
    app = Flask(__name__)
    app.config.update(SECRET_KEY=secret("s"), PROPAGATE_EXCEPTIONS=True)
    JWT(app)

    with pytest.raises(RuntimeError, match="there is no authentication handler"):
        app.test_client().post("/auth", json={"username": "a", "password": "b"})


@pytest.mark.parametrize(
    ("args", "named"),
    [
        ((), {}),
        (("utf-8",), {}),
        (("utf-8", "strict"), {}),
        ((), {"encoding": "utf-8"}),
        ((), {"encoding": "utf-8", "errors": "strict"}),
    ],
)
def test_token_that_is_decoded(app: Flask, args: tuple[str, ...], named: dict[str, str]) -> None:
    """The token may be decoded in every way in which the bytes of 0.3.2 could, and warns."""
    with app.app_context():
        token = app.extensions["jwt"].jwt_encode_callback({"id": 5})

    with pytest.warns(DeprecationWarning, match="leave out .decode"):
        decoded = token.decode(*args, **named)
    assert type(decoded) is str
    assert decoded == token
