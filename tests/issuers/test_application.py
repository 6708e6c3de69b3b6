"""An application that accepts the tokens of others: whose they are, and what they never meet."""

from __future__ import annotations

import json
import time
from functools import cache
from typing import Any

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask, current_app, jsonify
from jwt.algorithms import ECAlgorithm
from werkzeug.test import TestResponse

from flask_jwt import (
    JWT,
    ConfigurationError,
    create_access_token,
    csrf_token,
    current_identity,
    current_token,
    jwt_required,
)
from flask_jwt.authentication.authenticator import default_jwt_decode_callback
from flask_jwt.core import Key
from flask_jwt.issuers import FetchError, FetchRequest, FetchResponse
from tests.support.dict_directory import DictDirectory
from tests.support.secret import secret

SHOP = "https://id.example/realms/shop"
BANK = "https://id.example/realms/bank"


@cache
def private_key(issuer: str) -> ec.EllipticCurvePrivateKey:
    """Return the key of an issuer."""
    return ec.generate_private_key(ec.SECP256R1())


def key_set(issuer: str) -> dict[str, Any]:
    """Return what an issuer publishes; all of them have a key of the same name."""
    public = private_key(issuer).public_key()
    return {"keys": [{**ECAlgorithm.to_jwk(public, as_dict=True), "kid": "1"}]}


def token_of(issuer: str, signed_by: str | None = None, **claims: Any) -> str:
    """Return a token that says it is an issuer's."""
    now = int(time.time())
    said = {"iss": issuer, "aud": "api", "sub": "ann", "exp": now + 300, **claims}
    key = private_key(signed_by or issuer)
    return pyjwt.encode(said, key, "ES256", headers={"kid": "1"})


def entry(issuer: str, **options: Any) -> dict[str, Any]:
    """Return the options of an issuer whose keys are given."""
    return {"audience": "api", "keys": key_set(issuer), **options}


def make_app(
    *args: Any,
    trusted: tuple[str, ...] = (SHOP,),
    config: dict[str, Any] | None = None,
    **more: Any,
) -> Flask:
    """Make an application in production with a guarded view."""
    app = Flask("issuers")
    app.config["JWT_TRUSTED_ISSUERS"] = {issuer: entry(issuer) for issuer in trusted}
    app.config["JWT_AUTH_HEADER_PREFIX"] = "Bearer"
    app.config.update(config or {})
    JWT(app, *args, **more)

    @app.get("/me")
    @jwt_required()
    def me() -> Any:
        user = current_identity._get_current_object()
        return jsonify(user=user, issuer=current_token.issuer, subject=current_token.subject)

    return app


def get(app: Flask, token: str, path: str = "/me", **more: Any) -> TestResponse:
    """Ask with a token in the header."""
    return app.test_client().get(path, headers={"Authorization": f"Bearer {token}"}, **more)


def refusal(response: TestResponse) -> tuple[int, str]:
    """Return the status and the description of a refusal."""
    assert response.json is not None
    return response.status_code, response.json["description"]


def own_user(claims: dict[str, Any]) -> dict[str, Any]:
    """Be the identity handler of somebody who has read the page."""
    is_own = claims.get("iss") == current_app.config["JWT_ISSUER"]
    name = claims["identity"] if is_own else claims["sub"]
    return {"id": name, "from": claims.get("iss", "here")}


def authenticate(username: str, _password: str) -> dict[str, str]:
    """Know everybody."""
    return {"id": username}


def test_one_line_is_enough() -> None:
    """An application that signs nobody in needs neither handlers nor a secret of its own."""
    app = make_app()

    answer = get(app, token_of(SHOP, roles=["a"])).json

    assert answer is not None
    assert (answer["issuer"], answer["subject"]) == (SHOP, "ann")
    assert answer["user"]["roles"] == ["a"]
    assert app.test_client().post("/auth", json={}).status_code == 404


