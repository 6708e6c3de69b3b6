"""An application with a key file, and a clock that stands still."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from flask_jwt import JWT, create_access_token
from tests.support.secret import secret

NOW = 1_800_000_000


class Operator:
    """Runs ``flask jwt keys`` for an application, at a time that the test chooses."""

    def __init__(self, folder: Path, **config: Any) -> None:
        self.path = folder / "instance" / "keys.json"
        self.now = NOW
        self.app = Flask("operated", instance_path=str(folder / "instance"))
        self.app.config.update(
            {"SECRET_KEY": secret("s"), "JWT_KEY_FILE": "keys.json", "JWT_LEEWAY": 10, **config}
        )
        JWT(self.app, lambda username, password: {"id": username}, dict, clock=lambda: self.now)

    def run(self, *arguments: str) -> Result:
        """Run a command."""
        return self.app.test_cli_runner().invoke(args=["jwt", "keys", *arguments])

    def does(self, *arguments: str) -> str:
        """Run a command that succeeds; return what it prints."""
        result = self.run(*arguments)
        assert result.exit_code == 0, result.output
        return result.stdout

    def fails(self, *arguments: str) -> str:
        """Run a command that is refused; return the one line that says why."""
        result = self.run(*arguments)
        assert result.exit_code == 1, result.output
        assert result.output.startswith("Error: ")
        assert result.output.count("\n") == 1
        return result.output

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The keys in the file."""
        found: list[dict[str, Any]] = json.loads(self.path.read_text())["keys"]
        return found

    def write(self, *entries: dict[str, Any] | None, **members: Any) -> None:
        """Replace what is in the file, as another program does."""
        self.path.write_text(json.dumps({"keys": entries, **members}))

    def token(self) -> str:
        """Make a token as sign-in does."""
        with self.app.app_context():
            return create_access_token({"id": "ann"})

    def states(self) -> dict[str, str]:
        """Return what ``list`` says that each key is."""
        rows = [line.split() for line in self.does("list").splitlines()[1:]]
        return {row[0]: row[2] for row in rows}

    def kid(self, state: str) -> str:
        """Return the name of the one key in a state."""
        (found,) = [kid for kid, now in self.states().items() if now == state]
        return found


@pytest.fixture
def operate(tmp_path: Path) -> Callable[..., Operator]:
    """Return a maker of operators, whose file has a key where an algorithm is named."""

    def make(algorithm: str | None = None, **config: Any) -> Operator:
        made = Operator(tmp_path, **config)
        if algorithm:
            made.does("generate", "--algorithm", algorithm)
        return made

    return make


@pytest.fixture
def operator(operate: Callable[..., Operator]) -> Operator:
    """Return an operator whose file has its first key."""
    made: Operator = operate()
    made.does("generate")
    return made
