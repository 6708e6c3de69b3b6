"""Signing in, as a client sees it."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from flask_jwt import JWT
from tests.support.applications.recording import PASSWORD, USERNAME
from tests.support.secret import secret
from tests.support.server import Server
from tests.support.serving import Recording, sign_in
from tests.support.tokens import parts_of

GOOD = {"username": USERNAME, "password": PASSWORD}
LONGEST = 4096


def test_token_is_good(recording: Recording) -> None:
    """The token of a sign-in opens the protected views, plain and Flask-RESTful."""
    token = recording.server.post("/auth", GOOD).json["access_token"]

    for path in ("/me", "/resource/me"):
        answer = recording.server.get(path, token=token)
        assert (answer.status, answer.json) == (200, {"id": 1})


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/vnd.api+json",
    ],
)
def test_content_types(recording: Recording, kind: str) -> None:
    """Every content type that says JSON will do, and a body may come in chunks."""
    body, headers = json.dumps(GOOD).encode(), [("Content-Type", kind)]

    assert recording.server.request("POST", "/auth", [*headers], body).status == 200
    chunks = [body[:9], body[9:]]
    assert recording.server.request_chunked("/auth", [*headers], chunks).status == 200


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("J\u00fcrgen", "\u5bc6\u7801 \U0001f511"),
        ("  spaces  ", "\ttab\n"),
        ("a", "b"),
        ('"quoted\\"', "{}"),
        ("u" * LONGEST, "p" * LONGEST),
        ("\u00e9" * (LONGEST // 2), "p"),
    ],
)
def test_credentials_reach_the_hook_unchanged(
    recording: Recording, username: str, password: str
) -> None:
    """The hook is called once, with username and password, positional, exactly as sent."""
    before = len(recording.calls)
    answer = recording.server.post("/auth", {"password": password, "username": username})

    assert answer.status == 401
    assert recording.calls[before:] == [([username, password], {})]


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("u" * (LONGEST + 1), "p"),
        ("u", "p" * (LONGEST + 1)),
        ("u", "\u00e9" * (LONGEST // 2) + "p"),
    ],
)
def test_too_long_for_the_hook(recording: Recording, username: str, password: str) -> None:
    """A username or password of over 4,096 bytes is refused without asking the hook."""
    before = len(recording.calls)
    answer = recording.server.post("/auth", {"username": username, "password": password})

    assert answer.status == 401
    assert answer.json["description"] == "Invalid credentials"
    assert len(recording.calls) == before


@pytest.mark.parametrize(
    ("username", "identity"),
    [
        ("object", 7),
        ("zero", 0),
        ("mapping", "m"),
        ("uuid", "6f1d5c1e-3f0b-4a6e-9d7a-0c2f5b8e1a34"),
        ("anna", "anna"),
    ],
)
def test_identity_in_the_token(several: Server, username: str, identity: object) -> None:
    """The id of an object or of a mapping goes into the token, also where it is 0 or a UUID."""
    token = sign_in(several, "plain", username).json["access_token"]

    assert parts_of(token)[1]["identity"] == identity
    assert several.get("/plain/me", token=token).json == {"id": identity}


def test_longest_name() -> None:
    """Whoever has the longest name that may be sent gets a token, in any script."""
    app = Flask("long names")
    app.config["SECRET_KEY"] = secret("s")
    JWT(app, lambda username, password: {"id": username}, dict)
    name = "\u5bc6" * (LONGEST // 3)

    answer = app.test_client().post("/auth", json={"username": name, "password": "pw"})

    assert answer.status_code == 200
    assert parts_of(answer.get_json()["access_token"])[1]["identity"] == name


@pytest.mark.parametrize("username", ["false", "blank"])
def test_nobody(several: Server, username: str) -> None:
    """Whatever is false of what the hook returns, is nobody."""
    answer = sign_in(several, "plain", username)

    assert answer.status == 401
    assert answer.json["description"] == "Invalid credentials"


def test_identity_without_id(several: Server) -> None:
    """An object without an id is the application's error, and the log says what to do."""
    answer = sign_in(several, "plain", "no id")

    assert answer.status == 500
    assert "the authenticated object has neither an id attribute nor an 'id' item" in several.log
    assert "jwt_payload_handler" in several.log


def test_error_of_the_hook(several: Server) -> None:
    """A ``JWTError`` out of the authentication hook is the answer."""
    answer = sign_in(several, "locked")

    assert answer.status == 429
    assert answer.header("Retry-After") == "30"
    assert answer.json == {"description": "Try again later", "error": "Locked", "status_code": 429}


def test_exception_of_the_hook(several: Server) -> None:
    """Any other exception of the hook is a logged 500, without the password."""
    answer = sign_in(several, "broken", password="a password that nobody else has")

    assert answer.status == 500
    assert "LookupError: the directory is out of reach" in several.log
    assert "a password that nobody else has" not in several.log


def test_url_options(several: Server) -> None:
    """``JWT_AUTH_URL_OPTIONS`` are those of the route."""
    body = json.dumps({"username": "ann", "password": "pw"}).encode()
    kind = ("Content-Type", "application/json")

    assert several.request("PUT", "/put/auth/", [kind], body).status == 200
    assert several.request("POST", "/put/auth", [kind], body).status == 405


def test_sign_in_ignores_credentials_in_the_header(recording: Recording) -> None:
    """A bad token in the header does not keep anybody from signing in."""
    assert recording.server.post("/auth", GOOD, token="bogus").status == 200


ANSWERS = ["plain", "answer-text", "answer-dict", "answer-tuple", "answer-response", "whole-view"]


@pytest.mark.parametrize("name", ANSWERS)
def test_no_store(several: Server, name: str) -> None:
    """However the application answers a sign-in, the answer says ``no-store`` and nothing else."""
    answer = sign_in(several, name)

    assert answer.status in (200, 201)
    assert answer.text.count(".") == 2
    assert answer.header("Cache-Control") == "no-store"


def test_headers_of_the_application_stay(several: Server) -> None:
    """Other headers of the application's answer, and its status, stay as they are."""
    assert sign_in(several, "answer-response").header("X-Own") == "stays"
    assert sign_in(several, "answer-tuple").status == 201


def test_protected_views_decide_for_themselves(several: Server) -> None:
    """The answer of a protected view gets no header from the extension."""
    token = sign_in(several, "plain").json["access_token"]

    assert several.get("/plain/me", token=token).header("Cache-Control") is None
