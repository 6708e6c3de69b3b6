"""The keys that decide a route -> one frozen :class:`RouteSettings`, read in ``init_app``."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import refuse
from .settings import strings_of, text_of, value_of

#: Where a request may carry its access token, in the order in which the places decide.
PLACES = ("headers", "json", "query_string", "cookies")

#: Where the public keys are published, unless configured.
DEFAULT_JWKS_URL_RULE = "/.well-known/jwks.json"

# Whatever else add_url_rule takes belongs to one route alone, or would break one of these.
_URL_OPTIONS: dict[object, type] = {
    "host": str,
    "subdomain": str,
    "strict_slashes": bool,
    "merge_slashes": bool,
}
_STORE_URL = re.compile(r"\s*[A-Za-z][A-Za-z0-9+._-]*://")


@dataclass(frozen=True, slots=True)
class RouteSettings:
    """The keys that decide a route, as ``init_app`` found them."""

    url_options: Mapping[str, Any]
    auth_url_rule: str | None
    auth_endpoint: str
    auth_url_options: Mapping[str, Any]
    key_file: str | None
    jwks_url_rule: str | None
    session_store: Any = field(repr=False)
    refresh_url_rule: str | None
    logout_url_rule: str | None
    sessions_url_rule: str | None
    token_location: tuple[str, ...]
    csrf_url_rule: str | None
    script_url_rule: str | None

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> RouteSettings:
        """Read and check the keys."""
        return cls(
            url_options=_url_options(config),
            auth_url_rule=_rule(config, "JWT_AUTH_URL_RULE"),
            auth_endpoint=text_of(config, "JWT_AUTH_ENDPOINT"),
            auth_url_options=_auth_url_options(config),
            key_file=_file_name(config, "JWT_KEY_FILE"),
            jwks_url_rule=_fixed_rule(config, "JWT_JWKS_URL_RULE"),
            session_store=_store(config),
            refresh_url_rule=_fixed_rule(config, "JWT_REFRESH_URL_RULE"),
            logout_url_rule=_fixed_rule(config, "JWT_LOGOUT_URL_RULE"),
            sessions_url_rule=_fixed_rule(config, "JWT_SESSIONS_URL_RULE"),
            token_location=_places(config),
            csrf_url_rule=_fixed_rule(config, "JWT_CSRF_URL_RULE"),
            script_url_rule=_fixed_rule(config, "JWT_SCRIPT_URL_RULE"),
        )


def jwks_rule(config: Mapping[str, Any]) -> str | None:
    """Return where the public keys are published, or None for nowhere."""
    deciding = ("JWT_KEY_FILE", "JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY")
    # The empty string is an answer, and None is none.
    if config.get("JWT_JWKS_URL_RULE") is None and any(config.get(key) for key in deciding):
        return DEFAULT_JWKS_URL_RULE
    return _fixed_rule(config, "JWT_JWKS_URL_RULE")


def _url_options(config: Mapping[str, Any]) -> Mapping[str, Any]:
    key = "JWT_URL_OPTIONS"
    options = value_of(config, key)
    if not isinstance(options, Mapping) or not all(
        # An empty host or subdomain is that of no request.
        value != "" and type(value) is _URL_OPTIONS.get(name)
        for name, value in options.items()
    ):
        refuse(
            key, f"a dict with some of {', '.join(map(repr, _URL_OPTIONS))}: texts, True or False"
        )
    return dict(options)


def _auth_url_options(config: Mapping[str, Any]) -> Mapping[str, Any]:
    key = "JWT_AUTH_URL_OPTIONS"
    options = value_of(config, key)
    if not isinstance(options, Mapping) or "rule" in options:
        refuse(key, "a dict of arguments of add_url_rule but the rule")
    return dict(options)


def _rule(config: Mapping[str, Any], key: str) -> str | None:
    # None and the empty string register no route.
    rule = config.get(key) or None
    if rule is not None and not (isinstance(rule, str) and rule.startswith("/")):
        refuse(key, "a path that begins with a slash, or None")
    return rule


def _fixed_rule(config: Mapping[str, Any], key: str) -> str | None:
    rule = _rule(config, key)
    # These views take no arguments, and cookies are set for paths as they stand.
    if rule is not None and "<" in rule:
        refuse(key, "a path without variable parts, or None")
    return rule


def _places(config: Mapping[str, Any]) -> tuple[str, ...]:
    key, expected = "JWT_TOKEN_LOCATION", f"a list with some of {', '.join(map(repr, PLACES))}"
    given = strings_of(config, key, expected)
    if not given or not set(given) <= set(PLACES):
        refuse(key, expected)
    return tuple(place for place in PLACES if place in given)


def _store(config: Mapping[str, Any]) -> Any:
    store = config.get("JWT_SESSION_STORE")
    if store is not None and not (
        _STORE_URL.match(store) if isinstance(store, str) else hasattr(store, "rotate")
    ):
        refuse("JWT_SESSION_STORE", "a store, or the URL of one, such as sqlite:///sessions.db")
    return store


def _file_name(config: Mapping[str, Any], key: str) -> str | None:
    value = config.get(key)
    if value is None:
        return None
    name = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(name, str) or not name or "\0" in name:
        refuse(key, "the path of a file")
    return name
