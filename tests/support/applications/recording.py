"""An application that writes down how its authentication hook is called, one JSON line a call."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from flask import Flask
from flask_restful import Api, Resource

from flask_jwt import JWT, current_identity, jwt_required

USERNAME, PASSWORD = "alice", "correct horse battery staple"


def create_app() -> Flask:
    """Make the application; ``RECORDING_SECRET`` and ``RECORDING_CALLS`` say with what."""
    app = Flask(__name__)
    app.config["SECRET_KEY"] = os.environ["RECORDING_SECRET"]
    app.config["MAX_CONTENT_LENGTH"] = 2 * 1024 * 1024
    calls = Path(os.environ["RECORDING_CALLS"])

    def authenticate(*args: Any, **kwargs: Any) -> dict[str, int] | None:
        with calls.open("a") as lines:
            lines.write(json.dumps([args, kwargs]) + "\n")
        return {"id": 1} if args == (USERNAME, PASSWORD) else None

    def identity(claims: dict[str, Any]) -> dict[str, int] | None:
        return {"id": 1} if claims["identity"] == 1 else None

    JWT(app, authenticate, identity)

    @app.get("/me")
    @jwt_required()
    def me() -> dict[str, int]:
        return dict(current_identity)

    class MeResource(Resource):
        method_decorators = (jwt_required(),)

        def get(self) -> dict[str, int]:
            return dict(current_identity)

    Api(app).add_resource(MeResource, "/resource/me")
    return app
