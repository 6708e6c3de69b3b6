"""When the configuration is read, and what happens to whoever changes it later."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from flask_jwt import (
    ConfigurationError,
)
from flask_jwt.testing import settings
from tests.support.app import SECRET, make_app, me, sign_in, status, token_of
from tests.support.secret import secret
from tests.support.tokens import claims, compact, parts_of

OTHER = secret("other")


def lifetime(app: Flask) -> int:
    """Return how many seconds a new token lives."""
    payload = parts_of(token_of(app))[1]
    return int(payload["exp"] - payload["iat"])


class TestFirstUse:
    """The configuration is read at the first request that needs it, and then stays."""

    def test_set_after_init_app(self) -> None:
        """What is set after ``init_app`` counts."""
        app = make_app()
        app.config["JWT_EXPIRATION_DELTA"] = timedelta(hours=1)
        app.config["JWT_DEFAULT_REALM"] = "Later"

        assert lifetime(app) == 3600
        answer = me(app)
        assert answer.headers["WWW-Authenticate"] == 'JWT realm="Later"'

    def test_changed_after_first_use(self) -> None:
        """What is changed after that counts no more."""
        app = make_app()
        assert lifetime(app) == 300
        app.config["JWT_EXPIRATION_DELTA"] = timedelta(hours=1)
        app.config["JWT_AUTH_HEADER_PREFIX"] = "Bearer"
        app.config["SECRET_KEY"] = app.config["JWT_SECRET_KEY"] = OTHER

        assert lifetime(app) == 300
        assert status(app, token_of(app)) == 200
        assert status(app, compact(claims("ann"), SECRET)) == 200
        assert status(app, compact(claims("ann"), OTHER)) == 401

    def test_none_is_unset(self) -> None:
        """A key of None has its default."""
        app = make_app(JWT_EXPIRATION_DELTA=None, JWT_AUTH_HEADER_PREFIX=None, JWT_LEEWAY=None)

        assert lifetime(app) == 300
        assert status(app, token_of(app)) == 200

    def test_numbers_are_seconds(self) -> None:
        """A duration may be a number of seconds."""
        app = make_app(JWT_EXPIRATION_DELTA=60, JWT_NOT_BEFORE_DELTA=-2, JWT_LEEWAY=1.5)

        assert lifetime(app) == 60
        assert status(app, token_of(app)) == 200

    def test_secret_follows(self) -> None:
        """A secret that was copied from Flask's follows a later change of Flask's."""
        app = make_app()
        assert app.config["JWT_SECRET_KEY"] == SECRET
        app.config["SECRET_KEY"] = OTHER

        assert status(app, compact(claims("ann"), OTHER)) == 200
        assert status(app, compact(claims("ann"), SECRET)) == 401
        assert app.config["JWT_SECRET_KEY"] == OTHER

    def test_secret_that_comes_later(self) -> None:
        """Flask's secret may be set after ``init_app``."""
        app = make_app(SECRET_KEY=None)
        app.config["SECRET_KEY"] = SECRET

        assert status(app, compact(claims("ann"), SECRET)) == 200

    @pytest.mark.parametrize("early", [True, False])
    def test_secret_of_its_own(self, early: bool) -> None:
        """``JWT_SECRET_KEY`` does not follow Flask's secret, whenever it was set."""
        app = make_app(**({"JWT_SECRET_KEY": OTHER} if early else {}))
        app.config["JWT_SECRET_KEY"] = OTHER
        app.config["SECRET_KEY"] = secret("a")

        assert status(app, compact(claims("ann"), OTHER)) == 200

    def test_debug_set_last_of_all(self, caplog: pytest.LogCaptureFixture) -> None:
        """``app.run(debug=True)`` sets debug last of all, and then a short secret will do."""
        app = make_app(SECRET_KEY="super-secret")
        app.debug = True

        assert status(app, token_of(app)) == 200
        assert caplog.text.count("at least 32 bytes") == 1


ROUTE_CHANGES = [
    ("JWT_AUTH_URL_RULE", "/sign-in"),
    ("JWT_AUTH_URL_RULE", "not-even-a-path"),
    ("JWT_AUTH_URL_RULE", None),
    ("JWT_AUTH_ENDPOINT", "sign_in"),
    ("JWT_AUTH_URL_OPTIONS", {"methods": ["PUT"]}),
    ("JWT_URL_OPTIONS", {"strict_slashes": False}),
]
DECIDING_CHANGES = [
    ("JWT_SESSION_STORE", "memory://"),
    ("JWT_KEY_FILE", "keys.json"),
    ("JWT_TOKEN_LOCATION", ["cookies"]),
]


