"""A program of Flask-JWT-Extended before and after the move, beside one of ``JWT(app, …)``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType

import flask_jwt_extended
from flask import Flask

from flask_jwt import JWT, extended, jwt_required

from .candidates.jwt_extended import JWT_EXTENDED
from .candidates.this_package import THIS_PACKAGE
from .finding import Finding
from .session_stores import SECRET
from .timing import Calls, Contestant, asking, ratio, run

#: What the moved program's guard takes more than one under ``JWT(app, …)``.
MORE = "more than JWT(app, …), µs"
#: The program after the move.
MOVED = f"{THIS_PACKAGE.name}, flask_jwt.extended"
_OWN = f"{THIS_PACKAGE.name}, JWT(app, …)"
_KEPT, _READ, _OPEN = "/kept", "/read", "/open"
_REMARK = (
    "A token in the header, the same again and again, added to an open view. The first two are one "
    "program, of which the import is changed and nothing else; it reads the identity by "
    "get_jwt_identity(), and the third by current_identity. The moved program looks for a changed "
    "app.config at each request, as Flask-JWT-Extended reads it at each."
)


@dataclass(frozen=True)
class _Program:
    """An application, and what a client sends to it."""

    app: Flask
    headers: Mapping[str, str]

    def asking(self, path: str) -> Calls:
        """Return what sends one request."""
        return asking(self.app, path, self.headers)


def measure(finding: Finding, rounds: int) -> None:
    """Time guarded requests, in turns with open ones."""
    programs = {
        JWT_EXTENDED.name: _program(flask_jwt_extended),
        MOVED: _program(extended),
        _OWN: _own(),
    }
    times = {
        name: {
            path: Contestant(f"{name}, {path}", program.asking(path), program.asking(_OPEN))
            for path in (_KEPT, _READ)
        }
        for name, program in programs.items()
    }
    run([one for row in times.values() for one in row.values()], rounds, seconds=60)
    before, own = times[JWT_EXTENDED.name], times[_OWN]
    for name, row in times.items():
        finding.figures[name] = {
            "guarded, µs": row[_KEPT].microseconds,
            "with the identity, µs": row[_READ].microseconds,
            f"{JWT_EXTENDED.name} / it": ratio(before[_KEPT], row[_KEPT]),
        }
    finding.figures[MOVED][MORE] = times[MOVED][_KEPT].microseconds - own[_KEPT].microseconds
    finding.remark = _REMARK


def _program(package: ModuleType) -> _Program:
    app = _application()
    package.JWTManager(app)
    _add_views(app, package.jwt_required(), package.get_jwt_identity)
    with app.app_context():
        return _Program(app, {"Authorization": f"Bearer {package.create_access_token('42')}"})


def _own() -> _Program:
    app = _application()
    jwt = JWT(app, lambda username, _: {"id": username}, lambda claims: claims["identity"])
    _add_views(app, jwt_required(), lambda: str(jwt.identity))
    body = {"username": "42", "password": "x"}
    token = app.test_client().post("/auth", json=body).get_json()["access_token"]
    return _Program(app, {"Authorization": f"JWT {token}"})


def _application() -> Flask:
    app = Flask("moved")
    # Whatever the environment says.
    app.debug = app.testing = False
    app.config["JWT_SECRET_KEY"] = SECRET
    return app


def _add_views(
    app: Flask,
    guard: Callable[[Callable[[], str]], Callable[[], str]],
    identity: Callable[[], str],
) -> None:
    app.add_url_rule(_OPEN, "open", lambda: "view")
    app.add_url_rule(_KEPT, "kept", guard(lambda: "view"))
    app.add_url_rule(_READ, "read", guard(lambda: identity()))
