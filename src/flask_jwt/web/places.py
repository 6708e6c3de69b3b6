"""Where the requests of an application carry their tokens, if that is not the header alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..browserconfig import BrowserSettings
from ..routeconfig import RouteSettings
from .body import MAX_BODY_BYTES
from .cookies import Cookies
from .csrf import CSRFValues


class Places:
    """The places of one application."""

    def __init__(
        self,
        settings: BrowserSettings,
        routes: RouteSettings,
        secrets: Callable[[], Sequence[bytes]],
        max_token_bytes: int,
    ) -> None:
        self.settings = settings
        #: The longest body in which a token is looked for, in bytes.
        self.most_body_bytes = MAX_BODY_BYTES + max_token_bytes
        #: The names of the places; the first one with a token decides.
        self.order = routes.token_location
        #: Whether answers hold tokens in their bodies.
        self.in_bodies = self.order != ("cookies",)
        #: The cookies, or None where they are no place.
        self.cookies: Cookies | None = None
        if "cookies" in self.order:
            csrf = CSRFValues(secrets(), sessions=routes.session_store is not None)
            self.cookies = Cookies(settings, routes, csrf)


def places_of(
    config: Mapping[str, Any],
    routes: RouteSettings,
    secrets: Callable[[], Sequence[bytes]],
    max_token_bytes: int,
) -> Places | None:
    """Return the places of an application, or None where the header is the only one."""
    if routes.token_location == ("headers",):
        return None
    return Places(BrowserSettings.read(config), routes, secrets, max_token_bytes)
