"""What an attacker sends to a program of Flask-JWT-Extended's, and what becomes of it."""

import gc
from collections.abc import Callable
from itertools import product
from time import time
from typing import Any

import jwt as pyjwt
import pytest
from flask import Flask, jsonify, request

from flask_jwt import JWT, ConfigurationError
from flask_jwt.extended import (
    JWTManager,
    create_access_token,
    decode_token,
    get_csrf_token,
    get_jti,
    get_jwt,
    get_jwt_identity,
    get_unverified_jwt_headers,
    jwt_required,
    verify_jwt_in_request,
)
from flask_jwt.extended.authenticator import ExtendedAuthenticator
from flask_jwt.extended.exceptions import CSRFError
from flask_jwt.testing import FakeIssuer
from tests.support.secret import secret

from .calls import token_of

Answer = tuple[int, Any]


def make_app(**config: Any) -> Flask:
    """Return an application with guarded views that say whom a request is from."""
    app = Flask(__name__)
    app.config.update({"JWT_SECRET_KEY": secret(), **config})
    JWTManager(app)
    for path, guard in (
        ("/me", jwt_required()),
        ("/perhaps", jwt_required(optional=True)),
        ("/refresh", jwt_required(refresh=True)),
        ("/fresh", jwt_required(fresh=True)),
    ):
        view = guard(lambda: jsonify(get_jwt_identity()))
        app.add_url_rule(path, path, view, methods=["GET", "POST"])
    return app


def get_jwt_manager(app: Flask) -> JWTManager:
    """Return the extension of an application."""
    manager: JWTManager = app.extensions["flask-jwt-extended"]
    return manager


def ask(app: Flask, path: str, method: str = "GET", **headers: str) -> Answer:
    """Send a request; return the status and the body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    client = app.test_client(use_cookies=False)
    answer = client.open(path, method=method, headers=named)
    return answer.status_code, answer.json


def cookies(*tokens: str) -> str:
    """Return a Cookie header with several cookies for access tokens."""
    return "; ".join(f"access_token_cookie={token}" for token in tokens)


@pytest.mark.parametrize(
    "function", [decode_token, get_jti, get_csrf_token, get_unverified_jwt_headers]
)
@pytest.mark.parametrize("sent", [None, 5, True, {}, ["a"], b"\xff.\xff.\xff", "", "é.é.é"])
def test_what_is_no_token(function: Callable[[Any], Any], sent: Any) -> None:
    """What a program hands on from a cookie or a JSON body may be anything: PyJWT's error."""
    with make_app().app_context(), pytest.raises(pyjwt.DecodeError):
        function(sent)


def test_csrf_value_of_a_program() -> None:
    """A program that checks the CSRF value itself is not satisfied by an empty one."""
    app = make_app(JWT_TOKEN_LOCATION=["cookies"])
    with app.app_context():
        token = create_access_token("ann")
        assert decode_token(token, csrf_value=get_csrf_token(token))["sub"] == "ann"
        for value in ("", "é", "a" * 100_000):
            with pytest.raises(CSRFError):
                decode_token(token, csrf_value=value)


def test_sid_that_names_the_user() -> None:
    """Where another claim names users, a token without it is refused like any other."""
    app = make_app(JWT_IDENTITY_CLAIM="sid")
    token = pyjwt.encode({"sub": "ann"}, secret(), "HS256")
    assert ask(app, "/me", Authorization=f"Bearer {token}") == (422, {"msg": "Missing claim: sid"})


def test_another_issuers_token() -> None:
    """One that has expired, or has none of its claims, is refused as one of ours is."""
    with FakeIssuer() as issuer:
        options = {**issuer.options, "required_claims": ["sid"]}
        app = make_app(JWT_TRUSTED_ISSUERS={issuer.url: options})

        @get_jwt_manager(app).expired_token_loader
        def answer(header: dict[str, Any], claims: dict[str, Any]) -> Any:
            return jsonify(claims["sub"], header["alg"]), 401

        good = issuer.token(sub="anna", sid="s")
        assert ask(app, "/me", Authorization=f"Bearer {good}") == (200, f"{issuer.url}#anna")
        old = issuer.token(sub="anna", sid="s", exp=int(time()) - 500)
        assert ask(app, "/me", Authorization=f"Bearer {old}") == (401, ["anna", "ES256"])
        lacking = issuer.token(sub="anna")
        assert ask(app, "/me", Authorization=f"Bearer {lacking}")[0] == 422
        issuer.stop()


def test_another_issuers_token_in_a_cookie() -> None:
    """It is refused in a cookie, which a host of the same site may have planted."""
    with FakeIssuer() as issuer:
        app = make_app(
            JWT_TRUSTED_ISSUERS={issuer.url: issuer.options},
            JWT_TOKEN_LOCATION=["headers", "cookies"],
            JWT_COOKIE_CSRF_PROTECT=False,
        )
        token = issuer.token(sub="ann")
        theirs = f"{issuer.url}#ann"
        assert ask(app, "/me", Authorization=f"Bearer {token}") == (200, theirs)
        for method in ("GET", "POST"):
            assert ask(app, "/me", method, Cookie=cookies(token))[0] == 422
            assert ask(app, "/perhaps", method, Cookie=cookies(token))[0] == 422
        issuer.stop()


