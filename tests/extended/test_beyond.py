"""What this package has beyond Flask-JWT-Extended, under the same ``JWTManager``."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from flask import Blueprint, Flask, jsonify

import flask_jwt
from flask_jwt import current_identity, current_token, public
from flask_jwt.extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    get_current_user,
    get_jwt_header,
    get_jwt_identity,
    jwt_required,
)
from flask_jwt.requirements import Role, Scope
from flask_jwt.testing import FakeIssuer
from tests.support.key_files import new_key, write
from tests.support.secret import secret

from .calls import ask, token_of


def make_app(**config: Any) -> Flask:
    """Return an application with a guarded view, which says for whom it takes a request."""
    app = Flask(__name__)
    app.config.update({"JWT_SECRET_KEY": secret(), "JWT_TOKEN_LOCATION": ["headers"], **config})
    JWTManager(app)

    @app.get("/me")
    @jwt_required()
    def me() -> Any:
        return jsonify(get_jwt_identity())

    return app


def test_key_file(tmp_path: Path) -> None:
    """With a key file the newest key signs, and tokens of the former one stay good."""
    path = tmp_path / "keys.json"
    first = new_key("first")
    write(path, first)
    app = make_app(JWT_SECRET_KEY=None, JWT_KEY_FILE=str(path))

    @app.get("/kid")
    @jwt_required()
    def kid() -> Any:
        return jsonify(get_jwt_header()["kid"])

    former = token_of(app)
    assert ask(app, former, "/kid") == (200, "first")
    write(path, {**first, "signs_from": 1}, new_key("second", signs_from=2))
    rotated = make_app(JWT_SECRET_KEY=None, JWT_KEY_FILE=str(path))
    assert ask(rotated, former) == (200, "ann")
    published: Any = rotated.test_client().get("/.well-known/jwks.json").json
    assert {key["kid"] for key in published["keys"]} == {"first", "second"}


def test_trusted_issuer() -> None:
    """Another issuer's access token is let in as one, and is never a refresh token or fresh."""
    with FakeIssuer() as issuer:
        app = make_app(JWT_TRUSTED_ISSUERS={issuer.url: issuer.options})

        @app.get("/refresh")
        @jwt_required(refresh=True)
        def refresh() -> Any:
            return jsonify(True)

        @app.get("/fresh")
        @jwt_required(fresh=True)
        def fresh() -> Any:
            return jsonify(True)

        @app.get("/whose")
        @jwt_required()
        def whose() -> Any:
            return jsonify(current_token.issuer if not current_token.is_own else None)

        token = issuer.token(sub="anna", fresh=True)
        assert ask(app, token) == (200, f"{issuer.url}#anna")
        assert ask(app, token, "/whose") == (200, issuer.url)
        assert ask(app, token, "/fresh") == (401, {"msg": "Fresh token required"})
        assert ask(app, issuer.token(sub="anna", type="refresh"), "/refresh")[0] == 422
        assert ask(app, issuer.token(sub="anna", type="refresh"))[0] == 422
        assert ask(app, token_of(app)) == (200, "ann")
        issuer.stop()


def test_users_of_others() -> None:
    """Another issuer's user is looked up among our own only where the program says how."""
    with FakeIssuer() as issuer:
        app = make_app(JWT_TRUSTED_ISSUERS={issuer.url: issuer.options})
        jwt: JWTManager = app.extensions["flask-jwt-extended"]
        jwt.user_lookup_loader(lambda _header, claims: {"name": claims["sub"]})
        app.add_url_rule("/user", "user", jwt_required()(lambda: jsonify(get_current_user())))
        theirs = issuer.token(sub="ann")
        assert ask(app, token_of(app), "/user") == (200, {"name": "ann"})
        assert ask(app, theirs, "/user") == (401, {"msg": "Error loading the user ann"})
        jwt.identity_handler(lambda claims: {"name": claims["sub"], "of": claims.get("iss")})
        assert ask(app, theirs, "/user") == (200, {"name": "ann", "of": issuer.url})


def test_requirements() -> None:
    """A guard of either module may have a requirement; a refusal says what is missing."""
    app = make_app()

    @app.get("/orders")
    @jwt_required(requires=Scope("orders:read"))
    def orders() -> Any:
        return jsonify(get_jwt_identity())

    @app.get("/admin")
    @flask_jwt.jwt_required(requires=Role("admin"))
    def admin() -> Any:
        return jsonify(str(current_identity))

    allowed = token_of(app, additional_claims={"scope": "orders:read", "roles": ["admin"]})
    assert ask(app, allowed, "/orders") == ask(app, allowed, "/admin") == (200, "ann")
    status, body = ask(app, token_of(app), "/orders")
    assert (status, body) == (403, {"msg": 'The request requires Scope("orders:read")'})


