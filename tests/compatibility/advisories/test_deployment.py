"""Advisories about secrets that everybody knows, and accounts that sign-in gives away."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flask_jwt.core import (
    ALGORITHMS,
    Key,
    KeyMaterialError,
    KeyRing,
    Verifier,
    WeakKeyError,
)

from .applications import TOKEN, assert_let_in, production, show, sign_in, token_of
from .forging import SECRET, SetClock, claims, forge, mac, successes

HEADER = {"typ": "JWT", "alg": "HS256"}

#: What the advisory's readers tried first: the five secrets that Superset shipped over the years.
SUPERSETS: dict[str, str | bytes] = {
    "until 1.4.1": "\2\1thisismyscretkey\1\2\\e\\y\\y\\h",
    "since 1.4.1": "CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET",
    "deployment template": "thisISaSECRET_1234",
    "documentation": "YOUR_OWN_RANDOM_GENERATED_SECRET_KEY",
    "compose file": "TEST_NON_DEV_SECRET",
}
#: What people copy who write with Flask, or with tokens.
OTHERS: dict[str, str | bytes] = {
    "Flask-JWT": "super-secret",
    "Flask": "dev",
    "Flask, generated": "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
    "Flask, older": b'\xfd{H\xe5<\x95\xf9\xe3\x96.5\xd1\x01O<!\xd5\xa2\xa0\x9fR"\xa1\xa8',
    "Flask, bytes": b'_5#y2L"F4Q8z\n\xec]/',
    "jwt.io": "your-256-bit-secret",
    "jwt.io, today": "a-string-secret-at-least-256-bits-long",
    "FastAPI": "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
    "one word": "secret",
    "one letter": "s",
}
WELL_KNOWN = {**{f"Superset, {name}": secret for name, secret in SUPERSETS.items()}, **OTHERS}


@pytest.mark.parametrize("name", WELL_KNOWN)
@pytest.mark.parametrize("setting", ["SECRET_KEY", "JWT_SECRET_KEY"])
def test_cve_2023_27524_well_known_secret(
    setting: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """CVE-2023-27524: Apache Superset up to 2.0.1 shipped with a secret, most of its servers kept
    it, and whoever knew it signed in as the administrator; here an application in production with
    such a secret neither makes a token nor accepts one, and logs why without quoting the secret.
    """
    secret = WELL_KNOWN[name]
    app = production(**{setting: secret})
    forged = forge(HEADER, claims("admin"), mac(secret))

    with caplog.at_level(logging.WARNING):
        answers = [show(app, forged), sign_in(app)]

    assert [answer.status_code for answer in answers] == [500, 500]
    assert not any(TOKEN.search(answer.text) for answer in answers)
    assert f"app.config['{setting}'] is not safe" in caplog.text
    if len(secret) > len("secret"):
        assert str(secret) not in caplog.text


@pytest.mark.parametrize("spelling", ["{}\n", " {}", "{}\r\n", "\t{} "])
def test_cve_2023_27524_spaces_around_it(spelling: str) -> None:
    """Spaces around such a secret, out of a file or a variable, do not make it another one."""
    for secret in ("CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET", str(OTHERS["jwt.io, today"])):
        with pytest.raises(WeakKeyError, match=r"documentation|placeholder"):
            Key.from_secret(spelling.format(secret))


@pytest.mark.parametrize("value", [32, 64, 12345, True, None, [1] * 32], ids=str)
def test_cve_2023_27524_no_text_for_a_secret(value: Any) -> None:
    """What is neither text nor bytes is no secret: a number above all must not turn into as many
    zeros, which everybody knows.
    """
    with pytest.raises((TypeError, KeyMaterialError)):
        Key.from_secret(value)


def test_cve_2023_27524_secret_of_ones_own() -> None:
    """A secret of one's own makes good tokens, and accepts none of a well-known secret."""
    app = production()
    judge = Verifier(KeyRing(Key.from_secret(SECRET)), clock=SetClock())
    forged = {
        name: forge(HEADER, claims("admin"), mac(secret)) for name, secret in WELL_KNOWN.items()
    }

    assert successes(judge, forged) == []
    assert_let_in(show(app, token_of(app)))


@pytest.mark.parametrize("algorithm", [row.name for row in ALGORITHMS.values() if row.symmetric])
def test_cve_2023_27524_shorter_than_the_hash(algorithm: str) -> None:
    """In production a secret has to be as long as the hash; one byte less is refused."""
    least = ALGORITHMS[algorithm].least_bits // 8
    short, long = (SECRET * 2)[: least - 1], (SECRET * 2)[:least]

    assert sign_in(production(SECRET_KEY=short, JWT_ALGORITHM=algorithm)).status_code == 500
    app = production(SECRET_KEY=long, JWT_ALGORITHM=algorithm)
    assert_let_in(show(app, token_of(app)))


WRONG = {
    "unknown user": ("carol", "violin"),
    "wrong password": ("ann", "cello"),
    "empty password": ("ann", ""),
    "unknown user, empty password": ("carol", ""),
    "another's password": ("bob", "violin"),
    "another case": ("Ann", "violin"),
    "long password": ("ann", "x" * 50_000),
    "unknown user, long password": ("carol", "x" * 50_000),
}


@pytest.mark.parametrize("kind", WRONG)
def test_cve_2021_29621_same_answer(kind: str) -> None:
    """CVE-2021-29621: Flask-AppBuilder up to 3.2.3 hashed the password of known users alone, and so
    told by its time who has an account. What the extension itself answers is the same in status,
    headers and body, byte for byte, whoever signs in wrongly.
    """
    app = production()
    expected = sign_in(app, "carol", "x")
    answer = sign_in(app, *WRONG[kind])

    assert answer.status_code == expected.status_code == 401
    assert answer.data == expected.data
    assert list(answer.headers) == list(expected.headers)
    assert sign_in(app).status_code == 200


def test_cve_2021_29621_hook_is_asked_for_everybody() -> None:
    """The authentication hook is asked once for each sign-in, whether or not the name is known."""
    app = production()
    asked: list[str] = []

    @app.extensions["jwt"].authentication_handler
    def authenticate(username: str, password: str) -> None:
        asked.append(username)

    for username in ("ann", "carol", "bob"):
        assert sign_in(app, username, "wrong").status_code == 401
    assert asked == ["ann", "carol", "bob"]


def test_cve_2021_29621_same_work_in_the_tutorial(tmp_path: Path) -> None:
    """The tutorial's application verifies as many password hashes for a name that nobody has as for
    a known one: the work is counted, because time says nothing on a busy machine.
    """
    here = Path(__file__)
    tutorial = here.parents[3] / "examples" / "tutorial"
    tried = [("masnun", "abc123"), ("masnun", "wrong"), ("nobody", "abc123"), ("", "abc123")]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("FLASK_")},
        "PYTHONPATH": os.pathsep.join(filter(None, [str(tutorial), os.environ.get("PYTHONPATH")])),
        "SECRET_KEY": SECRET,
    }

    done = subprocess.run(
        [sys.executable, here.with_name("count_hashing.py"), tmp_path, json.dumps(tried)],
        env=environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    # Without a name there is nobody to ask for, known or not.
    assert json.loads(done.stdout) == [[200, 1], [401, 1], [401, 1], [401, 0]]
