"""Programs of Flask-JWT-Extended with ``JWT_SESSION_STORE``: the same endpoints, and sessions."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, Response, jsonify, request

from flask_jwt import ConfigurationError
from flask_jwt.core import ClaimsError
from flask_jwt.extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    decode_token,
    get_jwt,
    get_jwt_identity,
    jwt_required,
    set_access_cookies,
    set_refresh_cookies,
    unset_jwt_cookies,
)
from flask_jwt.signals import refresh_token_reused, session_ended
from tests.support.secret import secret

REVOKED = (401, {"msg": "Token has been revoked"})


class Program:
    """An application as people write it with Flask-JWT-Extended, and somebody who uses it."""

    def __init__(self, store: Any = "memory://", **config: Any) -> None:
        self.app = Flask(__name__)
        # A token that was exchanged is not repeated: each second use is one too many.
        self.app.config.update(
            {"JWT_SECRET_KEY": secret(), "JWT_SESSION_STORE": store}
            | {"JWT_REFRESH_GRACE_DELTA": 0, "JWT_REVOCATION_REFRESH": 0, **config}
        )
        self.jwt = JWTManager(self.app)
        self._add_views()

    def _add_views(self) -> None:
        app = self.app

        @app.post("/login")
        def login() -> Response:
            name = request.get_json()["username"]
            return jsonify(
                access_token=create_access_token(identity=name, fresh=True),
                refresh_token=create_refresh_token(identity=name),
            )

        @app.post("/refresh")
        @jwt_required(refresh=True)
        def refresh() -> Response:
            return jsonify(access_token=create_access_token(identity=get_jwt_identity()))

        @app.post("/rotate")
        @jwt_required(refresh=True)
        def rotate() -> Response:
            name = get_jwt_identity()
            return jsonify(
                access_token=create_access_token(identity=name),
                refresh_token=create_refresh_token(identity=name),
            )

        @app.post("/extend")
        @jwt_required()
        def extend() -> Response:
            name = request.args.get("name", get_jwt_identity())
            return jsonify(access_token=create_access_token(identity=name))

        @app.post("/leave")
        def leave() -> Response:
            response = jsonify(msg="bye")
            unset_jwt_cookies(response)
            return response

        @app.get("/me")
        @jwt_required()
        def me() -> Response:
            return jsonify(name=get_jwt_identity(), sid=get_jwt().get("sid"))

    def send(self, method: str, path: str, token: str = "", **more: Any) -> tuple[int, Any]:
        """Send a request with a token; return the status and the body."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = self.app.test_client().open(path, method=method, headers=headers, **more)
        return answer.status_code, answer.json if answer.data else None

    def tokens(self, path: str, token: str = "", **more: Any) -> Any:
        """Ask for tokens, and return them."""
        status, body = self.send("POST", path, token, **more)
        assert status == 200, body
        return body

    def login(self, name: str = "ann") -> Any:
        """Sign somebody in, and return the tokens."""
        return self.tokens("/login", json={"username": name})

    def session(self, token: str) -> str | None:
        """Return the session of an access token that is accepted."""
        status, body = self.send("GET", "/me", token)
        assert status == 200, body
        sid: str | None = body["sid"]
        return sid

    def sessions(self, token: str) -> list[str]:
        """Return the sessions of the user of a token."""
        status, body = self.send("GET", "/auth/sessions", token)
        assert status == 200, body
        return [session["sid"] for session in body["sessions"]]


@pytest.fixture
def program() -> Program:
    """Return a program with a store."""
    return Program()


def test_sign_in(program: Program) -> None:
    """The two tokens of a sign-in are of one session; the next sign-in begins another."""
    first, second = program.login(), program.login()
    sid = program.session(first["access_token"])
    assert len(program.sessions(first["access_token"])) == 2
    assert (
        program.session(program.tokens("/refresh", first["refresh_token"])["access_token"]) == sid
    )
    assert program.session(second["access_token"]) != sid


def test_refresh_without_rotation(program: Program) -> None:
    """An endpoint that makes access tokens alone answers the same refresh token again and again."""
    tokens = program.login()
    made = [program.tokens("/refresh", tokens["refresh_token"]) for _ in range(3)]
    sids = {program.session(token["access_token"]) for token in made}
    assert sids == set(program.sessions(tokens["access_token"]))


def test_rotation(program: Program) -> None:
    """An endpoint that makes a refresh token has the session rotate: the newest one counts."""
    tokens = program.login()
    for _ in range(3):
        tokens = program.tokens("/rotate", tokens["refresh_token"])
    assert len(program.sessions(tokens["access_token"])) == 1


