"""A ``JWTError`` kept in a module is raised in many requests, and has an answer in each."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

from flask import Flask, Response, request
from werkzeug.test import TestResponse

from flask_jwt import JWT, JWTError, _jwt_required

from .answers import ask, every_framework
from .applications.framework import Framework
from .applications.refusals import GOOD

CLOSED = JWTError("Closed", "We open at nine", 403)
WHO = "X-Who"


def refuse(claims: Any) -> None:
    """Refuse everybody with the one error that there is."""
    raise CLOSED


def application(framework: Framework, wait: Callable[[], object] = bool) -> Flask:
    """Make an application that gives each client a cookie."""
    app = framework.application(jwt=JWT(None, None, refuse))

    @app.after_request
    def remember(response: Response) -> Response:
        wait()
        response.set_cookie(request.headers[WHO], "was here")
        wait()
        return response

    return app


def cookies(answer: TestResponse) -> list[str]:
    """Return the names of the cookies that an answer sets."""
    return [line.partition("=")[0] for line in answer.headers.getlist("Set-Cookie")]


def check(answer: TestResponse, who: str) -> None:
    """Check that an answer is the refusal, with the cookie of one client alone."""
    assert answer.status_code == 403
    assert answer.get_json()["error"] == "Closed"
    assert cookies(answer) == [who]


@every_framework
def test_one_after_the_other(framework: Framework) -> None:
    """What is added to the answer of one request is not there in the next."""
    app = application(framework)

    for who in ("ann", "bob", "ann"):
        check(ask(app, framework, GOOD, {WHO: who}), who)


@every_framework
def test_at_the_same_time(framework: Framework) -> None:
    """What is added to the answer of one request is not there in another under way."""
    app = application(framework, partial(Barrier(2).wait, 20))

    def answer(who: str) -> TestResponse:
        return ask(app, framework, GOOD, {WHO: who})

    with ThreadPoolExecutor(2) as threads:
        for who, one in zip(("ann", "bob"), threads.map(answer, ("ann", "bob")), strict=True):
            check(one, who)


def test_two_errors_in_one_request() -> None:
    """A view that looks at the answer to one error and raises another is answered with that one."""

    def add_view(app: Flask) -> None:
        @app.get("/me")
        def me() -> str:
            try:
                _jwt_required()
            except JWTError as error:
                error.get_response()
            raise CLOSED

    framework = Framework("two errors", add_view)
    answer = ask(framework.application(), framework)

    assert answer.status_code == 403
    assert answer.get_json()["error"] == "Closed"


@every_framework
def test_two_applications(framework: Framework) -> None:
    """Each application answers with its own hook."""
    jwts = [JWT(None, None, refuse) for _ in range(2)]
    jwts[0].jwt_error_handler(lambda error: ({"from": "the first"}, 409))
    jwts[1].jwt_error_handler(lambda error: ({"from": "the second"}, 410))
    first, second = (framework.application(jwt=jwt) for jwt in jwts)

    for _ in range(2):
        assert ask(first, framework, GOOD).get_json() == {"from": "the first"}
        assert ask(second, framework, GOOD).get_json() == {"from": "the second"}


@every_framework
def test_one_jwt_on_two_applications(framework: Framework) -> None:
    """One JWT refuses in each of its applications as that one is configured."""
    jwt = JWT(None, None, refuse)
    plain = framework.application(jwt=jwt)
    bearer = framework.application({"JWT_AUTH_HEADER_PREFIX": "Bearer"}, jwt=jwt)

    for app, scheme in ((plain, "JWT"), (bearer, "Bearer"), (plain, "JWT")):
        challenge = ask(app, framework).headers.getlist("WWW-Authenticate")
        assert challenge == [f'{scheme} realm="Login Required"']


def test_the_code_of_an_error() -> None:
    """Whoever asks an HTTPException for its code is told the status of this very error."""
    assert JWTError("Closed", "We open at nine", 403).code == 403
    assert JWTError("Bad Request", "Invalid credentials").code == 401
    assert JWTError.code == 401
