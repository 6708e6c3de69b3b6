"""The small applications of ``applications/``, each behind a server, as fixtures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.http_client import Answer
from tests.support.server import Server, gunicorn

from .applications.recording import PASSWORD, USERNAME
from .applications.several import SECRET


@dataclass(frozen=True)
class Recording:
    """The application that records its sign-ins, as it is being served."""

    server: Server
    secret: str
    recorded: Path

    @property
    def calls(self) -> list[tuple[list[Any], dict[str, Any]]]:
        """The positional and the keyword arguments of each call so far."""
        lines = self.recorded.read_text().splitlines() if self.recorded.exists() else []
        return [(args, kwargs) for args, kwargs in map(json.loads, lines)]

    def token(self) -> str:
        """Sign in with the right credentials, and return the token."""
        answer = self.server.post("/auth", {"username": USERNAME, "password": PASSWORD})
        return str(answer.json["access_token"])


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recording]:
    directory = tmp_path_factory.mktemp("recording")
    calls = directory / "calls.jsonl"
    environment = {"RECORDING_SECRET": SECRET, "RECORDING_CALLS": str(calls)}
    with gunicorn(
        "tests.support.applications.recording:create_app()",
        directory / "log.txt",
        environment=environment,
    ) as server:
        yield Recording(server, SECRET, calls)


@pytest.fixture(scope="session")
def several(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve the applications of ``applications/several.py``, each under its name."""
    log = tmp_path_factory.mktemp("several") / "log.txt"
    with gunicorn("tests.support.applications.several:app", log) as server:
        yield server


def sign_in(server: Server, name: str, username: str = "ann", password: str = "pw") -> Answer:
    """Sign in to one of the several applications."""
    return server.post(f"/{name}/auth", {"username": username, "password": password})
