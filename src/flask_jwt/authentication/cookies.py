"""The cookies of a request as its browser has sent them.

Not Werkzeug's: it takes off more than blanks around a name, so that a cookie without a prefix, set
by a sibling domain and begun with a no-break space, passes for one that only this host can set.
Nor are quotes looked at: inside those that one cookie opens, others would be hidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from operator import methodcaller
from typing import TYPE_CHECKING, NamedTuple

from flask import Request, Response, current_app
from werkzeug.http import dump_cookie

from ..core.errors import ClaimsError
from ..http import is_loopback
from ..sessions.settings import SessionRoutes, SessionSettings
from ..settings.declare import Settings
from .request_state import RequestState, request_state
from .settings import DEVICE_COOKIE, BrowserRoutes, BrowserSettings

if TYPE_CHECKING:
    from .csrf import CSRFTokens

#: For how many seconds a browser is known in which somebody has signed in: 180 days.
DEVICE_SECONDS = 180 * 86400
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
_WHOLE_SITE = ("/",)
# The attributes of a Set-Cookie header that are part of it.
_DISTINCTIVE = ("Path=", "Domain=", "Partitioned")


class CookieProfile(NamedTuple):
    """The names and the attributes of the cookies of a request."""

    access: str
    refresh: str
    csrf: str
    #: The cookie of a browser in which somebody has signed in before.
    device: str
    #: The domain whose hosts are all sent them; None is this host alone.
    domain: str | None
    partitioned: bool
    same_site: str
    #: Whether they are for TLS alone.
    secure: bool
    #: Whether no other host can set the access and the CSRF cookie.
    host_only: bool


class CookieTokens(NamedTuple):
    """What an answer puts into cookies; None for a cookie that it leaves as it is."""

    access_token: str | None
    refresh_token: str | None
    csrf_value: str | None
    #: The session, or None where the access token has none.
    sid: str | None
    #: For how many seconds a browser keeps them; None for until it is closed.
    max_age: int | None

    def __repr__(self) -> str:
        return f"<CookieTokens of {self.sid}>"


#: Deletes all cookies.
NO_TOKENS = CookieTokens("", "", "", None, 0)


def _for_tls(
    settings: BrowserSettings, domain: str | None, *, partitioned: bool, same_site: str
) -> CookieProfile:
    # Browsers accept __Host- from the host itself alone (RFC 6265bis section 4.1.3.2), and
    # __Host-Http- from its server alone, not from a script; those that do not know the longer
    # prefix see the shorter one in it. __Http- has no such beginning: they would drop all that
    # __Secure- promises, so the refresh cookie keeps that.
    access, csrf = ("__Host-Http-", "__Host-") if domain is None else ("__Secure-",) * 2
    return CookieProfile(
        access + settings.access_cookie,
        f"__Secure-{settings.refresh_cookie}",
        csrf + settings.csrf_cookie,
        f"__Host-Http-{DEVICE_COOKIE}",
        domain,
        partitioned,
        same_site,
        secure=True,
        host_only=domain is None,
    )


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
        sessions = groups.get(SessionSettings)
        #: For how many seconds a browser keeps the cookies of a session that is remembered: as long
        #: as the longest session. The row says which one has expired, or was silent for too long,
        #: and the cookies have to be there to find it, the access token too.
        self.session_age = None if sessions is None else int(sessions.lifetime)
        self._told_of_http = False
        domain, partitioned, same_site = settings.domain, settings.partitioned, settings.same_site
        #: Of cookies that are for TLS alone.
        self.over_tls = _for_tls(settings, domain, partitioned=partitioned, same_site=same_site)
        names = settings.access_cookie, settings.refresh_cookie, settings.csrf_cookie
        # A cookie that is not for TLS alone can't be for other sites either.
        plain_site = "Lax" if same_site == "None" else same_site
        self._plain = CookieProfile(
            *names, DEVICE_COOKIE, None, False, plain_site, secure=False, host_only=False
        )
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
        return self.over_tls

    def check_access(self, token: str) -> None:
        """Check that an access token can be put into a cookie, before anything is done for it."""
        if len(self.over_tls.access) + len(token) > _MAX_COOKIE_BYTES:
            raise _too_long(token)

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


def cookie_values(request: Request, name: str, *, longest_path: bool = False) -> list[str]:
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


def put_cookies(
    cookies: Cookies,
    known: RequestState,
    request: Request,
    response: Response,
    tokens: CookieTokens,
    *,
    clear_legacy: bool = True,
) -> None:
    """Set or delete cookies in an answer, in place of those of the same names that are there."""
    profile = cookies.profile(request)
    if profile.secure and not request.is_secure and tokens.access_token is not None:
        cookies.tell_of_http(request)
    root, rules, max_size = request.root_path, cookies.refresh_rules, response.max_cookie_size
    written: dict[CookieKey, str] = {}
    if clear_legacy and profile.secure:
        # Browsers would keep and send both. Some take them for the same (RFC 6265 section 5.3), so
        # they are deleted before the others are set.
        for legacy in cookies.legacy_profiles:
            written |= _set_cookies(legacy, root, rules, NO_TOKENS, max_size)
    written |= _set_cookies(profile, root, rules, tokens, max_size)
    headers, present = list(written.values()), response.headers.getlist("Set-Cookie")
    # Nearly always there is none, and nothing is parsed.
    response.headers.setlist("Set-Cookie", _in_place_of(present, headers) if present else headers)
    known.set_cookies = {**(known.set_cookies or {}), **written}
    if tokens is not NO_TOKENS:
        # The header is set when the application is done with the answer.
        known.no_store = True


def _set_cookies(
    profile: CookieProfile,
    root: str,
    refresh_rules: Sequence[str],
    tokens: CookieTokens,
    max_size: int,
) -> dict[CookieKey, str]:
    """Return the ``Set-Cookie`` headers for tokens, or for their deletion."""
    age, headers = tokens.max_age, dict[CookieKey, str]()
    # The access token is for the whole site, the refresh token for refresh and sign-out alone.
    for name, value, above, rules in (
        (profile.access, tokens.access_token, "", _WHOLE_SITE),
        (profile.refresh, tokens.refresh_token, root, refresh_rules),
        (profile.csrf, tokens.csrf_value, "", _WHOLE_SITE),
    ):
        if value is None:
            continue
        if len(name) + len(value) > _MAX_COOKIE_BYTES:
            raise _too_long(value)
        for rule in rules:
            path = above + rule
            headers[name, path, profile.domain, profile.partitioned] = dump_cookie(
                name,
                value,
                age,
                0 if age == 0 else None,
                path,
                profile.domain,
                secure=profile.secure,
                # Pages of this site read the CSRF value.
                httponly=name != profile.csrf,
                max_size=max_size,
                samesite=profile.same_site,
                # Not there in Werkzeug 3.0.
                **({"partitioned": True} if profile.partitioned else {}),
            )
    return headers


def put_device(cookies: Cookies, request: Request, response: Response, value: str) -> None:
    """Set the cookie of a browser that is known: of this host alone, whatever the others are."""
    profile = cookies.profile(request)
    header = dump_cookie(
        profile.device,
        value,
        DEVICE_SECONDS,
        None,
        "/",
        None,
        secure=profile.secure,
        httponly=True,
        samesite=profile.same_site,
        **({"partitioned": True} if profile.partitioned else {}),
    )
    response.headers.add("Set-Cookie", header)


def sets_cookie(response: Response, name: str, token: str = "") -> bool:
    """Tell whether an answer sets or deletes a cookie, or puts a token into it."""
    begins = methodcaller("startswith", f"{name}={token}")
    return any(map(begins, response.headers.getlist("Set-Cookie")))


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
    """Set cookies of our answer in the one that the application has made of it, unless they are."""
    present = response.headers.getlist("Set-Cookie")
    if set(present).issuperset(set_cookies):
        return
    # A cookie that the application sets or deletes itself is left to it.
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
