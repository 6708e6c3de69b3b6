"""Sign-in in a browser that was signed in: its former session ends (ASVS 7.2.4)."""

from __future__ import annotations

from typing import Any

import pytest
from flask import make_response, redirect, request

from flask_jwt import (
    create_access_token,
    create_refresh_token,
    jwt_required,
    set_access_cookies,
    set_refresh_cookies,
    unset_jwt_cookies,
)
from flask_jwt.sessions.errors import StoreBusy
from flask_jwt.signals import session_ended
from flask_jwt.stores.memory import MemoryStore
from tests.support.browsing import ACCESS, HEADER, HOST, Browsing, cookie, entered
from tests.support.members import NOW


class Ended:
    """The signals of sessions that have ended."""

    def __init__(self, browsing: Browsing) -> None:
        self.reasons: list[str] = []
        session_ended.connect(self._note, browsing.app)

    def _note(self, _app: Any, because: str, **_more: Any) -> None:
        self.reasons.append(because)


def live(browsing: Browsing, name: str) -> int:
    """Return how many live sessions a user has."""
    with browsing.app.app_context():
        return len(browsing.jwt.sessions.list(name))


@pytest.mark.parametrize("later", [0, 400])
@pytest.mark.parametrize("then", ["bob", "ann"])
def test_the_former_ends(then: str, later: int) -> None:
    """Another user's, or the same user's, also where its access token has expired."""
    browsing = Browsing()
    ended = Ended(browsing)
    elsewhere = browsing.app.test_client().post(
        "/auth", json={"username": "ann", "password": "x"}, base_url=browsing.site
    )
    browsing.enter("ann")
    former = cookie(browsing, ACCESS)
    browsing.now += later
    browsing.enter(then)

    assert elsewhere.status_code == 200
    assert ended.reasons == ["replaced"]
    assert live(browsing, "ann") + live(browsing, "bob") == 2
    assert browsing.act().text == "moved"
    browsing.client.set_cookie(ACCESS, former or "", domain=HOST, secure=True)
    assert browsing.visit("GET", "/move").status_code == 401


def test_a_sign_in_that_fails() -> None:
    """Nothing ends, whoever refuses it, and when."""
    browsing = Browsing()
    ended = Ended(browsing)
    browsing.enter()
    assert browsing.enter("nobody").status_code == 401
    hostile = {"Sec-Fetch-Site": "cross-site"}
    body = {"username": "bob", "password": "x"}
    assert browsing.visit("POST", "/auth", json=body, headers=hostile).status_code == 403

    browsing.jwt.auth_response_handler(lambda token, user: ("closed today", 403))
    assert browsing.enter("bob").status_code == 403
    assert (ended.reasons, browsing.visit("GET", "/me").text) == ([], "ann")


@pytest.mark.parametrize("how", ["strip", "redirect", "unset", "flask"])
def test_a_sign_in_that_is_withheld(how: str) -> None:
    """An ``after_request`` that takes the cookies off again has signed nobody in."""
    browsing = Browsing()
    ended = Ended(browsing)

    @browsing.app.after_request
    def withhold(response: Any) -> Any:
        if request.path != "/auth" or request.get_json()["username"] == "ann":
            return response
        if how == "redirect":
            return redirect("/code")
        if how == "unset":
            unset_jwt_cookies(response)
            return response
        del response.headers["Set-Cookie"]
        if how == "flask":
            response.delete_cookie(ACCESS, secure=True)
        return response

    browsing.enter()
    browsing.enter("bob")
    assert (ended.reasons, live(browsing, "ann")) == ([], 1)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("access_token", None),
        ("__Secure-access_token", None),
        ("__Host-access_token", None),
        (ACCESS, -4),
    ],
)
def test_planted(name: str, kept: int | None) -> None:
    """What a sibling domain or a script can have put there proves nothing, nor does a forgery."""
    browsing = Browsing()
    ended = Ended(browsing)
    token = cookie_of(browsing, "bob")
    value = token if kept is None else f"{token[:kept]}AAAA"
    browsing.client = browsing.app.test_client()
    browsing.client.set_cookie(name, value, domain=HOST, secure=True)

    assert browsing.enter().status_code == 200
    assert (ended.reasons, live(browsing, "bob")) == ([], 1)


