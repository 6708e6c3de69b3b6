"""An application whose keys lie in a file; the environment says where, and how long tokens live."""

from __future__ import annotations

import os
from typing import Any

from flask import Flask, jsonify

from flask_jwt import JWT, current_identity, jwt_required
from tests.support.secret import secret

app = Flask(__name__, instance_path=os.environ["ROTATING_INSTANCE"])
app.config.update(
    SECRET_KEY=secret("only"),
    JWT_KEY_FILE="keys.json",
    JWT_EXPIRATION_DELTA=int(os.environ["ROTATING_LIFETIME"]),
    JWT_LEEWAY=0,
)


def authenticate(username: str, password: str) -> dict[str, Any] | None:
    """Let everybody in whose password is the username."""
    return {"id": username} if username == password else None


def identity(claims: dict[str, Any]) -> Any:
    """Return what the token says."""
    return claims["identity"]


jwt = JWT(app, authenticate, identity)


@app.route("/me")
@jwt_required()
def me() -> Any:
    """Say who asks, and which worker answers."""
    return jsonify(name=str(current_identity), process=os.getpid())
