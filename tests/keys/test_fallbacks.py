"""Former secrets: their tokens are accepted, and none is signed with them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_jwt import ConfigurationError
from flask_jwt.core import ALGORITHMS
from flask_jwt.core.asymmetric import generate_jwk, public_pem
from tests.support.app import error_of, make_app, sign_in, status, token_of
from tests.support.key_files import new_key, write
from tests.support.secret import secret
from tests.support.tokens import claims, compact

OLD, OLDER, NEW = secret("old"), secret("older"), secret("new")
KEY_PEM = public_pem(generate_jwk(ALGORITHMS["ES256"]), ALGORITHMS["ES256"])
# Where refresh tokens and CSRF values are made.
PLACES: dict[str, Any] = {
    "JWT_SESSION_STORE": "memory://",
    "JWT_TOKEN_LOCATION": ["headers", "cookies"],
}


def takes(app: Flask, secret: str) -> bool:
    """Tell whether a token that was signed with a secret is accepted."""
    found = status(app, compact(claims("ann"), secret))
    assert found in (200, 401)
    return found == 200


def made_with(app: Flask, secret: str) -> bool:
    """Tell whether a new token is signed with a secret and no other."""
    return status(make_app(JWT_SECRET_KEY=secret), token_of(app)) == 200


def test_former_secrets() -> None:
    """Tokens of former secrets pass; new ones are signed with the present one (CVE-2025-47278)."""
    app = make_app(JWT_SECRET_KEY=NEW, JWT_SECRET_KEY_FALLBACKS=[OLDER, OLD])

    assert [takes(app, one) for one in (NEW, OLD, OLDER, secret("x"))] == [True] * 3 + [False]
    assert made_with(app, NEW)
    assert not made_with(app, OLD)


def test_flasks_own() -> None:
    """Where the secret is Flask's own, so are its fallbacks."""
    app = make_app(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[OLD])
    assert takes(app, OLD)
    assert made_with(app, NEW)

    own = make_app(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[OLD], JWT_SECRET_KEY=secret("j"))
    assert not takes(own, OLD)
    assert not takes(own, NEW)

    chosen = make_app(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[OLD], JWT_SECRET_KEY_FALLBACKS=[OLDER])
    assert (takes(chosen, OLD), takes(chosen, OLDER)) == (False, True)


def test_the_newest_of_flasks(caplog: pytest.LogCaptureFixture) -> None:
    """Flask's list ends with the newest; the three last count, and the log says so."""
    former = [secret(f"former {number}") for number in range(5)]
    app = make_app(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=former)

    assert [takes(app, one) for one in former] == [False, False, True, True, True]
    assert "tokens are tried with the 3 newest, which are the last" in caplog.text


def test_a_weak_one_of_flasks(caplog: pytest.LogCaptureFixture) -> None:
    """In production a weak secret in Flask's list is left out, with a warning, once."""
    app = make_app(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=["super-secret", OLD])

    assert (takes(app, "super-secret"), takes(app, OLD)) == (False, True)
    assert len(caplog.records) == 1
    assert "app.config['SECRET_KEY_FALLBACKS']: HS256 needs" in caplog.text
    assert "super-secret" not in caplog.text
    assert takes(make_app(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=["old"], DEBUG=True), "old")


@pytest.mark.parametrize("mode", ["DEBUG", "PRODUCTION"])
def test_what_is_no_secret_in_flasks_list(mode: str) -> None:
    """What is none in any mode is left out for refresh tokens and CSRF values too."""
    former = ["", KEY_PEM, OLD]
    config: dict[str, Any] = {mode: True, **PLACES}
    app = make_app(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=former, **config)

    assert sign_in(app).status_code == 200


def test_a_weak_refresh_secret(caplog: pytest.LogCaptureFixture) -> None:
    """Where it serves refresh tokens and CSRF values, it is one warning all the same."""
    app = make_app(SECRET_KEY=NEW, JWT_REFRESH_SECRET="weak", DEBUG=True, **PLACES)
    token_of(app)

    (record,) = caplog.records
    assert "app.config['JWT_REFRESH_SECRET'] is not safe" in record.getMessage()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (["super-secret"], "is not safe: HS256 needs a secret of at least 32 bytes"),
        ([secret("a"), secret("b"), secret("c"), secret("d")], "3 secrets at most"),
        ([KEY_PEM], "looks like a public key"),
        ([""], "the secret is empty"),
        ([7], "a list of secrets, each str or bytes"),
        ("secret" * 9, "a list of secrets, each str or bytes"),
    ],
)
def test_refused(value: Any, text: str) -> None:
    """What JWT_SECRET_KEY_FALLBACKS must not hold is an error that quotes the key."""
    found = error_of(JWT_SECRET_KEY=NEW, JWT_SECRET_KEY_FALLBACKS=value)

    assert "app.config['JWT_SECRET_KEY_FALLBACKS']" in found
    assert text in found


