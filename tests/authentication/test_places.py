"""Where a request may carry its token, and which of several decides."""

from __future__ import annotations

from typing import Any

import jwt as pyjwt
import pytest

from flask_jwt import JWTError
from flask_jwt.authentication.authenticator import authenticate
from tests.support.browsing import ACCESS, HOST, Browsing, fault, old_store, set_cookies
from tests.support.members import NOW, SECRET

ALL = ["headers", "cookies", "query_string", "json"]
NOBODY = (401, "Request does not contain an access token")
TWO = (400, "The request contains good tokens of two users or sessions")
SEVERAL = (400, "The request contains several access tokens in one place")


class Tokens:
    """An application with every place, and access tokens to send there."""

    def __init__(self, **config: Any) -> None:
        store = old_store()
        self.api = Browsing(store, JWT_TOKEN_LOCATION=["headers"], **config)
        self.browsing = Browsing(store, JWT_TOKEN_LOCATION=ALL, **config)
        self.ann = self.api.sign_in()
        self.again = self.api.refreshed(self.ann["refresh_token"])["access_token"]
        self.elsewhere = self.api.sign_in()["access_token"]
        self.bob = self.api.sign_in("bob")["access_token"]

    def get(
        self,
        header: str | None = None,
        cookie: str | None = None,
        query: str | None = None,
        body: Any = None,
        scheme: str = "JWT",
    ) -> Any:
        """Send a request with tokens in some places."""
        return self.browsing.send(
            "GET",
            "/move",
            *([] if cookie is None else [f"{ACCESS}={cookie}"]),
            headers={} if header is None else {"Authorization": f"{scheme} {header}"},
            query_string={} if query is None else {"jwt": query},
            **({} if body is None else {"json": body}),
        )


@pytest.fixture(scope="module")
def tokens() -> Tokens:
    """Tokens of two users, one of them in two sessions."""
    return Tokens()


class TestOnePlace:
    """A token in one place."""

    @pytest.mark.parametrize("place", ["header", "cookie", "query", "body"])
    def test_each(self, tokens: Tokens, place: str) -> None:
        """It opens the view."""
        token = tokens.ann["access_token"]
        sent: Any = {"access_token": token} if place == "body" else token

        assert tokens.get(**{place: sent}).text == "moved"

    @pytest.mark.parametrize("place", ["header", "cookie", "query"])
    def test_bad(self, tokens: Tokens, place: str) -> None:
        """A bad one is refused as in a header."""
        answer = tokens.get(**{place: "bogus"})

        assert fault(answer) == (401, "Not enough segments")
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]

    @pytest.mark.parametrize("location", [["headers"], ["cookies"], ["json", "query_string"]])
    def test_places_that_are_not_enabled(self, tokens: Tokens, location: list[str]) -> None:
        """They are not looked at."""
        token = tokens.ann["access_token"]
        app = Browsing(tokens.browsing.app.config["JWT_SESSION_STORE"], JWT_TOKEN_LOCATION=location)
        sent: dict[str, Any] = {
            "headers": {"headers": {"Authorization": f"JWT {token}"}},
            "cookies": {"headers": {"Cookie": f"{ACCESS}={token}"}},
            "query_string": {"query_string": {"jwt": token}},
            "json": {"json": {"access_token": token}},
        }
        for place, request in sent.items():
            answer = app.send("GET", "/move", **request)
            expected = 200 if place in location else 401
            assert answer.status_code == expected, place

    @pytest.mark.parametrize("scheme", ["JWT", "Bearer", "bearer", "jwt"])
    def test_several_schemes(self, scheme: str) -> None:
        """Several prefixes of the header at once, the first of which stands in challenges."""
        members = Tokens(JWT_AUTH_HEADER_PREFIX=["JWT", "Bearer"])

        assert members.get(header=members.bob, scheme=scheme).text == "moved"
        assert members.get().headers["WWW-Authenticate"].startswith("JWT ")


