"""CVE-2021-29621: accounts that sign-in gives away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .applications import production, sign_in
from .forging import SECRET

HEADER = {"typ": "JWT", "alg": "HS256"}

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