def test_who_issues_nothing_accepts_nothing_of_its_own() -> None:
    """Where nobody signs in here, a token of the application's own key is refused."""
    app = make_app(config={"SECRET_KEY": secret("issuers")})
    own = Key.from_secret(secret("issuers"))
    token = pyjwt.encode({"exp": time.time() + 300, "identity": "ann"}, secret("issuers"))

    assert own.can_sign
    assert refusal(get(app, token)) == (401, "Invalid issuer")


def test_ours_and_theirs_side_by_side() -> None:
    """Each token is verified by the keys of its issuer; the handler and the token say which."""
    app = make_app(authenticate, own_user, config={"SECRET_KEY": secret("issuers")})
    with app.app_context():
        own = create_access_token({"id": "ann"})

    users = [get(app, token).json["user"] for token in (own, token_of(SHOP), own, token_of(SHOP))]  # type: ignore[index]

    assert [user["from"] for user in users] == ["here", SHOP, "here", SHOP]


def test_their_roles_are_where_ours_are() -> None:
    """Roles are read where JWT_ROLES_CLAIM says, and in no claim that is unused here."""
    app = make_app(config={"JWT_ROLES_CLAIM": ["realm_access", "roles"]})

    @app.get("/roles")
    @jwt_required()
    def roles() -> Any:
        return jsonify(sorted(current_token.roles))

    token = token_of(SHOP, roles=["admin"], realm_access={"roles": ["reader"]})
    assert get(app, token, "/roles").json == ["reader"]


def test_one_kid_of_two_issuers() -> None:
    """A key is good for the tokens of its own issuer, whatever it is called."""
    app = make_app(trusted=(SHOP, BANK))

    assert get(app, token_of(SHOP)).status_code == 200
    assert get(app, token_of(BANK)).status_code == 200
    for issuer, other in ((SHOP, BANK), (BANK, SHOP)):
        assert refusal(get(app, token_of(issuer, signed_by=other))) == (
            401,
            "Signature verification failed",
        )


def test_issuer_that_nobody_trusts() -> None:
    """A token of another issuer is refused, and no server is asked on its behalf."""
    asked: list[FetchRequest] = []

    def fetch(request: FetchRequest) -> FetchResponse:
        asked.append(request)
        raise FetchError("no server")

    app = make_app(trusted=(), fetch=fetch)
    jwt = app.extensions["jwt"]
    jwt.trust(SHOP, audience="api")

    for issuer in (BANK, f"{SHOP}/", "https://id.example", SHOP.upper()):
        assert refusal(get(app, token_of(issuer))) == (401, "Invalid issuer")
    assert not asked


def test_their_keys_cant_be_had() -> None:
    """Where nobody can tell whether a token is good, the answer is 503, and says when to return."""

    def fetch(_request: FetchRequest) -> FetchResponse:
        raise FetchError("no server")

    app = make_app(
        trusted=(), fetch=fetch, config={"JWT_TRUSTED_ISSUERS": {SHOP: {"audience": "api"}}}
    )

    response = get(app, token_of(SHOP))

    assert response.status_code == 503
    # Until then nobody is asked again.
    assert response.headers["Retry-After"] == "5"


def test_their_identity_is_nobodys_here() -> None:
    """The claim ``identity`` is ours: in a token of another issuer it is taken out."""
    app = make_app(authenticate, dict, config={"SECRET_KEY": secret("issuers")})

    for _ in range(2):
        answer = get(app, token_of(SHOP, identity="root")).json
        assert answer is not None
        assert "identity" not in answer["user"]


def test_directory_has_our_users_alone() -> None:
    """The directory of users isn't asked for another issuer's subject, which may be a name here."""
    users = DictDirectory()
    app = make_app(users=users, config={"SECRET_KEY": secret("issuers")})

    answer = get(app, token_of(SHOP, sub="1")).json

    assert answer is not None
    assert answer["user"]["iss"] == SHOP
    for path in ("/auth/me",):
        assert refusal(get(app, token_of(SHOP, sub="1"), path)) == (401, "Invalid issuer")