class TestNoCredential:
    """What is no token, and no crash."""

    @pytest.mark.parametrize(
        "body",
        [[], "x", 1, None, {}, {"access_token": None}, {"access_token": ""}, {"access_token": [1]}],
    )
    def test_json(self, tokens: Tokens, body: Any) -> None:
        """A list, a string, or a member that is no text."""
        assert fault(tokens.get(body=body)) == NOBODY

    @pytest.mark.parametrize(
        "data", [b"[" * 60_000, b'{"a":' * 12_000, b"{", b"\xff", b"", b'{"access_token"']
    )
    def test_bodies(self, tokens: Tokens, data: bytes) -> None:
        """Nested 60,000 deep, or no JSON at all."""
        answer = tokens.browsing.send("GET", "/move", data=data, content_type="application/json")

        assert fault(answer) == NOBODY

    @pytest.mark.parametrize("depth", [900, 990, 1490, 9991, 50_000])
    @pytest.mark.parametrize("letter", ["1", "\t"])
    def test_deep_beside_a_token(self, tokens: Tokens, depth: int, letter: str) -> None:
        """No parser of ours gives up where another did not."""
        member = '"access_token": "a"'
        deep = '{"a":' * depth + f'"{letter}"' + "}" * depth
        data = f'{{{member}, {member}, "n": {deep}}}'
        answer = tokens.browsing.send("GET", "/move", data=data, content_type="application/json")

        assert answer.status_code in (400, 401)

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-8-sig"])
    def test_other_encodings(self, tokens: Tokens, encoding: str) -> None:
        """JSON is UTF-8; in another, two members could stand where one is seen."""
        data = f'{{"access_token": "{tokens.bob}"}}'.encode(encoding)
        answer = tokens.browsing.send("GET", "/move", data=data, content_type="application/json")

        assert fault(answer) == NOBODY

    def test_a_query_that_can_not_be_read(self, tokens: Tokens) -> None:
        """Some servers hand on raw bytes."""
        raw = {"QUERY_STRING": "jwt=\xff"}
        answer = tokens.browsing.send("GET", "/move", environ_overrides=raw)

        assert answer.status_code in (400, 401)

    def test_half_a_character_for_a_hook(self) -> None:
        """A decode hook of PyJWT's would fail at it: it is no strict JSON, and not asked."""
        browsing = Browsing(JWT_TOKEN_LOCATION=ALL)
        browsing.jwt.jwt_decode_handler(
            lambda token: pyjwt.decode(token, SECRET, algorithms=["HS256"])
        )
        data = '{"access_token": "\\ud800"}'
        answer = browsing.client.get("/move", data=data, content_type="application/json")

        assert fault(answer) == NOBODY

    def test_empty(self, tokens: Tokens) -> None:
        """An empty cookie, parameter or header."""
        assert fault(tokens.get(cookie="", query="")) == NOBODY

    def test_no_json(self, tokens: Tokens) -> None:
        """A body of another type is left alone."""
        data = f'{{"access_token": "{tokens.bob}"}}'
        answer = tokens.browsing.send("GET", "/move", data=data, content_type="text/plain")

        assert fault(answer) == NOBODY


class TestSeveralPlaces:
    """Tokens in several places at once."""

    @pytest.mark.parametrize("place", ["cookie", "query"])
    def test_a_bad_header_is_not_made_good(self, tokens: Tokens, place: str) -> None:
        """A header that is there decides."""
        assert tokens.get(header="bogus", **{place: tokens.bob}).status_code == 401

    @pytest.mark.parametrize("bad", ["bogus", "a.b.c", "x" * 9000])
    def test_a_bad_cookie_is_no_hindrance(self, tokens: Tokens, bad: str) -> None:
        """Nor is a bad token in the address."""
        assert tokens.get(header=tokens.bob, cookie=bad, query=bad).text == "moved"

    def test_an_expired_cookie_is_no_hindrance(self) -> None:
        """What has expired speaks for nobody (C3)."""
        members = Tokens()
        members.api.now = members.browsing.now = NOW + 200
        fresh = members.api.sign_in("bob")["access_token"]
        members.browsing.now = NOW + 400

        assert members.get(header=fresh, cookie=members.ann["access_token"]).text == "moved"
        assert members.get(cookie=members.ann["access_token"]).status_code == 401

    def test_a_cookie_that_was_refreshed_meanwhile(self, tokens: Tokens) -> None:
        """Two tokens of one session differ legitimately."""
        first = tokens.ann["access_token"]

        assert tokens.get(header=first, cookie=tokens.again).text == "moved"
        assert tokens.get(header=first, cookie=first, query=first).text == "moved"

    @pytest.mark.parametrize("place", ["cookie", "query"])
    def test_two_users_or_sessions(self, tokens: Tokens, place: str) -> None:
        """Never "the first one wins": good tokens that differ in that are refused."""
        mine = tokens.ann["access_token"]
        for other in (tokens.bob, tokens.elsewhere):
            answer = tokens.get(header=mine, **{place: other})
            assert fault(answer) == TWO
            assert 'error="invalid_request"' in answer.headers["WWW-Authenticate"]

    def test_two_of_one_place(self, tokens: Tokens) -> None:
        """Two different parameters are refused, beside a header of the same session too."""
        send, path = tokens.browsing.send, f"/move?jwt={tokens.again}&jwt=bogus"
        header = {"Authorization": f"JWT {tokens.ann['access_token']}"}

        assert fault(send("GET", path)) == fault(send("GET", path, headers=header)) == SEVERAL
        twice = f"/move?jwt={tokens.again}&jwt={tokens.again}"
        assert send("GET", twice, headers=header).text == "moved"

    @pytest.mark.parametrize("member", ["access_token", "access\\u005ftoken"])
    def test_a_member_that_is_there_twice(self, member: str) -> None:
        """Credentials sent twice are none, however the second is spelled: strict JSON alone is."""
        browsing = Browsing(JWT_TOKEN_LOCATION=["headers", "json"])
        ann, bob = (browsing.sign_in(name)["access_token"] for name in ("ann", "bob"))
        data = f'{{"access_token": "{ann}", "{member}": "{bob}", "more": {{"access_token": "x"}}}}'
        answer = browsing.client.post("/move", data=data, content_type="application/json")
        once = {"access_token": ann, "more": [{"access_token": bob}], "text": "\u00e9"}

        assert fault(answer) == NOBODY
        assert browsing.client.post("/move", json=once).text == "moved"

    def test_without_sessions(self) -> None:
        """There the user has to be the same."""
        browsing = Browsing(None, JWT_TOKEN_LOCATION=ALL)
        ann, again, bob = (
            browsing.enter(name).get_json()["access_token"] for name in ("ann", "ann", "bob")
        )

        def status(cookie: str) -> int:
            header = {"Authorization": f"JWT {ann}"}
            return browsing.send("GET", "/move", f"{ACCESS}={cookie}", headers=header).status_code

        assert (status(again), status(bob)) == (200, 400)


