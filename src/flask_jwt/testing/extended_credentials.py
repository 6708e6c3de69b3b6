"""The credentials of a test client, under the names of Flask-JWT-Extended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response

from ..extended import (
    create_access_token,
    create_refresh_token,
    get_csrf_token,
    set_access_cookies,
    set_refresh_cookies,
    unset_jwt_cookies,
)
from ..extended.settings import ExtendedRequestSettings
from .credentials import Credentials, put, variable


class ExtendedCredentials(Credentials):
    """Tokens of Flask-JWT-Extended, in its header or its cookies."""

    @property
    def settings(self) -> ExtendedRequestSettings:
        """Where requests carry tokens."""
        return self.state.settings[ExtendedRequestSettings]

    @property
    def locations(self) -> Sequence[str]:
        """Where the application looks for tokens."""
        return self.settings.locations

    def make_token(self, identity: Any, asked: dict[str, Any], auth_time: float | None) -> str:
        """Make an access token with further claims, of a user who has signed in then."""
        if auth_time is not None:
            put(asked, ["auth_time"], auth_time)
        return create_access_token(identity, additional_claims=asked)

    def remove(self) -> None:
        """Have the client be nobody's."""
        for header in (self.settings.header_name, self.settings.access_csrf_header):
            self.client.environ_base.pop(variable(header), None)
        response = Response()
        unset_jwt_cookies(response)
        self.take_cookies(response)

    def put_into_header(self, token: str) -> None:
        """Have the client send a token in its header."""
        name, scheme = variable(self.settings.header_name), self.settings.header_type
        self.client.environ_base[name] = f"{scheme} {token}" if scheme else token

    def put_into_cookies(self, identity: Any, token: str) -> None:
        """Have the client send a token in a cookie, and its CSRF value in the header."""
        response = Response()
        set_access_cookies(response, token)
        set_refresh_cookies(response, create_refresh_token(identity))
        self.take_cookies(response)
        if self.settings.csrf_protect:
            name = variable(self.settings.access_csrf_header)
            self.client.environ_base[name] = get_csrf_token(token)
