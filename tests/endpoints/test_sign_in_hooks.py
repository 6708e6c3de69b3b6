"""Hooks that answer a sign-in, or refuse it, after the password was right."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from flask import Response, abort, jsonify, make_response, redirect, request

from flask_jwt import JWTError, create_access_token, set_access_cookies, unset_jwt_cookies
from flask_jwt.authentication.authenticator import authenticate
from tests.support.browsing import ACCESS, CSRF, Browsing, cookie, set_cookies


def refuse_by_an_error(browsing: Browsing, answer: Any) -> None:
    @browsing.jwt.auth_response_handler
    def second_factor(token: str, user: Any) -> Any:
        raise JWTError("Second factor", "send a code", 401)

    browsing.jwt.jwt_error_handler(lambda error: answer)


def refuse_by_abort(browsing: Browsing) -> None:
    @browsing.jwt.auth_response_handler
    def second_factor(token: str, user: Any) -> Any:
        abort(403)

    browsing.app.register_error_handler(403, lambda error: redirect("/code"))


def refuse_by_an_answer_of_its_own(browsing: Browsing) -> None:
    default = browsing.jwt.auth_request_callback

    def code_first() -> Any:
        default()
        return redirect("/code")

    browsing.jwt.auth_request_callback = code_first


def refuse_by_a_status(browsing: Browsing) -> None:
    browsing.jwt.auth_response_handler(lambda token, user: ("closed today", 403))


@pytest.mark.parametrize(
    "refuse",
    [
        partial(refuse_by_an_error, answer=redirect("/code")),
        partial(refuse_by_an_error, answer={"ok": False}),
        refuse_by_abort,
        refuse_by_an_answer_of_its_own,
        refuse_by_a_status,
    ],
)
@pytest.mark.parametrize("store", ["memory://", None])
def test_no_cookies(refuse: Any, store: str | None) -> None:
    """However the refusal is answered in the end, nobody is signed in."""
    browsing = Browsing(store)
    refuse(browsing)

    assert set_cookies(browsing.enter()) == {}
    assert cookie(browsing, ACCESS) is None


def test_a_request_hook_that_hands_on() -> None:
    """One that returns what the default has answered signs in."""
    browsing = Browsing()
    default = browsing.jwt.auth_request_callback
    browsing.jwt.auth_request_callback = lambda: default()
    browsing.enter()

    assert browsing.act().text == "moved"


def look_who_is_there() -> None:
    """Guard all requests, and let everybody in."""
    with suppress(JWTError):
        authenticate()


class TestHooksThatAnswer:
    """A sign-in that ``auth_response_handler`` answers."""

    def test_by_a_text(self) -> None:
        """Whatever a hook answers a sign-in with, the cookies are on it."""
        browsing = Browsing()
        browsing.jwt.auth_response_handler(lambda token, user: f"welcome, {user['id']}")
        answer = browsing.enter()

        assert answer.text == "welcome, ann"
        assert browsing.act().text == "moved"

    def test_withheld(self) -> None:
        """A second factor is missing: the hook deletes them, and they stay so."""
        browsing = Browsing()

        @browsing.jwt.auth_response_handler
        def first_factor(token: str, user: Any) -> Any:
            response = make_response({"next": "code"})
            unset_jwt_cookies(response)
            return response

        browsing.enter()
        assert cookie(browsing, ACCESS) is None
        assert browsing.visit("GET", "/move").status_code == 401

    def test_set_by_itself(self) -> None:
        """Its own choice is not added to: the access token alone."""
        browsing = Browsing()

        @browsing.jwt.auth_response_handler
        def forgetful(token: str, user: Any) -> Any:
            response = make_response("welcome")
            set_access_cookies(response, token)
            return response

        assert set_cookies(browsing.enter()).keys() == {(ACCESS, "/"), (CSRF, "/")}
        assert browsing.act().text == "moved"


class TestAnswersThatAreMadeAnew:
    """Whatever an application makes of an answer, what was exchanged reaches the browser."""

    @pytest.mark.parametrize("guarded", [True, False])
    def test_an_envelope(self, guarded: bool) -> None:
        """An ``after_request`` that puts all JSON into another, a guard for all or not."""
        browsing = Browsing(JWT_REFRESH_GRACE_DELTA=0)
        if guarded:
            browsing.app.before_request(look_who_is_there)

        @browsing.app.after_request
        def envelope(response: Any) -> Any:
            if not response.is_json or request.path == "/auth":
                return response
            return jsonify(data=response.get_json())

        browsing.enter()
        for _ in range(3):
            assert "error" not in browsing.act("/auth/refresh").get_json()["data"]

        assert browsing.act().text == "moved"

    def test_attributes_of_its_own(self) -> None:
        """What it has made of a cookie is not set a second time."""
        browsing = Browsing(JWT_COOKIE_SAMESITE="None")

        @browsing.app.after_request
        def for_old_browsers(response: Any) -> Any:
            cookies = response.headers.getlist("Set-Cookie")
            kept = [one.replace("; SameSite=None", "") for one in cookies]
            response.headers.setlist("Set-Cookie", kept)
            return response

        for answer in (browsing.enter(), browsing.act("/auth/refresh")):
            cookies = answer.headers.getlist("Set-Cookie")
            assert len(cookies) == 4
            assert not any("SameSite" in one for one in cookies)

    def test_one_response_for_all(self) -> None:
        """A constant answer of a hook signs each user in as themselves."""
        browsing, shared = Browsing(), Response("welcome")
        browsing.jwt.auth_response_handler(lambda token, user: shared)
        for name in ("ann", "bob"):
            browsing.client = browsing.app.test_client()
            browsing.enter(name)
            assert browsing.visit("GET", "/me").text == name

    def test_a_request_hook_of_its_own(self) -> None:
        """One that makes a token, and has the default answer with it."""
        browsing = Browsing()

        def sign_in() -> Any:
            user = browsing.users["ann"]
            return browsing.jwt.auth_response_callback(create_access_token(user), user)

        browsing.jwt.auth_request_callback = sign_in
        browsing.enter()

        assert browsing.act().text == "moved"
        assert browsing.act("/auth/refresh").status_code == 200


def strip(response: Any) -> Any:
    del response.headers["Set-Cookie"]
    return response


def lead_elsewhere(response: Any) -> Any:
    return redirect("/code")


def delete(response: Any) -> Any:
    unset_jwt_cookies(response)
    return response


def delete_by_flask(response: Any) -> Any:
    response = jsonify(next="code")
    for name in (ACCESS, CSRF):
        response.delete_cookie(name, secure=True)
    return response


def fail(response: Any) -> Any:
    raise RuntimeError("no code was sent")


@pytest.mark.parametrize("withhold", [strip, lead_elsewhere, delete, delete_by_flask, fail])
def test_withheld_after_the_answer(withhold: Any) -> None:
    """An ``after_request`` that wants to see a second factor has the last word on a sign-in."""
    browsing = Browsing()
    browsing.app.register_error_handler(500, lambda error: redirect("/sorry"))

    @browsing.app.after_request
    def second_factor(response: Any) -> Any:
        good = request.path == "/auth" and response.status_code == 200
        return withhold(response) if good else response

    browsing.enter()

    assert browsing.visit("GET", "/move").status_code == 401


@pytest.mark.parametrize("way", ["tuple", "attribute"])
def test_the_default_answer_with_another_status(way: str) -> None:
    """A hook that starts from the default, and refuses, signs nobody in."""
    browsing = Browsing()
    default = browsing.jwt.auth_response_callback

    @browsing.jwt.auth_response_handler
    def refused(token: str, user: Any) -> Any:
        response = default(token, user)
        if way == "tuple":
            return response, 403
        response.status_code = 403
        return response

    assert set_cookies(browsing.enter()) == {}
    assert browsing.visit("GET", "/move").status_code == 401


def test_another_user_while_somebody_is_signed_in() -> None:
    """A sign-in near the end of the former user's token is not undone by its renewal."""
    browsing = Browsing(JWT_COOKIE_AUTO_REFRESH=60)
    browsing.app.before_request(look_who_is_there)
    browsing.enter("ann")
    browsing.now += 290
    browsing.act("/auth", json={"username": "bob", "password": "x"})

    assert browsing.visit("GET", "/me").text == "bob"
