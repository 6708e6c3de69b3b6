"""The fixture for pytest, and what is imported without it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.server import ROOT

CONFTEST = """
import pytest
from secrets import token_hex
from flask import Flask
from flask_jwt import JWT, current_identity, jwt_required

pytest_plugins = ["flask_jwt.testing.plugin"]


@pytest.fixture
def app():
    app = Flask(__name__)
    app.config.update(TESTING=True, SECRET_KEY=token_hex(32))
    JWT(app, None, lambda claims: claims["identity"])
    app.add_url_rule("/me", "me", jwt_required(scope="me")(lambda: str(current_identity)))
    return app


@pytest.fixture
def client(app):
    return app.test_client()
"""
TESTS = """
def test_signed_in(client, sign_in):
    assert sign_in({"id": "ann"}, scope="me") is client
    assert client.get("/me").text == "ann"


def test_anonymous(client, sign_in):
    assert client.get("/me").status_code == 401
"""


def run(folder: Path, *arguments: str) -> str:
    """Run Python, and return what it prints."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_fixture(tmp_path: Path) -> None:
    """It signs a user in to the client of the project's own tests."""
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_me.py").write_text(TESTS)

    printed = run(tmp_path, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider")

    assert "2 passed" in printed


def test_without_pytest(tmp_path: Path) -> None:
    """The kit itself needs no pytest: unittest will do."""
    printed = run(tmp_path, "-c", "import flask_jwt.testing, sys; print('pytest' in sys.modules)")

    assert printed == "False\n"