@pytest.mark.parametrize("value", [[], (), None, [NEW], [OLD, OLD, OLD, OLD]])
def test_harmless(value: Any) -> None:
    """An empty list, the present secret and repetitions do no harm."""
    app = make_app(JWT_SECRET_KEY=NEW, JWT_SECRET_KEY_FALLBACKS=value)

    assert takes(app, NEW)
    assert made_with(app, NEW)


def test_from_a_secret_to_a_key_file(tmp_path: Path) -> None:
    """Who moves from a secret to a key file keeps its tokens by the fallbacks."""
    write(tmp_path / "keys.json", new_key("k"))
    config: dict[str, Any] = {"SECRET_KEY": NEW, "JWT_KEY_FILE": "keys.json"}
    app = make_app(tmp_path, **config, JWT_SECRET_KEY_FALLBACKS=[OLD])

    assert (takes(app, OLD), takes(app, NEW)) == (True, False)
    # Flask's secret is for Flask: its tokens were never ours.
    assert not takes(make_app(tmp_path, **config, SECRET_KEY_FALLBACKS=[OLD]), OLD)


@pytest.mark.parametrize("key", ["JWT_SECRET_KEY", "JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY"])
def test_two_sources(tmp_path: Path, key: str) -> None:
    """A key file and another key are an error that says how former tokens are kept."""
    write(tmp_path / "keys.json", new_key("k"))
    found = error_of(tmp_path, **{"JWT_KEY_FILE": "keys.json", key: OLD})

    assert f"app.config['{key}'] is set" in found
    assert "JWT_SECRET_KEY_FALLBACKS" in found


def test_beside_a_pair() -> None:
    """Former secrets go with a pair of keys as well."""
    jwk = generate_jwk(ALGORITHMS["ES256"])
    pem = public_pem(jwk, ALGORITHMS["ES256"])
    app = make_app(JWT_ALGORITHM="ES256", JWT_PUBLIC_KEY=pem, JWT_SECRET_KEY_FALLBACKS=[OLD])

    assert (takes(app, OLD), takes(app, NEW)) == (True, False)


SHORT = "jose"


class TestShortSecret:
    """A short secret is changed for a good one, and nobody is signed out."""

    def app(self, *given: Any, **config: Any) -> Flask:
        """Make the application after the change, in production."""
        return make_app(
            *given,
            PROPAGATE_EXCEPTIONS=True,
            SECRET_KEY=NEW,
            JWT_SECRET_KEY_FALLBACKS=[SHORT],
            **config,
        )

    def test_without_a_date(self) -> None:
        """It is an error, which names the key that allows it."""
        with pytest.raises(ConfigurationError, match="JWT_INSECURE_FALLBACKS_UNTIL") as caught:
            takes(self.app(), SHORT)
        assert SHORT not in str(caught.value)

    @pytest.mark.parametrize(
        "until",
        [datetime(9000, 1, 31, tzinfo=UTC), datetime(9000, 1, 31), date(9000, 1, 31), "9000-01-31"],
    )
    def test_until_a_date(self, until: Any, caplog: pytest.LogCaptureFixture) -> None:
        """Until then its tokens are good, and each new one is signed with the new secret."""
        app = self.app(JWT_INSECURE_FALLBACKS_UNTIL=until)

        assert [takes(app, secret) for secret in (SHORT, NEW, "x" * 40)] == [True, True, False]
        assert made_with(app, NEW)
        (record,) = caplog.records
        assert "Until 9000-01-31 00:00+00:00 whoever guesses it" in record.getMessage()
        assert SHORT not in record.getMessage()

    def test_after_it(self) -> None:
        """After it they are refused, also those that the running process has seen before."""
        moments = [1_900_000_000.0]
        until = datetime.fromtimestamp(1_900_000_100, UTC)
        app = self.app(None, lambda: moments[-1], JWT_INSECURE_FALLBACKS_UNTIL=until)
        token = compact({"exp": 2_000_000_000, "iat": 1, "nbf": 1, "identity": 1}, SHORT)

        seen = []
        for now in (1_900_000_000.0, 1_900_000_099.0, 1_900_000_100.0):
            moments.append(now)
            seen.append(status(app, token))
        assert seen == [200, 200, 401]

    def test_a_short_secret_that_signs(self) -> None:
        """The date allows no short secret to sign with."""
        found = error_of(SECRET_KEY=SHORT, JWT_INSECURE_FALLBACKS_UNTIL="9000-01-31")

        assert "'SECRET_KEY'" in found

    def test_refresh_tokens(self, tmp_path: Path) -> None:
        """The date is for access tokens: a refresh token of the short secret is refused."""
        store: dict[str, Any] = {"JWT_SESSION_STORE": f"sqlite:///{tmp_path / 'sessions.db'}"}
        before = make_app(SECRET_KEY=SHORT, JWT_ALLOW_INSECURE_KEYS=True, **store)
        after = self.app(JWT_INSECURE_FALLBACKS_UNTIL="9000-01-31", **store)
        for app, expected in ((before, 200), (after, 401)):
            first = sign_in(before).get_json()["refresh_token"]
            again = app.test_client().post("/auth/refresh", json={"refresh_token": first})
            assert again.status_code == expected
