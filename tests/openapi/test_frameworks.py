"""The documents of four frameworks, as they are served."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from apiflask import APIFlask
from flask import Flask
from flask_smorest import Api  # type: ignore[import-untyped]
from openapi_spec_validator import validate

from flask_jwt import ConfigurationError, jwt_required
from flask_jwt.openapi import document, secured

from .applications import CAN_PAY_TEXT, DOCUMENTED, Documented, configure

ALL = pytest.mark.parametrize("documented", DOCUMENTED, ids=lambda one: one.name)


def document_of(documented: Documented, **config: Any) -> dict[str, Any]:
    """Return the document that an application serves, which is a valid one."""
    answer = documented.application(**config).test_client().get(documented.path)
    assert answer.status_code == 200
    served: dict[str, Any] = json.loads(answer.text)
    validate(served)
    return served


@ALL
def test_what_a_guard_requires(documented: Documented) -> None:
    """A requirement is in the security of its operation, and in its description."""
    served = document_of(documented)
    pay = documented.operation(served, "post", "/teams/{team}/payments")

    if documented.version.startswith("3.1"):
        assert pay["security"] == [
            {"jwtAuth": ["payments:write", "owner"]},
            {"jwtAuth": ["payments:write", "clerk"]},
        ]
    else:
        assert pay["security"] == [{"jwtAuth": []}]
        assert pay["x-required-scopes"] == ["payments:write"]
    assert CAN_PAY_TEXT in pay["description"]


@ALL
def test_optional_and_open(documented: Documented) -> None:
    """An optional guard lets in who has no token; a view without a guard has no security."""
    served = document_of(documented)

    assert documented.operation(served, "get", "/news")["security"] == [{"jwtAuth": []}, {}]
    assert "security" not in documented.operation(served, "get", "/hours")


@ALL
def test_statuses(documented: Documented) -> None:
    """The refusals of a guard are there, beside what the framework says of its own."""
    served = document_of(documented, JWT_SESSION_STORE="memory://")
    pay = documented.operation(served, "post", "/teams/{team}/payments")
    hours = documented.operation(served, "get", "/hours")

    assert {"200", "401", "403", "503"} <= pay["responses"].keys() | {"200"}
    assert "WWW-Authenticate" in pay["responses"]["401"]["headers"]
    assert not {"401", "403", "503"} & hours["responses"].keys()


@ALL
@pytest.mark.parametrize(
    "config",
    [
        {"JWT_AUTH_HEADER_PREFIX": "Bearer"},
        {"JWT_TOKEN_LOCATION": ["headers", "cookies"], "JWT_SESSION_STORE": "memory://"},
        {"JWT_TOKEN_LOCATION": ["cookies"]},
        {"JWT_TOKEN_LOCATION": ["headers", "query_string", "json"]},
        {"JWT_TOKEN_LOCATION": ["json"]},
    ],
    ids=str,
)
def test_valid(documented: Documented, config: dict[str, Any]) -> None:
    """Wherever tokens are, the document is valid."""
    served = document_of(documented, **config)

    assert "401" in documented.operation(served, "get", "/news")["responses"]


@ALL
def test_twice(documented: Documented) -> None:
    """A document that is asked for again is the same."""
    client = documented.application().test_client()

    assert client.get(documented.path).text == client.get(documented.path).text


@ALL
def test_where_everything_is_protected(documented: Documented) -> None:
    """The document is open as soon as what serves it is exempt, and says that no view is."""
    app = documented.application(JWT_PROTECT_ALL=True)
    served_by = app.blueprints.get(documented.served_by, documented.served_by)
    app.extensions["jwt"].exempt(served_by)
    answer = app.test_client().get(documented.path)

    assert answer.status_code == 200
    hours = documented.operation(answer.get_json(), "get", "/hours")
    assert hours["security"] == [{"jwtAuth": []}]


def test_processor_of_apiflask() -> None:
    """What a ``spec_processor`` has changed stays, also where it is given the object."""
    app = APIFlask(__name__)
    configure(app, SPEC_PROCESSOR_PASS_OBJECT=True)

    @app.spec_processor
    def described(spec: Any) -> Any:
        spec.components.schema("Shop", {"type": "object"})
        return spec

    document(app)

    app.add_url_rule("/me", view_func=jwt_required()(lambda: {}), endpoint="me")
    served = app.test_client().get("/openapi.json").get_json()

    assert served["components"]["schemas"]["Shop"] == {"type": "object"}
    assert served["paths"]["/me"]["get"]["security"] == [{"jwtAuth": []}]


def test_restx_at_a_prefix() -> None:
    """Where a server mounts the application makes no difference."""
    documented = DOCUMENTED[-1]
    client = documented.application().test_client()
    served = client.get(documented.path, base_url="http://localhost/mounted").get_json()

    assert served["basePath"] == "/mounted/shop"
    assert documented.operation(served, "get", "/news")["security"] == [{"jwtAuth": []}, {}]


def test_what_it_takes() -> None:
    """An object of no framework is an error that names what to do."""
    with pytest.raises(TypeError, match=r"secured\(document, app\)"):
        document(Flask(__name__))


def test_smorest_without_application() -> None:
    """An ``Api`` without an application is an error that says when to call."""
    with pytest.raises(ConfigurationError, match="after init_app"):
        document(Api())


def test_without_jwt() -> None:
    """An application without a JWT is an error, and no document that says it is open."""
    with pytest.raises(ConfigurationError, match="has no JWT"):
        secured({"openapi": "3.1.0", "paths": {}}, Flask(__name__))


def test_imports() -> None:
    """Who does not use it does not load it, and no framework is loaded for it."""
    program = (
        "import sys, flask_jwt; print('flask_jwt.openapi' in sys.modules)\n"
        "import flask_jwt.openapi\n"
        "print({'apiflask', 'flask_openapi3', 'flask_restx', 'flask_smorest'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert run.stdout == "False\nset()\n", run.stderr
