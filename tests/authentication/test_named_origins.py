"""``JWT_COOKIE_ORIGINS``: front ends on other sites, and who is let read what."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from flask import Response, request

from flask_jwt import jwt_required
from flask_jwt.authentication.authenticator import authenticate
from tests.support.browsing import HEADER, Browsing, configuration_fault, set_cookies

APP, OTHER = "https://app.example.com", "https://admin.example.com:8443"
ALLOW = "Access-Control-Allow-Origin"


def served(**config: Any) -> Browsing:
    return Browsing(JWT_COOKIE_ORIGINS=[APP, OTHER], **config)


def from_page(origin: str) -> dict[str, str]:
    return {"Origin": origin, "Sec-Fetch-Site": "cross-site"}


@pytest.mark.parametrize("origin", [APP, OTHER])
def test_a_front_end(origin: str) -> None:
    """It signs in, acts with the CSRF value, refreshes and signs out."""
    browsing, headers = served(), from_page(origin)
    body = {"username": "ann", "password": "x"}
    answers = [browsing.visit("POST", "/auth", json=body, headers=headers)]
    asked = browsing.visit("GET", "/auth/csrf", headers=headers)
    headers = {**headers, HEADER: asked.get_json()["csrf_token"]}
    answers += [
        asked,
        browsing.visit("POST", "/move", headers=headers),
        browsing.visit("POST", "/auth/refresh", headers=headers),
        browsing.visit("POST", "/auth/logout", headers=headers),
        browsing.visit("GET", "/move", headers=headers),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 204, 401]
    for answer in answers:
        assert answer.headers[ALLOW] == origin
        assert answer.headers["Access-Control-Allow-Credentials"] == "true"
        assert "Origin" in answer.headers["Vary"]
        assert "WWW-Authenticate" in answer.headers["Access-Control-Expose-Headers"]
    assert {one["SameSite"] for one in set_cookies(answers[0]).values()} == {"None"}


def test_it_needs_the_csrf_value() -> None:
    """To be named is no licence."""
    browsing = served()
    browsing.enter()

    assert browsing.visit("POST", "/move", headers=from_page(APP)).status_code == 403


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_preflight(method: str) -> None:
    """What a browser asks before is answered, without a token."""
    headers = {**from_page(APP), "Access-Control-Request-Method": method}
    answer = served().visit("OPTIONS", "/move", headers=headers)

    assert answer.status_code == 200
    assert {"GET", "POST"} <= set(answer.headers["Access-Control-Allow-Methods"].split(", "))
    allowed = answer.headers["Access-Control-Allow-Headers"].split(", ")
    assert {HEADER, "Content-Type", "Authorization"} == set(allowed)


def test_preflight_under_a_guard_for_all() -> None:
    """Browsers ask without cookies, and a guard before all requests does not stop them."""
    browsing = served()
    browsing.app.before_request(authenticate)
    asked = {"Access-Control-Request-Method": "POST"}
    answer = browsing.visit("OPTIONS", "/move", headers={**from_page(APP), **asked})
    foreign = browsing.visit("OPTIONS", "/move", headers={**from_page("https://x.org"), **asked})

    assert (answer.status_code, answer.data) == (204, b"")
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "WWW-Authenticate" not in answer.headers
    assert foreign.status_code == 401
    assert browsing.visit("GET", "/move", headers=from_page(APP)).status_code == 401


def test_preflight_under_a_decorated_guard() -> None:
    """Flask's own answer to OPTIONS needs no token; it allows no foreign origin anything."""
    browsing = served()
    browsing.app.before_request(jwt_required()(lambda: None))
    asked = {"Access-Control-Request-Method": "POST"}
    answer = browsing.visit("OPTIONS", "/move", headers={**from_page(APP), **asked})
    foreign = browsing.visit("OPTIONS", "/move", headers={**from_page("https://x.org"), **asked})

    assert answer.headers["Access-Control-Allow-Origin"] == APP
    assert foreign.status_code == 200
    assert "Access-Control-Allow-Origin" not in foreign.headers
    assert browsing.visit("GET", "/move", headers=from_page(APP)).status_code == 401


def test_caches_are_told() -> None:
    """Without an Origin as well: or what was kept for nobody would be given to a front end."""
    browsing = served()
    browsing.app.add_url_rule("/public", "public", lambda: "hello")

    assert browsing.visit("GET", "/public").headers["Vary"] == "Origin"
    assert "Vary" not in Browsing().visit("GET", "/none").headers


