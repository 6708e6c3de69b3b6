"""``flask jwt …`` for an application that is configured by the keys of Flask-JWT-Extended."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_jwt.extended import JWTManager, create_access_token, create_refresh_token, jwt_required
from flask_jwt.extended.settings import EXTENDED_DEFAULTS
from flask_jwt.requirements import Scope
from flask_jwt.testing import FakeIssuer
from tests.support.secret import secret

SECRET = secret("extended.test_cli")


def make_app(**config: Any) -> Flask:
    app = Flask(__name__)
    app.config.update({"JWT_SECRET_KEY": SECRET, **config})
    JWTManager(app)
    return app


def run(app: Flask, *arguments: str, status: int = 0) -> str:
    """Run a command, whose status is this; return what it prints."""
    result = app.test_cli_runner().invoke(args=["jwt", *arguments])
    assert result.exit_code == status, result.output
    return result.output


def findings(app: Flask, status: int = 0) -> list[str]:
    """Return the rows of a check that are no good news."""
    rows = [line.split(maxsplit=2) for line in run(app, "check", status=status).splitlines()]
    return [text for _, kind, text in rows if kind != "ok"]


def shown(app: Flask) -> dict[str, tuple[str, str]]:
    _, *lines = [line.split(maxsplit=2) for line in run(app, "settings").splitlines()]
    assert len({line[0] for line in lines}) == len(lines)
    return {key: (source, value) for key, source, value in lines}


def test_settings() -> None:
    """Each key of Flask-JWT-Extended is shown with its value, and ours where they count."""
    found = shown(make_app(JWT_ACCESS_TOKEN_EXPIRES=60, JWT_TOKEN_LOCATION=["cookies", "json"]))

    assert found.keys() > EXTENDED_DEFAULTS.keys()
    assert found["JWT_ACCESS_TOKEN_EXPIRES"] == ("configured", "0:01:00")
    assert found["JWT_TOKEN_LOCATION"] == ("configured", "cookies, json")
    assert found["JWT_ACCESS_COOKIE_NAME"] == ("default", "access_token_cookie")
    assert found["JWT_SECRET_KEY"] == ("configured", "set, not shown")
    assert found["JWT_MAX_TOKEN_BYTES"] == ("default", "8192 bytes")
    assert not {"JWT_EXPIRATION_DELTA", "JWT_LEEWAY", "JWT_AUTH_HEADER_PREFIX"} & found.keys()


def test_what_follows_from_another_key() -> None:
    """Sessions live as long as refresh tokens, unless they are configured themselves."""
    found = shown(make_app(JWT_SESSION_STORE="memory://", JWT_SESSION_IDLE_DELTA=600))

    assert found["JWT_SESSION_LIFETIME_DELTA"] == ("default", "2592000 seconds")
    assert found["JWT_SESSION_IDLE_DELTA"] == ("configured", "600 seconds")


def test_settings_at_fault() -> None:
    """A value that its key does not allow is shown as a fault, and the others all the same."""
    found = shown(make_app(JWT_ACCESS_TOKEN_EXPIRES="soon", JWT_DECODE_LEEWAY=-1))

    assert found["JWT_ACCESS_TOKEN_EXPIRES"][1].startswith("AT FAULT: it must be a timedelta")
    assert found["JWT_DECODE_LEEWAY"][1].startswith("AT FAULT: it must be between 0 and a day")
    assert found["JWT_ALGORITHM"] == ("default", "HS256")


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"JWT_IDENTITY_CLAIM": "user"},
        {"JWT_DECODE_AUDIENCE": ["api"], "JWT_DECODE_ISSUER": ["https://a.example", "b"]},
        {"JWT_HEADER_TYPE": "", "JWT_ALGORITHM": "HS512", "JWT_SECRET_KEY": SECRET * 2},
        {"JWT_DECODE_ALGORITHMS": ["HS384"], "JWT_SECRET_KEY": SECRET * 2},
        {"JWT_SESSION_STORE": "sqlite:///sessions.db"},
    ],
    ids=lambda config: ", ".join(config) or "nothing",
)
def test_nothing_to_find(config: dict[str, Any], tmp_path: Path) -> None:
    """A configuration that works as it does with Flask-JWT-Extended is no finding."""
    app = Flask(__name__, instance_path=str(tmp_path))
    app.config.update({"JWT_SECRET_KEY": SECRET, **config})
    JWTManager(app)

    assert findings(app) == []


@pytest.mark.filterwarnings("ignore:.* of version 3:DeprecationWarning")
@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"JWT_ACCESS_TOKEN_EXPIRES": False}, "'JWT_ACCESS_TOKEN_EXPIRES'] is False"),
        ({"JWT_REFRESH_TOKEN_EXPIRES": False}, "'JWT_REFRESH_TOKEN_EXPIRES'] is False"),
        ({"JWT_TOKEN_LOCATION": "query_string"}, "'JWT_TOKEN_LOCATION'] has 'query_string'"),
        ({"JWT_COOKIE_CSRF_PROTECT": False}, "'JWT_COOKIE_CSRF_PROTECT'] is False"),
        ({"JWT_CSRF_METHODS": ["POST", "PUT"]}, "'JWT_CSRF_METHODS'] leaves out PATCH, DELETE"),
        ({"JWT_COOKIE_SECURE": False}, "'JWT_COOKIE_SECURE'] is False"),
        ({"JWT_ACCESS_COOKIE_NAME": "at"}, "name it '__Host-at', which signs users out"),
        (
            {"JWT_ACCESS_COOKIE_NAME": "at", "JWT_COOKIE_DOMAIN": "a.example"},
            "name it '__Secure-at', which signs users out",
        ),
        ({"JWT_BLACKLIST_ENABLED": False}, "'JWT_BLACKLIST_ENABLED'] is False"),
        ({"JWT_BLACKLIST_TOKEN_CHECKS": ["access"]}, "'JWT_BLACKLIST_TOKEN_CHECKS'] lacks refresh"),
    ],
)
def test_what_is_granted(
    config: dict[str, Any], named: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What is less safe, and asked for by name, is one warning of the check and of the log."""
    safe = {
        "JWT_TOKEN_LOCATION": ["cookies"],
        "JWT_COOKIE_SECURE": True,
        "JWT_ACCESS_COOKIE_NAME": "__Host-at",
    }
    app = make_app(**{**safe, **config})

    (finding,) = findings(app)
    assert named in finding
    assert not caplog.messages
    with app.app_context():
        create_access_token("anna")
        app.config["JWT_ERROR_MESSAGE_KEY"] = "error"
        create_access_token("anna")
    assert caplog.messages == [finding]