def test_replay(program: Program) -> None:
    """A refresh token that was exchanged and comes again ends the session: two parties have it."""
    reused: list[str] = []

    def hear(_app: Flask, sid: str, **_more: object) -> None:
        reused.append(sid)

    stolen = program.login()
    sid = program.session(stolen["access_token"])
    tokens = program.tokens("/rotate", stolen["refresh_token"])
    with refresh_token_reused.connected_to(hear, program.app):
        assert program.send("POST", "/refresh", stolen["refresh_token"]) == REVOKED
    assert reused == [sid]
    assert program.send("POST", "/rotate", tokens["refresh_token"]) == REVOKED
    assert program.send("GET", "/me", tokens["access_token"]) == REVOKED


def test_sign_out(program: Program) -> None:
    """Sign-out by the access token refuses all tokens of the session, and no other's."""
    tokens, others = program.login(), program.login()
    assert program.send("POST", "/auth/logout", tokens["access_token"]) == (204, None)
    assert program.send("GET", "/me", tokens["access_token"]) == REVOKED
    assert program.send("POST", "/refresh", tokens["refresh_token"]) == REVOKED
    assert program.session(others["access_token"])


def test_end_of_all(program: Program) -> None:
    """``jwt.sessions`` lists and ends the sessions of an identity."""
    tokens, others = program.login("ann"), program.login("bob")
    with program.app.app_context():
        assert [session.subject for session in program.jwt.sessions.list("ann")] == ['"ann"']
        assert program.jwt.sessions.end_all("ann") == 1
    assert program.send("GET", "/me", tokens["access_token"]) == REVOKED
    assert program.session(others["access_token"])


def test_token_by_access_token(program: Program) -> None:
    """A token made for the same user is of the same session; for another user it begins one."""
    tokens = program.login()
    sid = program.session(tokens["access_token"])
    again = program.tokens("/extend", tokens["access_token"])["access_token"]
    other = program.tokens("/extend?name=bob", tokens["access_token"])["access_token"]
    assert program.session(again) == sid
    assert program.session(other) not in (None, sid)
    assert program.sessions(again) == [sid]


def test_access_token_is_no_refresh_token(program: Program) -> None:
    """Neither kind passes for the other."""
    tokens = program.login()
    assert program.send("POST", "/refresh", tokens["access_token"])[0] == 422
    assert program.send("GET", "/me", tokens["refresh_token"])[0] == 422


def test_blocklist(program: Program) -> None:
    """The blocklist is still asked, and answers with its own loader."""
    tokens = program.login()

    @program.jwt.token_in_blocklist_loader
    def is_revoked(_header: dict[str, Any], claims: dict[str, Any]) -> bool:
        return bool(claims["type"] == "refresh")

    @program.jwt.revoked_token_loader
    def answer(_header: dict[str, Any], claims: dict[str, Any]) -> tuple[str, int]:
        return f'"{claims["sub"]}"', 403

    assert program.session(tokens["access_token"])
    assert program.send("POST", "/refresh", tokens["refresh_token"])[0] == 403


def test_cookies() -> None:
    """Where cookies are deleted, the session ends; an answer that sets them is for no cache."""
    program = Program(JWT_TOKEN_LOCATION=["cookies", "headers"], JWT_COOKIE_SECURE=True)
    ended: list[str] = []

    def hear(_app: Flask, because: str, **_more: object) -> None:
        ended.append(because)

    @program.app.post("/enter")
    def enter() -> Response:
        response = jsonify(msg="welcome")
        set_access_cookies(response, create_access_token("ann"))
        set_refresh_cookies(response, create_refresh_token("ann"))
        return response

    browser = program.app.test_client()
    entered = browser.post("/enter", base_url="https://localhost")
    assert entered.headers["Cache-Control"] == "no-store"
    assert browser.get("/me", base_url="https://localhost").status_code == 200
    names = ("access_token_cookie", "refresh_token_cookie")
    kept = [cookie.value for name in names if (cookie := browser.get_cookie(name)) is not None]
    with session_ended.connected_to(hear, program.app):
        assert browser.post("/leave", base_url="https://localhost").status_code == 200
    assert ended == ["logout"]
    assert program.send("GET", "/me", kept[0]) == REVOKED
    assert program.send("POST", "/refresh", kept[1]) == REVOKED


def tokens_of_before(name: str = "ann") -> tuple[str, str]:
    """Return the tokens of a sign-in before there were sessions."""
    with Program(None).app.app_context():
        return create_access_token(name), create_refresh_token(name)


