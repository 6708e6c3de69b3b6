"""What a document says of guards: places of tokens, alternatives, and what was there before."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from flask import Blueprint, Flask
from openapi_spec_validator import validate
from werkzeug.routing import Rule

from flask_jwt import JWTError, jwt_required, public
from flask_jwt.openapi import secured
from flask_jwt.requirements import Claim, MaxAge, Requirement, Role, Scope

from .applications import configure

SWAGGER, OPENAPI_30, OPENAPI_31 = "2.0", "3.0.3", "3.1.0"
NO_CSRF: dict[str, Any] = {"JWT_TOKEN_LOCATION": ["headers", "query_string"]}
COOKIES: dict[str, Any] = {"JWT_TOKEN_LOCATION": ["headers", "cookies"]}


def new_app(**config: Any) -> Flask:
    app = Flask(__name__)
    configure(app, **config)
    return app


def view() -> str:
    return "done"


def document_with(version: str, *paths: str, **more: Any) -> dict[str, Any]:
    """Return a document with two operations at each path."""
    named = {"swagger": version} if version == SWAGGER else {"openapi": version}
    operations = {
        method: {"responses": {"200": {"description": "Done"}}} for method in ("get", "post")
    }
    return {
        **named,
        "info": {"title": "Shop", "version": "1"},
        "paths": {path: deepcopy(operations) for path in paths or ("/a",)},
        **more,
    }


def described(
    app: Flask, version: str = OPENAPI_31, method: str = "post", **more: Any
) -> dict[str, Any]:
    """Return the operation at ``/a`` as a valid document says it."""
    result = secured(document_with(version, **more), app)
    validate(result)
    operation: dict[str, Any] = result["paths"]["/a"][method]
    return operation


def guarded(version: str = OPENAPI_31, method: str = "post", **config: Any) -> dict[str, Any]:
    """Return the operation of a guarded view."""
    app = new_app(**config)
    app.add_url_rule("/a", view_func=jwt_required()(view), methods=["GET", "POST"])
    return described(app, version, method)


def schemes(version: str = OPENAPI_31, **config: Any) -> dict[str, dict[str, Any]]:
    """Return the security schemes of an application, without their descriptions."""
    app = new_app(**config)
    app.add_url_rule("/a", view_func=jwt_required()(view))
    result = secured(document_with(version), app)
    found = result.get("components", {}).get("securitySchemes") or result["securityDefinitions"]
    return {
        name: {key: value for key, value in scheme.items() if key != "description"}
        for name, scheme in found.items()
    }


AUTHORIZATION = {"type": "apiKey", "in": "header", "name": "Authorization"}
BEARER = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
CSRF = {"type": "apiKey", "in": "header", "name": "X-CSRF-TOKEN"}


class TestPlaces:
    """Where tokens are."""

    def test_header(self) -> None:
        """A scheme of one's own is a key in the header; the standard one is known by its name."""
        assert schemes() == {"jwtAuth": AUTHORIZATION}
        assert schemes(JWT_AUTH_HEADER_PREFIX="Bearer") == {"bearerAuth": BEARER}
        assert schemes(SWAGGER, JWT_AUTH_HEADER_PREFIX="Bearer") == {"jwtAuth": AUTHORIZATION}

    def test_cookie(self) -> None:
        """A cookie goes with the CSRF header where something is changed."""
        assert schemes(**COOKIES) == {
            "jwtAuth": AUTHORIZATION,
            "cookieAuth": {"type": "apiKey", "in": "cookie", "name": "__Host-Http-access_token"},
            "csrfHeader": CSRF,
        }
        by_header: dict[str, list[str]] = {"jwtAuth": []}
        assert guarded(method="get", **COOKIES)["security"] == [by_header, {"cookieAuth": []}]
        assert guarded(method="post", **COOKIES)["security"] == [
            by_header,
            {"cookieAuth": [], "csrfHeader": []},
        ]

    def test_cookie_in_debug(self) -> None:
        """The name of the cookie is the one that the browser has which asks."""
        app = new_app(**COOKIES)
        app.debug = True
        app.add_url_rule("/a", view_func=jwt_required()(view))
        with app.test_request_context(base_url="http://localhost:5000"):
            result = secured(document_with(OPENAPI_31), app)

        cookie = result["components"]["securitySchemes"]["cookieAuth"]
        assert cookie["name"] == "access_token"

    def test_cookie_of_swagger(self) -> None:
        """Swagger 2.0 has no cookies: beside a header they are left out, alone they are one."""
        only: dict[str, Any] = {"JWT_TOKEN_LOCATION": ["cookies"]}

        assert schemes(SWAGGER, **COOKIES) == {"jwtAuth": AUTHORIZATION}
        assert guarded(SWAGGER, **COOKIES)["security"] == [{"jwtAuth": []}]
        assert schemes(SWAGGER, **only) == {
            "cookieAuth": {"type": "apiKey", "in": "header", "name": "Cookie"},
            "csrfHeader": CSRF,
        }
        assert guarded(SWAGGER, **only)["security"] == [{"cookieAuth": [], "csrfHeader": []}]

    def test_query(self) -> None:
        """The query string is a place of its own, for which cookies ask a CSRF value too."""
        both: dict[str, Any] = {"JWT_TOKEN_LOCATION": ["query_string", "cookies"]}

        assert schemes(**NO_CSRF)["queryToken"] == {"type": "apiKey", "in": "query", "name": "jwt"}
        assert guarded(**NO_CSRF)["security"] == [{"jwtAuth": []}, {"queryToken": []}]
        assert guarded(**both)["security"] == [
            {"queryToken": [], "csrfHeader": []},
            {"cookieAuth": [], "csrfHeader": []},
        ]

    def test_a_member_of_the_body(self) -> None:
        """There is no scheme for a body: where that is the only place, the description says it."""
        operation = guarded(JWT_TOKEN_LOCATION=["json"])

        assert "security" not in operation
        assert "in the member `access_token` of a JSON body" in operation["description"]
        assert "401" in operation["responses"]

    def test_a_hook_of_the_application(self) -> None:
        """Where the application looks for tokens itself, only it can say where."""
        app = new_app()
        app.extensions["jwt"].request_handler(lambda: None)
        app.add_url_rule("/a", view_func=jwt_required()(view), methods=["POST"])

        operation = described(app)

        assert "security" not in operation
        assert "where the application looks for it" in operation["description"]


