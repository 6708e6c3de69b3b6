"""Applications with a console, for a test client."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flask_jwt import JWT, jwt_required
from flask_jwt.console import Console
from tests.support.material import NOW, SECRET

#: The names of the checks that follow the gate.
ADMISSION = ["revocation", "identity"]
#: Where the console's own routes are, beside its page.
SURROUNDINGS = "/_console/surroundings"
GATE = "/_console/gate"
SCRIPT = "/_console/static/script/page.js"


class Bench:
    """An application in debug, whose clock stands still, with a console at its root."""

    def __init__(self, prefix: str | None = None, **config: Any) -> None:
        self.now: float = NOW
        self.users: dict[Any, str] = {7: "ann", 1: "bob"}
        self.app = Flask("bench")
        self.app.debug = True
        self.app.config.update({"SECRET_KEY": SECRET.decode(), **config})
        self.jwt = JWT(self.app, self._authenticate, self._identity, clock=lambda: self.now)
        self.app.add_url_rule("/private", "private", jwt_required()(lambda: "private"))
        self.app.register_blueprint(
            Console(note="Be <welcome>.", resource="/private"), url_prefix=prefix
        )
        self.client: FlaskClient = self.app.test_client()

    def _authenticate(self, username: str, _password: str) -> dict[str, Any] | None:
        found = [number for number, name in self.users.items() if name == username]
        return {"id": found[0]} if found else None

    def _identity(self, claims: dict[str, Any]) -> str | None:
        return self.users.get(claims["identity"])

    def operate(self, *command: str) -> None:
        """Run a command of ``flask``, which decides on debug anew."""
        result = self.app.test_cli_runner().invoke(args=command)
        assert result.exit_code == 0, result.output
        self.app.debug = True

    def get(self, path: str) -> TestResponse:
        """Ask for something that may be a file, and read the whole of it."""
        return self.client.get(path, buffered=True)

    def sign_in(self) -> dict[str, Any]:
        """Return what sign-in answers to ann."""
        answer = self.client.post("/auth", json={"username": "ann", "password": "x"})
        assert answer.status_code == 200
        tokens: dict[str, Any] = answer.get_json()
        return tokens

    def private(self, token: str) -> TestResponse:
        """Ask for what is private, with a token."""
        return self.client.get("/private", headers={"Authorization": f"JWT {token}"})

    def inspect(self, token: str) -> dict[str, Any]:
        """Return what the console says of a token."""
        answer = self.client.post(GATE, json={"token": token})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.get_json()
        states = [step["state"] for step in found["steps"]]
        reached = [state for state in states if state != "not reached"]
        assert states == reached + ["not reached"] * (len(states) - len(reached))
        assert set(reached[:-1]) <= {"passed"}
        assert found["accepted"] == (set(states) == {"passed"})
        assert all(step["found"] for step in found["steps"][: len(reached)])
        return found

    def refusal(self, token: str) -> tuple[str, str] | None:
        """Return the check at which a token is refused and what it says, or None."""
        steps = self.inspect(token)["steps"]
        failed = [(one["name"], one["found"]) for one in steps if one["state"] == "failed"]
        assert len(failed) <= 1
        return failed[0] if failed else None