class TestForeignSchemes:
    """``Basic``, say, of a gate before a staging server, which browsers add to every request."""

    @pytest.mark.parametrize(
        "value", ["Basic eDp5", "basic  eDp5", 'Digest username="x", uri="/"', "Basic x, Basic y"]
    )
    @pytest.mark.parametrize("place", ["cookie", "query", "body"])
    def test_passed_over(self, tokens: Tokens, value: str, place: str) -> None:
        """The other places are looked at, as if the header were not there."""
        scheme, _, rest = value.partition(" ")
        sent: Any = {"access_token": tokens.bob} if place == "body" else tokens.bob
        nothing = tokens.get(header=rest, scheme=scheme)

        assert tokens.get(header=rest, scheme=scheme, **{place: sent}).text == "moved"
        assert fault(nothing) == NOBODY
        assert nothing.headers["WWW-Authenticate"] == 'JWT realm="Login Required"'

    @pytest.mark.parametrize(
        "value",
        ["JWT", "JWT a b", "JWT\tTOKEN", "JWT:TOKEN", "JWT: TOKEN", "TOKEN", "Basic",
         "Basic x, JWT TOKEN", "Basic x,jwt TOKEN", "Basic x, JWT\tTOKEN", "Basic x, JWT",
         "Basic x, Basic y, JWT TOKEN", ",JWT TOKEN", ", JWT TOKEN", "JWT TOKEN, Basic x"],
    )  # fmt: skip
    def test_refused(self, tokens: Tokens, value: str) -> None:
        """What may be a credential of ours is not: two headers that a server has joined (B2)."""
        scheme, space, rest = value.replace("TOKEN", tokens.bob).partition(" ")
        header = {"Authorization": scheme + space + rest}
        answer = tokens.browsing.send("GET", "/move", f"{ACCESS}={tokens.bob}", headers=header)

        assert (answer.status_code, answer.get_json()["error"]) == (401, "Invalid JWT header")

    def test_what_a_cookie_needs(self) -> None:
        """The header was not the credential: without the CSRF value nothing is changed."""
        browsing = Browsing(JWT_TOKEN_LOCATION=["headers", "cookies"])
        gate = {"Authorization": "Basic eDp5"}
        browsing.enter()

        refused = browsing.visit("POST", "/move", headers=gate)
        hostile = browsing.act(headers={**gate, "Sec-Fetch-Site": "cross-site"})
        assert (refused.status_code, hostile.status_code, browsing.moved) == (403, 403, [])
        assert browsing.act(headers=gate).text == "moved"

    def test_the_routes_of_ours(self) -> None:
        """A browser behind the gate signs in, asks for the value, refreshes and signs out."""
        browsing = Browsing(JWT_TOKEN_LOCATION=["headers", "cookies"])
        gate = {"Authorization": "Basic eDp5"}
        body = {"username": "ann", "password": "x"}
        assert browsing.visit("POST", "/auth", json=body, headers=gate).status_code == 200
        asked = browsing.visit("GET", "/auth/csrf", headers=gate)
        assert asked.get_json() == {"csrf_token": browsing.value}
        assert browsing.act("/auth/refresh", headers=gate).status_code == 200
        assert browsing.visit("GET", "/auth/sessions", headers=gate).status_code == 200
        assert browsing.act("/auth/logout", headers=gate).status_code == 204
        assert browsing.visit("GET", "/move", headers=gate).status_code == 401

    @pytest.mark.parametrize("location", [["headers"], ["headers", "cookies"]])
    def test_tokens_in_bodies(self, location: list[str]) -> None:
        """So does a program, whose refresh token is in the body, wherever access tokens are."""
        browsing = Browsing(JWT_TOKEN_LOCATION=location)
        browsing.client = browsing.app.test_client(use_cookies=False)
        gate = {"Authorization": "Basic eDp5"}
        token = browsing.enter().get_json()["refresh_token"]
        answer = browsing.visit(
            "POST", "/auth/refresh", json={"refresh_token": token}, headers=gate
        )
        body = {"refresh_token": answer.get_json()["refresh_token"]}
        ended = browsing.visit("POST", "/auth/logout", json=body, headers=gate)

        assert ended.status_code == 204
        assert browsing.visit("POST", "/auth/refresh", json=body).status_code == 401

    @pytest.mark.parametrize("location", [["headers"], ["headers", "cookies"]])
    def test_who_asks_optionally(self, location: list[str]) -> None:
        """It counts as no token, by the code that the documented way looks for."""
        browsing = Browsing(JWT_TOKEN_LOCATION=location)
        codes: list[str | None] = []

        @browsing.app.get("/hello")
        def hello() -> str:
            try:
                authenticate()
            except JWTError as error:
                codes.append(error.error_code)
            return "hello"

        for value in ("Basic eDp5", "Bearer x", "JWT", "Basic x, JWT y"):
            browsing.visit("GET", "/hello", headers={"Authorization": value})
        assert codes == ["authorization_required"] * 2 + ["invalid_credentials_header"] * 2

    def test_in_debug(self) -> None:
        """There the description goes on, with what to send; outside it is the one of 0.3.2."""
        said = []
        for location in (["headers"], ["headers", "cookies"]):
            browsing = Browsing(
                JWT_TOKEN_LOCATION=location, JWT_AUTH_HEADER_PREFIX=["Token", "JWT"]
            )
            for browsing.app.debug in (False, True):
                answer = browsing.visit("GET", "/move", headers={"Authorization": "Bearer x"})
                said.append(answer.get_json()["description"])
            nothing = browsing.visit("GET", "/move")
            assert nothing.get_json()["description"] == NOBODY[1]

        browsing = Browsing()
        browsing.app.debug = True
        cookies_alone = browsing.visit("GET", "/move", headers={"Authorization": "Bearer x"})
        assert cookies_alone.get_json()["description"] == NOBODY[1]
        what = "send Authorization: Token <token>"
        unsupported = "Unsupported authorization type"
        assert said == [unsupported, f"{unsupported}: {what}", NOBODY[1], f"{NOBODY[1]}: {what}"]


class TestAnswers:
    """What an answer says to caches and to other sites."""

    def test_query(self, tokens: Tokens) -> None:
        """An address with a token in it goes nowhere, whether the token is good or not."""
        for token in (tokens.bob, "bogus"):
            answer = tokens.get(query=token)
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["Cache-Control"] == "private"
        assert "Referrer-Policy" not in tokens.get(header=tokens.bob).headers

    def test_vary(self, tokens: Tokens) -> None:
        """What depends on a cookie says so, and a page that asks for none does not."""
        assert tokens.get(cookie=tokens.bob).headers["Vary"] == "Cookie"
        assert tokens.get().headers["Vary"] == "Cookie"
        tokens.browsing.client.set_cookie(ACCESS, tokens.bob, domain=HOST)
        public = tokens.browsing.visit("GET", "/none")
        assert "Vary" not in public.headers
        assert set_cookies(public) == {}


@pytest.mark.parametrize("value", ["cookie", [], ["header"], ["headers", "body"], 1, [1], {}])
def test_what_is_no_place(value: Any) -> None:
    """This is said when the application is made."""
    with pytest.raises(RuntimeError, match="JWT_TOKEN_LOCATION"):
        Browsing(JWT_TOKEN_LOCATION=value)
