"""What makes the requests of a test client a user's: a token in its header or cookies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from flask import Response, request
from flask.testing import FlaskClient

from ..app_state import AppState, cookies_of
from ..authentication.cookies import Cookies
from ..authentication.settings import BrowserRoutes, HeaderSettings
from ..core.grants import with_value
from ..errors import ConfigurationError
from ..http import current_request
from ..tokens.application_api import (
    create_access_token,
    create_refresh_token,
    set_access_cookies,
    set_refresh_cookies,
    unset_jwt_cookies,
)

_AUTHORIZATION = "HTTP_AUTHORIZATION"
_BY_PASSWORD = ("pwd",)
_SIGN_IN_CLAIMS = {"auth_time", "amr"}


class Credentials:
    """The credentials of a test client of an application, in a request context of its own."""

    def __init__(self, client: FlaskClient, state: AppState) -> None:
        self.client = client
        self.state = state

    @property
    def locations(self) -> Sequence[str]:
        """Where the application looks for tokens."""
        return self.state.settings[BrowserRoutes].token_location

    def check_location(self, location: str) -> None:
        """Check that the application takes a token from there."""
        if location not in self.locations:
            raise ConfigurationError(
                f"app.config['JWT_TOKEN_LOCATION'] has no {location!r}: sign_in(…, cookies=True) "
                "takes cookies, and without it the header"
            )

    def make_token(self, identity: Any, asked: dict[str, Any], auth_time: float | None) -> str:
        """Make an access token with further claims, of a user who has signed in then."""
        methods = self._signed_in(asked, auth_time)
        return create_access_token(identity, claims=asked or None, methods=methods)

    def remove(self) -> None:
        """Have the client be nobody's."""
        self.client.environ_base.pop(_AUTHORIZATION, None)
        if self.state.cookies is not None:
            self.client.environ_base.pop(_csrf_variable(self.state.cookies), None)
            response = Response()
            unset_jwt_cookies(response)
            self.take_cookies(response)

    def put_into_header(self, token: str) -> None:
        """Have the client send a token in its header."""
        scheme = self.state.settings[HeaderSettings].schemes[0]
        self.client.environ_base[_AUTHORIZATION] = f"{scheme} {token}"

    def put_into_cookies(self, identity: Any, token: str) -> None:
        """Have the client send a token in a cookie, and its CSRF value in the header."""
        state, cookies, response = self.state, cookies_of(self.state), Response()
        set_access_cookies(response, token)
        if state.sessions is not None and cookies.refresh_rules:
            set_refresh_cookies(response, create_refresh_token(identity))
        values = self.take_cookies(response)
        csrf_value = values.get(cookies.profile(current_request()).csrf)
        if csrf_value is not None:
            self.client.environ_base[_csrf_variable(cookies)] = csrf_value

    def take_cookies(self, response: Response) -> dict[str, str]:
        """Have the client set and delete the cookies of an answer to the request at hand."""
        host = urlsplit(request.host_url).hostname or ""
        values: dict[str, str] = {}
        for header in response.headers.getlist("Set-Cookie"):
            pair, *rest = header.split("; ")
            name, _, value = pair.partition("=")
            attributes: dict[str, str] = dict(text.split("=", 1) for text in rest if "=" in text)
            domain, path = attributes.get("Domain", "").lstrip("."), attributes["Path"]
            if value:
                values[name] = value
                self.client.set_cookie(
                    name, value, domain=domain or host, origin_only=not domain, path=path
                )
            else:
                self.client.delete_cookie(name, domain=domain or host, path=path)
        return values

    def _signed_in(self, asked: dict[str, Any], auth_time: float | None) -> Sequence[str]:
        """Return how the user has signed in; where that was before, it is put into the claims."""
        is_said = self.state.sessions is not None or self.state.extension.grants is not None
        if auth_time is None and not (is_said and asked.keys() & _SIGN_IN_CLAIMS):
            return _BY_PASSWORD if is_said else ()
        if auth_time is not None:
            put(asked, ["auth_time"], auth_time)
        if is_said:
            asked.setdefault("auth_time", int(self.state.clock()))
            asked.setdefault("amr", list(_BY_PASSWORD))
        return ()


def put(claims: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Put a claim at a path of names, where there is none yet."""
    try:
        claims.update(with_value(claims, path, value))
    except KeyError as taken:
        raise ValueError(f"the claim {taken} is given twice") from None


def variable(header: str) -> str:
    """Return the name of a request header in its WSGI environment."""
    return f"HTTP_{header.upper().replace('-', '_')}"


def _csrf_variable(cookies: Cookies) -> str:
    return variable(cookies.settings.csrf_header)
