"""What Schemathesis finds where it tries an application against its document."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import pytest
import schemathesis
from flask import Flask
from hypothesis import given, settings
from hypothesis.strategies import sampled_from
from schemathesis import checks

from flask_jwt import create_access_token

from .applications import DOCUMENTED

SMOREST = next(one for one in DOCUMENTED if one.name == "smorest-3.1")
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
CONFIG = {"JWT_TOKEN_LOCATION": ["headers", "cookies"], "JWT_SESSION_STORE": "memory://"}


@pytest.fixture
def app() -> Flask:
    """An application with tokens in two places, and sessions."""
    return SMOREST.application(**CONFIG)


class Sent(NamedTuple):
    """How a request says who has sent it."""

    headers: dict[str, str]
    cookies: dict[str, str]


def credentials(app: Flask) -> list[Sent]:
    """Return those of nobody, of somebody refused, and of users with more and less rights."""
    with app.app_context():
        ann, bob = (create_access_token({"id": user}) for user in ("ann", "bob"))
        payer = create_access_token({"id": "ann"}, claims={"scope": "payments:write"})
    by_header = [{"Authorization": f"JWT {token}"} for token in ("bogus", ann, payer)]
    by_cookie = [{"__Host-Http-access_token": token} for token in ("bogus", bob)]
    return [
        Sent({}, {}),
        *(Sent(header, {}) for header in by_header),
        *(Sent({}, cookie) for cookie in by_cookie),
        Sent(by_header[1], by_cookie[1]),
    ]


def test_no_undocumented_status(app: Flask) -> None:
    """Each answer has a status, a body and headers that the document knows."""
    schema = schemathesis.openapi.from_wsgi(SMOREST.path, app)
    senders = credentials(app)
    statuses: set[int] = set()

    for found in schema.get_all_operations():
        operation = found.ok()  # type: ignore[union-attr]

        @given(operation.as_strategy(), sampled_from(senders))
        @settings(max_examples=25)
        def test_operation(case: Any, sent: Sent) -> None:
            case.headers, case.cookies = {**case.headers, **sent.headers}, sent.cookies
            response = case.call()
            case.validate_response(response, checks=CHECKS)
            statuses.add(response.status_code)

        test_operation()

    assert statuses == {200, 400, 401, 403}


def test_security_is_enforced(app: Flask) -> None:
    """Where an operation has security, the same request without it, or with another, is refused."""
    claims = {"scope": "payments:write", "roles": ["owner"], "auth_time": int(time.time())}
    with app.app_context():
        headers = {"Authorization": f"JWT {create_access_token({'id': 'ann'}, claims=claims)}"}
    schema = schemathesis.openapi.from_wsgi(SMOREST.path, app)
    operation = schema["/shop/teams/{team}/payments"]["POST"]
    statuses: set[int] = set()

    @given(operation.as_strategy())
    @settings(max_examples=5)
    def test_operation(case: Any) -> None:
        # Beside this request, the check sends those that are to be refused.
        response = case.call_and_validate(headers=headers, checks=[checks.ignored_auth])
        statuses.add(response.status_code)

    test_operation()

    assert statuses == {200}
