"""What the page has to know of the application that it is part of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Flask, request, url_for
from werkzeug.routing import BuildError

from ..web.authenticate import default_jwt_decode_callback
from ..web.state import ApplicationState, current_application, current_state


def surroundings(resource: str | None) -> dict[str, Any]:
    """Describe the application at hand; nothing in it is secret.

    :param resource: the path that is offered first for a call, or None for the first there is.
    :return: paths with the script root, names of fields, durations in seconds.
    :raises ConfigurationError: the application has no JWT, or its configuration is at fault.
    """
    state = current_state()
    app = current_application()
    settings = state.settings
    paths = sorted(_open_paths(app))
    return {
        "urls": _urls(state, app),
        "paths": paths,
        "resource": request.script_root + resource if resource else next(iter(paths), "/"),
        "username_field": settings.username_key,
        "password_field": settings.password_key,
        "scheme": settings.schemes[0],
        "algorithms": sorted(state.keys.snapshot().ring.algorithms),
        "decodes_itself": state.extension.jwt_decode_callback is not default_jwt_decode_callback,
        "leeway": settings.leeway,
        "grace": None if state.sessions is None else state.sessions.lifetimes.grace,
        "now": state.clock(),
    }


def _urls(state: ApplicationState, app: Flask) -> dict[str, str | None]:
    routes = state.extension.registrations[app].routes
    sign_in = routes.auth_url_options.get("endpoint", routes.auth_endpoint)
    return {
        "sign_in": _url(sign_in),
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


def _open_paths(app: Flask) -> Iterator[str]:
    mine = f"{request.blueprint}."
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.arguments:
            if not rule.endpoint.startswith(mine):
                yield request.script_root + rule.rule
