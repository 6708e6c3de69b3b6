"""``jwt_error_handler`` is honoured in every framework."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from flask import Flask, Response, jsonify
from werkzeug.test import TestResponse

from flask_jwt import JWT, JWTError, jwt_required

from .answers import ask, check, each_family, every_framework
from .applications.every import FRAMEWORKS
from .applications.framework import Framework, whoami
from .applications.refusals import GOOD, INVALID_TOKEN, NO_TOKEN, identity, token
from .hook_answers import NOT_FOR_RESTX, PASSED_ON, HookAnswer

RESTX = [one for one in FRAMEWORKS if one.answerer == "Flask-RESTX"]


@cache
def application(framework: Framework, mode: str = "PRODUCTION") -> tuple[Flask, JWT]:
    """Make an application, once for all hooks: each of them replaces the one before."""
    jwt = JWT(None, None, identity)
    return framework.application({mode: True}, jwt=jwt), jwt


def hooked(jwt: JWT, hook: Any) -> list[JWTError]:
    """Set an error hook, and return a list that takes the errors it is called with."""
    errors: list[JWTError] = []

    @jwt.jwt_error_handler
    def counted(error: JWTError) -> Any:
        errors.append(error)
        return hook(error)

    return errors


def headers_of(answer: TestResponse, wanted: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return the headers of an answer that are wanted, each of which is there once at most."""
    assert all(len(answer.headers.getlist(name)) < 2 for name in wanted)
    return {name: answer.headers.get(name) for name in wanted}


def check_answer(framework: Framework, made: HookAnswer, mode: str = "PRODUCTION") -> None:
    """Check that what a hook returns is the answer, and that it is called once for it."""
    app, jwt = application(framework, mode)
    errors = hooked(jwt, made.hook)
    answer = ask(app, framework)

    body = answer.text
    if made in PASSED_ON:
        body = answer.get_json()
        assert answer.mimetype == "application/json"
    assert (answer.status_code, body) == (made.status, made.body)
    assert headers_of(answer, made.headers) == made.headers
    assert len(errors) == 1


@each_family
@pytest.mark.parametrize("made", PASSED_ON, ids=lambda one: one.name)
def test_answer_of_the_hook(framework: Framework, made: HookAnswer) -> None:
    """What the hook returns is the answer, in each framework."""
    check_answer(framework, made)


@each_family
@pytest.mark.parametrize("made", NOT_FOR_RESTX, ids=lambda one: one.name)
def test_answer_that_is_no_json(framework: Framework, made: HookAnswer) -> None:
    """An answer that is not JSON, or has a status of the application's own, is sent as it is."""
    if framework not in RESTX:
        check_answer(framework, made)


@every_framework
@pytest.mark.parametrize("mode", ["PRODUCTION", "DEBUG", "TESTING"])
def test_hook_wherever_the_guard_stands(framework: Framework, mode: str) -> None:
    """Wherever it stands, and in whatever mode, what the hook returns is the answer."""
    named = {one.name: one for one in (*PASSED_ON, *NOT_FOR_RESTX)}
    check_answer(framework, named["all three"], mode)
    if framework not in RESTX:
        check_answer(framework, named["text"], mode)


@pytest.mark.parametrize("framework", RESTX[:2], ids=lambda one: one.name)
@pytest.mark.parametrize("made", NOT_FOR_RESTX, ids=lambda one: one.name)
def test_limits_of_restx(
    framework: Framework, made: HookAnswer, caplog: pytest.LogCaptureFixture
) -> None:
    """Flask-RESTX sends the default answer for what it can't pass on, and the log says so once."""
    jwt = JWT(None, None, identity)
    app, errors = framework.application(jwt=jwt), hooked(jwt, made.hook)

    for _ in range(3):
        check(ask(app, framework), NO_TOKEN)
    assert len(errors) == 3
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "jwt_error_handler" in caplog.text
    assert "Flask-RESTX" in caplog.text


@pytest.mark.parametrize("framework", RESTX, ids=lambda one: one.name)
def test_unregistered_status_in_restx(
    framework: Framework, caplog: pytest.LogCaptureFixture
) -> None:
    """A ``JWTError`` with a status that nobody registered keeps it there too, with its body."""
    jwt = JWT(None, None, lambda claims: refuse())

    def refuse() -> None:
        raise JWTError("Closed", "By the client", 499)

    answer = ask(framework.application(jwt=jwt), framework, GOOD)

    assert answer.status_code == 499
    assert answer.get_json()["description"] == "By the client"
    assert not [record for record in caplog.records if record.exc_info]


@every_framework
def test_cookies_of_the_hook(framework: Framework) -> None:
    """Every cookie that the hook sets is set."""

    def clear(error: JWTError) -> Response:
        response = jsonify({})
        response.delete_cookie("first")
        response.delete_cookie("second")
        return response

    app, jwt = application(framework)
    hooked(jwt, clear)
    cookies = ask(app, framework).headers.getlist("Set-Cookie")

    assert [cookie.partition("=")[0] for cookie in cookies] == ["first", "second"]


@every_framework
def test_forgotten_challenge(framework: Framework) -> None:
    """Where the hook forgets the challenge of a bad token, the answer carries it nevertheless."""
    app, jwt = application(framework)
    hooked(jwt, lambda error: ({"no": error.error}, 401))
    answer = ask(app, framework, f"JWT {token('ann')}x")

    assert answer.headers.getlist("WWW-Authenticate") == [INVALID_TOKEN]


def test_forgotten_challenge_of_a_view() -> None:
    """The challenge that the hook forgets names the realm of the view."""

    def add_view(app: Flask) -> None:
        app.get("/me")(jwt_required("Reading Room")(whoami))

    framework = Framework("realm", add_view)
    app, jwt = application(framework)
    hooked(jwt, lambda error: ({"no": error.error}, 401))

    assert ask(app, framework).headers.getlist("WWW-Authenticate") == ['JWT realm="Reading Room"']


@every_framework
def test_hook_is_not_called(framework: Framework) -> None:
    """Where nobody is refused, the hook is not called."""
    app, jwt = application(framework)
    errors = hooked(jwt, lambda error: ({}, 403))

    assert ask(app, framework, GOOD).status_code == 200
    assert errors == []


@every_framework
def test_hook_is_replaced(framework: Framework) -> None:
    """A hook may be replaced at any moment: the next request uses the new one."""
    jwt = JWT(None, None, identity)
    app = framework.application(jwt=jwt)
    check(ask(app, framework), NO_TOKEN)

    jwt.jwt_error_handler(lambda error: ({"replaced": 1}, 409))
    assert ask(app, framework).get_json() == {"replaced": 1}

    jwt.jwt_error_handler(lambda error: ({"replaced": 2}, 410))
    assert ask(app, framework).get_json() == {"replaced": 2}


@every_framework
@pytest.mark.parametrize("failure", [RuntimeError, AttributeError])
def test_hook_that_fails(
    framework: Framework, failure: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    """An exception in the hook is the application's own 500, and logged."""

    def fail(error: JWTError) -> Any:
        raise failure("in the hook")

    app, jwt = application(framework)
    hooked(jwt, fail)

    assert ask(app, framework).status_code == 500
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "in the hook" in caplog.text
