"""What an answer that carries tokens says to caches, and of the address that it is from."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from flask import Flask, Response, request

from flask_jwt import JWTError, create_access_token, set_access_cookies
from flask_jwt.authentication.authenticator import authenticate
from tests.support.browsing import ACCESS, HOST, SITE, Browsing, entered, set_cookies


class TestCaching:
    """No cache keeps what carries a token, whatever the application says of all its answers."""

    @pytest.mark.parametrize("path", ["/auth", "/enter", "/auth/csrf", "/auth/refresh"])
    def test_an_application_that_caches(self, path: str) -> None:
        """Its own header is written after the view, and ours at the last."""
        browsing = Browsing()

        @browsing.app.after_request
        def cached(response: Response) -> Response:
            response.headers["Cache-Control"] = "public, max-age=600"
            return response

        answer = browsing.enter_by(
            lambda response: set_access_cookies(response, create_access_token({"id": "ann"}))
        )
        if path != "/enter":
            answer = browsing.enter()
        if path == "/auth/csrf":
            answer = browsing.visit("GET", path)
        elif path == "/auth/refresh":
            answer = browsing.act(path)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"

    def test_the_address_of_a_refused_request(self) -> None:
        """A token in it goes nowhere, although the header decides, and is bad."""
        browsing = Browsing(JWT_TOKEN_LOCATION=["headers", "query_string"])
        token = browsing.sign_in()["access_token"]
        answer = browsing.client.get(f"/move?jwt={token}", headers={"Authorization": "JWT x"})

        assert answer.status_code == 401
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "private"


class TestPrivate:
    """What is answered to a user by cookie is for that user's own cache alone."""

    @pytest.mark.parametrize("path", ["/move", "/hello"])
    def test_by_cookie(self, path: str) -> None:
        """Also where the view asks optionally; without such a cookie, or by header, it is open."""
        browsing = Browsing(JWT_TOKEN_LOCATION=["headers", "cookies"])

        @browsing.app.get("/hello")
        def hello() -> str:
            with suppress(JWTError):
                authenticate()
            return "hello"

        assert "Cache-Control" not in browsing.visit("GET", path).headers
        token = browsing.enter().get_json()["access_token"]
        assert browsing.visit("GET", path).headers["Cache-Control"] == "private"
        program = browsing.app.test_client()
        program.set_cookie("analytics", "1", domain=HOST)
        header = {"Authorization": f"JWT {token}"}
        by_header = program.get(path, base_url=SITE, headers=header)
        assert "Cache-Control" not in by_header.headers

    def test_a_refusal(self) -> None:
        """A bad cookie, or a missing CSRF value, is that user's own as well."""
        browsing = entered()
        forbidden = browsing.visit("POST", "/move")
        browsing.client.set_cookie(ACCESS, "bogus", domain=HOST, secure=True)

        for answer, status in ((forbidden, 403), (browsing.visit("GET", "/move"), 401)):
            assert answer.status_code == status
            assert answer.headers["Cache-Control"] == "private"

    @pytest.mark.parametrize("value", ["public, max-age=60", "no-cache", "no-store", "max-age=0"])
    def test_the_views_own(self, value: str) -> None:
        """What the application says of its answer stays as it is."""
        browsing = Browsing()

        @browsing.app.after_request
        def say(response: Response) -> Response:
            response.headers["Cache-Control"] = value
            return response

        browsing.enter()

        assert browsing.visit("GET", "/move").headers.getlist("Cache-Control") == [value]

    def test_by_a_hook(self) -> None:
        """A token that a hook has found may be of a cookie, where there is one: so say caches."""
        browsing = entered()
        browsing.jwt.request_handler(lambda: request.cookies.get(ACCESS))

        headers = browsing.visit("GET", "/move").headers
        assert (headers["Cache-Control"], headers["Vary"]) == ("private", "Cookie")


class TestLast:
    """What is said of an answer with a token is said last, whatever was registered before."""

    def application(self, **config: Any) -> Browsing:
        """Return an application that makes all its answers public, before there was a JWT."""
        browsing = Browsing(**config)
        app = Flask("early")
        app.config.update(browsing.app.config)

        @app.after_request
        def public(response: Response) -> Response:
            response.headers["Cache-Control"] = "public, max-age=600"
            response.headers["Referrer-Policy"] = "unsafe-url"
            response.headers["Vary"] = "Accept-Encoding"
            return response

        browsing.jwt.init_app(app)
        app.add_url_rule("/move", "move", browsing.app.view_functions["move"])
        app.add_url_rule("/public/", "public", lambda: "hello")
        browsing.app, browsing.client = app, app.test_client()
        return browsing

    def test_tokens(self) -> None:
        """At sign-in, and where one is renewed."""
        browsing = self.application(JWT_COOKIE_AUTO_REFRESH=60)
        answers = [browsing.enter()]
        browsing.now += 280
        answers.append(browsing.visit("GET", "/move"))

        for answer in answers:
            assert (ACCESS, "/") in set_cookies(answer)
            assert answer.headers["Cache-Control"] == "no-store"
        assert answers[1].headers["Vary"] == "Accept-Encoding, Cookie"

    @pytest.mark.parametrize("path", ["/move", "/public/", "/public", "/none"])
    def test_addresses(self, path: str) -> None:
        """One with a token in it goes nowhere, whichever view it leads to, or none."""
        browsing = self.application(JWT_TOKEN_LOCATION=["headers", "query_string"])
        token = browsing.enter().get_json()["access_token"]
        answer = browsing.client.get(f"{path}?jwt={token}")

        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "public" not in answer.headers["Cache-Control"]
        assert "private" in answer.headers["Cache-Control"]
        plain = browsing.client.get(f"{path}?x=1")
        assert plain.headers["Referrer-Policy"] == "unsafe-url"
