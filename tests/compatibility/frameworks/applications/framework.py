"""What the applications of every framework have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from flask import Flask

from flask_jwt import JWT, current_identity

from .refusals import RAISED_IN_VIEW, SECRET, identity

#: Who turns an exception into an answer: Flask, or the framework in its own way.
Answerer = Literal["Flask", "Flask-RESTful", "Flask-RESTX"]


@dataclass(frozen=True)
class Framework:
    """A way to write an application with one protected view."""

    name: str
    add_view: Callable[[Any], None]
    path: str = "/me"
    new: Callable[[str], Flask] = Flask
    answerer: Answerer = "Flask"

    def application(
        self,
        config: Mapping[str, Any] | None = None,
        *,
        jwt: JWT | None = None,
        jwt_last: bool = False,
    ) -> Flask:
        """Make the application."""
        app = self._new(config)
        jwt = jwt or JWT(None, None, identity)
        if not jwt_last:
            jwt.init_app(app)
        self.add_view(app)
        if jwt_last:
            jwt.init_app(app)
        return app

    def application_without_jwt(self) -> Flask:
        """Make the application, but for its JWT."""
        app = self._new()
        self.add_view(app)
        return app

    def _new(self, config: Mapping[str, Any] | None = None) -> Flask:
        app = self.new("tests.frameworks")
        app.config.update(SECRET_KEY=SECRET, **(config or {}))
        return app


def whoami() -> dict[str, str]:
    """Answer with the name of the user, or refuse who is called after a refusal."""
    name: str = current_identity["name"]
    if name in RAISED_IN_VIEW:
        raise RAISED_IN_VIEW[name].jwt_error()
    return {"name": name}