def test_what_the_application_exposes() -> None:
    """Its own list of headers is added to, not replaced."""
    browsing = served()

    @browsing.app.after_request
    def expose(response: Response) -> Response:
        response.headers["Access-Control-Expose-Headers"] = "X-Total"
        return response

    answer = browsing.visit("GET", "/move", headers=from_page(APP))

    exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert set(exposed) == {"X-Total", "Retry-After", "WWW-Authenticate"}


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", f"{APP}.evil.example", "http://app.example.com", f"{APP}:444"],
)
def test_nobody_else(origin: str) -> None:
    """Other origins are let read nothing, and what they sent is not echoed."""
    browsing = served()
    browsing.enter()
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    for method, path in (("GET", "/move"), ("OPTIONS", "/move"), ("GET", "/auth/csrf")):
        answer = browsing.visit(method, path, headers=headers)
        assert not any(name.startswith("Access-Control") for name, _ in answer.headers)
        assert origin not in str(answer.headers)


def test_no_names_no_cors() -> None:
    """Unless configured no header of the kind is sent."""
    answer = Browsing().visit("GET", "/move", headers=from_page(APP))

    assert not any(name.startswith("Access-Control") for name, _ in answer.headers)


@pytest.mark.parametrize(
    "origins",
    ["https://app.example.com", ["https://app.example.com/"], ["https://app.example.com:443"],
     ["app.example.com"], ["https://*.example.com"], ["*"], ["null"],
     ["https://user@app.example.com"], ["https://APP.example.com"], ["http://app.example.com"],
     ["https://b\u00fccher.example"], ["https://app.example.com:0"], [1], {}],
)  # fmt: skip
def test_what_is_no_origin(origins: Any) -> None:
    """Anything that a browser would not send as it stands is an error."""
    assert "JWT_COOKIE_ORIGINS" in configuration_fault(JWT_COOKIE_ORIGINS=origins)


def test_strict_is_no_choice() -> None:
    """Cookies that no other site may send do not go with front ends there."""
    said = configuration_fault(JWT_COOKIE_ORIGINS=[APP], JWT_COOKIE_SAMESITE="Strict")
    assert "JWT_COOKIE_SAMESITE" in said


class TestScript:
    """``JWT_SCRIPT_URL_RULE``."""

    def test_served_on_request(self) -> None:
        """The module and its types; browsers ask whether it has changed."""
        browsing = Browsing(JWT_SCRIPT_URL_RULE="/static/flask_jwt.js")
        answer = browsing.visit("GET", "/static/flask_jwt.js")
        again = browsing.visit(
            "GET", "/static/flask_jwt.js", headers={"If-None-Match": answer.headers["ETag"]}
        )

        assert answer.mimetype == "text/javascript"
        assert "export function createClient" in answer.text
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert again.status_code == 304
        types = browsing.visit("GET", "/static/flask_jwt.d.ts")
        assert "createClient" in types.text

    def test_unless_asked_for(self) -> None:
        """There is no such route."""
        assert Browsing().visit("GET", "/flask_jwt.js").status_code == 404


def test_a_bad_configuration() -> None:
    """It is said where tokens are asked for, and a public page is served all the same."""
    browsing = Browsing(JWT_COOKIE_ORIGINS=["*"])
    browsing.app.add_url_rule("/public", "public", lambda: "hello")
    for headers in ({}, {"Origin": "https://app.other"}):
        assert browsing.visit("GET", "/public", headers=headers).text == "hello"
    assert browsing.visit("GET", "/move").status_code == 500


class TestWhatTheApplicationSays:
    """Its own answers to what a browser asks before are added to."""

    ASKED: ClassVar = {**from_page(APP), "Access-Control-Request-Method": "PUT"}

    def test_headers_of_its_own(self) -> None:
        """Such as another extension for CORS allows."""
        browsing = served()

        @browsing.app.after_request
        def allow(response: Response) -> Response:
            response.headers["Access-Control-Allow-Headers"] = "Idempotency-Key"
            response.headers["Access-Control-Allow-Methods"] = "PURGE"
            return response

        answer = browsing.visit("OPTIONS", "/move", headers=self.ASKED)

        allowed = answer.headers["Access-Control-Allow-Headers"].split(", ")
        assert {"Idempotency-Key", "X-CSRF-TOKEN"} <= set(allowed)
        assert len(allowed) == len(set(allowed))
        assert answer.headers["Access-Control-Allow-Methods"] == "PURGE"

    @pytest.mark.parametrize("refusal", [("", 204), ("no", 403)])
    def test_an_answer_of_its_own(self, refusal: tuple[str, int]) -> None:
        """Before all requests, refused or not."""
        browsing = served()
        browsing.app.add_url_rule("/thing", "thing", lambda: "put", methods=["PUT"])

        @browsing.app.before_request
        def answer_options() -> Any:
            return refusal if request.method == "OPTIONS" else None

        answer = browsing.visit("OPTIONS", "/thing", headers=self.ASKED)

        assert answer.status_code == 204
        assert "PUT" in answer.headers["Access-Control-Allow-Methods"].split(", ")
