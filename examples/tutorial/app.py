"""A REST API behind token authentication, in the shape of many a tutorial of 2017."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from flask_restful import Api, Resource
from sqlalchemy import Engine, create_engine

from flask_jwt import JWT, current_identity, jwt_required
from flask_jwt.console import Console
from users import User, fill, user_with_id, user_with_password


class SecretError(RuntimeError):
    """The secret that was kept is none."""


def database() -> Engine:
    """Return the engine of the application at hand."""
    engine: Engine = current_app.extensions["users"]
    return engine


def authenticate(username: str, password: str) -> User | None:
    """Who signs in? None refuses."""
    return user_with_password(database(), username, password)


def identity(payload: dict[str, Any]) -> User | None:
    """Whom does a verified token stand for? None refuses: the user may have been deleted since."""
    return user_with_id(database(), payload["identity"])


class PrivateResource(Resource):
    """Something that only signed-in users may see."""

    @jwt_required()
    def get(self) -> dict[str, int]:
        """Answer with the secret of the universe."""
        return {"meaning_of_life": 42}


class MeResource(Resource):
    """The signed-in user."""

    @jwt_required()
    def get(self) -> dict[str, int]:
        """Answer with the number of whoever asks."""
        return {"user_id": current_identity.id}


@jwt_required()
def hello() -> str:
    """Greet the signed-in user: in a plain function view it is the same proxy."""
    return f"Hello, {current_identity.username}!"


def create_app(instance_path: str | None = None) -> Flask:
    """Make the application.

    :param instance_path: an absolute path for the secret and the users; ``FLASK_INSTANCE_PATH`` in
        the environment, or the folder ``instance`` beside this file, unless given.
    """
    app = Flask(__name__, instance_path=instance_path or os.environ.get("FLASK_INSTANCE_PATH"))
    instance = Path(app.instance_path)
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    app.config["SECRET_KEY"] = os.environ.get("SECRET_KEY") or kept_secret(instance / "secret_key")
    # A sign-in is a session, which can be ended: in a file beside the users.
    app.config["JWT_SESSION_STORE"] = "sqlite:///sessions.sqlite"
    app.extensions["users"] = create_engine(f"sqlite:///{instance / 'users.sqlite'}")
    fill(app.extensions["users"])

    JWT(app, authenticate, identity)

    api = Api(app, prefix="/api/v1")
    api.add_resource(PrivateResource, "/private")
    api.add_resource(MeResource, "/me")
    app.add_url_rule("/hello", view_func=hello)
    # In debug alone; in production there is nothing at this path.
    app.register_blueprint(
        Console(
            note="There is one user, masnun, with the password abc123.", resource="/api/v1/private"
        )
    )
    return app


def kept_secret(path: Path) -> str:
    """Return the secret in a file that only its owner can read, made at the first start.

    A secret in the source would be copied with it, and then everyone who has read the source can
    sign in as anybody.

    :raises SecretError: the file is empty.
    """
    if not path.exists():
        # A name that no draft has which a killed process left here; only its owner can read it.
        descriptor, draft = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
        # Several workers may start at once: the first one's file stays, and all of them read it.
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(32))
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            Path(draft).unlink()
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    secret = path.read_text().strip()
    if not secret:
        raise SecretError(f"{path} is empty: remove it, and a new secret is made")
    return secret