@pytest.mark.parametrize("methods", ["post", ["Post", "delete"], {"POST"}])
def test_csrf_methods_in_small_letters(methods: Any) -> None:
    """``JWT_CSRF_METHODS`` names methods in any case: none of them goes unchecked."""
    app = make_app(JWT_TOKEN_LOCATION=["cookies"], JWT_CSRF_METHODS=methods)
    token = token_of(app)
    assert ask(app, "/me", "GET", Cookie=cookies(token)) == (200, "ann")
    assert ask(app, "/me", "POST", Cookie=cookies(token)) == (401, {"msg": "Missing CSRF token"})


@pytest.mark.parametrize("path", ["/me", "/perhaps"])
def test_two_headers(path: str) -> None:
    """Two tokens in the header are none, whoever else may be in the cookie."""
    app = make_app(JWT_TOKEN_LOCATION=["headers", "cookies"])
    token = token_of(app)
    twice = f"Bearer {token}, Bearer {token_of(app, 'eve')}"
    assert ask(app, path, Authorization=twice)[0] == 422
    assert ask(app, path, Authorization=twice, Cookie=cookies(token))[0] == 422
    assert ask(app, path, Authorization="Basic YTpi", Cookie=cookies(token)) == (200, "ann")


def test_query_strings() -> None:
    """Two tokens in an address are none; an address with one goes nowhere along with a link."""
    app = make_app(JWT_TOKEN_LOCATION=["query_string"], JWT_QUERY_STRING_VALUE_PREFIX="Bearer ")
    one, another = (f"jwt=Bearer {token_of(app, name)}" for name in ("ann", "eve"))
    assert ask(app, f"/me?{one}&{one}") == (200, "ann")
    assert ask(app, f"/me?{one}&{another}")[0] == 400
    assert ask(app, f"/me?{one}&jwt=x")[0] == 400
    assert ask(app, "/me?jwt=x")[0] == 422
    answer = app.test_client().get(f"/me?{one}")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "private"


def test_request_hook_that_reads_a_cookie() -> None:
    """What a program's own request hook finds in a cookie needs the CSRF value, too."""
    app = make_app(JWT_TOKEN_LOCATION=["headers", "cookies"])
    get_jwt_manager(app).request_handler(lambda: request.cookies.get("mine"))
    token = token_of(app)
    with app.app_context():
        value = get_csrf_token(token)
    cookie = f"mine={token}"
    assert ask(app, "/me", "GET", Cookie=cookie) == (200, "ann")
    assert ask(app, "/me", "POST", Cookie=cookie) == (401, {"msg": "Missing CSRF token"})
    assert ask(app, "/me", "POST", Cookie=cookie, X_CSRF_TOKEN="x")[0] == 401
    assert ask(app, "/me", "POST", Cookie=cookie, X_CSRF_TOKEN=value) == (200, "ann")


def test_user_of_another_issuer() -> None:
    """No token of ours is made for a bare subject of another issuer: ours may be called so."""
    with FakeIssuer() as issuer:
        app = make_app(JWT_TRUSTED_ISSUERS={issuer.url: issuer.options})

        @app.get("/mine")
        @jwt_required()
        def mine() -> Any:
            with pytest.raises(ConfigurationError, match="another issuer's"):
                create_access_token(get_jwt()["sub"])
            return jsonify(decode_token(create_access_token(get_jwt_identity()))["sub"])

        token = issuer.token(sub="ann")
        assert ask(app, "/mine", Authorization=f"Bearer {token}") == (200, f"{issuer.url}#ann")
        issuer.stop()


def test_algorithm_that_a_loader_goes_by() -> None:
    """A loader is asked for no key of an algorithm that is not accepted."""
    app = make_app(JWT_ALGORITHM="RS256")

    @get_jwt_manager(app).decode_key_loader
    def key(header: dict[str, Any], _claims: dict[str, Any]) -> Any:
        return secret() if header["alg"] == "HS256" else None

    refused = (422, {"msg": "The specified alg value is not allowed"})
    for algorithm in ("HS256", "HS512"):
        token = pyjwt.encode({"sub": "ann"}, secret(), algorithm)
        assert ask(app, "/me", Authorization=f"Bearer {token}") == refused


@pytest.mark.parametrize("first", [JWT, JWTManager])
def test_two_extensions(first: type[JWT[Any]]) -> None:
    """One application has JWT or JWTManager: each takes the other's refresh tokens for its own."""
    app = Flask(__name__)
    app.config["JWT_SECRET_KEY"] = secret()
    first(app)
    second = JWT if first is JWTManager else JWTManager
    with pytest.raises(ConfigurationError, match="both"):
        second(app)
    first(app)