class TestStatuses:
    """Which refusals an operation can answer with."""

    @pytest.mark.parametrize(
        ("config", "method", "statuses"),
        [
            ({}, "post", {"401"}),
            ({"JWT_SESSION_STORE": "memory://"}, "get", {"401", "503"}),
            (NO_CSRF, "post", {"400", "401"}),
            (COOKIES, "get", {"400", "401"}),
            (COOKIES, "post", {"400", "401", "403", "413"}),
        ],
    )
    def test_plain_guard(self, config: dict[str, Any], method: str, statuses: set[str]) -> None:
        """It depends on where tokens are, on sessions, and on whether something is changed."""
        assert guarded(method=method, **config)["responses"].keys() - {"200"} == statuses

    def test_requirement(self) -> None:
        """A requirement can be refused."""
        app = new_app()
        app.add_url_rule("/a", view_func=jwt_required(role="admin")(view), methods=["POST"])

        assert described(app)["responses"].keys() == {"200", "401", "403"}

    def test_lenient(self) -> None:
        """A lenient guard takes for nobody what others answer 401."""
        app = new_app()
        app.add_url_rule("/a", view_func=jwt_required(optional="lenient")(view), methods=["POST"])

        operation = described(app)

        assert operation["responses"].keys() == {"200"}
        assert operation["security"] == [{"jwtAuth": []}, {}]

    def test_body(self) -> None:
        """The body is described as it is sent."""
        app = new_app()
        app.add_url_rule("/a", view_func=jwt_required()(view))
        result = secured(document_with(OPENAPI_30), app)
        content = result["paths"]["/a"]["get"]["responses"]["401"]["content"]
        schema = result["components"]["schemas"]["JWTError"]
        body = app.test_client().get("/a").get_json()

        assert content == {
            "application/json": {"schema": {"$ref": "#/components/schemas/JWTError"}}
        }
        assert set(schema["required"]) == schema["properties"].keys() == body.keys()

    def test_body_of_the_application(self) -> None:
        """Of an answer that the application makes itself, no more is said than its status."""
        app = new_app()

        @app.extensions["jwt"].jwt_error_handler
        def answer(error: JWTError) -> tuple[str, int]:
            return "no", error.status_code

        app.add_url_rule("/a", view_func=jwt_required()(view), methods=["POST"])

        assert described(app)["responses"]["401"].keys() == {"description", "headers"}

    def test_what_is_said_already(self) -> None:
        """A response of the application's own stays."""
        app = new_app()
        app.add_url_rule("/a", view_func=jwt_required()(view))
        document = document_with(OPENAPI_31)
        document["paths"]["/a"]["get"]["responses"]["401"] = {"description": "Go away"}

        responses = secured(document, app)["paths"]["/a"]["get"]["responses"]

        assert responses["401"] == {"description": "Go away"}