def cookie_of(browsing: Browsing, name: str) -> str:
    """Sign somebody in, and return the access token."""
    browsing.enter(name)
    return cookie(browsing, ACCESS) or ""


class Failing(MemoryStore):
    """A store that ends nothing."""

    def end(self, *_args: Any, **_kwargs: Any) -> Any:
        raise StoreBusy("not now")


def test_a_store_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    """The sign-in is good all the same, and complete; the log tells of the session that is left."""
    browsing = entered(Failing(lambda: NOW))
    answer = browsing.enter("bob")

    assert answer.status_code == 200
    assert browsing.visit("GET", "/me").text == "bob"
    assert browsing.act("/auth/refresh").status_code == 200
    assert live(browsing, "ann") == 1
    assert any("could not be ended" in one for one in caplog.messages)
    assert "Traceback" not in caplog.text


def test_a_session_that_nobody_knows() -> None:
    """A store that was emptied, or another application's with the same secret."""
    before, browsing = Browsing(), Browsing()
    ended = Ended(browsing)
    token = cookie_of(before, "ann")
    browsing.client.set_cookie(ACCESS, token, domain=HOST, secure=True)

    assert browsing.enter("bob").status_code == 200
    assert ended.reasons == []
    assert browsing.act().text == "moved"


def test_a_refresh_ends_nothing() -> None:
    """It is no sign-in: a cookie of another session beside the page's own is let alone."""
    browsing = Browsing()
    ended = Ended(browsing)
    other = cookie_of(browsing, "bob")
    browsing.client = browsing.app.test_client()
    browsing.enter("ann")
    browsing.client.set_cookie(ACCESS, other, domain=HOST, secure=True)

    assert browsing.act("/auth/refresh").status_code == 200
    assert ended.reasons == []


def test_programs() -> None:
    """Sign-in without cookies ends nothing: a program's sessions are its own."""
    browsing = Browsing(JWT_TOKEN_LOCATION=["headers", "cookies"])
    browsing.client = browsing.app.test_client(use_cookies=False)
    ended = Ended(browsing)
    for _ in range(2):
        browsing.enter()

    assert (ended.reasons, live(browsing, "ann")) == ([], 2)


@pytest.mark.parametrize("way", ["functions", "sessions"])
def test_a_sign_in_of_ones_own(way: str) -> None:
    """Whoever sets the cookies of a new session replaces those of the former."""
    browsing = Browsing()
    ended = Ended(browsing)

    @browsing.app.post("/enter")
    def enter() -> Any:
        response, user = make_response("welcome"), browsing.users["bob"]
        if way == "sessions":
            tokens = browsing.jwt.sessions.start(user)
            pair = str(tokens.access_token), tokens.refresh_token
        else:
            pair = create_access_token(user), create_refresh_token(user)
        set_access_cookies(response, pair[0])
        set_refresh_cookies(response, pair[1])
        return response

    browsing.enter()
    browsing.act("/enter")

    assert (ended.reasons, live(browsing, "ann"), live(browsing, "bob")) == (["replaced"], 0, 1)
    assert browsing.visit("GET", "/me").text == "bob"


def test_another_token_of_the_same_session() -> None:
    """A view that sets a newer one replaces nothing."""
    browsing = Browsing()
    ended = Ended(browsing)

    @browsing.app.post("/again")
    @jwt_required()
    def again() -> Any:
        response = make_response("again")
        set_access_cookies(response, cookie(browsing, ACCESS) or "")
        return response

    browsing.enter()
    assert browsing.visit("POST", "/again", headers={HEADER: browsing.value}).text == "again"
    assert (ended.reasons, browsing.visit("GET", "/me").text) == ([], "ann")


def test_without_sessions() -> None:
    """There is nothing to end."""
    browsing = entered(None)

    assert browsing.enter("bob").status_code == 200
    assert browsing.visit("GET", "/me").text == "bob"