def test_tokens_of_before(program: Program) -> None:
    """Who was signed in before there were sessions stays so, and has one from then on."""
    access, refresh = tokens_of_before()
    assert program.session(access) is None
    made = [program.tokens("/refresh", refresh)["access_token"] for _ in range(2)]
    assert {program.session(token) for token in made} == set(program.sessions(made[0]))


def test_token_of_before_is_replayed(program: Program) -> None:
    """A refresh token from before there were sessions is exchanged once, where they rotate."""
    _, refresh = tokens_of_before()
    tokens = program.tokens("/rotate", refresh)
    assert program.send("POST", "/refresh", refresh) == REVOKED
    assert program.send("POST", "/refresh", tokens["refresh_token"]) == REVOKED


@pytest.mark.parametrize("is_used", [True, False])
def test_cookies_of_before_sign_out(is_used: bool) -> None:
    """Who signs out with cookies from before there were sessions leaves no good token behind."""
    program = Program(JWT_TOKEN_LOCATION=["headers", "cookies"])

    access, refresh = tokens_of_before()
    begun = program.tokens("/refresh", refresh)["access_token"] if is_used else access
    browser = program.app.test_client()
    browser.set_cookie("access_token_cookie", access)
    browser.set_cookie("refresh_token_cookie", refresh)
    assert browser.post("/leave").status_code == 200
    assert program.send("POST", "/refresh", refresh) == REVOKED
    for token in (access, begun):
        assert program.send("GET", "/me", token) == REVOKED


def test_planted_cookie_at_sign_out() -> None:
    """A cookie that a key loader makes nothing of keeps nobody from signing out."""
    program = Program(JWT_TOKEN_LOCATION=["headers", "cookies"])
    keys = {"ann": secret("ann")}
    program.jwt.encode_key_loader(keys.__getitem__)
    program.jwt.decode_key_loader(lambda _header, claims: keys[claims["sub"]])

    token = program.login()["access_token"]
    planted = tokens_of_before("eve")[0]
    for both in (f"{token}; access_token_cookie={planted}", token):
        headers = {"Cookie": f"access_token_cookie={both}"}
        answer = program.app.test_client(use_cookies=False).post("/leave", headers=headers)
        assert (answer.status_code, len(answer.headers.getlist("Set-Cookie"))) == (200, 4)
        assert program.send("GET", "/me", token) == REVOKED


def test_token_of_before_signs_out(program: Program) -> None:
    """What has ended, or was ended with all sessions of its user, does not begin anew."""
    (_, first), (_, second) = tokens_of_before(), tokens_of_before()
    access = program.tokens("/refresh", first)["access_token"]
    assert program.send("POST", "/auth/logout", access) == (204, None)
    with program.app.app_context():
        program.jwt.sessions.end_all("ann")
    assert program.send("POST", "/refresh", first) == REVOKED
    assert program.send("POST", "/refresh", second) == REVOKED


def test_store_that_does_not_answer() -> None:
    """While nobody can tell whether a session goes on, the answer is 503, in the usual form."""
    program = Program("redis://127.0.0.1:1/0")
    status, body = program.send("POST", "/login", json={"username": "ann"})
    assert (status, body) == (503, {"msg": "Sessions can't be looked up at the moment"})


@pytest.mark.parametrize("key", ["JWT_ACCESS_TOKEN_EXPIRES", "JWT_REFRESH_TOKEN_EXPIRES"])
def test_sessions_end(key: str) -> None:
    """Tokens without an end are refused where there are sessions, by the key that asks for them."""
    program = Program(PROPAGATE_EXCEPTIONS=True, **{key: False})
    with pytest.raises(ConfigurationError, match=key):
        program.login()


@pytest.mark.parametrize("expires", [False, timedelta(hours=1)])
def test_tokens_end(expires: Any, caplog: pytest.LogCaptureFixture) -> None:
    """No access token lives longer than revocations are kept, and no log tells of one."""
    program = Program()
    with program.app.app_context(), pytest.raises(ClaimsError):
        create_access_token("ann", expires_delta=expires)

    assert "never expires" not in caplog.text


def test_refresh_token_ends_with_its_session() -> None:
    """A refresh token lives no longer than its session."""
    program = Program(JWT_SESSION_LIFETIME_DELTA=timedelta(hours=1))
    with program.app.app_context():
        claims = decode_token(create_refresh_token("ann"))
    assert claims["exp"] - claims["iat"] <= 3600
