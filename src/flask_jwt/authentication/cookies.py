"""The cookies of a request as its browser has sent them.

Not Werkzeug's: it takes off more than blanks around a name, so that a cookie without a prefix, set
by a sibling domain and begun with a no-break space, passes for one that only this host can set.
Nor are quotes looked at: inside those that one cookie opens, others would be hidden.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from operator import methodcaller
from typing import NamedTuple

from flask import Request, Response, current_app
from werkzeug.http import dump_cookie

from ..core.errors import ClaimsError
from ..http import is_loopback
from ..sessions.settings import SessionRoutes
from ..settings.declare import Settings
from .context import request_state
from .csrf_tokens import CSRFTokens
from .settings import BrowserRoutes, BrowserSettings

# RFC 6265 section 5.2: what browsers take off around names and values.
_BLANKS = " \t"
#: How many cookies of one name are looked at. A browser has one of ours, and up to four where
#: ``JWT_COOKIE_DOMAIN`` and ``JWT_COOKIE_PARTITIONED`` were set since.
MAX_OF_ONE_NAME = 4
#: How many cookies are looked at for it. Browsers keep 180 of a site, or fewer.
MAX_PAIRS = 256


def cookies_named(request: Request, name: str, *, longest_path: bool = False) -> list[str]:
    """Return the values of cookies with a name, four at most: each one costs a verification.

    Browsers send cookies of longer paths first, and of one path the oldest first (:rfc:`6265`
    section 5.4). No path is shorter than ``/``: the newest cookies of the whole site come last,
    and those that were set for a part of it stand before them.
    """
    header: str = request.environ.get("HTTP_COOKIE", "")
    if name not in header:
        return []
    if longest_path:
        pairs = header.split(";", MAX_PAIRS)[:MAX_PAIRS]
    else:
        pairs = header.rsplit(";", MAX_PAIRS)[: -MAX_PAIRS - 1 : -1]
    values: dict[str, None] = {}
    for pair in pairs:
        key, _, value = pair.partition("=")
        if key.strip(_BLANKS) == name and (value := value.strip(_BLANKS)):
            values[value] = None
            if len(values) == MAX_OF_ONE_NAME:
                break
    return list(values)


# RFC 6265bis section 5.6: browsers drop what is longer, name and value together.
_MAX_COOKIE_BYTES = 4096


class CookieNames(NamedTuple):
    """The names of the cookies of a request: for TLS alone or not, for this host alone or not."""

    access: str
    refresh: str
    csrf: str
    secure: bool
    host_only: bool


#: What tells one cookie of a browser from another (RFC 6265bis section 5.7): name, path, domain,
#: and whether it is partitioned.
CookieKey = tuple[str, str, str | None, bool]


class Cookies:
    """The cookies of one application."""

    def __init__(self, groups: Settings, csrf: CSRFTokens) -> None:
        self.csrf = csrf
        self.settings = settings = groups[BrowserSettings]
        #: Where pages ask for a CSRF value, or None for nowhere.
        self.csrf_url_rule = groups[BrowserRoutes].csrf_url_rule
        routes = groups[SessionRoutes]
        rules = (routes.refresh_url_rule, routes.logout_url_rule)
        #: The paths that refresh tokens are sent to, below the root of the application.
        self.refresh_rules = tuple(rule for rule in rules if rule is not None)
        #: Whether answers hold tokens in their bodies as well.
        self.in_bodies = groups[BrowserRoutes].token_location != ("cookies",)
        self._told_of_http = False
        self._secure = secure_names(settings, settings.domain)
        self._plain = CookieNames(
            settings.access_cookie,
            settings.refresh_cookie,
            settings.csrf_cookie,
            secure=False,
            host_only=False,
        )
        # Domain and partitioning of cookies that may have been set before these were configured.
        now = (settings.domain, settings.partitioned)
        kinds = product({settings.domain, None}, {settings.partitioned, False})
        self.legacy_kinds = [kind for kind in kinds if kind != now]

    def names(self, request: Request) -> CookieNames:
        """Return the names of the cookies of a request."""
        if current_app.debug and not request.is_secure and is_loopback(request.host):
            return self._plain
        return self._secure

    def access_tokens(self, request: Request) -> list[str]:
        """Return the access tokens in the cookies of a request, four at most, none checked."""
        return _sent(request, self.names(request).access)

    def refresh_tokens(self, request: Request) -> list[str]:
        """Return the refresh tokens in the cookies of a request, four at most, none checked."""
        return _sent(request, self.names(request).refresh, longest_path=True)

    def csrf_values(self, request: Request) -> list[str]:
        """Return what the cookies of a request say of CSRF values; anybody may have set them."""
        return _sent(request, self.names(request).csrf)

    def check_access(self, token: str) -> None:
        """Check that an access token can be put into a cookie, before anything is done for it."""
        if len(self._secure.access) + len(token) > _MAX_COOKIE_BYTES:
            raise _too_long(token)

    def are_in(self, response: Response, request: Request, token: str = "") -> bool:
        """Tell whether an answer sets or deletes the access cookie."""
        begins = methodcaller("startswith", f"{self.names(request).access}={token}")
        return any(map(begins, response.headers.getlist("Set-Cookie")))

    def tell_of_http(self, request: Request) -> None:
        """Have the log say once that browsers drop cookies which come over plain http."""
        if self._told_of_http or request.is_secure or is_loopback(request.host):
            return
        self._told_of_http = True
        current_app.logger.warning(
            "Cookies with tokens are marked Secure, and were set in an answer over plain http: "
            "browsers drop them without a word. Serve over https; behind a proxy that ends TLS, "
            "set up ProxyFix with x_proto=1"
        )


class CookieWriter:
    """The cookies that are set and deleted in one answer: collected, and then written at once."""

    __slots__ = ("_cookies", "_headers", "_names", "_request", "_response")

    def __init__(self, cookies: Cookies, request: Request, response: Response) -> None:
        self._cookies = cookies
        self._request = request
        self._response = response
        self._names = cookies.names(request)
        self._headers: dict[CookieKey, str] = {}

    def set_access(self, token: str, age: int | None) -> None:
        """Put an access token into a cookie for the whole site."""
        if self._names.secure:
            self._cookies.tell_of_http(self._request)
        self._set(self._names.access, token, "/", age)

    def set_refresh(self, token: str, age: int | None) -> None:
        """Put a refresh token into cookies for refresh and sign-out alone."""
        for rule in self._cookies.refresh_rules:
            self._set(self._names.refresh, token, self._request.root_path + rule, age)

    def set_csrf(self, value: str, age: int | None) -> None:
        """Put a CSRF value into a cookie that pages of this site can read."""
        self._set(self._names.csrf, value, "/", age, readable=True)

    def clear(self) -> None:
        """Delete all cookies, with the attributes that they were set with."""
        self.clear_legacy()
        self.set_access("", 0)
        self.set_refresh("", 0)
        self.set_csrf("", 0)

    def clear_legacy(self) -> None:
        """Delete the cookies that were set before a domain or partitioning was configured.

        Browsers keep and send both. To be called before others are set: for some browsers they are
        the same (:rfc:`6265` section 5.3).
        """
        if not self._names.secure:
            return
        for domain, partitioned in self._cookies.legacy_kinds:
            names = secure_names(self._cookies.settings, domain)
            places = [(names.access, "/"), (names.csrf, "/")]
            root_path = self._request.root_path
            places += [(names.refresh, root_path + rule) for rule in self._cookies.refresh_rules]
            for name, path in places:
                key = (name, path, domain, partitioned)
                self._collect(key, "", 0, secure=True, httponly=True, samesite="None")

    def write(self) -> None:
        """Put the cookies into the answer, in place of those that were put there before."""
        state = request_state(self._request)
        earlier = state.set_cookies or {}
        headers = self._response.headers.getlist("Set-Cookie")
        for key, header in self._headers.items():
            if key in earlier and earlier[key] in headers:
                if earlier[key] == header and "Max-Age=0" in header:
                    # Deleted already, before anything was set.
                    continue
                headers.remove(earlier[key])
            headers.append(header)
        self._response.headers.setlist("Set-Cookie", headers)
        state.set_cookies = {**earlier, **self._headers}

    def _set(
        self, name: str, value: str, path: str, age: int | None, *, readable: bool = False
    ) -> None:
        if len(name) + len(value) > _MAX_COOKIE_BYTES:
            raise _too_long(value)
        settings, secure = self._cookies.settings, self._names.secure
        # A cookie that is not for TLS alone can't be for other sites either.
        samesite = settings.same_site if secure or settings.same_site != "None" else "Lax"
        domain = settings.domain if secure else None
        key = (name, path, domain, settings.partitioned and secure)
        self._collect(key, value, age, secure=secure, httponly=not readable, samesite=samesite)

    def _collect(
        self,
        key: CookieKey,
        value: str,
        age: int | None,
        *,
        secure: bool,
        httponly: bool,
        samesite: str,
    ) -> None:
        name, path, domain, partitioned = key
        self._headers[key] = dump_cookie(
            name,
            value,
            age,
            0 if age == 0 else None,
            path,
            domain,
            secure=secure,
            httponly=httponly,
            max_size=self._response.max_cookie_size,
            samesite=samesite,
            # Not there in Werkzeug 3.0.
            **({"partitioned": True} if partitioned else {}),
        )


def restore_set_cookie(set_cookies: Iterable[str], response: Response) -> None:
    """Set cookies that an answer of ours has set, where the application has made another of it.

    A cookie that the application sets or deletes itself is left to it.
    """
    present = response.headers.getlist("Set-Cookie")
    missing = [one for one in set_cookies if one not in present and "Max-Age=0" not in one]
    taken = [_identity_of(header) for header in present] if missing else []
    for header in missing:
        if _identity_of(header) not in taken:
            response.headers.add("Set-Cookie", header)


def _identity_of(set_cookie: str) -> frozenset[str]:
    # As CookieKey tells cookies apart, for headers that the application has written.
    pair, *attributes = set_cookie.split("; ")
    telling = (one for one in attributes if one.startswith(("Path=", "Domain=", "Partitioned")))
    return frozenset((pair.partition("=")[0], *telling))


def _too_long(value: str) -> ClaimsError:
    return ClaimsError(
        f"the token has {len(value)} bytes, and a cookie of {_MAX_COOKIE_BYTES} has no room for "
        "it: put less into its claims"
    )


def _sent(request: Request, name: str, *, longest_path: bool = False) -> list[str]:
    # With or without such a cookie, the answer depends on it.
    state = request_state(request)
    values = cookies_named(request, name, longest_path=longest_path)
    state.vary_cookie = True
    if values:
        state.is_private = True
    return values


def secure_names(settings: BrowserSettings, domain: str | None) -> CookieNames:
    """Return the names of cookies that are for TLS alone."""
    # Browsers accept __Host- from the host itself alone (RFC 6265bis section 4.1.3.2), and
    # __Host-Http- from its server alone, not from a script; those that do not know the longer
    # prefix see the shorter one in it. __Http- has no such beginning: they would drop all that
    # __Secure- promises, so the refresh cookie keeps that.
    host_only = domain is None
    access, csrf = ("__Host-Http-", "__Host-") if host_only else ("__Secure-", "__Secure-")
    return CookieNames(
        access + settings.access_cookie,
        f"__Secure-{settings.refresh_cookie}",
        csrf + settings.csrf_cookie,
        secure=True,
        host_only=host_only,
    )
