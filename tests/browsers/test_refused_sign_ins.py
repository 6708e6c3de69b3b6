"""Sign-ins that are refused after the password was right."""

from __future__ import annotations

from typing import Any

import pytest
from flask import abort, redirect

from flask_jwt import JWTError

from .browsing import ACCESS, Browsing, cookie, set_cookies


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