def alternatives(requirement: Requirement, version: str = OPENAPI_31) -> list[list[str]]:
    """Return the arrays of the security that a requirement is said by."""
    app = new_app()
    app.add_url_rule("/a", view_func=jwt_required(requires=requirement)(view), methods=["POST"])
    operation = described(app, version)
    assert f"Requires `{requirement!r}`." in operation["description"]
    return [part["jwtAuth"] for part in operation["security"]]


A, B, C = Scope("a"), Scope("b"), Scope("c")


class TestRequirements:
    """What is required of a token; the description has it all, as it is written."""

    @pytest.mark.parametrize(
        ("requirement", "expected"),
        [
            (Scope("b", "a"), [["a", "b"]]),
            (Role("x", "y"), [["x"], ["y"]]),
            (A & Role("x"), [["a", "x"]]),
            ((A | B) & C, [["a", "c"], ["b", "c"]]),
            (A | (A & B), [["a"]]),
            (A & MaxAge(300), [["a"]]),
            # What is not said asks no scope: to name those of the other would be wrong.
            (A | Claim("staff", True), [[]]),
            (~A, [[]]),
            (~(A | B), [[]]),
        ],
        ids=repr,
    )
    def test_alternatives(self, requirement: Requirement, expected: list[list[str]]) -> None:
        """Each alternative is one of the security; what can't be said is left to the text."""
        assert alternatives(requirement) == expected

    def test_too_many(self) -> None:
        """Of very many alternatives, what all of them ask is said."""
        many = Role(*map(str, range(10))) & Role(*map(str, range(10, 20))) & A

        assert alternatives(many) == [["a"]]

    @pytest.mark.parametrize("version", [SWAGGER, OPENAPI_30])
    def test_versions_without_names(self, version: str) -> None:
        """Before 3.1 the array is empty, and what all alternatives ask stands beside it."""
        app = new_app()
        guard = jwt_required(requires=(A | (B & C)) & Scope("d") & Role("x"))
        app.add_url_rule("/a", view_func=guard(view), methods=["POST"])
        operation = described(app, version)

        assert operation["security"] == [{"jwtAuth": []}]
        assert operation["x-required-scopes"] == ["d"]
        assert operation["x-required-roles"] == ["x"]

    def test_markup_in_a_name(self) -> None:
        """A name does not end the code that it is shown as."""
        app = new_app()
        app.add_url_rule("/a", view_func=jwt_required(role="a`<b>`")(view), methods=["POST"])

        assert described(app)["description"] == 'Requires `` Role("a`<b>`") ``.'

    def test_beside_a_description(self) -> None:
        """What the operation says of itself comes first."""
        app = new_app()
        app.add_url_rule("/a", view_func=jwt_required(scope="a")(view), methods=["POST"])
        document = document_with(OPENAPI_31)
        document["paths"]["/a"]["post"]["description"] = "Pays."

        once = secured(document, app)

        assert once["paths"]["/a"]["post"]["description"] == 'Pays.\n\nRequires `Scope("a")`.'
        assert secured(once, app) == once


class TestOwnSecurity:
    """Security that a document has of its own."""

    def app(self) -> Flask:
        app = new_app(JWT_AUTH_HEADER_PREFIX="Bearer")
        app.add_url_rule("/a", view_func=jwt_required(scope="a")(view), methods=["POST"])
        return app

    def test_another_condition(self) -> None:
        """A key that the application asks for itself is asked for together with a token."""
        own: dict[str, Any] = {
            "security": [{"key": []}],
            "components": {"securitySchemes": {"key": CSRF}},
        }

        assert described(self.app(), **own)["security"] == [{"key": [], "bearerAuth": ["a"]}]

    def test_the_same_scheme(self) -> None:
        """A scheme that is ours under another name is used, and not asked for twice."""
        scheme = {"type": "http", "scheme": "bearer"}
        own: dict[str, Any] = {
            "security": [{"mine": []}],
            "components": {"securitySchemes": {"mine": scheme}},
        }

        result = secured(document_with(OPENAPI_31, **own), self.app())

        assert result["paths"]["/a"]["post"]["security"] == [{"mine": ["a"]}]
        assert result["components"]["securitySchemes"] == {"mine": scheme}

    def test_a_name_that_is_taken(self) -> None:
        """Another scheme of the same name stays what it is."""
        schemes = {"bearerAuth": CSRF, "bearerAuth2": AUTHORIZATION}
        own: dict[str, Any] = {"components": {"securitySchemes": schemes}}

        assert described(self.app(), **own)["security"] == [{"bearerAuth3": ["a"]}]

    def test_the_document_that_was_given(self) -> None:
        """It is left as it was."""
        document = document_with(OPENAPI_31)
        before = deepcopy(document)

        result = secured(document, self.app())
        result["components"]["schemas"]["JWTError"]["type"] = "string"

        assert document == before
        assert "string" not in str(
            secured(document, self.app())["components"]["schemas"]["JWTError"]["type"]
        )


