"""The tutorial's program, unchanged, in debug and in production."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.support.server import gunicorn, script
from tests.support.tokens import base64url, claims, compact, parts_of

from .conftest import PROGRAMS, Program, copy_unchanged


def test_sign_in_and_use(tutorial: Program) -> None:
    """A user signs in and reaches the resource, the function view and the view with a realm."""
    token = tutorial.token()

    resource = tutorial.server.get("/api/v1/rehearsal", token=token)
    assert (resource.status, resource.json) == (200, {"hall": 7, "member": 1})
    assert tutorial.server.get("/protected", token=token).text == "Member(id='1')"
    assert tutorial.server.get("/whoami", token=token).json == {"username": "rosa"}


def test_each_user_is_themselves(tutorial: Program) -> None:
    """Two users' tokens stand for two users."""
    rosa, emil = tutorial.token("rosa", "violin"), tutorial.token("emil", "oboe")

    seen = [
        tutorial.server.get("/whoami", token=token).json["username"] for token in (rosa, emil, rosa)
    ]
    assert seen == ["rosa", "emil", "rosa"]


def test_sign_in_answer(tutorial: Program) -> None:
    """The answer to a sign-in is a JSON object that holds the token alone."""
    answer = tutorial.sign_in("rosa", "violin")

    assert answer.status == 200
    assert answer.header("Content-Type") == "application/json"
    assert list(answer.json) == ["access_token"]


def test_default_claims(tutorial: Program) -> None:
    """A token lives 300 seconds from now, is good at once and names the user's id."""
    before = int(time.time())
    header, payload = parts_of(tutorial.token())
    after = int(time.time())

    assert header == {"typ": "JWT", "alg": "HS256"}
    assert before <= payload["iat"] <= after
    assert payload == {
        "exp": payload["iat"] + 300,
        "iat": payload["iat"],
        "nbf": payload["iat"],
        "identity": 1,
    }
    assert all(type(payload[name]) is int for name in ("exp", "iat", "nbf"))


def test_header_bytes(tutorial: Program) -> None:
    """The first part of a token is, byte for byte, what it was."""
    assert tutorial.token().split(".")[0] == base64url(b'{"typ":"JWT","alg":"HS256"}')


def test_tokens_made_elsewhere(tutorial: Program) -> None:
    """A token that another program signed with the same secret is good."""
    token = compact(claims(2), tutorial.secret)

    assert tutorial.server.get("/whoami", token=token).json == {"username": "emil"}


def test_wrong_realm_is_the_views_own(tutorial: Program) -> None:
    """``@jwt_required('…')`` names its own realm in the challenge."""
    answer = tutorial.server.get("/whoami")

    assert answer.status == 401
    assert answer.header("WWW-Authenticate") == 'JWT realm="The Orchestra"'


def test_log_is_clean(tutorial: Program) -> None:
    """Sign-ins, good requests and refusals leave no traceback, token, password or secret behind."""
    token = tutorial.token()
    tutorial.sign_in("rosa", "trumpet")
    tutorial.server.get("/api/v1/rehearsal")
    tutorial.server.get("/api/v1/rehearsal", token=token)
    tutorial.server.get("/api/v1/rehearsal", token=token[:-4])

    log = tutorial.server.log
    for secret in ("Traceback", token, token.split(".")[2], "violin", "trumpet", tutorial.secret):
        assert secret not in log


def test_short_secret_is_one_warning_in_debug(tutorial: Program) -> None:
    """In debug the log says once, however many requests there are, that the secret is too short."""
    for _ in range(3):
        tutorial.server.get("/protected", token=tutorial.token())

    log = tutorial.server.log
    assert log.count("at least 32 bytes") == int(tutorial.debug)
    assert ("app.config['SECRET_KEY']" in log) is tutorial.debug


def test_short_secret_in_production(tmp_path: Path) -> None:
    """Unchanged in production, the program says in its log what to do about its secret."""
    copy_unchanged("tutorial", tmp_path)
    with gunicorn("tutorial:app", tmp_path / "log.txt", directory=tmp_path) as server:
        answer = server.post("/auth", {"username": "rosa", "password": "violin"})
        refused = server.get("/protected")
        log = server.log

    assert (answer.status, refused.status) == (500, 401)
    assert log.count("every sign-in is an error") == 1
    assert "ConfigurationError: app.config['SECRET_KEY'] is not safe" in log
    assert "secrets.token_hex(32)" in log
    assert "super-secret" not in log
    assert "super-secret" not in answer.text
    assert "violin" not in log


def test_run_as_a_script(tmp_path: Path) -> None:
    """``python tutorial.py``, whose last line is ``app.run(debug=True)``, works with its secret."""
    text = (PROGRAMS / "tutorial.py").read_text()
    # Port 5000 may be taken.
    (tmp_path / "tutorial.py").write_text(text.replace("debug=True", "debug=True, port=0"))

    with script(tmp_path / "tutorial.py", tmp_path / "log.txt") as server:
        answer = server.post("/auth", {"username": "rosa", "password": "violin"})
        token = answer.json["access_token"]
        resource = server.get("/api/v1/rehearsal", token=token)
        refusal = server.get("/protected")

    assert resource.json == {"hall": 7, "member": 1}
    assert refusal.status == 401
    assert refusal.text.startswith('{\n  "description"')


@pytest.mark.parametrize("path", ["/protected", "/api/v1/rehearsal"])
def test_layout_of_refusals(tutorial: Program, path: str) -> None:
    """The JSON of a refusal has sorted keys, and is indented in debug."""
    value = {
        "description": "Request does not contain an access token",
        "error": "Authorization Required",
        "status_code": 401,
    }
    indent, separators = (2, None) if tutorial.debug else (None, (",", ":"))
    layout = json.dumps(value, indent=indent, separators=separators)
    answer = tutorial.server.get(path)

    assert answer.text == layout + "\n"
    assert answer.header("Content-Type") == "application/json"