def test_each_fault_by_its_own_key() -> None:
    """All faults are found in one run, each named by the key that was set."""
    app = make_app(
        JWT_ACCESS_TOKEN_EXPIRES="soon",
        JWT_REFRESH_TOKEN_EXPIRES=10**30,
        JWT_DECODE_LEEWAY=timedelta(days=2),
        JWT_TOKEN_LOCATION=["nowhere"],
        JWT_COOKIE_SAMESITE="loose",
        JWT_ALGORITHM="none",
        JWT_MAX_TOKEN_BYTES=0,
        JWT_SECRET_KEY="short",
    )
    found = findings(app, status=1)

    keys = "ACCESS_TOKEN_EXPIRES REFRESH_TOKEN_EXPIRES DECODE_LEEWAY TOKEN_LOCATION COOKIE_SAMESITE"
    for key in (*keys.split(), "ALGORITHM", "MAX_TOKEN_BYTES", "SECRET_KEY"):
        assert any(text.startswith(f"app.config['JWT_{key}'] ") for text in found), key
    assert len(found) == 8


def test_keys_without_effect() -> None:
    """Of a key that is misspelt the right one is named, and of one of ours what takes its place."""
    app = make_app(
        JWT_ACCES_TOKEN_EXPIRES=60,
        JWT_SESSIONS_STORE="memory://",
        JWT_LEEWAY=60,
        JWT_AUTH_URL_RULE="/auth",
        JWT_THROTTLE=True,
        JWT_ME_URL_RULE="/me",
        JWT_APP_OWN=1,
    )

    assert findings(app) == [
        "app.config['JWT_ACCES_TOKEN_EXPIRES'] is no key of Flask-JWT; did you mean "
        "'JWT_ACCESS_TOKEN_EXPIRES'?",
        "app.config['JWT_SESSIONS_STORE'] is no key of Flask-JWT; did you mean "
        "'JWT_SESSION_STORE'?",
        "app.config['JWT_LEEWAY'] has no effect here: set JWT_DECODE_LEEWAY",
        "app.config['JWT_THROTTLE'] has no effect here: nothing counts the sign-ins of the "
        "program's own view",
        "app.config['JWT_AUTH_URL_RULE'] has no effect here: the program has a view of its own, "
        "which makes the tokens",
        "app.config['JWT_ME_URL_RULE'] has no effect here: users are the program's own, and so are "
        "its views for them",
    ]


