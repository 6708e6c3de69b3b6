"""The places where requests carry tokens, as security schemes of a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from flask import has_request_context

from ..app_state import AppState
from ..authentication.cookies import Cookies
from ..authentication.request_state import current_request
from ..authentication.settings import BrowserRoutes, BrowserSettings, HeaderSettings
from ..authentication.sources import default_request_callback
from ..http import SAFE_METHODS
from .dialect import Dialect, Part, put


@dataclass(frozen=True, slots=True)
class Place:
    """A place for tokens: the name of its scheme, and that of what goes with it."""

    scheme: str
    #: The scheme of the CSRF value that goes along where something is changed; None for none.
    csrf_scheme: str | None

    def schemes(self, method: str) -> Sequence[str]:
        """Return the schemes that a request has to have together."""
        if self.csrf_scheme is None or method in SAFE_METHODS:
            return (self.scheme,)
        return (self.scheme, self.csrf_scheme)


def add_places(document: Part, dialect: Dialect, state: AppState) -> Sequence[Place]:
    """Add the schemes of an application to a document, and return the places that they say."""
    places: list[Place] = []
    for name, scheme, is_csrf_safe in _schemes(dialect, state):
        schemes = dialect.security_schemes(document)
        known = put(schemes, name, scheme)
        csrf_scheme: str | None = None
        if state.cookies is not None and not is_csrf_safe:
            csrf = _api_key("header", state.cookies.settings.csrf_header, _CSRF)
            csrf_scheme = put(schemes, "csrfHeader", csrf)
        places.append(Place(known, csrf_scheme))
    return places


_CSRF = "The CSRF value of the session."


class _Scheme(NamedTuple):
    name: str
    scheme: Part
    #: No page of another site can have a browser send it.
    is_csrf_safe: bool = False


def _schemes(dialect: Dialect, state: AppState) -> Iterator[_Scheme]:
    if state.extension.request_callback is not default_request_callback:
        # Where a token is, only the application's own hook knows.
        return
    settings = state.settings
    locations = settings[BrowserRoutes].token_location
    if "headers" in locations:
        yield _header(dialect, settings[HeaderSettings].schemes[0])
    if "query_string" in locations:
        name = settings[BrowserSettings].query_name
        yield _Scheme("queryToken", _api_key("query", name, "The access token."))
    # OpenAPI has no scheme for a member of a body.
    if state.cookies is not None:
        name = _cookie_name(state.cookies)
        if not dialect.is_swagger:
            yield _Scheme("cookieAuth", _api_key("cookie", name, "The access token."))
        elif "headers" not in locations and "query_string" not in locations:
            # Swagger has no cookies. Without a word the operation would seem to be open.
            yield _Scheme("cookieAuth", _api_key("header", "Cookie", f"`{name}=<token>`"))


def _header(dialect: Dialect, prefix: str) -> _Scheme:
    if prefix.lower() == "bearer" and not dialect.is_swagger:
        scheme = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
        return _Scheme("bearerAuth", scheme, is_csrf_safe=True)
    scheme = _api_key("header", "Authorization", f"`{prefix} <token>`")
    return _Scheme("jwtAuth", scheme, is_csrf_safe=True)


def _api_key(place: str, name: str, description: str) -> Part:
    return {"type": "apiKey", "in": place, "name": name, "description": description}


def _cookie_name(cookies: Cookies) -> str:
    profile = cookies.profile(current_request()) if has_request_context() else cookies.over_tls
    return profile.access


def unsaid_place(state: AppState) -> str:
    """Return, for a description, the place of tokens for which there is no scheme."""
    if state.extension.request_callback is not default_request_callback:
        return "where the application looks for it"
    return f"in the member `{state.settings[BrowserSettings].json_key}` of a JSON body"
