"""An application that notes whose passwords it has checked; the environment says where.

Its clock stands still: a file says what it shows.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from flask import Flask, Response
from werkzeug.middleware.proxy_fix import ProxyFix

from flask_jwt import JWT
from flask_jwt.testing.cheap_hashing import cheap_hashing
from flask_jwt.users import User, Users
from tests.support.secret import secret

FOLDER = "STUFFED_FOLDER"
# For as long as the process lives.
_CHEAP = ExitStack()


class Noting:
    """Users in a database; each check of a password that was wrong is one line of a file."""

    def __init__(self, users: Users[User], notes: Path, clock: Path) -> None:
        self._users, self._notes, self._clock = users, notes, clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._users, name)

    def verify(self, name: str, password: str) -> User | None:
        moment = self._clock.read_text()
        user = self._users.verify(name, password)
        if user is None:
            # Lines as short as these are added as one, whoever else adds some.
            with self._notes.open("a") as notes:
                notes.write(f"{name} {moment}\n")
        return user


def users_of() -> Users[User]:
    """Return users whose hashes cost next to nothing."""
    users = Users("sqlite:///users.db")
    _CHEAP.enter_context(cheap_hashing(users))
    return users


def create_app() -> Flask:
    """Return the application."""
    folder = Path(os.environ[FOLDER])
    clock = folder / "clock"
    app = Flask("stuffed", instance_path=str(folder / "instance"))
    app.config.update(
        SECRET_KEY=secret("stuffed"),
        JWT_TOKEN_LOCATION=["headers", "cookies"],
        JWT_SESSION_STORE="sqlite:///sessions.db",
    )
    users = Noting(users_of(), folder / "checked", clock)
    JWT(app, users=users, clock=lambda: float(clock.read_text()))
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)  # type: ignore[method-assign]

    @app.after_request
    def name_worker(response: Response) -> Response:
        response.headers["Worker"] = str(os.getpid())
        return response

    return app