@pytest.mark.parametrize("is_optional", [True, False])
def test_guard_without_its_extension(is_optional: bool) -> None:
    """Under JWT a guard that asks for more than a good token says what it needs."""
    app = Flask(__name__)
    app.config.update(JWT_SECRET_KEY=secret(), PROPAGATE_EXCEPTIONS=True)
    JWT(app, identity_handler=lambda claims: claims)
    guard = jwt_required(optional=is_optional, refresh=not is_optional)
    app.add_url_rule("/", view_func=guard(lambda: "entered"))
    with pytest.raises(ConfigurationError, match="JWTManager"):
        app.test_client().get("/")


def test_places_that_a_guard_names() -> None:
    """An answer is for its user alone where only a guard says that tokens are in cookies."""
    app = make_app()
    for path, location in (("/cookie", "cookies"), ("/address", "query_string")):
        view = jwt_required(locations=[location])(lambda: jsonify(get_jwt_identity()))
        app.add_url_rule(path, path, view)
    client, token = app.test_client(use_cookies=False), token_of(app)
    answer = client.get("/cookie", headers={"Cookie": cookies(token)})
    assert (answer.headers["Vary"], answer.headers["Cache-Control"]) == ("Cookie", "private")
    answer = client.get(f"/address?jwt={token}")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "private"


def test_changes_of_two_applications() -> None:
    """What one of several applications of a manager changes counts at once, for it alone."""
    manager, apps = JWTManager(), []
    for name in ("first", "second"):
        app = Flask(name)
        app.config["JWT_SECRET_KEY"] = secret()
        app.add_url_rule("/me", view_func=jwt_required()(lambda: jsonify(get_jwt_identity())))
        manager.init_app(app)
        apps.append(app)
    first, second = apps
    sent = f"Bearer {token_of(first)}"
    for app in (*apps, *apps):
        assert ask(app, "/me", Authorization=sent) == (200, "ann")
    first.config["JWT_DECODE_ISSUER"] = "somebody else"
    assert ask(second, "/me", Authorization=sent) == (200, "ann")
    assert ask(first, "/me", Authorization=sent)[0] == 422
    assert ask(second, "/me", Authorization=sent) == (200, "ann")


def test_views_are_looked_at_where_they_are_decided_on() -> None:
    """``JWT_PROTECT_ALL`` counts when it changes, from the request after the next look on."""
    app = make_app()
    app.add_url_rule("/bare", "bare", lambda: jsonify(True))
    sent = f"Bearer {token_of(app)}"
    assert ask(app, "/bare") == (200, True)
    app.config["JWT_PROTECT_ALL"] = True
    assert ask(app, "/me", Authorization=sent) == (200, "ann")
    assert ask(app, "/bare")[0] == 401
    app.config["JWT_ACCESS_TOKEN_EXPIRES"] = 60
    assert ask(app, "/me", Authorization=sent) == (200, "ann")
    assert ask(app, "/bare")[0] == 401


@pytest.mark.parametrize("is_late", [True, False])
def test_claims_that_another_issuer_leaves_out(is_late: bool) -> None:
    """A program finds ``jti``, ``type`` and ``fresh`` in each token, which says of none fresh."""
    with FakeIssuer() as issuer:
        trusted = {issuer.url: issuer.options}
        app = make_app(JWT_TRUSTED_ISSUERS={} if is_late else trusted)
        manager = get_jwt_manager(app)
        seen = []

        @manager.token_in_blocklist_loader
        def is_revoked(_header: dict[str, Any], claims: dict[str, Any]) -> bool:
            seen.append((claims["jti"], claims["type"], claims["fresh"]))
            return False

        assert ask(app, "/me", Authorization=f"Bearer {token_of(app)}") == (200, "ann")
        seen.clear()
        if is_late:
            manager.trust(issuer.url, **issuer.options)
        for token in (issuer.token(sub="anna", jti=None), issuer.token(sub="anna", fresh=True)):
            for _ in range(2):
                sent = f"Bearer {token}"
                assert ask(app, "/me", Authorization=sent) == (200, f"{issuer.url}#anna")
        assert {(kind, fresh) for _, kind, fresh in seen} == {("access", False)}
        issuer.stop()


def test_demands_that_requests_name() -> None:
    """A program that hands places of tokens on from requests can't be made to keep them all."""
    app = make_app()

    @app.get("/by/<places>")
    def by(places: str) -> Any:
        return jsonify(verify_jwt_in_request(locations=places.split(",")) is not None)

    sent = f"Bearer {token_of(app)}"
    before = sum(type(one) is ExtendedAuthenticator for one in gc.get_objects())
    for places in product(("headers", "json"), repeat=9):
        assert ask(app, f"/by/{','.join(places)},headers", Authorization=sent) == (200, True)
    gc.collect()
    kept = sum(type(one) is ExtendedAuthenticator for one in gc.get_objects())
    assert kept - before < 300


@pytest.mark.parametrize("claim", ["type", "fresh", "csrf", "exp", "jti"])
def test_claim_that_says_something_else(claim: str) -> None:
    """No user's name decides what a token is good for: one may be called "refresh"."""
    with pytest.raises(ConfigurationError, match="JWT_IDENTITY_CLAIM"):
        token_of(make_app(JWT_IDENTITY_CLAIM=claim), "refresh")