def test_sessions_are_ours_alone() -> None:
    """Neither does a ``sid`` of theirs show or end a session of ours, nor is it ended with one."""
    app = make_app(
        authenticate,
        own_user,
        config={"SECRET_KEY": secret("issuers"), "JWT_SESSION_STORE": "memory://"},
    )
    signed_in = app.test_client().post("/auth", json={"username": "ann", "password": "pw"}).json
    assert signed_in is not None
    own = signed_in["access_token"]
    sid = pyjwt.decode(own, options={"verify_signature": False})["sid"]
    theirs = token_of(SHOP, sid=sid, jti="1")

    assert refusal(get(app, theirs, "/auth/sessions")) == (401, "Invalid issuer")
    bearer = {"Authorization": f"Bearer {theirs}"}
    assert app.test_client().post("/auth/logout", headers=bearer).status_code == 401
    assert app.test_client().delete("/auth/sessions", headers=bearer).status_code == 401
    assert get(app, own).status_code == 200
    bearer = {"Authorization": f"Bearer {own}"}
    assert app.test_client().post("/auth/logout", headers=bearer).status_code == 204
    assert get(app, own).status_code == 401
    assert get(app, theirs).status_code == 200


def test_decode_hook_that_knows_their_keys() -> None:
    """What a hook of the application's own accepts of a trusted issuer is that issuer's as well."""
    app = make_app(
        authenticate,
        dict,
        config={"SECRET_KEY": secret("issuers"), "JWT_SESSION_STORE": "memory://"},
    )

    @app.extensions["jwt"].jwt_decode_handler
    def decode(token: str) -> Any:
        claims = pyjwt.decode(token, options={"verify_signature": False})
        if claims.get("iss") != SHOP:
            return default_jwt_decode_callback(token)
        key = private_key(SHOP).public_key()
        return pyjwt.decode(token, key, ["ES256"], audience="api")

    signed_in = app.test_client().post("/auth", json={"username": "ann", "password": "pw"}).json
    assert signed_in is not None
    own = signed_in["access_token"]
    sid = pyjwt.decode(own, options={"verify_signature": False})["sid"]
    theirs = token_of(SHOP, sid=sid, identity="ann")

    answer = get(app, theirs).json
    assert answer is not None
    assert (answer["issuer"], answer["subject"]) == (SHOP, "ann")
    assert "identity" not in answer["user"]
    assert get(app, theirs, "/auth/sessions").status_code == 401
    bearer = {"Authorization": f"Bearer {theirs}"}
    assert app.test_client().post("/auth/logout", headers=bearer).status_code == 401
    assert get(app, own).status_code == 200


def test_their_tokens_are_not_ours_to_revoke() -> None:
    """Revoking the token of a request that another issuer's token let in is an error."""
    app = make_app(
        authenticate,
        own_user,
        config={"SECRET_KEY": secret("issuers"), "JWT_SESSION_STORE": "memory://"},
    )

    @app.get("/revoke")
    @jwt_required()
    def revoke() -> str:
        for token in (current_token._get_current_object(), current_token.claims):
            with pytest.raises(ValueError, match="trusted issuer"):
                current_app.extensions["jwt"].sessions.revoke(token)
        assert current_token.session is None
        return "refused"

    assert get(app, token_of(SHOP, sid="1", jti="1"), "/revoke").text == "refused"


def test_their_claims_name_nobody_for_whom_tokens_are_made() -> None:
    """A view that makes a token for ``current_identity`` makes none for an ``id`` of theirs."""
    app = make_app(users=DictDirectory(), config={"SECRET_KEY": secret("issuers")})

    @app.get("/another")
    @jwt_required()
    def another() -> str:
        with pytest.raises(ConfigurationError, match="trusted issuer"):
            create_access_token(current_identity)
        return "refused"

    assert get(app, token_of(SHOP, id=1), "/another").text == "refused"


def test_cookies_hold_our_tokens_alone() -> None:
    """With cookies, tokens of others come in the header; no CSRF value is made for theirs."""
    app = make_app(
        authenticate,
        own_user,
        config={
            "SECRET_KEY": secret("issuers"),
            "JWT_SESSION_STORE": "memory://",
            "JWT_TOKEN_LOCATION": ["headers", "cookies"],
        },
    )

    @app.get("/form")
    @jwt_required()
    def form() -> Any:
        return jsonify(csrf=csrf_token())

    client = app.test_client()
    client.set_cookie("__Host-Http-access_token", token_of(SHOP, sid="1"), secure=True)
    answer = client.get("/me", base_url="https://localhost")
    assert refusal(answer) == (401, "Invalid issuer")
    assert get(app, token_of(SHOP, sid="1"), "/form").json == {"csrf": None}


