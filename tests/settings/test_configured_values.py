"""What each key of the configuration may hold, and what is said of anything else."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_jwt import ConfigurationError, create_access_token
from tests.support.app import SECRET, error_of, me, status, token_of
from tests.support.app import make_app as make_app_now
from tests.support.tokens import compact, parts_of

NOW = 1_800_000_000


make_app = partial(make_app_now, None, lambda: NOW)


def refusal(app: Flask, token: str) -> str:
    """Return the description of a refusal."""
    answer = me(app, token)
    assert answer.status_code == 401
    return str(answer.get_json()["description"])


def signed(**claims: Any) -> str:
    """Return a token signed here, with changed claims."""
    return compact({"exp": NOW + 300, "iat": NOW, "nbf": NOW, "identity": "ann", **claims}, SECRET)


class Odd:
    """A value of a type that no key allows."""

    def __repr__(self) -> str:
        return "odd-value"


#: For each type of value, a key of it and what that does not allow.
REFUSED: dict[str, list[Any]] = {
    "JWT_DEFAULT_REALM": [5, b"realm", "line\nbreak", "nul\0", "\u4e2d\u6587", ["a"], Odd()],
    "JWT_AUTH_USERNAME_KEY": [5, "", b"username", ["username"], Odd()],
    "JWT_ISSUER": [5, "", b"issuer", ["issuer"], Path("issuer"), Odd()],
    "JWT_ALGORITHM": ["none", "None", "HS128", "hs256", "", 256, ["HS256"], b"HS256", Odd()],
    "JWT_EXPIRATION_DELTA": ["300", True, inf, -inf, nan, [300], Odd()],
    "JWT_LEEWAY": ["10", -1, timedelta(days=2), True, nan, inf, [], Odd()],
    "JWT_AUTH_HEADER_PREFIX": ["", [], 5, "two words", "comma,", ["JWT", 5], b"JWT", True, Odd()],
    "JWT_REQUIRED_CLAIMS": ["exp", 5, [5], True, b"exp", Odd()],
    "JWT_AUDIENCE": [5, "", [], [""], ["a", 5], b"audience", True, Odd()],
    "JWT_ALLOW_INSECURE_KEYS": ["perhaps", "", 2, 1.0, [True], Odd()],
    "JWT_INSECURE_FALLBACKS_UNTIL": [
        *("", "soon", True, 1767225600, ["2030-01-31"], "1960-01-01"),
        *("9999-12-31T23:00-20:00", Odd()),
    ],
    "JWT_ROLES_CLAIM": ["", [], [""], [["a"]], 5, {"a", "b"}, "scope", ["exp", "roles"], Odd()],
    "JWT_MAX_TOKEN_BYTES": ["8192", 0, -1, True, 8192.0, [8192], Odd()],
}


@pytest.mark.parametrize("key", REFUSED)
def test_wrong_values(key: str) -> None:
    """A value that its key does not allow is an error that quotes the key and not the value."""
    for value in REFUSED[key]:
        found = error_of(**{key: value})
        assert f"app.config['{key}'] must be " in found
        assert "odd-value" not in found


def test_wrong_route() -> None:
    """A key that decides a route is checked in ``init_app``, with the same error."""
    wrong: list[Any] = [("URL_RULE", 5), ("ENDPOINT", 5), ("URL_OPTIONS", "POST")]
    for key, value in [*wrong, ("URL_OPTIONS", ["POST"])]:
        with pytest.raises(ConfigurationError, match=f"app.config.'JWT_AUTH_{key}'"):
            make_app(**{f"JWT_AUTH_{key}": value})


def test_error_is_logged_and_never_a_refusal(caplog: pytest.LogCaptureFixture) -> None:
    """An error of the configuration is a 500 that the log explains, at each request."""
    app = make_app(JWT_ALGORITHM="none")

    assert [status(app, token) for token in (None, "bogus", signed())] == [500] * 3
    assert caplog.text.count("ConfigurationError: app.config['JWT_ALGORITHM'] must be one of") == 3


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("JWT_EXPIRATION_DETLA", "JWT_EXPIRATION_DELTA"),
        ("JWT_SECRETKEY", "JWT_SECRET_KEY"),
        ("JWT_HEADER_PREFIX", "JWT_AUTH_HEADER_PREFIX"),
        ("JWT_ALGORITHMS", "JWT_ALGORITHM"),
    ],
)
def test_misspelled_key(caplog: pytest.LogCaptureFixture, key: str, meant: str) -> None:
    """A key that looks misspelled is one warning, however many requests there are."""
    app = make_app()
    app.config[key] = "value-of-the-key"

    for _ in range(3):
        assert status(app, token_of(app)) == 200
    assert [record.getMessage() for record in caplog.records] == [
        f"app.config['{key}'] is no key of Flask-JWT; did you mean '{meant}'?"
    ]


@pytest.mark.parametrize("key", ["JWT_OUR_OWN_SETTING", "JWTS", "OTHER"])
def test_other_keys(caplog: pytest.LogCaptureFixture, key: str) -> None:
    """A key that looks like none of ours is the application's own."""
    app = make_app()
    app.config[key] = 1

    assert status(app, token_of(app)) == 200
    assert caplog.records == []


