"""Requests that nobody sends in good faith: each is refused in the words of the former package."""

from __future__ import annotations

import time
from typing import Any

import pytest
from flask import Flask, jsonify

from flask_jwt.extended import (
    JWTManager,
    create_access_token,
    get_csrf_token,
    get_jwt_identity,
    jwt_required,
)
from tests.support.malformed import MARKER, Forge, malformed_tokens, unsendable_tokens
from tests.support.secret import secret

from .calls import token_of

# What is another's rule, and none of Flask-JWT-Extended's: a token may have no end, and its subject
# may be anybody; what is behind a comma in a header is not the token.
ACCEPTED = {
    "exp missing", 'jti ""', 'sub ""', "sub 0", "sub 1", "signature comma behind", "twice",
}  # fmt: skip
GARBAGE = [
    "", " ", ",", "Bearer", "Bearer ", "Bearer  ", "Bearer a b", "bearer a.b.c", "Bearer,Bearer",
    "Bearer a.b.c, Bearer d.e.f", "Basic YTpi", "Basic é", "Bearer \xff\xfe", "Bearer é.b.c", "é",
    "Bearer\ta.b.c", "Bearer a.b.c\x7f", 'Bearer "a.b.c"', "Bearer " + "a" * 70_000,
    "Bearer " + "." * 9000, ", ".join(["Basic x"] * 999),
]  # fmt: skip


@pytest.fixture
def app() -> Flask:
    """An application whose tokens may come from everywhere."""
    app = Flask("attacked")
    app.config.update(
        JWT_SECRET_KEY=secret(),
        JWT_TOKEN_LOCATION=["headers", "cookies", "query_string", "json"],
        JWT_CSRF_CHECK_FORM=True,
        JWT_IDENTITY_CLAIM="identity",
    )
    JWTManager(app)

    @app.route("/", methods=["GET", "POST"])
    @jwt_required()
    def me() -> Any:
        return jsonify(get_jwt_identity())

    @app.route("/optional", methods=["GET", "POST"])
    @jwt_required(optional=True)
    def perhaps() -> Any:
        return jsonify(get_jwt_identity())

    return app


