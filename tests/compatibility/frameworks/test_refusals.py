"""A refusal is the same answer through every framework, in every mode of the application."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from flask import Flask

from .answers import ask, check, each_family, every_framework
from .applications.framework import Framework
from .applications.refusals import ANOTHER_SCHEME, GOOD, NO_TOKEN, REFUSALS, REPRESENTATIVE, Refusal

MODES: dict[str, Mapping[str, Any]] = {
    "production": {},
    "debug": {"DEBUG": True},
    "testing": {"TESTING": True},
    "propagating": {"PROPAGATE_EXCEPTIONS": True},
    "trapping": {"TRAP_HTTP_EXCEPTIONS": True},
    "all": {
        "DEBUG": True,
        "TESTING": True,
        "PROPAGATE_EXCEPTIONS": True,
        "TRAP_HTTP_EXCEPTIONS": True,
    },
}


@cache
def application(framework: Framework, mode: str = "production") -> Flask:
    """Make an application, once for all requests."""
    return framework.application(MODES[mode])


@every_framework
def test_refusal(framework: Framework, caplog: pytest.LogCaptureFixture) -> None:
    """Status, challenge and JSON value are the same wherever the guard stands."""
    for refusal in REPRESENTATIVE:
        check(ask(application(framework), framework, refusal.authorization), refusal)
    assert caplog.text == ""
    assert ask(application(framework), framework, GOOD).get_json() == {"name": "ann"}


@each_family
@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda one: one.name)
def test_every_refusal(framework: Framework, refusal: Refusal) -> None:
    """Each refusal is the same answer through each framework."""
    check(ask(application(framework), framework, refusal.authorization), refusal)


@each_family
@pytest.mark.parametrize("mode", MODES)
def test_modes(framework: Framework, mode: str, caplog: pytest.LogCaptureFixture) -> None:
    """The mode of the application changes nothing but the hints that debug adds."""
    app = application(framework, mode)
    for refusal in (*REPRESENTATIVE, ANOTHER_SCHEME):
        answer = ask(app, framework, refusal.authorization)
        check(answer, refusal.in_debug() if app.debug else refusal)
    assert caplog.text == ""
    assert ask(app, framework, GOOD).get_json() == {"name": "ann"}


@every_framework
def test_jwt_comes_last(framework: Framework) -> None:
    """It makes no difference whether ``init_app`` is called before or after the framework's."""
    app = framework.application(jwt_last=True)

    check(ask(app, framework), NO_TOKEN)
    assert ask(app, framework, GOOD).get_json() == {"name": "ann"}


@each_family
@pytest.mark.parametrize("accept", ["text/html,*/*;q=0.8", "application/xml", "image/png"])
def test_client_that_wants_no_json(framework: Framework, accept: str) -> None:
    """A browser that asks for HTML, or a client for XML, gets the same answer."""
    answer = ask(application(framework), framework, headers={"Accept": accept})

    check(answer, NO_TOKEN)


@every_framework
def test_head(framework: Framework) -> None:
    """HEAD is refused with the status and the challenge of GET."""
    answer = application(framework).test_client().head(framework.path)

    assert answer.status_code == NO_TOKEN.status
    assert answer.headers.getlist("WWW-Authenticate") == NO_TOKEN.challenges
