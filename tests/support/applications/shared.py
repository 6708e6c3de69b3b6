"""An application whose sessions several processes share; the environment says where they are.

With ``SHARED_DEADLY`` naming a file that is there, the next rotation deletes it and kills its
process once the store has committed. With ``SHARED_EARLY`` the store is used at import. With
``SHARED_ENGINE`` it is on an engine of the application's.
"""

from __future__ import annotations

import os
import signal
from importlib import import_module
from pathlib import Path
from typing import Any

from flask import Flask, Response
from sqlalchemy import create_engine

from flask_jwt import JWT, current_identity, jwt_required
from flask_jwt.core.clock import system_clock
from flask_jwt.sessions import Use
from flask_jwt.stores import open_store
from flask_jwt.stores.sql import SQLStore
from tests.support.secret import secret

# Before workers are forked, so that those of a preloaded application begin at once.
LOADED = [import_module(one) for one in ("flask_jwt.stores.sql", "psycopg", "pymysql")]
SECRET = secret("shared")


class Deadly:
    """A store whose process dies after a commit, before anybody hears of it."""

    def __init__(self, store: Any, trap: Path) -> None:
        self._store, self._trap = store, trap

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def rotate(self, sid: str, counter: int, use: Use) -> bool:
        done: bool = self._store.rotate(sid, counter, use)
        try:
            self._trap.unlink()
        except FileNotFoundError:
            return done
        os.kill(os.getpid(), signal.SIGKILL)
        return done


def create_app() -> Flask:
    """Return the application."""
    app = Flask("shared")
    store: Any = os.environ["SHARED_STORE"]
    trap = os.environ.get("SHARED_DEADLY")
    if trap is not None:
        store = Deadly(open_store(store, "/", system_clock), Path(trap))
    if os.environ.get("SHARED_ENGINE"):
        store = SQLStore(create_engine(store))
    app.config.update(
        SECRET_KEY=SECRET,
        JWT_SESSION_STORE=store,
        JWT_SESSIONS_PER_USER=int(os.environ.get("SHARED_PER_USER", "100")),
        JWT_REFRESH_GRACE_DELTA=float(os.environ.get("SHARED_GRACE", "30")),
        JWT_REVOCATION_REFRESH=float(os.environ.get("SHARED_REFRESH", "0")),
    )
    jwt = JWT(app, lambda username, password: {"id": username}, lambda claims: claims["identity"])

    @app.get("/me")
    @jwt_required()
    def me() -> dict[str, Any]:
        return {"user": str(current_identity), "process": os.getpid()}

    @app.after_request
    def name_worker(response: Response) -> Response:
        response.headers["Worker"] = str(os.getpid())
        return response

    if os.environ.get("SHARED_EARLY"):
        with app.app_context():
            jwt.sessions.start({"id": "early"})
            jwt.sessions.list("early")
    return app
