"""``app.config`` after the first request: what is changed counts from the next one on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Blueprint, Config, Flask, jsonify

from flask_jwt.extended import (
    JWTManager,
    decode_token,
    get_jwt_identity,
    jwt_required,
)
from tests.support.secret import secret

from .calls import token_of

bp = Blueprint("site", __name__)
# Flask needs some of its own.
CLEARED = {**Flask("usual").config, "JWT_SECRET_KEY": secret()}


@bp.route("/me")
@jwt_required()
def me() -> Any:
    """Say whom the token names."""
    return jsonify(get_jwt_identity())


def make_app(manager: JWTManager, name: str = "shop", **config: Any) -> Flask:
    """Return an application of a factory."""
    app = Flask(name)
    app.config.update({"JWT_SECRET_KEY": secret(name), **config})
    manager.init_app(app)
    app.register_blueprint(bp)
    return app


def status(app: Flask, token: str, header: str = "Authorization", scheme: str = "Bearer") -> int:
    """Return the status that a token gets."""
    return app.test_client().get("/me", headers={header: f"{scheme} {token}"}).status_code


def test_scalars() -> None:
    """A name, a lifetime and the secret are followed, and followed back."""
    app = make_app(JWTManager())
    token = token_of(app)
    assert status(app, token) == 200

    app.config["JWT_HEADER_TYPE"] = "JWT"
    assert (status(app, token), status(app, token, scheme="JWT")) == (401, 200)
    app.config["JWT_HEADER_NAME"] = "X-Token"
    assert status(app, token, "X-Token", "JWT") == 200
    app.config.update(JWT_HEADER_NAME="Authorization", JWT_HEADER_TYPE="Bearer")
    app.config["JWT_SECRET_KEY"] = secret("another")
    assert status(app, token) == 422
    assert status(app, token_of(app)) == 200
    app.config["JWT_SECRET_KEY"] = secret("shop")
    assert status(app, token) == 200
    app.config["JWT_ACCESS_TOKEN_EXPIRES"] = timedelta(hours=2)
    with app.app_context():
        claims = decode_token(token_of(app))
    assert claims["exp"] - claims["iat"] == 7200


def test_lists_that_are_appended_to() -> None:
    """A list in the configuration counts as it is."""
    app = make_app(JWTManager(), JWT_TOKEN_LOCATION=["headers"])
    token = token_of(app)
    assert app.test_client().get(f"/me?jwt={token}").status_code == 401

    app.config["JWT_TOKEN_LOCATION"].append("query_string")

    assert app.test_client().get(f"/me?jwt={token}").status_code == 200


def test_keys_that_are_deleted() -> None:
    """A key that is gone has its default again; a new one in its place is another key."""
    app = make_app(JWTManager(), JWT_HEADER_TYPE="JWT")
    token = token_of(app)
    assert status(app, token) == 401

    del app.config["JWT_HEADER_TYPE"]
    assert status(app, token) == 200

    for key in [key for key in app.config if key.startswith("JWT_") and key != "JWT_SECRET_KEY"]:
        del app.config[key]
    assert status(app, token) == 200


def test_values_of_others() -> None:
    """What other extensions keep there, and change, makes no difference."""
    app = make_app(JWTManager())
    token = token_of(app)
    for value in (object(), [1], {"a": 1}):
        app.config["SOMEBODY_ELSES"] = value
        assert status(app, token) == 200
    del app.config["SOMEBODY_ELSES"]
    assert status(app, token) == 200


def test_error_that_is_mended() -> None:
    """A value that can't be is an error at each use, until there is another."""
    app = make_app(JWTManager())
    token = token_of(app)
    app.config["JWT_TOKEN_LOCATION"] = ["pigeon"]
    assert [status(app, token), status(app, token)] == [500, 500]

    app.config["JWT_TOKEN_LOCATION"] = "headers"

    assert status(app, token) == 200


