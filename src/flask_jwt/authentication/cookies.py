"""The cookies of a request as its browser has sent them.

Not Werkzeug's: it takes off more than blanks around a name, so that a cookie without a prefix, set
by a sibling domain and begun with a no-break space, passes for one that only this host can set.
Nor are quotes looked at: inside those that one cookie opens, others would be hidden.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from operator import methodcaller
from typing import TYPE_CHECKING, NamedTuple

from flask import Request, Response, current_app
from werkzeug.http import dump_cookie

from ..core.errors import ClaimsError
from ..http import is_loopback
from ..sessions.settings import SessionRoutes
from ..settings.declare import Settings
from .request_state import request_state
from .settings import BrowserRoutes, BrowserSettings

if TYPE_CHECKING:
    from .csrf import CSRFTokens

# RFC 6265 section 5.2: what browsers take off around names and values.
_BLANKS = " \t"
#: How many cookies of one name are looked at. A browser has one of ours, and up to four where
#: ``JWT_COOKIE_DOMAIN`` and ``JWT_COOKIE_PARTITIONED`` were set since.
MAX_OF_ONE_NAME = 4
#: How many cookies are looked at for it. Browsers keep 180 of a site, or fewer.
MAX_PAIRS = 256


# RFC 6265bis section 5.6: browsers drop what is longer, name and value together.
_MAX_COOKIE_BYTES = 4096
#: What tells one cookie of a browser from another (RFC 6265bis section 5.7): name, path, domain,
#: and whether it is partitioned.
CookieKey = tuple[str, str, str | None, bool]
# The attributes of a Set-Cookie header that are part of it.
_DISTINCTIVE = ("Path=", "Domain=", "Partitioned")


class CookieProfile(NamedTuple):
    """The names and the attributes of the cookies of a request."""

    access: str
    refresh: str
    csrf: str
    #: The domain whose hosts are all sent them; None is this host alone.
    domain: str | None
    partitioned: bool
    same_site: str
    #: Whether they are for TLS alone.
    secure: bool

    @property
    def host_only(self) -> bool:
        """Whether no other host can set the access and the CSRF cookie."""
        return self.secure and self.domain is None


def _for_tls(
    settings: BrowserSettings, domain: str | None, *, partitioned: bool, same_site: str
) -> CookieProfile:
    # Browsers accept __Host- from the host itself alone (RFC 6265bis section 4.1.3.2), and
    # __Host-Http- from its server alone, not from a script; those that do not know the longer
    # prefix see the shorter one in it. __Http- has no such beginning: they would drop all that
    # __Secure- promises, so the refresh cookie keeps that.
    access, csrf = ("__Host-Http-", "__Host-") if domain is None else ("__Secure-",) * 2
    access, csrf = access + settings.access_cookie, csrf + settings.csrf_cookie
    refresh = f"__Secure-{settings.refresh_cookie}"
    return CookieProfile(access, refresh, csrf, domain, partitioned, same_site, secure=True)


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
        domain, partitioned, same_site = settings.domain, settings.partitioned, settings.same_site
        self._secure = _for_tls(settings, domain, partitioned=partitioned, same_site=same_site)
        names = settings.access_cookie, settings.refresh_cookie, settings.csrf_cookie
        # A cookie that is not for TLS alone can't be for other sites either.
        plain_site = "Lax" if same_site == "None" else same_site
        self._plain = CookieProfile(*names, None, False, plain_site, secure=False)
        #: Of cookies that may have been set before a domain or partitioning was configured.
        self.legacy_profiles = [
            _for_tls(settings, former, partitioned=is_partitioned, same_site="None")
            for former, is_partitioned in product({domain, None}, {partitioned, False})
            if (former, is_partitioned) != (domain, partitioned)
        ]

    def profile(self, request: Request) -> CookieProfile:
        """Return the names and the attributes of the cookies of a request."""
        if current_app.debug and not request.is_secure and is_loopback(request.host):
            return self._plain
        return self._secure

    def access_tokens(self, request: Request) -> list[str]:
        """Return the access tokens in the cookies of a request, four at most, none checked."""
        return _sent(request, self.profile(request).access)

    def refresh_tokens(self, request: Request) -> list[str]:
        """Return the refresh tokens in the cookies of a request, four at most, none checked."""
        return _sent(request, self.profile(request).refresh, longest_path=True)

    def csrf_values(self, request: Request) -> list[str]:
        """Return the CSRF values in the cookies of a request, also those of a sibling domain."""
        return _sent(request, self.profile(request).csrf)

    def check_access(self, token: str) -> None:
        """Check that an access token can be put into a cookie, before anything is done for it."""
        if len(self._secure.access) + len(token) > _MAX_COOKIE_BYTES:
            raise _too_long(token)

    def are_in(self, response: Response, request: Request, token: str = "") -> bool:
        """Tell whether an answer sets or deletes the access cookie."""
        begins = methodcaller("startswith", f"{self.profile(request).access}={token}")
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


def _sent(request: Request, name: str, *, longest_path: bool = False) -> list[str]:
    """Return the values of cookies with a name, four at most: each one costs a verification.

    Browsers send cookies of longer paths first, and of one path the oldest first (:rfc:`6265`
    section 5.4). No path is shorter than ``/``: the newest cookies of the whole site come last,
    and those that were set for a part of it stand before them.
    """
    known = request_state(request)
    # With or without such a cookie, the answer depends on it.
    known.vary_cookie = True
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
    if values:
        known.is_private = True
    return list(values)


class CookieWriter:
    """The cookies that are set and deleted in one answer: collected, and then written at once."""

    __slots__ = ("_cookies", "_headers", "_profile", "_request", "_response", "request_state")

    def __init__(self, cookies: Cookies, request: Request, response: Response) -> None:
        self._cookies = cookies
        self._request = request
        self._response = response
        self._profile = cookies.profile(request)
        self._headers: dict[CookieKey, str] = {}
        #: What else the answer needs.
        self.request_state = request_state(request)

    def set_access(self, token: str, age: int | None) -> None:
        """Put an access token into a cookie for the whole site."""
        profile = self._profile
        if profile.secure:
            self._cookies.tell_of_http(self._request)
        self._set(profile, profile.access, token, "/", age)

    def set_refresh(self, token: str, age: int | None) -> None:
        """Put a refresh token into cookies for refresh and sign-out alone."""
        profile, root = self._profile, self._request.root_path
        for rule in self._cookies.refresh_rules:
            self._set(profile, profile.refresh, token, root + rule, age)

    def set_csrf(self, value: str, age: int | None) -> None:
        """Put a CSRF value into a cookie that pages of this site can read."""
        self._set(self._profile, self._profile.csrf, value, "/", age, readable=True)

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
        if not self._profile.secure:
            return
        for legacy in self._cookies.legacy_profiles:
            self._set(legacy, legacy.access, "", "/", 0)
            self._set(legacy, legacy.csrf, "", "/", 0)
            for rule in self._cookies.refresh_rules:
                self._set(legacy, legacy.refresh, "", self._request.root_path + rule, 0)

    def write(self) -> None:
        """Put the cookies into the answer, in place of those of the same names that are there."""
        known = self.request_state
        headers = list(self._headers.values())
        present = self._response.headers.getlist("Set-Cookie")
        # Nearly always there is none, and nothing is parsed.
        if present:
            headers = _in_place_of(present, headers)
        self._response.headers.setlist("Set-Cookie", headers)
        known.set_cookies = {**(known.set_cookies or {}), **self._headers}

    def _set(
        self,
        profile: CookieProfile,
        name: str,
        value: str,
        path: str,
        age: int | None,
        *,
        readable: bool = False,
    ) -> None:
        if len(name) + len(value) > _MAX_COOKIE_BYTES:
            raise _too_long(value)
        self._headers[name, path, profile.domain, profile.partitioned] = dump_cookie(
            name,
            value,
            age,
            0 if age == 0 else None,
            path,
            profile.domain,
            secure=profile.secure,
            httponly=not readable,
            max_size=self._response.max_cookie_size,
            samesite=profile.same_site,
            # Not there in Werkzeug 3.0.
            **({"partitioned": True} if profile.partitioned else {}),
        )


def _in_place_of(present: list[str], headers: list[str]) -> list[str]:
    """Return what is there and what comes, each cookie once (:rfc:`6265` section 4.1.1)."""
    keys = {_key_of(header): header for header in headers}
    there = [(_key_of(header), header) for header in present]
    # A deletion that is there already stays in its place, before what was set since.
    stay = {
        key
        for key, header in keys.items()
        if "Max-Age=0" in header and [other for known, other in there if known == key] == [header]
    }
    kept = [header for key, header in there if key not in keys or key in stay]
    return [*kept, *(header for key, header in keys.items() if key not in stay)]


def restore_set_cookie(set_cookies: Iterable[str], response: Response) -> None:
    """Set cookies that an answer of ours has set, where the application has made another of it.

    A cookie that the application sets or deletes itself is left to it.
    """
    present = response.headers.getlist("Set-Cookie")
    if set(present).issuperset(set_cookies):
        return
    taken = [_key_of(header) for header in present]
    for header in set_cookies:
        if "Max-Age=0" not in header and _key_of(header) not in taken:
            response.headers.add("Set-Cookie", header)


def _key_of(set_cookie: str) -> frozenset[str]:
    # As CookieKey, for headers that the application has written.
    pair, *attributes = set_cookie.split("; ")
    distinctive = (text for text in attributes if text.startswith(_DISTINCTIVE))
    return frozenset((pair.partition("=")[0], *distinctive))


def _too_long(token: str) -> ClaimsError:
    return ClaimsError(
        f"the token has {len(token)} bytes, and a cookie of {_MAX_COOKIE_BYTES} has no room for "
        "it: put less into its claims"
    )
