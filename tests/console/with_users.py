"""An application whose users are in a database, with a console at its root."""

from __future__ import annotations

import os

from flask import Flask

from flask_jwt import JWT, current_identity, jwt_required
from flask_jwt.console import Console
from flask_jwt.users import Users
from tests.support.secret import secret

NAMES, PASSWORD = ("anna", "bert"), "a mind forever voyaging"


def create_app() -> Flask:
    """Return the application, with its users."""
    app = Flask("with_users", instance_path=os.environ["FLASK_INSTANCE_PATH"])
    app.config.update(SECRET_KEY=secret("with_users"), JWT_SESSION_STORE="memory://")
    users = Users("sqlite:///users.db")
    JWT(app, users=users)
    hello = jwt_required()(lambda: f"Hello, {current_identity.username}!")
    app.add_url_rule("/hello", "hello", hello)
    app.register_blueprint(Console(resource="/hello"))
    with app.app_context():
        for name in NAMES:
            users.add(name, PASSWORD)
    return app
