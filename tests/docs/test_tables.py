"""The tables of the documentation, compared with what the package does."""

from __future__ import annotations

import inspect
import re
import runpy
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask

from flask_jwt import (
    CONFIG_DEFAULTS,
    JWT,
    PUBLIC_ENDPOINTS,
    ConfigurationError,
    core,
    create_access_token,
    extended,
)
from flask_jwt.console import Console
from flask_jwt.core import ClaimsError, Key, KeyRing, Signer
from flask_jwt.extended import JWTManager
from flask_jwt.extended.settings import EXTENDED_DEFAULTS
from tests.support.dict_directory import DictDirectory
from tests.support.secret import secret
from tests.support.server import ROOT

from .pages import rows

HOOKS = ROOT / "docs" / "hooks.md"
ENDPOINTS = ROOT / "docs" / "endpoints.md"
CONFIGURATION = ROOT / "docs" / "configuration.md"
SECRET = secret("test_tables")
PEM_KEYS = {"JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY"}
#: When the keys of Flask-JWT-Extended are read.
EACH_USE = "each use"
WRONG: list[Any] = [1.5, object(), [1], {}, "", -1, "/none"]


def settings_shown(*moments: str) -> dict[str, list[str]]:
    """Return the rows about keys: those that are read at these moments, or at any but each use."""
    return {
        row[0].strip("`"): row[1:]
        for row in rows(CONFIGURATION)
        if row[0][1:5] == "JWT_" and (row[2] in moments or not (moments or row[2] == EACH_USE))
    }


def complaints(
    key: str,
    extension: Callable[[Flask], object] = JWT,
    make: Callable[[Any], object] = create_access_token,
) -> Iterator[str]:
    """Yield what is said of each wrong value of a key."""
    for value in WRONG:
        app = Flask(__name__)
        app.config.update(SECRET_KEY=SECRET, JWT_SESSION_STORE="memory://")
        app.config["JWT_TOKEN_LOCATION"] = ["headers", "cookies"]
        if key in PEM_KEYS:
            app.config.update(JWT_ALGORITHM="RS256")
        app.config[key] = value
        try:
            extension(app)
            # A token that has no time to be good in is an error of another kind.
            with app.app_context(), suppress(ClaimsError):
                make({"id": 1})
        except ConfigurationError as error:
            yield str(error)


def is_read_early(key: str) -> bool:
    """Tell whether init_app looks at a key."""
    app = Flask(__name__)
    app.config.update({"SECRET_KEY": SECRET, key: object()})
    try:
        JWT(app)
    except ConfigurationError:
        return True
    return False


def test_tables_of_settings_are_current() -> None:
    """The tables of the configuration are those that ``make docs`` writes of the declarations."""
    page = CONFIGURATION.read_text()
    script = runpy.run_path(str(CONFIGURATION.with_name("settings_tables.py")))

    assert script["written"](page) == page


def test_settings_do_what_their_rows_say() -> None:
    """Each key has a row; a wrong value is refused in its words, and at the moment it names."""
    found = settings_shown()

    assert found.keys() == CONFIG_DEFAULTS.keys() | {"JWT_SECRET_KEY"}
    for key, (_, moment, _, expected) in found.items():
        assert f"app.config[{key!r}] must be {expected.strip('`')}" in set(complaints(key))
        assert is_read_early(key) == (moment == "init"), key


def test_keys_of_flask_jwt_extended_do_what_their_rows_say() -> None:
    """They have a table of their own; a wrong value is refused in its words, and not at first."""
    found = settings_shown(EACH_USE)

    assert found.keys() == EXTENDED_DEFAULTS.keys() - PEM_KEYS - {"JWT_SECRET_KEY"}
    for key, (_, _, _, expected) in found.items():
        words = f"app.config[{key!r}] must be {expected.strip('`')}"
        assert words in set(complaints(key, JWTManager, extended.create_access_token)), key


def test_every_endpoint_has_a_row() -> None:
    """The table of endpoints is the map of an application that has everything switched on."""
    app = Flask(__name__, static_folder=None)
    app.debug = True
    app.config.update(
        SECRET_KEY=SECRET,
        JWT_SESSION_STORE="memory://",
        JWT_TOKEN_LOCATION=["cookies"],
        JWT_JWKS_URL_RULE="/.well-known/jwks.json",
        JWT_SCRIPT_URL_RULE="/flask_jwt.js",
        JWT_REGISTER_URL_RULE="/auth/register",
        JWT_RESOURCE="https://api.example",
    )
    JWT(app, users=DictDirectory())
    app.register_blueprint(Console())
    shown = {row[0].strip("`"): row[1:4] for row in rows(ENDPOINTS) if row[0].startswith("`jwt")}
    rules = list(app.url_map.iter_rules())

    assert shown.keys() == {rule.endpoint for rule in rules} == PUBLIC_ENDPOINTS
    for rule in rules:
        path, methods, key = (cell.strip("`") for cell in shown[rule.endpoint])
        assert {methods} == set(rule.methods or ()) - {"HEAD", "OPTIONS"}
        is_set_here = "SCRIPT" in key or "REGISTER" in key
        assert path == ("none" if is_set_here else rule.rule)


def test_every_hook_has_a_row() -> None:
    """The table of hooks has each decorator of ``JWT`` beside the attribute that it sets."""
    shown = {row[0]: row[1] for row in rows(HOOKS) if row[0].endswith("_handler`")}
    decorators = {name for name in dir(JWT) if name.endswith("_handler")}
    attributes = {name for name in vars(JWT()) if name.endswith("_callback")}

    assert {name.strip("`") for name in shown} == decorators
    assert {name.strip("`") for name in shown.values()} == attributes
    for name, attribute in shown.items():
        jwt = JWT()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            getattr(jwt, name.strip("`"))(print)
        assert getattr(jwt, attribute.strip("`")) is print


def test_reserved_header_fields() -> None:
    """The fields that a headers hook may not set are those that the page names, and no other."""
    (sentence,) = re.findall(r"may add any field to the header but ([^.]*\.)", HOOKS.read_text())
    named = re.findall(r"`([^`]+)`", sentence)
    signer = Signer(KeyRing(Key.from_secret(SECRET)), clock=lambda: 0)

    for field in named:
        with pytest.raises(ClaimsError, match="not for applications"):
            signer.sign({"exp": 1}, {field: "x"})
    assert signer.sign({"exp": 1}, {"cty": "x", "typ": "at+jwt", "kid": "x"})
    assert len(named) == 10


def test_every_name_of_the_core_is_shown() -> None:
    """The page about the core names everything that can be imported from it."""
    page = (ROOT / "docs" / "core.md").read_text()
    public = {
        name
        for name, value in vars(core).items()
        if not name.startswith("_") and not inspect.ismodule(value) and name != "annotations"
    }

    assert {name for name in public if not re.search(rf"\b{name}\b", page)} == set()
