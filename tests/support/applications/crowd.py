"""An application whose every answer says several times who asked."""

from __future__ import annotations

import os
import threading
from typing import Any

from flask import Flask, jsonify
from flask.typing import ResponseReturnValue

from flask_jwt import JWT, current_identity, jwt_required
from tests.support.secret import secret

SECRET = secret("crowd")

app = Flask(__name__)
app.config["SECRET_KEY"] = SECRET


def authenticate(username: str, password: str) -> dict[str, str] | None:
    """Let in whoever knows the own name backwards."""
    return {"id": username} if password == username[::-1] else None


def identity(claims: dict[str, Any]) -> dict[str, str]:
    """Return the name in the token."""
    return {"name": claims["identity"]}


JWT(app, authenticate, identity)


@app.get("/me")
@jwt_required()
def me() -> ResponseReturnValue:
    """Tell who asks, before and after other threads have had their turn."""
    names = []
    for _ in range(20):
        names.append(current_identity["name"])
        threading.Event().wait(0.0002)
    return jsonify(names=names, process=os.getpid())
