"""The table of ``POST /auth``, row by row."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.http_client import Answer

from .conftest import Program

JSON = ("Content-Type", "application/json")
INVALID = {"description": "Invalid credentials", "error": "Bad Request", "status_code": 401}


@pytest.mark.parametrize(
    "body",
    [
        {"username": "rosa", "password": "trumpet"},
        {"username": "nobody", "password": "violin"},
        {"username": "rosa", "password": ""},
        {"username": "", "password": "violin"},
        {"username": "rosa"},
        {"password": "violin"},
        {},
        {"username": "rosa", "password": "violin", "remember": True},
        {"user": "rosa", "password": "violin"},
        {"username": "rosa", "pass": "violin"},
        {"username": 1, "password": "violin"},
        {"username": ["rosa"], "password": "violin"},
        {"username": {"name": "rosa"}, "password": "violin"},
        {"username": None, "password": "violin"},
        {"username": True, "password": True},
        {"username": "rosa", "password": 1},
    ],
)
def test_wrong_credentials(tutorial: Program, body: dict[str, Any]) -> None:
    """Whatever is wrong with the credentials, the answer is the same 401."""
    answer = tutorial.server.post("/auth", body)

    assert answer.status == 401
    assert answer.json == INVALID


def test_layout_of_a_refused_sign_in(tutorial: Program) -> None:
    """The JSON has sorted keys, and is indented in debug."""
    indent, separators = (2, None) if tutorial.debug else (None, (",", ":"))
    expected = json.dumps(INVALID, indent=indent, separators=separators) + "\n"

    assert tutorial.sign_in("rosa", "trumpet").text == expected


def check_shape(answer: Answer, status: int) -> None:
    """Check that an answer is a refusal with a status, in the shape that all refusals have."""
    assert answer.status == status, answer
    assert sorted(answer.json) == ["description", "error", "status_code"]
    assert answer.json["status_code"] == status
    assert all(answer.json.values())


@pytest.mark.parametrize("body", [b"[]", b"[1,2]", b"null", b'"x"', b"1", b"true"])
def test_json_that_is_no_object(tutorial: Program, body: bytes) -> None:
    """JSON that is no object is a 400 in the shape of the other refusals, where it was a 500."""
    check_shape(tutorial.server.request("POST", "/auth", [JSON], body), 400)


@pytest.mark.parametrize("body", [b"", b"username", b"{", b"{'username': 'rosa'}"])
def test_no_json(tutorial: Program, body: bytes) -> None:
    """A body that is no JSON is a 400 in the shape of the other refusals, where it was HTML."""
    check_shape(tutorial.server.request("POST", "/auth", [JSON], body), 400)


def test_a_form(tutorial: Program) -> None:
    """A form is a 415 in the shape of the other refusals, where it was a 500."""
    check_shape(tutorial.server.post_form("/auth", {"username": "rosa", "password": "violin"}), 415)


def test_get(tutorial: Program) -> None:
    """GET is not allowed; the answer says what is."""
    answer = tutorial.server.get("/auth")

    assert answer.status == 405
    assert sorted((answer.header("Allow") or "").split(", ")) == ["OPTIONS", "POST"]


def test_options(tutorial: Program) -> None:
    """OPTIONS is answered by Flask."""
    answer = tutorial.server.request("OPTIONS", "/auth")

    assert answer.status == 200
    assert sorted((answer.header("Allow") or "").split(", ")) == ["OPTIONS", "POST"]
