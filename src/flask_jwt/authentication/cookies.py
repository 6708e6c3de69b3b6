"""The cookies of a request as its browser has sent them.

Not Werkzeug's: it takes off more than blanks around a name, so that a cookie without a prefix, set
by a sibling domain and begun with a no-break space, passes for one that only this host can set.
Nor are quotes looked at: inside those that one cookie opens, others would be hidden.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import NamedTuple

from flask import Request, Response, current_app

from ..browserconfig import BrowserSettings
from ..core.errors import ClaimsError
from ..http import is_loopback
from ..routeconfig import RouteSettings
from .context import afterwards
from .csrf_tokens import CSRFValues

# RFC 6265 section 5.2: what browsers take off around names and values.
_BLANKS = " \t"
#: How many cookies of one name are looked at. A browser has one of ours, and up to four where
#: ``JWT_COOKIE_DOMAIN`` and ``JWT_COOKIE_PARTITIONED`` were set since.
MOST_OF_ONE_NAME = 4
#: How many cookies are looked at for it. Browsers keep 180 of a site, or fewer.
MOST_PAIRS = 256


def cookies_named(this: Request, name: str, *, longest_path: bool = False) -> list[str]:
    """Return the values of cookies with a name, four at most: each one costs a verification.

    Browsers send cookies of longer paths first, and of one path the oldest first (:rfc:`6265`
    section 5.4). No path is shorter than ``/``: the newest cookies of the whole site come last,
    and whatever was set for a part of it stands before them.
    """
    header: str = this.environ.get("HTTP_COOKIE", "")
    if name not in header:
        return []
    if longest_path:
        pairs = header.split(";", MOST_PAIRS)[:MOST_PAIRS]
    else:
        pairs = header.rsplit(";", MOST_PAIRS)[: -MOST_PAIRS - 1 : -1]
    found: dict[str, None] = {}
    for pair in pairs:
        key, _, value = pair.partition("=")
        if key.strip(_BLANKS) == name and (value := value.strip(_BLANKS)):
            found[value] = None
            if len(found) == MOST_OF_ONE_NAME:
                break
    return list(found)


# RFC 6265bis section 5.6: browsers drop what is longer, name and value together.
_MOST_BYTES = 4096


class CookieNames(NamedTuple):
    """The names of the cookies of a request.

    :param secure: whether they are for TLS alone.
    :param host_only: whether no other host can set the access and the CSRF cookie.
    """

    access: str
    refresh: str
    csrf: str
    secure: bool
    host_only: bool


class Cookies:
    """The cookies of one application."""

    def __init__(self, settings: BrowserSettings, routes: RouteSettings, csrf: CSRFValues) -> None:
        self.csrf = csrf
        self.settings = settings
        #: Where pages ask for a CSRF value, or None for nowhere.
        self.csrf_url_rule = routes.csrf_url_rule
        rules = (routes.refresh_url_rule, routes.logout_url_rule)
        self._refresh_rules = tuple(rule for rule in rules if rule is not None)
        self._told_of_http = False
        self._secure = _secure_names(settings, settings.domain)
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
        self._former = [kind for kind in kinds if kind != now]

    def names(self, this: Request) -> CookieNames:
        """Return the names of the cookies of a request."""
        if current_app.debug and not this.is_secure and is_loopback(this.host):
            return self._plain
        return self._secure

    def access_tokens(self, this: Request) -> list[str]:
        """Return the access tokens in the cookies of a request, four at most, none checked."""
        return _sent(this, self.names(this).access)

    def refresh_tokens(self, this: Request) -> list[str]:
        """Return the refresh tokens in the cookies of a request, four at most, none checked."""
        return _sent(this, self.names(this).refresh, longest_path=True)

    def csrf_values(self, this: Request) -> list[str]:
        """Return what the cookies of a request say of CSRF values; anybody may have set them."""
        return _sent(this, self.names(this).csrf)

    def set_access(self, response: Response, this: Request, token: str, age: int | None) -> None:
        """Put an access token into a cookie for the whole site."""
        names = self.names(this)
        if names.secure and not self._told_of_http:
            self._tell_of_http(this)
        self._set(response, names, names.access, token, "/", age)

    def check_access(self, token: str) -> None:
        """Check that an access token can be put into a cookie, before anything is done for it."""
        _check_length(self._secure.access, token)

    @property
    def hold_refresh_tokens(self) -> bool:
        """Whether there is a path that a refresh token could be sent to."""
        return bool(self._refresh_rules)

    def set_refresh(self, response: Response, this: Request, token: str, age: int | None) -> None:
        """Put a refresh token into cookies for refresh and sign-out alone."""
        names = self.names(this)
        for rule in self._refresh_rules:
            self._set(response, names, names.refresh, token, this.root_path + rule, age)

    def set_csrf(self, response: Response, this: Request, value: str, age: int | None) -> None:
        """Put a CSRF value into a cookie that pages of this site can read."""
        names = self.names(this)
        self._set(response, names, names.csrf, value, "/", age, readable=True)

    def clear(self, response: Response, this: Request) -> None:
        """Delete all cookies, with the attributes that they were set with."""
        self.clear_former(response, this)
        self.set_access(response, this, "", 0)
        self.set_refresh(response, this, "", 0)
        self.set_csrf(response, this, "", 0)

    def clear_former(self, response: Response, this: Request) -> None:
        """Delete the cookies that were set before a domain or partitioning was configured.

        Browsers keep and send both. To be called before others are set: for some browsers they are
        the same (:rfc:`6265` section 5.3).
        """
        if not self.names(this).secure:
            return
        for domain, partitioned in self._former:
            names = _secure_names(self.settings, domain)
            places = [(names.access, "/"), (names.csrf, "/")]
            places += [(names.refresh, this.root_path + rule) for rule in self._refresh_rules]
            for name, path in places:
                _delete(response, name, path, domain, partitioned=partitioned)

    def are_in(self, response: Response, this: Request, token: str = "") -> bool:
        """Tell whether an answer sets or deletes the access cookie."""
        begin = f"{self.names(this).access}={token}"
        return any(value.startswith(begin) for value in response.headers.getlist("Set-Cookie"))

    def _tell_of_http(self, this: Request) -> None:
        if this.is_secure or is_loopback(this.host):
            return
        self._told_of_http = True
        current_app.logger.warning(
            "Cookies with tokens are marked Secure, and were set in an answer over plain http: "
            "browsers drop them without a word. Serve over https; behind a proxy that ends TLS, "
            "set up ProxyFix with x_proto=1"
        )

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
        settings = self.settings
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
        _keep_last(response)


def _check_length(name: str, value: str) -> None:
    if len(name) + len(value) > _MOST_BYTES:
        raise ClaimsError(
            f"the token has {len(value)} bytes, and a cookie of {_MOST_BYTES} has no room for it: "
            "put less into its claims"
        )


def put_back(set_cookies: Iterable[str], response: Response) -> None:
    """Set cookies that an answer of ours has set, where the application has made another of it.

    What it sets or deletes in their place itself stays.
    """
    there = [_identity_of(value) for value in response.headers.getlist("Set-Cookie")]
    for value in set_cookies:
        if "Max-Age=0" not in value and _identity_of(value) not in there:
            response.headers.add("Set-Cookie", value)


def _sent(this: Request, name: str, *, longest_path: bool = False) -> list[str]:
    # Whatever is in them, the answer depends on it.
    todo, found = afterwards(this), cookies_named(this, name, longest_path=longest_path)
    todo.saw_cookies = True
    if found:
        todo.found_cookies = True
    return found


def _secure_names(settings: BrowserSettings, domain: str | None) -> CookieNames:
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


def _delete(
    response: Response, name: str, path: str, domain: str | None, *, partitioned: bool
) -> None:
    more = {"partitioned": True} if partitioned else {}
    response.set_cookie(
        name, "", 0, 0, path, domain, secure=True, httponly=True, samesite="None", **more
    )
    *earlier, last = response.headers.getlist("Set-Cookie")
    if last in earlier:
        response.headers.setlist("Set-Cookie", earlier)


def _keep_last(response: Response) -> None:
    # RFC 6265 section 4.1.1: an answer sets a cookie once.
    *earlier, last = response.headers.getlist("Set-Cookie")
    kept = [value for value in earlier if _identity_of(value) != _identity_of(last)]
    if len(kept) < len(earlier):
        response.headers.setlist("Set-Cookie", [*kept, last])


def _identity_of(set_cookie: str) -> frozenset[str]:
    # RFC 6265bis section 5.7: what tells one cookie from another.
    pair, *parts = set_cookie.split("; ")
    telling = (part for part in parts if part.startswith(("Path=", "Domain=", "Partitioned")))
    return frozenset((pair.partition("=")[0], *telling))
