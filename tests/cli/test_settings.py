"""``flask jwt settings``: what is in force, where it comes from, and no secret."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from flask_jwt import CONFIG_DEFAULTS, JWT
from flask_jwt.stores.memory import MemoryStore
from tests.support.app import make_app, token_of
from tests.support.dict_directory import DictDirectory
from tests.support.material import pem
from tests.support.secret import secret


def shown(app: Flask) -> dict[str, tuple[str, str]]:
    """Return where each value comes from, and the value."""
    result = app.test_cli_runner().invoke(args=["jwt", "settings"])
    assert result.exit_code == 0, result.output
    title, *lines = [line.split(maxsplit=2) for line in result.stdout.splitlines()]
    assert title == ["KEY", "FROM", "VALUE"]
    return {key: (source, value) for key, source, value in lines}


def test_defaults() -> None:
    """Each key has one line, as it is where nothing is configured."""
    found = shown(make_app())

    assert found.keys() == CONFIG_DEFAULTS.keys() | {"JWT_SECRET_KEY"}
    assert found["JWT_SECRET_KEY"] == ("SECRET_KEY", "set, not shown")
    assert found["JWT_EXPIRATION_DELTA"] == ("default", "300 seconds")
    assert found["JWT_MAX_TOKEN_BYTES"] == ("default", "8192 bytes")
    assert found["JWT_REQUIRED_CLAIMS"] == ("default", "exp, iat, nbf")
    assert found["JWT_ISSUER"] == ("default", "not set")
    assert found["JWT_SESSION_IDLE_DELTA"] == ("default", "not used")
    assert found["JWT_ACCESS_COOKIE_NAME"] == ("default", "not used")


def test_what_is_in_force() -> None:
    """A value is shown as it counts, also where it follows from another key."""
    found = shown(
        make_app(
            JWT_LEEWAY=timedelta(minutes=1),
            JWT_AUTH_HEADER_PREFIX=["Bearer", "JWT"],
            JWT_TOKEN_LOCATION=["cookies", "headers"],
            JWT_COOKIE_ORIGINS=["https://b.example", "https://a.example"],
            JWT_SESSION_STORE="memory://",
            JWT_REVOCATION_REFRESH=2.5,
            JWT_INSECURE_FALLBACKS_UNTIL="2030-01-31",
            JWT_PUBLIC_KEY=pem("p256-public"),
            JWT_AUTH_URL_RULE="",
            JWT_DEFAULT_REALM="caf\xe9\xa0",
        )
    )

    assert found["JWT_LEEWAY"] == ("configured", "60 seconds")
    assert found["JWT_AUTH_HEADER_PREFIX"] == ("configured", "Bearer, JWT")
    assert found["JWT_TOKEN_LOCATION"] == ("configured", "headers, cookies")
    assert found["JWT_COOKIE_ORIGINS"] == ("configured", "https://a.example, https://b.example")
    assert found["JWT_COOKIE_SAMESITE"] == ("default", "None")
    assert found["JWT_REVOCATION_MAX_STALE"] == ("default", "2.5 seconds")
    assert found["JWT_INSECURE_FALLBACKS_UNTIL"] == ("configured", "2030-01-31 00:00:00 UTC")
    assert found["JWT_JWKS_URL_RULE"] == ("default", "/.well-known/jwks.json")
    assert found["JWT_AUTH_URL_RULE"] == ("configured", "not set")
    assert found["JWT_DEFAULT_REALM"] == ("configured", r"'caf\xe9\xa0'")


def test_whether_sign_ins_are_counted() -> None:
    """Unless the throttle is configured, it follows from whether there is a directory of users."""
    app = make_app()
    assert shown(app)["JWT_THROTTLE"] == ("default", "False")
    JWT(app, users=DictDirectory())
    assert shown(app)["JWT_THROTTLE"] == ("default", "True")
    app.config["JWT_THROTTLE"] = False
    assert shown(app)["JWT_THROTTLE"] == ("configured", "False")


def test_no_secret_is_shown() -> None:
    """Neither a secret nor a key nor how long it is, and of a store only what kind it is."""
    password = "/hunter2:of@the/database"
    secrets = {
        "JWT_SECRET_KEY": secret("signs") * 7,
        "JWT_SECRET_KEY_FALLBACKS": [secret("signed")],
        "JWT_REFRESH_SECRET": secret("refresh"),
        "JWT_REFRESH_SECRET_FALLBACKS": [secret("refreshed")],
        "JWT_PRIVATE_KEY": pem("p256-private"),
        "JWT_PUBLIC_KEY": "/keys/public.pem",
    }
    app = make_app(**secrets, JWT_SESSION_STORE=f"redis://:{password}@host/0")
    found = shown(app)

    assert {found[key] for key in secrets} == {("configured", "set, not shown")}
    assert found["JWT_SESSION_STORE"] == ("configured", "redis:…")
    store = shown(make_app(JWT_SESSION_STORE=MemoryStore()))["JWT_SESSION_STORE"]
    assert store == ("configured", "MemoryStore")
    for misplaced in ("hunter2://host", "redis+hunter2://host"):
        store = shown(make_app(JWT_SESSION_STORE=misplaced))["JWT_SESSION_STORE"]
        assert "hunter2" not in store[1]


@pytest.mark.parametrize(
    ("config", "key", "text"),
    [
        ({"SECRET_KEY": 12345678}, "JWT_SECRET_KEY", "it must be text: this one came as a number"),
        ({"JWT_LEEWAY": "odd value"}, "JWT_LEEWAY", "it must be a timedelta or a number of"),
        ({"JWT_EXPIRATION_DELTA": "odd value"}, "JWT_EXPIRATION_DELTA", "it must be a timedelta"),
        (
            {"JWT_TOKEN_LOCATION": ["cookies"], "JWT_CSRF_COOKIE_NAME": "access_token"},
            "JWT_CSRF_COOKIE_NAME",
            "it must be a name that no other cookie has",
        ),
    ],
)
def test_values_at_fault(config: dict[str, Any], key: str, text: str) -> None:
    """What is at fault is named with what it has to be; the other lines are there all the same."""
    found = shown(make_app(**config))

    assert found[key][1].startswith(f"AT FAULT: {text}")
    assert "12345678" not in found[key][1]
    assert "odd value" not in found[key][1]
    assert found["JWT_ALGORITHM"] == ("default", "HS256")
    assert len([value for _, value in found.values() if "AT FAULT" in value]) == 1


def test_what_was_set_too_late() -> None:
    """Of a rule that has changed since, the one that was registered is in force."""
    app = make_app()
    app.config.update(JWT_AUTH_URL_RULE="/sign-in", SECRET_KEY=secret("later"))

    found = shown(app)
    assert found["JWT_AUTH_URL_RULE"] == ("default", "/auth")
    assert found["JWT_SECRET_KEY"] == ("SECRET_KEY", "set, not shown")


def test_it_changes_nothing() -> None:
    """Nothing is read for good: what is configured may change until the first use."""
    app = make_app(JWT_EXPIRATION_DELTA="odd value")
    shown(app)
    app.config["JWT_EXPIRATION_DELTA"] = 60

    assert token_of(app)


def test_an_application_without_jwt() -> None:
    """Where another package has the name, the error says what to do."""
    app = make_app()
    del app.extensions["jwt"]
    result = app.test_cli_runner().invoke(args=["jwt", "settings"])

    assert result.exit_code == 1
    assert "jwt.init_app(app)" in result.output
