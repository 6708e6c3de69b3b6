"""The settings of where requests carry their tokens, and how cookies are made."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from inspect import signature
from typing import Any, Self
from urllib.parse import urlsplit

from werkzeug import Response

from ..errors import refuse
from ..http import is_loopback
from ..settings.declare import Config, Group, Unfit, setting
from ..settings.types import duration, names, parse_flag, parse_text, text, url_rule

#: The cookie of a browser in which somebody has signed in before, without its prefix.
DEVICE_COOKIE = "device"
#: Where a request may carry its access token; the first location that holds one decides.
TOKEN_LOCATIONS = ("headers", "json", "query_string", "cookies")

#: Tells whether a text may be the name of a scheme, a header or a cookie (:rfc:`9110` 5.6.2).
is_token = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch
_QUOTABLE = re.compile(r"[\x20-\x7e\xa0-\xff]*")
# Browsers compare these without case. The last one would make another prefix of __Host-.
_PREFIXES = ("__host-", "__secure-", "__http-", "http-")
# What apps in a web view and extensions of browsers have, whose hosts are names of their own.
_APP_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[A-Za-z0-9._-]+(:[1-9][0-9]*)?")
_DOMAIN = re.compile(r"\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_SAME_SITE = ("Strict", "Lax", "None")
# The path of a URL as each client writes it: no escapes, no empty segments, no dots to be resolved.
_RESOURCE_PATH = re.compile(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._~!$&'()*+,;=:@-]+)*/?")
# What a client puts between the host and the path (RFC 9728 section 3.1).
_WELL_KNOWN = "/.well-known/oauth-protected-resource"


def quotable(text: str) -> bool:
    """Tell whether a text can stand in a quoted string of a header (:rfc:`9110` section 5.6.4)."""
    return _QUOTABLE.fullmatch(text) is not None


def is_origin(text: str) -> bool:
    """Tell whether a text is an origin as browsers write it (:rfc:`6454` section 6.2)."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    if parts.scheme not in ("http", "https"):
        return _APP_ORIGIN.fullmatch(text) is not None
    if not parts.hostname or "*" in text or not text.isascii() or port == 0:
        return False
    # Without TLS any page can be put there on the way.
    if parts.scheme == "http" and not is_loopback(parts.netloc):
        return False
    # Browsers leave out the usual port.
    if port == {"http": 80, "https": 443}[parts.scheme]:
        return False
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return text == f"{parts.scheme}://{host}" + ("" if port is None else f":{port}")


def _is_resource(url: str) -> bool:
    try:
        scheme, host, path, *_ = urlsplit(url)
    except ValueError:
        return False
    origin = f"{scheme}://{host}"
    is_web = scheme in ("http", "https") and is_origin(origin)
    return is_web and _RESOURCE_PATH.fullmatch(path) is not None and url == origin + path


def _realm(value: Any) -> str:
    if not isinstance(value, str) or not quotable(value):
        raise Unfit
    return value


def _cookie_name(key: str, default: str) -> Any:
    def parse(value: Any) -> str:
        name = parse_text(value)
        if not is_token(name):
            raise Unfit
        if name.lower().startswith(_PREFIXES):
            raise Unfit(
                "a name that begins with none of __Host-, __Secure-, __Http- and Http-: prefixes "
                "are added where they may be"
            )
        return name

    return setting(key, default, parse, "the name of a cookie: letters, digits and _ or -")


def _domain(value: Any) -> str:
    if not isinstance(value, str) or not _DOMAIN.fullmatch(value):
        raise Unfit
    return value


def parse_same_site(value: Any) -> str:
    """Return a value of ``SameSite`` as it is spelt."""
    for spelling in _SAME_SITE:
        if str(value).lower() == spelling.lower():
            return spelling
    raise Unfit


def _partitioned(value: Any) -> bool:
    is_on = parse_flag(value)
    if is_on and "partitioned" not in signature(Response.set_cookie).parameters:
        raise Unfit("False with this Werkzeug: 3.1 is the first that knows it")
    return is_on


