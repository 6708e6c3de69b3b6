"""The table of ``POST /auth``, row by row."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.http_client import Answer

from .conftest import Program

JSON = ("Content-Type", "application/json")
INVALID = {"description": "Invalid credentials", "error": "Bad Request", "status_code": 401}


def check_shape(answer: Answer, status: int) -> None:
    """Check that an answer is a refusal with a status, in the shape that all refusals have."""
    assert answer.status == status, answer
    assert sorted(answer.json) == ["description", "error", "status_code"]
    assert answer.json["status_code"] == status
    assert all(answer.json.values())


@pytest.mark.parametrize(
    "body",
    [
        {"username": "rosa", "password": "trumpet"},
        {"username": "nobody", "password": "violin"},
        {"username": "rosa"},
        {},
        {"username": "rosa", "password": "violin", "remember": True},
        {"user": "rosa", "password": "violin"},
        {"username": ["rosa"], "password": "violin"},
        {"username": "rosa", "password": None},
    ],
)
def test_wrong_credentials(tutorial: Program, body: dict[str, Any]) -> None:
    """Whatever is wrong with the credentials, the answer is the same 401."""
    answer = tutorial.server.post("/auth", body)

    assert (answer.status, answer.json) == (401, INVALID)


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"", b"{", b"{'username': 'rosa'}"])
def test_no_json_object(tutorial: Program, body: bytes) -> None:
    """It is a 400 in the shape of the other refusals, where it was a 500 or HTML."""
    check_shape(tutorial.server.request("POST", "/auth", [JSON], body), 400)


def test_layout_of_a_refused_sign_in(tutorial: Program) -> None:
    """The JSON has sorted keys, and is indented in debug."""
    indent, separators = (2, None) if tutorial.debug else (None, (",", ":"))
    expected = json.dumps(INVALID, indent=indent, separators=separators) + "\n"

    assert tutorial.sign_in("rosa", "trumpet").text == expected


def test_a_form(tutorial: Program) -> None:
    """A form is a 415 in the shape of the other refusals, where it was a 500."""
    check_shape(tutorial.server.post_form("/auth", {"username": "rosa", "password": "violin"}), 415)


@pytest.mark.parametrize(("method", "status"), [("GET", 405), ("OPTIONS", 200)])
def test_other_methods(tutorial: Program, method: str, status: int) -> None:
    """GET is not allowed and OPTIONS is answered by Flask; both answers say what is allowed."""
    answer = tutorial.server.request(method, "/auth")

    assert answer.status == status
    assert sorted((answer.header("Allow") or "").split(", ")) == ["OPTIONS", "POST"]
