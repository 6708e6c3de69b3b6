"""The tables of the documentation, compared with what the package does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from flask_jwt import CONFIG_DEFAULTS, JWT, ConfigurationError, create_access_token
from tests.support.server import ROOT

from .pages import rows

CONFIGURATION = ROOT / "docs" / "configuration.md"
SECRET = "b1f0c6e29d7a48538e4c7b0a91d2f365"
WRONG: list[Any] = [1.5, object(), [1], {}, "", -1, "/none"]


def keys() -> dict[str, list[str]]:
    """Return the rows of the configuration tables by their keys."""
    return {row[0].strip("`"): row[1:] for row in rows(CONFIGURATION) if row[0].startswith("`JWT_")}


def complaints(key: str) -> Iterator[str]:
    """Yield what is said of each wrong value of a key."""
    for value in WRONG:
        app = Flask(__name__)
        app.config.update(SECRET_KEY=SECRET)
        if key in ("JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY"):
            app.config.update(JWT_ALGORITHM="RS256")
        app.config[key] = value
        try:
            JWT(app)
            with app.app_context():
                create_access_token({"id": 1})
        except ConfigurationError as error:
            yield str(error)


def test_every_key_has_a_row() -> None:
    """Each key there is has a row, and each row is of a key that there is."""
    assert keys().keys() == CONFIG_DEFAULTS.keys() | {"JWT_SECRET_KEY"}


@pytest.mark.parametrize("key", CONFIG_DEFAULTS)
def test_default(key: str) -> None:
    """The default in the table is the default."""
    default = keys()[key][0].strip("`")

    assert eval(default, {"timedelta": timedelta}) == CONFIG_DEFAULTS[key]


@pytest.mark.parametrize("key", [*CONFIG_DEFAULTS, "JWT_SECRET_KEY"])
def test_error_text(key: str) -> None:
    """What the table says of a wrong value is what the error says."""
    expected = keys()[key][3].strip("`")

    assert f"app.config[{key!r}] must be {expected}" in set(complaints(key))


@pytest.mark.parametrize("key", [*CONFIG_DEFAULTS, "JWT_SECRET_KEY"])
def test_when_it_is_read(key: str) -> None:
    """A key of init is looked at by init_app, and every other only later."""
    app = Flask(__name__)
    app.config.update({"SECRET_KEY": SECRET, key: object()})
    early = keys()[key][1] == "init"

    try:
        JWT(app)
    except ConfigurationError:
        assert early
    else:
        assert not early
