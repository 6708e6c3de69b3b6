"""What requirements add to a guard, and what default deny adds to an open view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from flask_jwt import JWT, create_access_token, jwt_required, public
from flask_jwt.requirements import Role, Scope

from .candidates.this_package import THIS_PACKAGE
from .finding import Finding
from .session_stores import SECRET
from .timing import Calls, Contestant, asking, run

REQUIRED, OPEN = "a scope and a role required, µs", "JWT_PROTECT_ALL, an open view, µs"
_CLAIMS = {"scope": "payments:read payments:write", "roles": ["clerk", "owner"]}
_REMARK = (
    "A requirement is added to a bare guard that looks at the same cached token, JWT_PROTECT_ALL "
    "to the same open view of an application without it."
)


def measure(finding: Finding, rounds: int) -> None:
    """Time a guard with requirements beside a bare one, and an open view in both applications."""
    requires = Scope("payments:write") & Role("clerk")
    app = _application(False)
    required = _view(app, "/required", jwt_required(requires=requires))
    bare = _view(app, "/bare", jwt_required())
    shut = _application(True)
    opened, plain = _view(shut, "/open", public), _view(app, "/open", lambda view: view)
    contestants = [Contestant(REQUIRED, required, bare), Contestant(OPEN, opened, plain)]
    run(contestants, rounds, seconds=40)
    finding.figures[THIS_PACKAGE.name] = {one.name: one.microseconds for one in contestants}
    finding.remark = _REMARK


def _view(app: Flask, path: str, decorate: Callable[..., Any]) -> Calls:
    def view() -> str:
        return "view"

    app.add_url_rule(path, path[1:], decorate(view))
    with app.app_context():
        token = create_access_token({"id": 42}, claims=_CLAIMS)
    return asking(app, path, {"Authorization": f"JWT {token}"})


def _application(protects_all: bool) -> Flask:
    app = Flask("authorization")
    # Whatever the environment says.
    app.debug = app.testing = False
    app.config.update(JWT_SECRET_KEY=SECRET, JWT_PROTECT_ALL=protects_all)
    JWT(app, lambda username, _: {"id": username}, lambda claims: {"id": claims["identity"]})
    return app
