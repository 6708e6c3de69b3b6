"""Our endpoints beside code of an application's own: hooks, and cookies that it sets by hand."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, Response, current_app
from werkzeug.test import TestResponse

from flask_jwt import JWT, JWTError, create_access_token, jwt_required, unset_jwt_cookies
from flask_jwt.signals import session_ended
from tests.support.browsing import ACCESS, SITE, Browsing
from tests.support.secret import secret


def shop(**config: Any) -> Browsing:
    """Return an application whose tokens are in headers and cookies."""
    return Browsing(JWT_TOKEN_LOCATION=["headers", "cookies"], **config)


def cookies_in(answer: TestResponse) -> list[str]:
    """Return the cookies of an answer by name and value, in order."""
    return [header.partition(";")[0] for header in answer.headers.getlist("Set-Cookie")]


def test_one_more_token_at_sign_in() -> None:
    """A hook that makes a token for downloads first leaves the sign-in its cookies, all of them."""
    browsing, ended = shop(), []
    answer = browsing.jwt.auth_response_callback

    @browsing.jwt.auth_response_handler
    def respond(token: str, identity: Any) -> Any:
        create_access_token(identity, claims={"scope": "download"})
        return answer(token, identity)

    def note(_app: Flask, *, because: str, **_more: Any) -> None:
        ended.append(because)

    with session_ended.connected_to(note, browsing.app):
        names = [cookie.partition("=")[0] for cookie in cookies_in(browsing.enter())]
        browsing.enter()

    assert sorted(set(names)) == [ACCESS, "__Host-csrf_token", "__Secure-refresh_token"]
    # The session that the browser had before its second sign-in.
    assert ended == ["replaced"]


@pytest.mark.parametrize("name", ["subject", "sessions", "own_sid"])
def test_variables_of_a_host(name: str) -> None:
    """The view ignores a variable part of its host, whatever the application calls it."""
    app = Flask("placed", subdomain_matching=True, static_folder=None)
    app.config.update(
        SECRET_KEY=secret("own code"),
        SERVER_NAME="shop.test",
        JWT_SESSION_STORE="memory://",
        JWT_URL_OPTIONS={"subdomain": f"<{name}>"},
    )
    JWT(app, lambda username, password: {"id": username}, lambda claims: claims)
    client, site = app.test_client(), "http://eu.shop.test"
    body = {"username": "ann", "password": "secret"}
    tokens: Any = client.post("/auth", json=body, base_url=site).json
    headers = {"Authorization": f"JWT {tokens['access_token']}"}
    asked = [("GET", ""), ("DELETE", "/none"), ("DELETE", "")]

    assert [
        client.open(
            f"/auth/sessions{path}", method=method, headers=headers, base_url=site
        ).status_code
        for method, path in asked
    ] == [200, 404, 204]


def test_an_error_with_an_answer_of_its_own() -> None:
    """A subclass of JWTError may make its answer itself."""
    browsing = shop()

    class Closed(JWTError):
        def get_response(self, *_: Any, **__: Any) -> Response:
            return current_app.response_class("closed", 418)

    @browsing.app.get("/closed")
    def closed() -> str:
        raise Closed("Closed", "closed")

    assert browsing.visit("GET", "/closed").status_code == 418


def test_the_users_function_beside_a_bad_cookie() -> None:
    """One good token is nobody else's: the function that finds users in claims is not asked."""
    app = Flask("one")
    app.config.update(SECRET_KEY=secret("own code"), JWT_TOKEN_LOCATION=["cookies"])

    def subject(_claims: Any) -> Any:
        raise LookupError

    JWT(app, None, lambda claims: claims, subject=subject)
    app.add_url_rule("/me", "me", jwt_required()(lambda: "in"))
    with app.test_request_context(base_url=SITE):
        token = create_access_token({"id": 1})
    cookie = f"{ACCESS}={token}; {ACCESS}=garbage"

    client = app.test_client(use_cookies=False)
    answer = client.get("/me", headers={"Cookie": cookie}, base_url=SITE)
    assert answer.status_code == 200


def test_a_refusal_of_the_request_hook_at_sign_out() -> None:
    """What the application's own hook refuses is refused, beside a refresh token too."""
    browsing = shop()
    tokens: Any = browsing.enter().json

    @browsing.jwt.request_handler
    def refuse() -> None:
        raise JWTError("Closed", "closed", error_code="authorization_required")

    body = {"refresh_token": tokens["refresh_token"]}
    assert browsing.visit("POST", "/auth/logout", json=body).status_code == 401


def test_a_hook_that_ends_the_session_at_refresh() -> None:
    """Where the identity hook says that the session is over, the cookies go."""
    browsing = shop()
    browsing.enter()

    @browsing.jwt.identity_handler
    def gone(_claims: Any) -> None:
        raise JWTError("Gone", "gone", error_code="session_ended")

    answer = browsing.act("/auth/refresh")
    assert answer.status_code == 401
    assert f"{ACCESS}=" in cookies_in(answer)


def test_cookies_by_hand() -> None:
    """A cookie that the application sets between two deletions of ours is deleted all the same."""
    browsing = shop()

    @browsing.app.post("/leave")
    def leave() -> Response:
        answer = current_app.make_response("")
        unset_jwt_cookies(answer)
        answer.set_cookie(ACCESS, "by hand", secure=True, httponly=True)
        unset_jwt_cookies(answer)
        return answer

    found = cookies_in(browsing.visit("POST", "/leave"))
    assert [cookie for cookie in found if cookie.startswith(ACCESS)] == [f"{ACCESS}="]


def test_the_default_answer_with_an_old_token() -> None:
    """An endpoint of one's own may call the default answer with a token of an ended session."""
    browsing = shop()
    answer = browsing.jwt.auth_response_callback
    tokens: dict[str, Any] = {}

    @browsing.app.post("/again")
    def again() -> Any:
        browsing.jwt.sessions.end_all("ann")
        return answer(tokens["access_token"], None)

    tokens.update(browsing.enter().json or {})
    assert browsing.visit("POST", "/again").status_code == 200