@pytest.mark.parametrize(
    ("given", "omitted"),
    [([], "signature, exp, nbf, iat"), (["signature", "exp"], "nbf, iat"), (("exp",), "signature")],
)
def test_verify_claims(caplog: pytest.LogCaptureFixture, given: list[str], omitted: str) -> None:
    """Leaving a check out of ``JWT_VERIFY_CLAIMS`` is one warning, and changes nothing."""
    app = make_app(JWT_VERIFY_CLAIMS=given)

    assert status(app, token_of(app)) == 200
    assert refusal(app, signed(exp=NOW - 60)) == "Signature has expired"
    assert refusal(app, signed(nbf=NOW + 60)) == "The token is not yet valid (nbf)"
    assert refusal(app, signed()[:-8] + "AAAAAAAA") == "Signature verification failed"
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert f"app.config['JWT_VERIFY_CLAIMS'] leaves out {omitted}" in record.getMessage()


def test_more_verify_claims(caplog: pytest.LogCaptureFixture) -> None:
    """Naming all checks and more is no warning."""
    app = make_app(JWT_VERIFY_CLAIMS=["signature", "exp", "nbf", "iat", "aud"])

    assert status(app, token_of(app)) == 200
    assert caplog.records == []


@pytest.mark.parametrize(
    ("claim", "seconds", "expected"),
    [("exp", -9, 200), ("exp", -10, 401), *((one, 10, 200) for one in ("nbf", "iat")),
     *((one, 11, 401) for one in ("nbf", "iat"))],
)  # fmt: skip
def test_leeway(claim: str, seconds: float, expected: int) -> None:
    """Unless told, clocks may differ by ten seconds in either direction."""
    assert status(make_app(), signed(**{claim: NOW + seconds})) == expected


@pytest.mark.parametrize("required", [[], ["iat"], ("sub",)])
def test_exp_is_required_whatever_is_configured(required: Any) -> None:
    """``exp`` is required even where ``JWT_REQUIRED_CLAIMS`` does not name it."""
    app = make_app(JWT_REQUIRED_CLAIMS=required)
    token = compact({"iat": NOW, "sub": "ann", "identity": "ann"}, SECRET)

    assert refusal(app, token) == 'Token is missing the "exp" claim'


def test_issuer_and_audience() -> None:
    """A configured issuer and audience stand in the tokens made, and are asked of those read."""
    app = make_app(JWT_ISSUER="https://issuer.example", JWT_AUDIENCE=["app", "admin"])
    token = token_of(app)

    claims = parts_of(token)[1]
    assert (claims["iss"], claims["aud"]) == ("https://issuer.example", ["app", "admin"])
    assert status(app, token) == 200
    assert refusal(app, signed()) == 'Token is missing the "iss" claim'
    issuer = {"iss": "https://issuer.example"}
    assert refusal(app, signed(**issuer)) == 'Token is missing the "aud" claim'
    assert refusal(app, signed(**issuer, aud="other")) == "Invalid audience"
    assert status(app, signed(**issuer, aud="admin")) == 200
    assert refusal(app, signed(iss="https://issuer.example/", aud="app")) == "Invalid issuer"


def test_one_audience() -> None:
    """A single audience is written as a string."""
    app = make_app(JWT_AUDIENCE="app")

    assert parts_of(token_of(app))[1]["aud"] == "app"
    assert status(app, signed(aud="app")) == 200


def test_longest_token() -> None:
    """A longer token than ``JWT_MAX_TOKEN_BYTES`` is neither read nor made."""
    token = signed()
    assert status(make_app(JWT_MAX_TOKEN_BYTES=len(token)), token) == 200
    app = make_app(JWT_MAX_TOKEN_BYTES=len(token) - 1)

    assert refusal(app, token) == "Token is too long"
    with app.app_context(), pytest.raises(ValueError, match="JWT_MAX_TOKEN_BYTES"):
        create_access_token({"id": "a name that is much too long for such a token" * 3})


def test_values_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values of ``from_prefixed_env`` are understood: numbers, lists, texts."""
    monkeypatch.setenv("FLASK_JWT_EXPIRATION_DELTA", "60")
    monkeypatch.setenv("FLASK_JWT_AUTH_HEADER_PREFIX", '["Bearer", "JWT"]')
    monkeypatch.setenv("FLASK_JWT_ISSUER", "https://issuer.example")
    app = make_app()
    app.config.from_prefixed_env()

    claims = parts_of(token_of(app))[1]
    assert claims["exp"] - claims["iat"] == 60
    assert claims["iss"] == "https://issuer.example"
    assert status(app, token_of(app)) == 200


@pytest.mark.parametrize("spelling", [True, "True", "true", "1", 1, "yes", " ON "], ids=repr)
def test_switch_that_is_on(spelling: Any) -> None:
    """A switch from the environment may be spelt in the ways that people spell it."""
    assert token_of(make_app(SECRET_KEY="short", JWT_ALLOW_INSECURE_KEYS=spelling))


@pytest.mark.parametrize("spelling", [False, "False", "false", "0", 0, "no", "off"], ids=repr)
def test_switch_that_is_off(spelling: Any) -> None:
    """What says no is no."""
    assert "is not safe" in error_of(SECRET_KEY="short", JWT_ALLOW_INSECURE_KEYS=spelling)
