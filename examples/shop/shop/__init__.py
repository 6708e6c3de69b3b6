"""A shop: everybody sees the products, and each other view says whom it is for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apiflask import APIFlask

from flask_jwt.openapi import document

from .commands import fill
from .models import db
from .people import jwt
from .views import shop, staff

DESCRIPTION = 'Sign in at `POST /auth` with `{"username": …, "password": …}`.'


def create_app(config: Mapping[str, Any] | None = None) -> APIFlask:
    """Make the application.

    :param config: what is different from the defaults below and from the environment, in which
        ``FLASK_SECRET_KEY`` is ``app.config["SECRET_KEY"]``.
    """
    app = APIFlask(__name__, title="Shop")
    app.config.update(
        # Both are files in the folder "instance", which the workers share.
        SQLALCHEMY_ENGINES={"default": "sqlite:///shop.sqlite"},
        JWT_SESSION_STORE="sqlite:///sessions.sqlite",
        # A view that says nothing of tokens needs one.
        JWT_PROTECT_ALL=True,
        # What OpenAPI has a name for: Swagger UI knows how to send it.
        JWT_AUTH_HEADER_PREFIX="Bearer",
        # The first version whose "security" has room for scopes and roles.
        OPENAPI_VERSION="3.1.0",
        DESCRIPTION=DESCRIPTION,
        # The document tells of views that say what they answer, and of no others.
        AUTO_200_RESPONSE=False,
    )
    app.config.from_prefixed_env()
    app.config.from_mapping(config or {})

    db.init_app(app)
    jwt.init_app(app)
    app.register_blueprint(shop)
    app.register_blueprint(staff)
    app.cli.add_command(fill)
    # The pages of the document are APIFlask's: there is no view here to write @public at.
    jwt.exempt(app.blueprints["openapi"])
    document(app)
    return app