def test_default_deny() -> None:
    """``JWT_PROTECT_ALL`` guards what has no guard; guards of this module are known to it."""
    app = make_app(JWT_PROTECT_ALL=True)
    app.add_url_rule("/bare", "bare", lambda: jsonify(True))
    app.add_url_rule("/open", "open", public(lambda: jsonify(True)))
    app.add_url_rule("/new", "new", jwt_required(refresh=True)(lambda: jsonify(True)))
    with app.app_context():
        refresh = create_refresh_token("ann")
    assert app.test_client().get("/open").status_code == 200
    assert app.test_client().get("/bare").json == {"msg": "Missing Authorization Header"}
    assert ask(app, refresh, "/bare")[0] == ask(app, token_of(app), "/new")[0] == 422
    assert ask(app, refresh, "/new") == (200, True)
    assert ask(app, token_of(app), "/bare") == (200, True)


def test_protected_blueprint() -> None:
    """A blueprint is protected as under ``JWT``."""
    app = Flask(__name__)
    app.config["JWT_SECRET_KEY"] = secret()
    jwt, shop = JWTManager(), Blueprint("shop", __name__)
    jwt.protect(shop, requires=Role("clerk"))
    shop.add_url_rule("/stock", "stock", lambda: jsonify(True))
    app.register_blueprint(shop)
    jwt.init_app(app)
    assert ask(app, token_of(app), "/stock")[0] == 403
    assert ask(app, token_of(app, additional_claims={"roles": ["clerk"]}), "/stock") == (200, True)


@pytest.mark.parametrize("by_file", [False, True], ids=["secret", "key-file"])
@pytest.mark.parametrize("kind", ["access", "refresh"])
def test_secret_that_was_replaced(kind: str, by_file: bool, tmp_path: Path) -> None:
    """A former secret among the fallbacks keeps users signed in."""
    former = make_app()
    path = tmp_path / "keys.json"
    write(path, new_key("first"))
    in_file = {"JWT_SECRET_KEY": None, "JWT_KEY_FILE": str(path)}
    present = in_file if by_file else {"JWT_SECRET_KEY": secret("next")}
    app = make_app(JWT_SECRET_KEY_FALLBACKS=[secret()], **present)

    @app.get("/refresh")
    @jwt_required(refresh=True)
    def refresh() -> Any:
        return jsonify(get_jwt_identity())

    with former.app_context():
        token = create_access_token("ann") if kind == "access" else create_refresh_token("ann")
    assert ask(app, token, "/me" if kind == "access" else "/refresh") == (200, "ann")


@pytest.mark.parametrize("rule", [None, "/keys"])
def test_published_keys_of_the_program(rule: str | None) -> None:
    """A view of the program's for its public key answers; ours does where it is asked for."""
    pair = {"JWT_ALGORITHM": "ES256", "JWT_PRIVATE_KEY": generate_private_key(SECP256R1())}
    app = make_app(**pair, JWT_JWKS_URL_RULE=rule)
    app.add_url_rule("/.well-known/jwks.json", view_func=lambda: {"keys": "its own"})
    client = app.test_client()

    assert client.get("/.well-known/jwks.json").json == {"keys": "its own"}
    assert client.get("/keys").status_code == (404 if rule is None else 200)


def test_key_objects() -> None:
    """Key objects are taken as PyJWT takes them."""
    private = generate_private_key(SECP256R1())
    app = make_app(
        JWT_ALGORITHM="ES256", JWT_PRIVATE_KEY=private, JWT_PUBLIC_KEY=private.public_key()
    )
    assert ask(app, token_of(app)) == (200, "ann")


def test_route_of_sign_in() -> None:
    """A key that is left over from Flask-JWT takes no route from the program."""
    app = make_app(JWT_AUTH_URL_RULE="/login")
    app.add_url_rule("/login", "login", lambda: jsonify("mine"), methods=["POST"])
    assert app.test_client().post("/login").json == "mine"


def test_algorithm_that_is_written_anyway() -> None:
    """A header field that says what is written in any case is no error."""
    app = make_app()
    fields = {"alg": "HS256", "typ": "JWT", "kid": "a"}
    assert ask(app, token_of(app, additional_headers=fields)) == (200, "ann")