def test_eight_threads() -> None:
    """Each thread's requests go by the value that was set before they began."""
    app = make_app(JWTManager())
    tokens = dict.fromkeys(("one", "two"), "")
    for name in tokens:
        app.config["JWT_SECRET_KEY"] = secret(name)
        tokens[name] = token_of(app)

    with ThreadPoolExecutor(8) as threads:
        for turn in range(40):
            good, bad = ("one", "two") if turn % 2 else ("two", "one")
            app.config["JWT_SECRET_KEY"] = secret(good)
            sent = [tokens[good], tokens[bad]] * 4
            assert list(threads.map(lambda token: status(app, token), sent)) == [200, 422] * 4


def test_two_applications() -> None:
    """One manager serves two applications, each by its own configuration and secret."""
    manager = JWTManager()
    shop, forum = make_app(manager), make_app(manager, "forum", JWT_HEADER_TYPE="Token")
    of_shop, of_forum = token_of(shop), token_of(forum)

    for _ in range(2):
        assert status(shop, of_shop) == 200
        assert status(forum, of_forum, scheme="Token") == 200
        assert status(forum, of_shop, scheme="Token") == 422
        assert status(shop, of_forum) == 422
        forum.config["JWT_ACCESS_TOKEN_EXPIRES"] = 60


@pytest.mark.parametrize("late", [True, False])
def test_configured_after_init_app(late: bool) -> None:
    """A factory may configure before or after ``init_app``, and add loaders last."""
    manager, app = JWTManager(), Flask("late")
    config = {"JWT_SECRET_KEY": secret(), "JWT_HEADER_TYPE": "Token"}
    if not late:
        app.config.update(config)
    app.register_blueprint(bp)
    manager.init_app(app)
    if late:
        app.config.update(config)
    token = token_of(app)
    assert status(app, token, scheme="Token") == 200

    manager.token_in_blocklist_loader(lambda _header, _claims: True)

    assert status(app, token, scheme="Token") == 401


def _pop_and_set(config: Any) -> None:
    config.pop("JWT_HEADER_TYPE")
    config.setdefault("JWT_HEADER_TYPE", "JWT")


@pytest.mark.parametrize(
    "write",
    [
        lambda config: config.update(JWT_HEADER_TYPE="JWT"),
        lambda config: config.from_mapping(JWT_HEADER_TYPE="JWT"),
        lambda config: config.from_object(type("Settings", (), {"JWT_HEADER_TYPE": "JWT"})),
        lambda config: config.__ior__({"JWT_HEADER_TYPE": "JWT"}),
        lambda config: (config.clear(), config.update(JWT_HEADER_TYPE="JWT", **CLEARED)),
        _pop_and_set,
    ],
    ids=["update", "from_mapping", "from_object", "or", "clear", "pop and setdefault"],
)
def test_ways_of_writing(write: Callable[[Any], object]) -> None:
    """However a configuration is written to, of whatever class it is, the change counts."""

    class Own(Config):
        """A program's own."""

    class Shop(Flask):
        config_class = Own

    app = Shop("shop")
    app.config.update(CLEARED)
    JWTManager(app)
    app.register_blueprint(bp)
    token = token_of(app)
    assert status(app, token) == 200

    write(app.config)

    assert (status(app, token), status(app, token, scheme="JWT")) == (401, 200)
    assert isinstance(app.config, Own)
    assert repr(app.config).startswith("<Own {")


def test_plain_mapping() -> None:
    """A program that has put a plain dict in the place of its configuration is served, too."""
    app = Flask("plain")
    app.config.update(CLEARED)
    app.config = dict(app.config)  # type: ignore[assignment]
    JWTManager(app)
    app.register_blueprint(bp)
    token = token_of(app)
    assert status(app, token) == 200
    app.config["JWT_HEADER_TYPE"] = "JWT"
    assert (status(app, token), status(app, token, scheme="JWT")) == (401, 200)