def _origins(value: Any) -> frozenset[str]:
    if not isinstance(value, list | tuple | set | frozenset) or not all(
        isinstance(origin, str) and is_origin(origin) for origin in value
    ):
        raise Unfit
    return frozenset(value)


@dataclass(frozen=True, slots=True)
class ResourceRoute(Group):
    """What this application is called where others issue the tokens for it (:rfc:`9728`)."""

    title = "Resource server"
    moment = "init"

    resource: str | None = text(
        "JWT_RESOURCE",
        fits=_is_resource,
        expected="the https URL of this API, such as 'https://api.example/v1', as clients write "
        "it: no query, no fragment, nothing escaped; http on this machine alone",
    )
    """the [URL of this API](resource.md), by which clients find who issues tokens for it: its
    metadata is served, each challenge says where, and audiences default to it"""

    @property
    def metadata_rule(self) -> str | None:
        """Where the metadata is served; None without a resource."""
        if self.resource is None:
            return None
        path = urlsplit(self.resource).path
        return _WELL_KNOWN if path == "/" else _WELL_KNOWN + path

    @property
    def metadata_url(self) -> str | None:
        """Where clients find the metadata; None without a resource."""
        if self.resource is None or self.metadata_rule is None:
            return None
        parts = urlsplit(self.resource)
        return f"{parts.scheme}://{parts.netloc}{self.metadata_rule}"


@dataclass(frozen=True, slots=True)
class HeaderSettings(Group):
    """The header that tokens are in, and the one that asks for them."""

    title = "Requests"

    schemes: tuple[str, ...] = names(
        "JWT_AUTH_HEADER_PREFIX",
        "JWT",
        "the name of an authentication scheme, such as 'JWT', or a list of names",
        fits=is_token,
    )
    """the scheme before the token, compared without case; or a list of them, the first of which
    stands in challenges. With `JWT_RESOURCE` it has Bearer, which then stands there"""
    realm: str = setting(
        "JWT_DEFAULT_REALM",
        "Login Required",
        _realm,
        "a string of printable Latin-1 characters, because it goes into a header",
    )
    """the realm in challenges, where the view names none"""

    def settled(self, config: Config) -> Self:
        """Check that clients which find the metadata can send their tokens."""
        has_bearer = "bearer" in map(str.lower, self.schemes)
        if not has_bearer and ResourceRoute.read(config).resource is not None:
            refuse(
                "JWT_AUTH_HEADER_PREFIX",
                f"'Bearer', or a list with it such as {['Bearer', *self.schemes]}, where "
                "JWT_RESOURCE is set",
            )
        return self


@dataclass(frozen=True, slots=True)
class BrowserRoutes(Group):
    """Where requests carry their tokens, and the routes that pages need for it."""

    title = "Browsers"
    moment = "init"

    token_location: tuple[str, ...] = names(
        "JWT_TOKEN_LOCATION",
        ["headers"],
        f"a list with some of {', '.join(map(repr, TOKEN_LOCATIONS))}",
        fits=TOKEN_LOCATIONS.__contains__,
        decides_checks=True,
    )
    """where requests carry their access token; the order means nothing"""
    csrf_url_rule: str | None = url_rule("JWT_CSRF_URL_RULE", "/auth/csrf")
    """where pages ask for the CSRF value; None or `""` registers no route"""
    script_url_rule: str | None = url_rule("JWT_SCRIPT_URL_RULE", None)
    """where the script is served; None or `""` is nowhere"""

    def settled(self, config: Config) -> Self:  # noqa: ARG002
        """Put the locations into the order in which they decide."""
        given = self.token_location
        return replace(
            self, token_location=tuple(name for name in TOKEN_LOCATIONS if name in given)
        )