@pytest.mark.parametrize("mode", ["TESTING", "DEBUG", "PRODUCTION"])
@pytest.mark.parametrize("first", [True, False], ids=["before-first-use", "after-first-use"])
@pytest.mark.parametrize(("key", "value"), ROUTE_CHANGES)
def test_rule_that_is_set_too_late(
    key: str, value: Any, first: bool, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A rule set after ``init_app`` has no effect, as ever; the log says so and the route stays."""
    app = make_app(**{mode: True})
    if not first:
        assert status(app) == 401
    app.config[key] = value
    answers = [sign_in(app) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert status(app, answers[0].get_json()["access_token"]) == 200
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    # Outside testing a value is not looked at again.
    assert len(errors) == (1 if first or mode == "TESTING" else 0)
    assert all(f"'{key}'] was changed after init_app" in one.getMessage() for one in errors)
    assert all("set it before JWT(app)" in one.getMessage() for one in errors)


def test_rule_that_is_changed_in_its_place(caplog: pytest.LogCaptureFixture) -> None:
    """A dict that is changed as it stands in the configuration counts as changed."""
    app = make_app()
    app.config["JWT_AUTH_URL_OPTIONS"]["methods"].append("PUT")

    assert status(app) == 401
    assert "'JWT_AUTH_URL_OPTIONS'] was changed after init_app" in caplog.text


@pytest.mark.parametrize(("key", "value"), DECIDING_CHANGES)
def test_what_decides_on_checks_is_set_too_late(key: str, value: Any) -> None:
    """Where it decides what is checked, a key that is set too late is an error that names it."""
    app = make_app(PROPAGATE_EXCEPTIONS=True)
    app.config[key] = value

    with pytest.raises(ConfigurationError, match=rf"'{key}'\] has changed since init_app"):
        me(app)


@pytest.mark.parametrize(("key", "value"), DECIDING_CHANGES)
def test_what_decides_on_checks_is_changed_in_a_test(key: str, value: Any) -> None:
    """Under ``app.testing`` it is an error after the first request too."""
    app = make_app(TESTING=True)
    assert status(app) == 401
    app.config[key] = value

    with pytest.raises(ConfigurationError, match=key) as caught:
        me(app)
    # For these keys that is no way out.
    assert f"settings(app, {key}" not in str(caught.value)


@pytest.mark.parametrize(("key", "value"), [*ROUTE_CHANGES, *DECIDING_CHANGES])
class TestRouteKeys:
    """Keys that decide a route are read in ``init_app``."""

    def test_refused_by_settings(self, key: str, value: Any) -> None:
        """``settings`` refuses it, and nothing has changed."""
        app = make_app(TESTING=True)
        before = dict(app.config)

        with (
            pytest.raises(ValueError, match=f"{key} decides a route"),
            settings(app, JWT_LEEWAY=3, **{key: value}),
        ):
            pass
        assert dict(app.config) == before


class TestTesting:
    """Under ``app.testing`` a key that is changed too late is an error."""

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("JWT_EXPIRATION_DELTA", timedelta(hours=1)),
            ("JWT_AUTH_HEADER_PREFIX", "Bearer"),
            ("JWT_SECRET_KEY", OTHER),
            ("SECRET_KEY", OTHER),
            ("JWT_AUDIENCE", "tests"),
        ],
    )
    @pytest.mark.parametrize("request_of", ["view", "sign-in", "token"])
    def test_changed_too_late(self, key: str, value: Any, request_of: str) -> None:
        """The error names the key and the way to change it."""
        app = make_app(TESTING=True)
        assert status(app, token_of(app)) == 200
        app.config[key] = value

        with pytest.raises(ConfigurationError) as caught:
            use(app, request_of)
        assert f"app.config['{key}']" in str(caught.value)
        assert f"flask_jwt.testing.settings(app, {key}=" in str(caught.value)
        assert OTHER not in str(caught.value)

    def test_removed_too_late(self) -> None:
        """A key that is removed too late is an error as well."""
        app = make_app(TESTING=True)
        assert status(app) == 401
        del app.config["JWT_LEEWAY"]

        with pytest.raises(ConfigurationError, match="JWT_LEEWAY"):
            status(app)

    def test_changed_in_time(self) -> None:
        """Before the first use anything may be changed."""
        app = make_app(TESTING=True)
        app.config["JWT_EXPIRATION_DELTA"] = 30

        assert lifetime(app) == 30


def use(app: Flask, request_of: str) -> None:
    """Use the application in one of three ways."""
    if request_of == "view":
        status(app)
    elif request_of == "sign-in":
        sign_in(app)
    else:
        token_of(app)


@pytest.mark.parametrize("testing", [True, False], ids=["testing", "production"])
class TestSettings:
    """``flask_jwt.testing.settings``."""

    def test_changes_and_restores(self, testing: bool) -> None:
        """In the block the new value counts, and after it the old one."""
        app = make_app(TESTING=testing)
        assert lifetime(app) == 300
        with settings(app, JWT_EXPIRATION_DELTA=30):
            assert lifetime(app) == 30
        assert lifetime(app) == 300

    def test_before_first_use(self, testing: bool) -> None:
        """It may be the first use of all."""
        app = make_app(TESTING=testing)
        with settings(app, JWT_EXPIRATION_DELTA=30):
            assert lifetime(app) == 30
        assert lifetime(app) == 300

    def test_restores_after_an_error(self, testing: bool) -> None:
        """An error in the block changes nothing about that."""
        app = make_app(TESTING=testing)
        with pytest.raises(ZeroDivisionError), settings(app, JWT_EXPIRATION_DELTA=30):
            lifetime(app) / 0
        assert lifetime(app) == 300

    def test_key_that_was_absent(self, testing: bool) -> None:
        """A key that was not there is gone again."""
        app = make_app(TESTING=testing)
        del app.config["JWT_LEEWAY"]
        with settings(app, JWT_LEEWAY=2):
            assert app.config["JWT_LEEWAY"] == 2
        assert "JWT_LEEWAY" not in app.config
        assert status(app) == 401

    def test_nested(self, testing: bool) -> None:
        """Blocks nest."""
        app = make_app(TESTING=testing)
        with settings(app, JWT_EXPIRATION_DELTA=30, JWT_AUTH_HEADER_PREFIX="Bearer"):
            with settings(app, JWT_EXPIRATION_DELTA=40):
                assert lifetime(app) == 40
                assert status(app, token_of(app), "Bearer") == 200
            assert lifetime(app) == 30
        assert lifetime(app) == 300
        assert status(app, token_of(app), "Bearer") == 401

    def test_tokens_made_before(self, testing: bool) -> None:
        """Tokens made before are good in the block, and after it."""
        app = make_app(TESTING=testing)
        token = token_of(app)
        with settings(app, JWT_EXPIRATION_DELTA=30):
            assert status(app, token) == 200
        assert status(app, token) == 200

    @pytest.mark.parametrize("key", ["SECRET_KEY", "JWT_SECRET_KEY"])
    def test_secret(self, testing: bool, key: str) -> None:
        """Another secret refuses the tokens made before, and afterwards they are good again."""
        app = make_app(TESTING=testing)
        token = token_of(app)
        with settings(app, **{key: OTHER}):
            assert status(app, token) == 401
            assert status(app, compact(claims("ann"), OTHER)) == 200
        assert status(app, token) == 200
        assert status(app, compact(claims("ann"), OTHER)) == 401
        assert app.config["SECRET_KEY"] == app.config["JWT_SECRET_KEY"] == SECRET

    @pytest.mark.parametrize("first", [SECRET, None], ids=["replaced", "late"])
    def test_secret_that_was_set_late(self, testing: bool, first: str | None) -> None:
        """It makes no difference that Flask's secret was set, or replaced, after ``init_app``."""
        app = make_app(TESTING=testing, SECRET_KEY=first)
        app.config["SECRET_KEY"] = OTHER
        token = token_of(app)
        with settings(app, SECRET_KEY=SECRET):
            assert status(app, token) == 401
            assert status(app, compact(claims("ann"), SECRET)) == 200
        assert status(app, token) == 200

    def test_short_secret(self, testing: bool) -> None:
        """A secret that production refuses is refused in a block, and afterwards all is well."""
        app = make_app(TESTING=testing)
        app.config["PROPAGATE_EXCEPTIONS"] = True
        if not testing:
            with settings(app, SECRET_KEY="short"), pytest.raises(ConfigurationError):
                token_of(app)
        assert status(app, token_of(app)) == 200

    @pytest.mark.parametrize(
        ("key", "hint"),
        [
            ("JWT_EXPIRATION_DELTAS", "did you mean JWT_EXPIRATION_DELTA"),
            ("JWT_NONSENSE", "JWT_NONSENSE is no key of Flask-JWT"),
            ("TESTING", "TESTING is no key of Flask-JWT"),
        ],
    )
    def test_unknown_key(self, testing: bool, key: str, hint: str) -> None:
        """An unknown key is refused, and nothing has changed."""
        app = make_app(TESTING=testing)
        before = dict(app.config)

        with pytest.raises(ValueError, match=hint), settings(app, JWT_LEEWAY=3, **{key: 1}):
            pass
        assert dict(app.config) == before
