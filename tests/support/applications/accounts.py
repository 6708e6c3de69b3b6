"""An application whose users and sessions several processes share, in one database of SQLite."""

from __future__ import annotations

import os

from flask import Flask, Response

from flask_jwt import JWT, current_identity, jwt_required
from flask_jwt.users import Users
from tests.support.secret import secret

SECRET = secret("accounts")


def create_app() -> Flask:
    """Return the application; the environment says where its database is."""
    app = Flask("accounts")
    url = os.environ["ACCOUNTS"]
    app.config.update(
        SECRET_KEY=SECRET,
        JWT_SESSION_STORE=url,
        JWT_REGISTER_URL_RULE="/auth/register",
    )
    JWT(app, users=Users(url))

    @app.get("/who")
    @jwt_required()
    def who() -> str:
        return str(current_identity.username)

    @app.after_request
    def name_worker(response: Response) -> Response:
        response.headers["Worker"] = str(os.getpid())
        return response

    return app
