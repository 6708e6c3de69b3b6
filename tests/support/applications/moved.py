"""A program of Flask-JWT-Extended after its move; the environment says where its sessions are."""

from __future__ import annotations

import os

from flask import Flask, Response, jsonify, request

from flask_jwt.extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    get_jwt_identity,
    jwt_required,
)
from tests.support.secret import secret

SECRET = secret("moved")


def create_app() -> Flask:
    """Return the program."""
    app = Flask(__name__)
    app.config["JWT_SECRET_KEY"] = SECRET
    app.config["JWT_SESSION_STORE"] = os.environ.get("MOVED_STORE")
    app.config["JWT_REVOCATION_REFRESH"] = 0
    JWTManager(app)

    @app.post("/login")
    def login() -> Response:
        return tokens_of(request.get_json()["username"])

    @app.post("/refresh")
    @jwt_required(refresh=True)
    def refresh() -> Response:
        return tokens_of(get_jwt_identity())

    @app.get("/me")
    @jwt_required()
    def me() -> Response:
        return jsonify(get_jwt_identity())

    return app


def tokens_of(name: str) -> Response:
    """Answer with tokens."""
    access, refresh = create_access_token(name), create_refresh_token(name)
    return jsonify(access_token=access, refresh_token=refresh)