@dataclass(frozen=True, slots=True)
class BrowserSettings(Group):
    """Tokens elsewhere than in the header. Durations are seconds."""

    title = "Browsers"

    query_name: str = text("JWT_QUERY_STRING_NAME", "jwt")
    """the parameter of the address with the token"""
    json_key: str = text("JWT_JSON_KEY", "access_token")
    """the JSON member with the token"""
    access_cookie: str = _cookie_name("JWT_ACCESS_COOKIE_NAME", "access_token")
    """the cookie with the access token, without the prefix, which is added: `__Host-Http-`, or
    `__Secure-` with a domain"""
    refresh_cookie: str = _cookie_name("JWT_REFRESH_COOKIE_NAME", "refresh_token")
    """the cookie with the refresh token; its prefix is `__Secure-`"""
    csrf_cookie: str = _cookie_name("JWT_CSRF_COOKIE_NAME", "csrf_token")
    """the cookie with the CSRF value, without the prefix, which is added: `__Host-`, or `__Secure-`
    with a domain; two applications on one host need names of their own for all three"""
    domain: str | None = setting(
        "JWT_COOKIE_DOMAIN",
        None,
        _domain,
        "a domain such as example.com, or None for this host alone",
    )
    """the domain whose hosts are all sent the cookies; None is this host alone"""
    same_site: str = setting(
        "JWT_COOKIE_SAMESITE", "Lax", parse_same_site, "'Lax', 'Strict' or 'None' (a string)"
    )
    """from which sites' links the cookies are sent; always `"None"` with `JWT_COOKIE_ORIGINS`"""
    partitioned: bool = setting("JWT_COOKIE_PARTITIONED", False, _partitioned, "True or False")
    """whether browsers keep the cookies apart by the site of the page (needs Werkzeug 3.1)"""
    origins: frozenset[str] = setting(
        "JWT_COOKIE_ORIGINS",
        [],
        _origins,
        "a list of origins such as 'https://app.example.com' or 'capacitor://localhost', each "
        "exact: no path, no wildcard, no http but on this machine, and not 'null', which every "
        "sandboxed frame has",
    )
    """the origins of front ends on other sites, and of apps, that use cookies"""
    auto_refresh: float | None = duration(
        "JWT_COOKIE_AUTO_REFRESH", more_than=0, expected="a duration longer than nothing, or None"
    )
    """how long before its `exp` an access token in a cookie is renewed by a guarded request; None
    never"""
    csrf_header: str = text(
        "JWT_CSRF_HEADER_NAME",
        "X-CSRF-TOKEN",
        fits=is_token,
        expected="the name of a header",
    )
    """the header with the CSRF value"""
    csrf_field: str = text("JWT_CSRF_FIELD_NAME", "csrf_token")
    """the form field with it"""

    @classmethod
    def is_used(cls, config: Config) -> bool:
        """Tell whether there are more places than the header."""
        return BrowserRoutes.read(config).token_location != ("headers",)

    def settled(self, config: Config) -> Self:
        """Check what cookies need of each other, of sessions, and for front ends on other sites."""
        taken = [DEVICE_COOKIE]
        for key, name in (
            ("JWT_ACCESS_COOKIE_NAME", self.access_cookie),
            ("JWT_REFRESH_COOKIE_NAME", self.refresh_cookie),
            ("JWT_CSRF_COOKIE_NAME", self.csrf_cookie),
        ):
            if name in taken:
                refuse(key, f"a name that no other cookie has, as {name!r} is")
            taken.append(name)
        if self.auto_refresh is not None and config.get("JWT_SESSION_STORE") is None:
            refuse(
                "JWT_COOKIE_AUTO_REFRESH",
                "None where there are no sessions: nobody could tell who has signed out",
            )
        if not self.origins:
            return self
        if self.same_site == "Strict":
            refuse(
                "JWT_COOKIE_SAMESITE",
                "'None' where JWT_COOKIE_ORIGINS names front ends on other sites",
            )
        # From another site, no other cookie is sent.
        return replace(self, same_site="None")