def test_issuer_that_says_it_is_us() -> None:
    """The name of this application is no other issuer's."""
    app = make_app(authenticate, own_user, config={"SECRET_KEY": secret("x"), "JWT_ISSUER": SHOP})

    with pytest.raises(ConfigurationError, match="JWT_ISSUER"):
        app.extensions["jwt"].load_state(app)


def test_trust_counts_from_the_next_request_on() -> None:
    """An issuer that is named while requests are served is accepted from then on."""
    app = make_app()
    assert get(app, token_of(BANK)).status_code == 401

    app.extensions["jwt"].trust(BANK, **entry(BANK))

    assert get(app, token_of(BANK)).status_code == 200
    assert get(app, token_of(SHOP)).status_code == 200


def test_the_first_issuer_comes_while_requests_are_served() -> None:
    """An application that has trusted nobody accepts a tenant's tokens from then on."""
    app = make_app(authenticate, own_user, trusted=(), config={"SECRET_KEY": secret("issuers")})
    with app.app_context():
        own = create_access_token({"id": "ann"})
    statuses = [get(app, token).status_code for token in (own, token_of(SHOP))]

    app.extensions["jwt"].trust(SHOP, **entry(SHOP))

    assert statuses == [200, 401]
    assert [get(app, token).status_code for token in (own, token_of(SHOP))] == [200, 200]


def test_trust_forgets_nothing_that_was_good() -> None:
    """Issuers that are named while requests are served take no keys away that can't be had now."""
    answers = [json.dumps(key_set(SHOP)).encode()]

    def fetch(_request: FetchRequest) -> FetchResponse:
        if not answers:
            raise FetchError("no server")
        return FetchResponse(200, {}, answers.pop())

    options = {"audience": "api", "jwks_uri": f"{SHOP}/keys"}
    app = make_app(trusted=(), fetch=fetch, config={"JWT_TRUSTED_ISSUERS": {SHOP: options}})
    assert get(app, token_of(SHOP)).status_code == 200

    app.extensions["jwt"].trust(BANK, **entry(BANK))
    assert get(app, token_of(BANK)).status_code == 200
    assert get(app, token_of(SHOP)).status_code == 200


def test_issuer_that_cant_be_trusted_changes_nothing() -> None:
    """While requests are served, an issuer with a fault is an error of the caller alone."""
    app = make_app()
    assert get(app, token_of(SHOP)).status_code == 200

    wrong = (
        (BANK, {"audience": ""}),
        ("http://id.example", {"audience": "api"}),
        (SHOP, entry(SHOP)),
    )
    for issuer, options in wrong:
        with pytest.raises(ConfigurationError, match="JWT_TRUSTED_ISSUERS"):
            app.extensions["jwt"].trust(issuer, **options)
        assert get(app, token_of(SHOP)).status_code == 200


def test_trust_forgets_no_attempt_to_sign_in() -> None:
    """Issuers that are named while requests are served give nobody another go at a password."""
    app = make_app(users=DictDirectory(), config={"SECRET_KEY": secret("issuers")})

    def attempt() -> int:
        wrong = {"username": "ann", "password": "wrong"}
        return app.test_client().post("/auth", json=wrong).status_code

    while attempt() != 429:
        pass
    app.extensions["jwt"].trust(BANK, **entry(BANK))

    assert attempt() == 429


def test_missing_handler_for_our_own_tokens() -> None:
    """An application that signs in and has no identity handler is told so, as before."""
    app = make_app(authenticate, config={"SECRET_KEY": secret("issuers"), "TESTING": True})
    with app.app_context():
        own = create_access_token({"id": "ann"})

    assert get(app, token_of(SHOP)).status_code == 200
    with pytest.raises(ConfigurationError, match="identity handler"):
        get(app, own)
