"""Configuration keys that a test changes."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

from flask import Flask

from ..all_settings import ROUTE_KEYS, SETTINGS
from ..extension import JWT
from ..settings.declare import Vocabulary
from ..settings.unknown import suggestion


@contextmanager
def settings(app: Flask, **values: Any) -> Generator[None]:
    """Change configuration keys of an application for the length of a ``with`` block.

    The configuration is read once, at first use; this has it read again, and once more at the end.
    Tokens made before stay good as long as the keys that decide on them do not change.

    :param app: an application that has a JWT.
    :param values: configuration keys with their values for the block: ``SECRET_KEY`` or any
        ``JWT_`` key but those that decide a route. Under a
        :class:`~flask_jwt.extended.JWTManager` they are the keys of Flask-JWT-Extended.
    :raises ValueError: a key is unknown, or decides a route.
    """
    extension = cast(JWT, app.extensions["jwt"])
    for key in values:
        _check(key, extension.vocabulary)
    route_config = extension.route_configs[app]
    before, copied = dict(app.config), route_config.secret
    app.config.update(values)
    extension.forget(app)
    try:
        yield
    finally:
        # All keys of the extension: the copy of Flask's secret has followed that of the block.
        for key in values.keys() | {key for key in app.config if key.startswith("JWT_")}:
            if key in before:
                app.config[key] = before[key]
            else:
                del app.config[key]
        route_config.secret = copied
        extension.forget(app)


def _check(key: str, vocabulary: Vocabulary) -> None:
    if key in ROUTE_KEYS and key not in vocabulary.defaults:
        raise ValueError(f"{key} decides a route: set it before init_app")
    known = {*SETTINGS, *vocabulary.defaults} - vocabulary.replaced.keys()
    if key not in known and key != "SECRET_KEY":
        meant = suggestion(key, known)
        hint = f"; did you mean {meant}?" if meant else ""
        raise ValueError(f"{key} is no key of Flask-JWT{hint}")
