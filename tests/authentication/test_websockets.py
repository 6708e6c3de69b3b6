"""A websocket begins as a GET, and a page of any site may open one with a browser's cookies."""

from __future__ import annotations

from typing import Any

import pytest
from flask import request

from flask_jwt import JWTError
from flask_jwt.authentication.authenticator import authenticate
from tests.support.browsing import ACCESS, SITE, Browsing, cookie, fault

HANDSHAKE = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}


def served(**config: Any) -> Browsing:
    """Return somebody who is signed in to an application that serves a websocket."""
    browsing = Browsing(**config)
    guarded = browsing.app.view_functions["move"]
    browsing.app.add_url_rule("/live", "live", guarded, websocket=True)
    browsing.enter()
    return browsing


@pytest.fixture
def browsing() -> Browsing:
    """Somebody who is signed in."""
    return served(JWT_TOKEN_LOCATION=["headers", "cookies", "query_string"])


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "https://blog.shop.example", "Sec-Fetch-Site": "same-site"},
        {"Origin": "null"},
        {"Origin": ""},
        {},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_of_another_page(browsing: Browsing, headers: dict[str, str]) -> None:
    """Refused, and so is one that does not say where it comes from."""
    answer = browsing.visit("GET", "/live", headers={**HANDSHAKE, **headers})

    assert answer.status_code == 403
    assert answer.get_json()["error"] == "CSRF Check Failed"
    assert browsing.moved == []


@pytest.mark.parametrize(
    "hint",
    [{"Upgrade": "WebSocket"}, {"Upgrade": "h2c, websocket"}, {"Sec-WebSocket-Version": "13"}],
)
def test_however_it_is_handed_on(browsing: Browsing, hint: dict[str, str]) -> None:
    """Servers and proxies leave out one header or the other, and not all routes are marked."""
    with browsing.app.test_request_context(
        "/move",
        base_url=SITE,
        headers={
            "Cookie": f"{ACCESS}={cookie(browsing, ACCESS)}",
            "Origin": "https://evil.example",
            **hint,
        },
    ):
        with pytest.raises(JWTError) as refused:
            authenticate()
        assert refused.value.error_code == "csrf_origin"


def test_by_its_scheme(browsing: Browsing) -> None:
    """Some servers say it by the scheme of the address alone."""

    def status(origin: str) -> int:
        environ = {"wsgi.url_scheme": "wss"}
        headers = {"Origin": origin}
        return browsing.visit(
            "GET", "/live", headers=headers, environ_overrides=environ
        ).status_code

    assert (status("https://evil.example"), status(SITE)) == (403, 200)


def test_of_its_own_pages(browsing: Browsing) -> None:
    """A page of the site itself opens it without a CSRF value, which it could not send."""
    for headers in ({"Origin": SITE}, {"Origin": SITE, "Sec-Fetch-Site": "same-origin"}):
        assert browsing.visit("GET", "/live", headers={**HANDSHAKE, **headers}).text == "moved"


def test_of_a_named_origin() -> None:
    """So does a front end that is named."""
    browsing = served(JWT_COOKIE_ORIGINS=["https://app.other"])
    headers = {**HANDSHAKE, "Origin": "https://app.other", "Sec-Fetch-Site": "cross-site"}

    assert browsing.visit("GET", "/live", headers=headers).text == "moved"


def test_by_a_token_that_no_browser_sends_by_itself(browsing: Browsing) -> None:
    """A program has the token in the header or the address, and no Origin."""
    token = browsing.client.get_cookie(ACCESS, "shop.example")
    assert token is not None
    client = browsing.app.test_client(use_cookies=False)
    by_header = {**HANDSHAKE, "Authorization": f"JWT {token.value}"}

    assert client.get("/live", headers=by_header).text == "moved"
    assert client.get(f"/live?jwt={token.value}", headers=HANDSHAKE).text == "moved"


def test_a_hook_that_reads_the_cookie(browsing: Browsing) -> None:
    """It opens no way around."""

    @browsing.jwt.request_handler
    def look() -> Any:
        return request.cookies.get(ACCESS)

    headers = {**HANDSHAKE, "Origin": "https://evil.example"}
    answer = browsing.visit("GET", "/live", headers=headers)

    assert fault(answer)[0] == 403
