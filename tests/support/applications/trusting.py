"""An application that trusts an issuer, and may ask it before the server forks."""

from __future__ import annotations

import os

from flask import Flask

from flask_jwt import JWT, jwt_required


def create_app() -> Flask:
    """Make the application, and have it fetch the keys if there is a token for that."""
    app = Flask(__name__)
    app.config["JWT_TRUSTED_ISSUERS"] = {os.environ["TRUSTING_ISSUER"]: {"audience": "api"}}
    JWT(app)

    @app.get("/")
    @jwt_required()
    def view() -> str:
        return str(os.getpid())

    first = os.environ.get("TRUSTING_TOKEN")
    if first is not None:
        app.test_client().get("/", headers={"Authorization": f"JWT {first}"})
    return app