def test_malformed_tokens(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    """No token that a strict parser refuses gets in; no log shows one, nor the secret."""
    client, now = app.test_client(), int(time.time())
    good = {"Authorization": f"Bearer {Forge(secret().encode(), now).token()}"}
    assert client.get("/", headers=good).status_code == 200

    accepted, expired = set(), set()
    for name, token in malformed_tokens(secret().encode(), now).items():
        answer = client.get("/", headers={"Authorization": f"Bearer {token}"})
        # These two are looked at where they are configured.
        if answer.status_code == 200 and name.split()[0] not in ("aud", "iss"):
            accepted.add(name)
        elif answer.status_code not in (200, 422):
            expired.add(name)
            assert answer.status_code == 401
        assert MARKER not in answer.text

    assert accepted == ACCEPTED
    assert expired == {"exp 0", "exp past", "exp past.5"}
    assert MARKER not in caplog.text
    assert secret() not in caplog.text
    assert good["Authorization"][7:] not in caplog.text


@pytest.mark.parametrize("path", ["/", "/optional"])
def test_garbage_in_headers(app: Flask, path: str) -> None:
    """Whatever the header holds, the answer is no error of the server's."""
    client = app.test_client()
    for value in GARBAGE:
        sent = {"HTTP_AUTHORIZATION": value.encode().decode("latin-1")}
        assert client.get(path, environ_overrides=sent).status_code in (200, 401, 422), value
        assert path == "/optional" or client.get(path, environ_overrides=sent).status_code != 200


def test_garbage_elsewhere(app: Flask) -> None:
    """Nor is it where a cookie, an address or a body holds it."""
    client = app.test_client(use_cookies=False)
    for name, token in unsendable_tokens(secret().encode(), int(time.time())).items():
        text = token.encode("utf-8", "replace").decode()
        raw = text.encode().decode("latin-1")
        sent = {"HTTP_COOKIE": f"access_token_cookie={raw}"}
        answers = [
            client.get("/", environ_overrides=sent),
            client.get("/", query_string={"jwt": text}),
            client.post("/", json={"access_token": token}),
        ]
        # Spaces around a cookie are none of its value.
        assert {one.status_code for one in answers[1:]} <= {401, 422}, name
        assert answers[0].status_code in (200, 401, 422), name
    for body in (b"{", b"[]", b'{"access_token":1}', b'{"access_token":{}}', b"\xff", b"null"):
        answer = client.post("/", data=body, content_type="application/json")
        assert answer.status_code == 401, body


def by_cookie(app: Flask, token: str, csrf: str, *more: str) -> Any:
    """Send a token as a cookie, with a CSRF value."""
    cookies = "; ".join(f"access_token_cookie={one}" for one in (token, *more))
    raw = csrf.encode().decode("latin-1")
    client = app.test_client(use_cookies=False)
    return client.post("/", environ_overrides={"HTTP_COOKIE": cookies, "HTTP_X_CSRF_TOKEN": raw})


@pytest.mark.parametrize("value", ["é", "\U0001f511", "nobody's", "\x7f", "a" * 9000])
def test_csrf_values(app: Flask, value: str) -> None:
    """A CSRF value that is not the token's is refused, whatever letters it has; so is a form's."""
    client, token = app.test_client(), token_of(app)
    wrong = {"msg": "CSRF double submit tokens do not match"}

    answer = by_cookie(app, token, value)
    client.set_cookie("access_token_cookie", token)
    by_form = client.post("/", data={"csrf_token": value})

    assert (answer.status_code, answer.get_json()) == (401, wrong)
    assert (by_form.status_code, by_form.get_json()) == (401, wrong)


def test_several_cookies(app: Flask) -> None:
    """Of several cookies of the name a good one counts, unless two users' are good."""
    token, another = token_of(app), token_of(app, "bob")
    with app.app_context():
        csrf = get_csrf_token(token)

    assert by_cookie(app, token, csrf, "a.b.c").get_json() == "ann"
    assert by_cookie(app, "a.b.c", csrf, token).get_json() == "ann"
    assert by_cookie(app, token, csrf, another).status_code in (400, 401)
    assert by_cookie(app, another, csrf, token).status_code in (400, 401)
    assert by_cookie(app, "a.b.c", csrf, "d.e.f").status_code == 422


def test_unauthorized_answers_say_how(app: Flask) -> None:
    """Each 401 says how to authenticate, the application's own answers too."""
    client, manager = app.test_client(), app.extensions["flask-jwt-extended"]
    manager.expired_token_loader(lambda _header, _claims: ({"old": True}, 401))
    with app.app_context():
        old = Forge(secret().encode(), int(time.time()) - 999).token()

    answers = [client.get("/"), client.get("/", headers={"Authorization": f"Bearer {old}"})]

    assert [one.status_code for one in answers] == [401, 401]
    assert answers[1].get_json() == {"old": True}
    for one in answers:
        assert one.headers["WWW-Authenticate"].startswith("Bearer ")


def test_short_secret() -> None:
    """A secret too short for its algorithm is an error, unless allowed by name, or in debug."""
    app = Flask("weak")
    app.config["JWT_SECRET_KEY"] = "super-secret"
    JWTManager(app)

    with app.app_context(), pytest.raises(RuntimeError, match="'JWT_SECRET_KEY'") as raised:
        create_access_token("ann")
    assert "super-secret" not in str(raised.value)

    app.config["JWT_ALLOW_INSECURE_KEYS"] = True
    assert token_of(app)
    app.config["JWT_ALLOW_INSECURE_KEYS"] = False
    app.debug = True
    assert token_of(app)