def test_keys_of_a_loader() -> None:
    """Where a loader finds keys, none is asked for: it may go by claims that only a token has."""
    app = Flask(__name__)
    jwt = JWTManager(app)
    jwt.decode_key_loader(lambda header, claims: {"acme": SECRET}[claims["tenant"]])

    assert "keys      ok  a loader of the application's finds them" in run(app, "check")


def test_scheme_of_a_resource() -> None:
    """Clients that find this resource by its metadata send Bearer: another scheme is a fault."""
    app = make_app(JWT_RESOURCE="https://api.example", JWT_HEADER_TYPE="JWT")

    assert findings(app, status=1) == [
        "app.config['JWT_HEADER_TYPE'] must be 'Bearer' where JWT_RESOURCE is set"
    ]


def test_routes() -> None:
    """Each guard is shown with its demands."""
    app = make_app()
    guards = {
        "plain": jwt_required(),
        "optional": jwt_required(optional=True),
        "refresh": jwt_required(refresh=True),
        "fresh": jwt_required(fresh=True, locations="cookies"),
        "either": jwt_required(verify_type=False, skip_revocation_check=True),
        "read": jwt_required(requires=Scope("read")),
        "new": jwt_required(fresh=True, requires=Scope("read")),
    }
    for name, guard in guards.items():
        app.add_url_rule(f"/{name}", name, guard(lambda: ""))
    lines = [line.split(maxsplit=3) for line in run(app, "routes").splitlines()]
    required = {endpoint: what for _, _, endpoint, what in lines}

    assert {name: required[name] for name in guards} == {
        "plain": "token",
        "optional": "optional",
        "refresh": "refresh token",
        "fresh": "fresh token in cookies",
        "either": "any token, revoked or not",
        "read": 'Scope("read")',
        "new": 'fresh token, Scope("read")',
    }


def test_rotation(tmp_path: Path) -> None:
    """A key file takes the secret's place; a former key is kept for as long as refresh tokens."""
    app = Flask(__name__, instance_path=str(tmp_path))
    app.config["JWT_KEY_FILE"] = "keys.json"
    JWTManager(app)
    app.add_url_rule("/", "index", jwt_required()(lambda: "in"))
    run(app, "keys", "generate")
    with app.app_context():
        token = create_access_token("anna")
    run(app, "keys", "rotate", "--delay", "0")

    assert run(app, "keys", "list").count("verifies for 30 d") == 1
    answer = app.test_client().get("/", headers={"Authorization": f"Bearer {token}"})
    assert answer.text == "in"
    assert findings(app) == []


def test_rotation_of_endless_tokens(tmp_path: Path) -> None:
    """A key whose tokens never expire is not given an end by itself."""
    app = Flask(__name__, instance_path=str(tmp_path))
    app.config.update(JWT_KEY_FILE="keys.json", JWT_REFRESH_TOKEN_EXPIRES=False)
    JWTManager(app)
    run(app, "keys", "generate")

    assert "never expire" in run(app, "keys", "rotate", status=1)


def test_sessions() -> None:
    """Who is signed in by tokens of Flask-JWT-Extended is listed, and signed out."""
    app = make_app(JWT_SESSION_STORE="memory://", TESTING=True)
    with app.test_request_context():
        create_refresh_token("anna")

    assert run(app, "sessions", "list", "anna").count("\n") == 2
    assert run(app, "sessions", "end", "--all", "anna") == "1 session ended.\n"


def test_issuers() -> None:
    """Trusted issuers are listed and checked, and their tokens let in."""
    with FakeIssuer() as issuer:
        app = make_app(JWT_TRUSTED_ISSUERS={issuer.url: issuer.options})
        app.add_url_rule("/", "index", jwt_required()(lambda: "in"))

        assert issuer.url in run(app, "issuers")
        assert "FAULT" not in run(app, "issuers", "check")
        headers = {"Authorization": f"Bearer {issuer.token()}"}
        assert app.test_client().get("/", headers=headers).text == "in"
