"""``csrf_token``: the value for a form of a page that has no script."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import render_template_string

from flask_jwt import ConfigurationError, csrf_token, jwt_required
from tests.support.browsing import CSRF, HOST, Browsing

FORM = (
    "<form method=post><input type=hidden name=csrf_token value='{{ csrf_token() or '' }}'></form>"
)


def with_pages(**config: Any) -> Browsing:
    browsing = Browsing(**config)
    browsing.app.jinja_env.globals["csrf_token"] = csrf_token
    page = lambda: render_template_string(FORM)  # noqa: E731
    browsing.app.add_url_rule("/public", "public", page)
    browsing.app.add_url_rule("/page", "page", jwt_required()(page))
    return browsing


def value_on(browsing: Browsing, path: str) -> str:
    found = re.search("value='(.*)'", browsing.visit("GET", path).text)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("path", ["/page", "/public"])
@pytest.mark.parametrize("store", ["memory://", None])
def test_a_form(path: str, store: str | None) -> None:
    """What it sends back is taken, whether its page is guarded or not."""
    browsing = with_pages(store=store)
    browsing.enter()
    value = value_on(browsing, path)

    assert browsing.visit("POST", "/move", data={"csrf_token": value}).text == "moved"


@pytest.mark.parametrize("debug", [True, False])
def test_plain_names(debug: bool) -> None:
    """In debug on this machine, where the cookie is called otherwise, nothing has to change."""
    browsing = with_pages(site="http://localhost" if debug else "https://localhost")
    browsing.app.debug = debug
    browsing.enter()
    value = value_on(browsing, "/public")

    assert browsing.visit("POST", "/move", data={"csrf_token": value}).text == "moved"


def test_of_the_token_that_was_let_in() -> None:
    """A cookie that somebody has planted is not what a guarded page shows."""
    browsing = with_pages()
    browsing.enter()
    value = browsing.value
    browsing.client.set_cookie(CSRF, "A" * 43, domain=HOST, secure=True)

    assert value_on(browsing, "/page") == value


def test_caches() -> None:
    """The page is for one user alone."""
    answer = with_pages().visit("GET", "/public")

    assert (answer.status_code, answer.headers["Vary"]) == (200, "Cookie")


def test_nobody() -> None:
    """There is no value for whoever is not signed in."""
    browsing = with_pages()
    browsing.client.set_cookie(CSRF, "'><script>", domain=HOST, secure=True)

    assert value_on(browsing, "/public") == ""


def test_cookies_are_no_place() -> None:
    """The error names the key."""
    browsing = Browsing(JWT_TOKEN_LOCATION=["headers"])
    with (
        browsing.app.test_request_context(),
        pytest.raises(ConfigurationError, match="JWT_TOKEN_LOCATION"),
    ):
        csrf_token()
