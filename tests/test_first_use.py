"""What is said at first use, and who may ask meanwhile; whose secret it is."""

from __future__ import annotations

import logging
from threading import Thread
from typing import Any

import pytest
from flask import Flask, request_started

from flask_jwt import JWT, JWTError, _jwt_required
from tests.support.app import make_app, sign_in, token_of
from tests.support.secret import secret


class Asking(logging.Filter):
    """A log filter that wants to know who is signed in, as audit logs do."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def filter(self, record: logging.LogRecord) -> bool:
        """Ask, and note what was being logged."""
        try:
            _jwt_required()
        except JWTError:
            self.seen.append(record.getMessage())
        return True


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"SECRET_KEY": "short", "DEBUG": True}, "is not safe"),
        ({"JWT_EXPIRATION_DELT": 5}, "did you mean"),
        ({"JWT_VERIFY_CLAIMS": ["exp"]}, "leaves out"),
        ({"SECRET_KEY_FALLBACKS": ["weak"]}, "SECRET_KEY_FALLBACKS"),
    ],
)
def test_a_log_filter_may_ask(config: dict[str, Any], text: str) -> None:
    """No lock is held while a warning is logged: a filter that authenticates does not hang."""
    app, asking = make_app(**config), Asking()
    app.logger.addFilter(asking)

    # A daemon: a deadlock fails the test and does not stop the others.
    thread = Thread(target=sign_in, args=[app], daemon=True)
    thread.start()
    thread.join(20)
    app.logger.removeFilter(asking)

    assert not thread.is_alive()
    assert len([line for line in asking.seen if text in line]) == 1


@pytest.mark.parametrize("again", ["init_app", "another JWT"])
def test_a_second_init_app(again: str) -> None:
    """A second registration does not take the copy of Flask's secret for one set on purpose."""
    app = make_app(SECRET_KEY=secret("first"), DEBUG=True)
    if again == "init_app":
        app.extensions["jwt"].init_app(app)
    else:
        app.config["JWT_AUTH_URL_RULE"] = None
        JWT(app, lambda name, _: {"id": name}, dict)
    app.config["SECRET_KEY"] = secret("second")
    other = make_app(SECRET_KEY=secret("second"), DEBUG=True)

    with other.test_request_context(headers={"Authorization": f"JWT {token_of(app)}"}):
        _jwt_required()


def test_a_late_secret_of_others() -> None:
    """In testing, Flask's secret may change where it is not the tokens'."""
    app = make_app(JWT_SECRET_KEY=secret("j"), TESTING=True)
    token_of(app)
    app.config["SECRET_KEY"] = secret("t")

    assert token_of(app)


class TestFirstRequest:
    """With a secret that is too short, the log says so before anybody signs in."""

    def errors(self, app: Flask, caplog: pytest.LogCaptureFixture) -> list[str]:
        """Return the errors in the log after three requests for what is not there."""
        for _ in range(3):
            assert app.test_client().get("/nowhere").status_code == 404
        return [one.getMessage() for one in caplog.records if one.levelno == logging.ERROR]

    @pytest.mark.parametrize("name", ["SECRET_KEY", "JWT_SECRET_KEY"])
    def test_short_secret(self, name: str, caplog: pytest.LogCaptureFixture) -> None:
        """One error at the first request of any kind: what to do, and what to do in tests."""
        (text,) = self.errors(make_app(**{"SECRET_KEY": None, name: "jose"}), caplog)

        assert f"app.config['{name}'] is not safe" in text
        assert "In tests set TESTING = True" in text
        assert "JWT_ALLOW_INSECURE_KEYS" in text
        assert "every sign-in is an error" in text
        assert "jose" not in text

    def test_no_secret(self, caplog: pytest.LogCaptureFixture) -> None:
        """Likewise where there is none."""
        (text,) = self.errors(make_app(SECRET_KEY=None), caplog)

        assert "app.config['SECRET_KEY'] is not set" in text

    def test_it_still_signs_nothing(self, caplog: pytest.LogCaptureFixture) -> None:
        """Nobody is signed in with it."""
        app = make_app(SECRET_KEY="jose")
        assert len(self.errors(app, caplog)) == 1

        assert sign_in(app).status_code == 500

    def test_nothing_is_read_for_good(self) -> None:
        """What is configured may still change after it."""
        app = make_app(SECRET_KEY="jose")
        app.test_client().get("/nowhere")
        app.config.update(SECRET_KEY=secret("s"), JWT_EXPIRATION_DELTA=60)

        assert token_of(app)

    @pytest.mark.parametrize(
        "config",
        [
            {"SECRET_KEY": secret("s")},
            {"SECRET_KEY": "jose", "DEBUG": True},
            {"SECRET_KEY": "jose", "TESTING": True},
            {"SECRET_KEY": "jose", "JWT_ALLOW_INSECURE_KEYS": True},
            {"SECRET_KEY": "jose", "JWT_ALGORITHM": "RS256", "JWT_PRIVATE_KEY": "a.pem"},
            {"SECRET_KEY": None, "JWT_KEY_FILE": "keys.json"},
        ],
    )
    def test_silence(self, config: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
        """Where the secret will do, or does not matter, nothing is said."""
        assert self.errors(make_app(**config), caplog) == []

    def test_hooks_that_need_no_key(self, caplog: pytest.LogCaptureFixture) -> None:
        """Nor where hooks make and read the tokens."""
        app = make_app(SECRET_KEY=None)
        jwt = app.extensions["jwt"]
        jwt.jwt_encode_handler(str)
        jwt.jwt_decode_handler(dict)

        assert self.errors(app, caplog) == []


def test_first_request_leaves_nothing_behind() -> None:
    """After the first request the signal has no receiver of this package."""
    app = make_app(SECRET_KEY=secret("s"))
    assert list(request_started.receivers_for(app))
    app.test_client().get("/nowhere")

    assert not list(request_started.receivers_for(app))


def test_another_package_of_the_name(caplog: pytest.LogCaptureFixture) -> None:
    """Where another package has taken the extension's name, requests are answered all the same."""
    app = make_app(SECRET_KEY="jose")
    app.extensions["jwt"] = object()

    assert app.test_client().get("/nowhere").status_code == 404
    assert caplog.records == []