class TestPaths:
    """Which view an operation stands for."""

    def security(self, document: dict[str, Any], app: Flask, path: str) -> Any:
        return secured(document, app)["paths"][path]["get"].get("security")

    def test_variables(self) -> None:
        """Variables are found with any converter, and by another name."""
        app = new_app()
        rule = '/x/<int(min=1):number>/<any("a:b", c):kind>'
        app.add_url_rule(rule, view_func=jwt_required(lambda number, kind: ""))
        paths = ("/x/{number}/{kind}", "/x/{id}/{sort}")
        document = document_with(OPENAPI_31, *paths, "/x/{number}")

        assert [self.security(document, app, path) for path in paths] == [[{"jwtAuth": []}]] * 2
        assert self.security(document, app, "/x/{number}") is None

    @pytest.mark.parametrize("url", ["/v1", "https://api.example/v1/", "/", "{scheme}://host/v1"])
    def test_servers(self, url: str) -> None:
        """Paths may be below that of a server."""
        app = new_app()
        prefix = "" if url == "/" else "/v1"
        app.add_url_rule(f"{prefix}/a", view_func=jwt_required()(view))
        document = document_with(OPENAPI_31, servers=[{"url": url}])

        assert self.security(document, app, "/a") == [{"jwtAuth": []}]

    def test_methods(self) -> None:
        """Each method has the guard of its own view."""
        app = new_app()
        app.add_url_rule("/a", "ask", lambda: "", methods=["GET"])
        app.add_url_rule("/a", "change", jwt_required()(view), methods=["POST"])
        paths = secured(document_with(OPENAPI_31), app)["paths"]["/a"]

        assert "security" not in paths["get"]
        assert paths["post"]["security"] == [{"jwtAuth": []}]

    def test_two_rules(self) -> None:
        """Of several rules that a path stands for, the one that requires most is told."""
        app = new_app()
        app.add_url_rule("/<int:x>", "number", jwt_required(scope="a")(view))
        app.add_url_rule("/<string:x>", "text", lambda x: "")

        document = document_with(OPENAPI_31, "/{x}")

        assert self.security(document, app, "/{x}") == [{"jwtAuth": ["a"]}]

    def test_declared(self) -> None:
        """A guard by declaration is told as one that is written at the view."""
        app = new_app(JWT_PROTECT_ALL=True)
        inside = Blueprint("inside", __name__, url_prefix="/inside")
        inside.add_url_rule("/a", "named", lambda: "")
        app.extensions["jwt"].protect(inside, requires=Role("staff"))
        app.register_blueprint(inside)
        app.add_url_rule("/a", "unnamed", lambda: "")
        app.add_url_rule("/open", "open", public(lambda: ""))
        document = document_with(OPENAPI_31, "/a", "/open", "/inside/a")

        assert self.security(document, app, "/a") == [{"jwtAuth": []}]
        assert self.security(document, app, "/open") is None
        assert self.security(document, app, "/inside/a") == [{"jwtAuth": ["staff"]}]

    def test_nothing_guarded(self) -> None:
        """A document without a guarded view stays as it is."""
        app = new_app()
        app.add_url_rule("/a", "open", lambda: "")
        document = document_with(OPENAPI_31, "/a", "/elsewhere")

        assert secured(document, app) == document


def test_rule_without_methods() -> None:
    """A rule of Werkzeug's that names no methods takes all of them."""
    app = new_app()
    app.url_map.add(Rule("/a", endpoint="a"))
    app.endpoint("a")(jwt_required()(view))

    assert "401" in described(app)["responses"]
