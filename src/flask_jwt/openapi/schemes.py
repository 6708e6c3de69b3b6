"""The places where requests carry tokens, as security schemes of a document."""

from __future__ import annotations

from collections.abc import Iterator

from flask import has_request_context

from ..app_state import AppState
from ..authentication.settings import BrowserRoutes, BrowserSettings, HeaderSettings
from ..authentication.sources import default_request_callback
from ..http import current_request
from .dialect import Dialect, Part

#: The names of the schemes of one place: that of the token, and that of the CSRF value that goes
#: along where something is changed.
Place = tuple[str, ...]


def add_places(dialect: Dialect, state: AppState) -> list[Place]:
    """Add the schemes of an application to a document, and return the places that they say."""
    places: list[Place] = []
    for name, scheme in _schemes(dialect, state):
        place: Place = (dialect.add_scheme(name, scheme),)
        # No page of another site can have a browser send the header.
        if state.cookies is not None and name not in _HEADERS:
            header = state.cookies.settings.csrf_header
            csrf = _api_key("header", header, "The CSRF value of the session.")
            place += (dialect.add_scheme("csrfHeader", csrf),)
        places.append(place)
    return places


_HEADERS = ("bearerAuth", "jwtAuth")


def _schemes(dialect: Dialect, state: AppState) -> Iterator[tuple[str, Part]]:
    if state.extension.request_callback is not default_request_callback:
        # Where a token is, only the application's own hook knows.
        return
    settings = state.settings
    locations = settings[BrowserRoutes].token_location
    if "headers" in locations:
        prefix = settings[HeaderSettings].schemes[0]
        if prefix.lower() == "bearer" and not dialect.is_swagger:
            yield "bearerAuth", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
        else:
            yield "jwtAuth", _api_key("header", "Authorization", f"`{prefix} <token>`")
    if "query_string" in locations:
        name = settings[BrowserSettings].query_name
        yield "queryToken", _api_key("query", name, "The access token.")
    # OpenAPI has no scheme for a member of a body.
    if state.cookies is not None:
        by_request = state.cookies.profile(current_request()) if has_request_context() else None
        name = (by_request or state.cookies.over_tls).access
        if not dialect.is_swagger:
            yield "cookieAuth", _api_key("cookie", name, "The access token.")
        elif "headers" not in locations and "query_string" not in locations:
            # Swagger has no cookies. Without a word the operation would seem to be open.
            yield "cookieAuth", _api_key("header", "Cookie", f"`{name}=<token>`")


def _api_key(place: str, name: str, description: str) -> Part:
    return {"type": "apiKey", "in": place, "name": name, "description": description}


def unsaid_place(state: AppState) -> str:
    """Return, for a description, the place of tokens for which there is no scheme."""
    if state.extension.request_callback is not default_request_callback:
        return "where the application looks for it"
    return f"in the member `{state.settings[BrowserSettings].json_key}` of a JSON body"
