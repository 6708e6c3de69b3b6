"""Hooks that answer a sign-in, or refuse it, after the password was right."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Response, abort, jsonify, make_response, redirect

from flask_jwt import JWTError, create_access_token, set_access_cookies, unset_jwt_cookies

from .browsing import ACCESS, CSRF, Browsing, cookie, set_cookies


def refuse_by_an_error_that_is_turned_into_a_page(browsing: Browsing) -> None:
    @browsing.jwt.auth_response_handler
    def second_factor(token: str, user: Any) -> Any:
        raise JWTError("Second factor", "send a code", 401)

    browsing.jwt.jwt_error_handler(lambda error: redirect("/code"))


def refuse_by_an_error_that_is_answered_with_200(browsing: Browsing) -> None:
    @browsing.jwt.auth_response_handler
    def second_factor(token: str, user: Any) -> Any:
        raise JWTError("Second factor", "send a code", 401)

    browsing.jwt.jwt_error_handler(lambda error: {"ok": False})


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
        refuse_by_an_error_that_is_turned_into_a_page,
        refuse_by_an_error_that_is_answered_with_200,
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

    @pytest.mark.parametrize("path", ["/auth", "/auth/refresh"])
    def test_an_envelope(self, path: str) -> None:
        """An ``after_request`` that puts all JSON into another."""
        browsing = Browsing(JWT_REFRESH_GRACE_DELTA=0)

        @browsing.app.after_request
        def envelope(response: Any) -> Any:
            return jsonify(data=response.get_json()) if response.is_json else response

        browsing.enter()
        for _ in range(3 if path == "/auth/refresh" else 0):
            assert browsing.act(path).status_code == 200

        assert browsing.act().text == "moved"

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

    def test_an_end_after_all(self) -> None:
        """Cookies that an ``after_request`` deletes are not put back."""
        browsing = Browsing()

        @browsing.app.after_request
        def never(response: Any) -> Any:
            unset_jwt_cookies(response)
            return response

        browsing.enter()

        assert cookie(browsing, ACCESS) is None
