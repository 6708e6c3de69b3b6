"""Tokens in cookies: names, attributes, and how they are deleted."""

from __future__ import annotations

from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from flask import Request, Response, current_app

from ..browserconfig import CSRF_COOKIE, BrowserSettings
from ..core.errors import ClaimsError
from .csrf import CSRFValues

# RFC 6265bis section 5.6: browsers drop what is longer, name and value together.
_MOST_BYTES = 4096


class CookieNames(NamedTuple):
    """The names of the cookies of a request, and whether they are for TLS alone."""

    access: str
    refresh: str
    csrf: str
    secure: bool


class Cookies:
    """The cookies of one application.

    :param settings: what the application has configured.
    :param refresh_rules: the paths that the refresh token is sent to, each with a cookie of its
        own: no other view ever sees it.
    :param csrf: makes and checks the values that requests with these cookies need.
    """

    def __init__(
        self, settings: BrowserSettings, refresh_rules: tuple[str, ...], csrf: CSRFValues
    ) -> None:
        self.csrf = csrf
        self._settings = settings
        self._refresh_rules = refresh_rules
        access, refresh = settings.access_cookie, settings.refresh_cookie
        # A sibling domain can't set a cookie of this prefix (RFC 6265bis section 4.1.3.2).
        whole = "__Host-" if settings.domain is None else "__Secure-"
        self._secure = CookieNames(
            whole + access, f"__Secure-{refresh}", whole + CSRF_COOKIE, secure=True
        )
        self._plain = CookieNames(access, refresh, CSRF_COOKIE, secure=False)

    def names(self, this: Request) -> CookieNames:
        """Return the names of the cookies of a request.

        :param this: the request. Plain names are for debug on this machine alone: Safari refuses
            secure cookies over http even there.
        """
        if current_app.debug and not this.is_secure and is_loopback(this.host):
            return self._plain
        return self._secure

    def set_access(self, response: Response, this: Request, token: str, age: int | None) -> None:
        """Put an access token into a cookie for the whole site.

        :param response: the answer.
        :param this: the request.
        :param token: the access token.
        :param age: after how many seconds the browser forgets it; None for when it is closed.
        :raises ClaimsError: it is too long for a cookie.
        """
        names = self.names(this)
        self._set(response, names, names.access, token, "/", age)

    def check_access(self, token: str) -> None:
        """Check that an access token can be put into a cookie, before anything is done for it.

        :param token: the access token.
        :raises ClaimsError: it is too long.
        """
        _check_length(self._secure.access, token)

    @property
    def hold_refresh_tokens(self) -> bool:
        """Whether there is a path that a refresh token could be sent to."""
        return bool(self._refresh_rules)

    def set_refresh(self, response: Response, this: Request, token: str, age: int | None) -> None:
        """Put a refresh token into cookies for refresh and sign-out alone; see :meth:`set_access`.

        :param token: the refresh token.
        """
        names = self.names(this)
        for rule in self._refresh_rules:
            self._set(response, names, names.refresh, token, this.root_path + rule, age)

    def set_csrf(self, response: Response, this: Request, value: str, age: int | None) -> None:
        """Put a CSRF value into a cookie that pages of this site can read.

        :param value: the value.
        """
        names = self.names(this)
        self._set(response, names, names.csrf, value, "/", age, readable=True)

    def clear(self, response: Response, this: Request) -> None:
        """Delete all cookies, with the attributes that they were set with."""
        self.set_access(response, this, "", 0)
        self.set_refresh(response, this, "", 0)
        self.set_csrf(response, this, "", 0)

    def are_in(self, response: Response, this: Request) -> bool:
        """Tell whether an answer sets or deletes the access cookie."""
        begin = f"{self.names(this).access}="
        return any(value.startswith(begin) for value in response.headers.getlist("Set-Cookie"))

    def _set(
        self,
        response: Response,
        names: CookieNames,
        name: str,
        value: str,
        path: str,
        age: int | None,
        *,
        readable: bool = False,
    ) -> None:
        _check_length(name, value)
        _drop(response, name, path)
        settings = self._settings
        # What is not for TLS alone can't be for other sites either.
        same_site = settings.same_site if names.secure or settings.same_site != "None" else "Lax"
        response.set_cookie(
            name,
            value,
            max_age=age,
            expires=0 if age == 0 else None,
            path=path,
            domain=settings.domain if names.secure else None,
            secure=names.secure,
            httponly=not readable,
            samesite=same_site,
            # Not there in Werkzeug 3.0.
            **({"partitioned": True} if settings.partitioned and names.secure else {}),
        )


def _check_length(name: str, value: str) -> None:
    if len(name) + len(value) > _MOST_BYTES:
        raise ClaimsError(
            f"the token has {len(value)} bytes, and a cookie of {_MOST_BYTES} has no room for it: "
            "put less into its claims"
        )


def _drop(response: Response, name: str, path: str) -> None:
    # RFC 6265 section 4.1.1: an answer sets a cookie once.
    headers = response.headers
    kept = [
        value
        for value in headers.getlist("Set-Cookie")
        if not value.startswith(f"{name}=") or f"Path={path}" not in value.split("; ")
    ]
    headers.setlist("Set-Cookie", kept)


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine by its name: localhost, or an address of its own.

    :param host: as in the ``Host`` header, with or without a port.
    """
    try:
        parts = urlsplit(f"//{host}")
        # To look at the port is to have it checked.
        name = parts.hostname if parts.port != 0 else None
        if name is None:
            return False
        return name == "localhost" or name.endswith(".localhost") or ip_address(name).is_loopback
    except ValueError:
        return False
