"""What is asked of each framework, and what of an answer is compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from .applications.every import FAMILIES, FRAMEWORKS
from .applications.framework import Framework
from .applications.refusals import Refusal

every_framework = pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda one: one.name)
each_family = pytest.mark.parametrize("framework", FAMILIES, ids=lambda one: one.name)


def ask(
    app: Flask,
    framework: Framework,
    authorization: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> TestResponse:
    """Ask for the protected view."""
    sent = dict(headers or {})
    if authorization is not None:
        sent["Authorization"] = authorization
    return app.test_client().get(framework.path, headers=sent)


def seen(answer: TestResponse, refusal: Refusal) -> dict[str, Any]:
    """Return what a client sees of an answer, for :func:`expected`."""
    return {
        "status": answer.status_code,
        "challenges": answer.headers.getlist("WWW-Authenticate"),
        "types": answer.headers.getlist("Content-Type"),
        "lengths": answer.headers.getlist("Content-Length"),
        "value": answer.get_json(silent=True),
        "headers": {name: answer.headers.get(name) for name in refusal.headers},
    }


def expected(answer: TestResponse, refusal: Refusal) -> dict[str, Any]:
    """Return what a client has to see of the answer to a refusal."""
    return {
        "status": refusal.status,
        "challenges": refusal.challenges,
        "types": ["application/json"],
        "lengths": [str(len(answer.data))],
        "value": refusal.value,
        "headers": dict(refusal.headers),
    }


def check(answer: TestResponse, refusal: Refusal) -> None:
    """Check that an answer is the one that a refusal has everywhere."""
    assert seen(answer, refusal) == expected(answer, refusal)
