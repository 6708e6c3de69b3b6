"""The settings of routes: options for all of them, sign-in, and those of users."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..settings.declare import Group, Unfit, setting
from ..settings.types import text, url_rule

# Other arguments of add_url_rule belong to one route alone, or would break one of these routes.
_URL_OPTIONS: dict[object, type] = {
    "host": str,
    "subdomain": str,
    "strict_slashes": bool,
    "merge_slashes": bool,
}


def _url_options(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not all(
        # An empty host or subdomain is that of no request.
        option != "" and type(option) is _URL_OPTIONS.get(name)
        for name, option in value.items()
    ):
        raise Unfit
    return dict(value)


def _auth_url_options(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or "rule" in value:
        raise Unfit
    return dict(value)


@dataclass(frozen=True, slots=True)
class AllRoutes(Group):
    """What all routes of the package have in common."""

    title = "Routes"
    moment = "init"

    url_options: Mapping[str, Any] = setting(
        "JWT_URL_OPTIONS",
        {},
        _url_options,
        f"a dict with some of {', '.join(map(repr, _URL_OPTIONS))}: texts, True or False",
    )
    """where all routes of ours are: arguments of `app.add_url_rule` for each"""


@dataclass(frozen=True, slots=True)
class SignInRoute(Group):
    """The route of sign-in."""

    title = "Sign-in"
    moment = "init"

    auth_url_rule: str | None = url_rule("JWT_AUTH_URL_RULE", "/auth", variable=True)
    """where sign-in is; None or `""` registers no route"""
    auth_endpoint: str = text("JWT_AUTH_ENDPOINT", "jwt")
    """the [endpoint](endpoints.md), for `url_for`"""
    auth_url_options: Mapping[str, Any] = setting(
        "JWT_AUTH_URL_OPTIONS",
        {"methods": ["POST"]},
        _auth_url_options,
        "a dict of arguments of add_url_rule but the rule",
    )
    """further arguments of `app.add_url_rule` for it, on top of `JWT_URL_OPTIONS`; it is a POST
    unless they name `methods`"""


@dataclass(frozen=True, slots=True)
class SignInSettings(Group):
    """The body of sign-in."""

    title = "Sign-in"

    username_key: str = text("JWT_AUTH_USERNAME_KEY", "username")
    """the JSON member with the username"""
    password_key: str = text("JWT_AUTH_PASSWORD_KEY", "password")
    """the JSON member with the password"""


@dataclass(frozen=True, slots=True)
class UserRoutes(Group):
    """The routes that ``JWT(…, users=…)`` brings."""

    title = "Users"
    moment = "init"

    me_url_rule: str | None = url_rule("JWT_ME_URL_RULE", "/auth/me")
    """where users see who they are; None or `""` registers no route"""
    password_url_rule: str | None = url_rule("JWT_PASSWORD_URL_RULE", "/auth/password")
    """where users change their password; None or `""` registers no route"""
    register_url_rule: str | None = url_rule("JWT_REGISTER_URL_RULE", None)
    """where anybody may register; None or `""` is nowhere"""
