"""What the page has to know of the application that it is part of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Flask, request, url_for
from werkzeug.routing import BuildError

from ..settings import ConfigurationError
from ..web.state import ApplicationState, current_application, current_state
from .admission import decodes_itself


def surroundings(resource: str | None) -> dict[str, Any]:
    """Describe the application at hand; nothing in it is secret."""
    state = current_state()
    app = current_application()
    settings = state.settings
    paths = sorted(_open_paths(app))
    first = next((path for path, is_ours in paths if not is_ours), "/")
    return {
        "urls": _urls(state, app),
        "paths": [path for path, _ in paths],
        "resource": request.script_root + resource if resource else first,
        "username_field": settings.username_key,
        "password_field": settings.password_key,
        "scheme": settings.schemes[0],
        "algorithms": _algorithms(state),
        "leeway": settings.leeway,
        "grace": None if state.sessions is None else state.sessions.lifetimes.grace,
        "now": state.clock(),
    }


def _algorithms(state: ApplicationState) -> list[str]:
    try:
        return sorted(state.keys.snapshot().ring.algorithms)
    except ConfigurationError:
        # Whoever decodes tokens with a hook may have no keys that we know of.
        if decodes_itself(state):
            return []
        raise


def _urls(state: ApplicationState, app: Flask) -> dict[str, str | None]:
    routes = state.extension.registrations[app].routes
    sign_in = routes.auth_url_options.get("endpoint", routes.auth_endpoint)
    return {
        "sign_in": None if routes.auth_url_rule is None else _url(sign_in),
        "refresh": _url("jwt_refresh"),
        "logout": _url("jwt_logout"),
        "sessions": _url("jwt_sessions"),
        "keys": _url("jwt_keys"),
    }


def _url(endpoint: str) -> str | None:
    try:
        return url_for(endpoint)
    except BuildError:
        return None


def _open_paths(app: Flask) -> Iterator[tuple[str, bool]]:
    # With each path, whether it is one of the extension's own.
    mine = f"{request.blueprint}."
    for rule in app.url_map.iter_rules():
        is_open = "GET" in (rule.methods or ()) and not rule.arguments
        if is_open and not rule.endpoint.startswith(mine):
            yield request.script_root + rule.rule, rule.endpoint.startswith("jwt_")
