"""Programs of that time, as people wrote them: resources, factories, claims of their own."""

from __future__ import annotations

import time

import pytest

from tests.support.tokens import claims, compact, parts_of

from .conftest import Program

SIGN_IN = {"email": "emil@example.org", "pass": "oboe"}
RESOURCES = ["/on-get", "/method-decorators", "/decorators"]


class TestResources:
    """Flask-RESTful, in production and in debug."""

    @pytest.mark.parametrize("path", RESOURCES)
    def test_good_token(self, resources: Program, path: str) -> None:
        """Wherever the decorator stands, a user with an id of 0, kept in a dict, gets in."""
        answer = resources.server.get(path, token=resources.token())

        assert (answer.status, answer.json) == (200, {"user_id": 0, "name": "Rosa"})

    @pytest.mark.parametrize("path", [*RESOURCES, "/v2/everything", "/marshalled"])
    def test_refused(self, resources: Program, path: str) -> None:
        """Wherever the decorator stands, a refusal is a 401 with its JSON, never a logged 500."""
        answers = [resources.server.get(path), resources.server.get(path, token="bogus")]

        assert [answer.status for answer in answers] == [401, 401]
        assert [answer.json["error"] for answer in answers] == [
            "Authorization Required", "Invalid token",
        ]  # fmt: skip
        assert answers[0].header("WWW-Authenticate") == 'JWT realm="Login Required"'
        assert "Traceback" not in resources.server.log

    def test_method_without_decorator(self, resources: Program) -> None:
        """A decorator on ``get`` leaves ``post`` open."""
        answer = resources.server.post("/on-get", {})

        assert (answer.status, answer.json) == (201, {"open": True})

    def test_whole_api(self, resources: Program) -> None:
        """``Api(decorators=[jwt_required()])`` on a blueprint lets a good token in."""
        answer = resources.server.get("/v2/everything", token=resources.token())

        assert (answer.status, answer.json) == (200, {"id": 0})

    def test_marshalled(self, resources: Program) -> None:
        """Inside ``marshal_with`` the identity is marshalled as the dict that it is."""
        answer = resources.server.get("/marshalled", token=resources.token())

        assert (answer.status, answer.json) == (200, {"name": "Rosa"})

    def test_error_of_the_view(self, resources: Program) -> None:
        """A ``JWTError`` that a resource raises is answered with its status and headers."""
        answer = resources.server.get("/refusing", token=resources.token())

        assert answer.status == 403
        assert answer.header("X-Day") == "Monday"
        assert answer.json == {
            "description": "Closed on Mondays",
            "error": "Not Today",
            "status_code": 403,
        }


class TestFactory:
    """An application factory with blueprints, and configuration set after ``init_app``."""

    def token(self, factory: Program) -> str:
        """Sign in where this program has its route."""
        answer = factory.server.post("/api/login", SIGN_IN)
        assert answer.status == 200, answer
        return str(answer.json["access_token"])

    def test_views_of_a_blueprint(self, factory: Program) -> None:
        """Views and class-based views of a blueprint know the user."""
        credentials = ("Authorization", f"Bearer {self.token(factory)}")

        me = factory.server.get("/main/me", credentials)
        assert me.json == {"id": "b7", "email": "emil@example.org"}
        assert factory.server.get("/main/items", credentials).json == {"owner": "b7"}
        assert factory.server.request("DELETE", "/main/items", [credentials]).status == 204

    def test_field_names(self, factory: Program) -> None:
        """With keys of its own for them, ``username`` and ``password`` are wrong fields."""
        answer = factory.server.post("/api/login", {"username": "emil", "password": "oboe"})

        assert answer.status == 401
        assert answer.json["description"] == "Invalid credentials"

    def test_route(self, factory: Program) -> None:
        """``JWT_AUTH_URL_RULE`` takes the place of ``/auth``."""
        assert factory.server.post("/auth", SIGN_IN).status == 404

    def test_durations_set_later(self, factory: Program) -> None:
        """Durations that were set after ``init_app`` are those of the tokens."""
        _, payload = parts_of(self.token(factory))

        assert payload["exp"] - payload["iat"] == 7200
        assert payload["nbf"] - payload["iat"] == -5

    def test_prefix_and_realm_set_later(self, factory: Program) -> None:
        """The challenge names the scheme and the realm that were set after ``init_app``."""
        answer = factory.server.get("/main/me")
        assert answer.header("WWW-Authenticate") == 'Bearer realm="Members"'

        old = factory.server.get("/main/me", token=self.token(factory))
        assert old.status == 401
        assert old.json["description"] == "Unsupported authorization type"


class TestClaims:
    """A payload handler and a headers handler with the package's own encoding."""

    @pytest.mark.parametrize("form", ["naive", "aware", "numbers"])
    def test_forms_of_times(self, own_claims: Program, form: str) -> None:
        """Naive datetimes are UTC, aware ones what they say, numbers are taken as they are."""
        now = time.time()
        token = own_claims.token(form, "any")
        payload = own_claims.server.get("/claims", token=token).json

        assert payload["sub"] == form
        assert payload["role"] == "first violin"
        assert payload["exp"] - payload["iat"] == 600
        assert payload["nbf"] == payload["iat"]
        assert abs(payload["iat"] - now) < 30

    def test_headers(self, own_claims: Program) -> None:
        """What the headers handler returns stands in the JOSE header; None adds nothing."""
        header, _ = parts_of(own_claims.token("aware", "any"))
        assert header == {"typ": "JWT", "alg": "HS256", "kind": "aware"}

        header, _ = parts_of(own_claims.token("naive", "any"))
        assert header == {"typ": "JWT", "alg": "HS256"}

    def test_missing_claim_at_sign_in(self, own_claims: Program) -> None:
        """A required claim that the payload handler left out is the program's error, and logged."""
        answer = own_claims.sign_in("numbers-incomplete", "any")

        assert answer.status == 500
        assert "RuntimeError: Payload is missing required claims: role" in own_claims.server.log

    def test_missing_claim_in_a_token(self, own_claims: Program) -> None:
        """A required claim of the program's own is required of tokens that come in."""
        answer = own_claims.server.get("/claims", token=compact(claims(1), own_claims.secret))

        assert answer.status == 401
        assert answer.json["description"] == 'Token is missing the "role" claim'
