"""``app.config`` -> where requests carry their tokens, and how cookies are made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any
from urllib.parse import urlsplit

from werkzeug import Response

from .errors import refuse
from .http import is_loopback
from .settings import duration, switch_of, text_of, value_of

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# Browsers compare these without case. The last one would make another prefix of __Host-.
_PREFIXES = ("__host-", "__secure-", "__http-", "http-")
# What apps in a web view and extensions of browsers have, whose hosts are names of their own.
_APP_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[A-Za-z0-9._-]+(:[1-9][0-9]*)?")
_DOMAIN = re.compile(r"\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_SAME_SITE = ("Strict", "Lax", "None")


@dataclass(frozen=True, slots=True)
class BrowserSettings:
    """What ``app.config`` said of places and cookies at first use. Durations are seconds."""

    query_name: str
    json_key: str
    access_cookie: str
    refresh_cookie: str
    csrf_cookie: str
    domain: str | None
    same_site: str
    partitioned: bool
    origins: frozenset[str]
    auto_refresh: float | None
    csrf_header: str
    csrf_field: str

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> BrowserSettings:
        """Read and check the configuration."""
        origins = _origins(config)
        access = _cookie_name(config, "JWT_ACCESS_COOKIE_NAME")
        refresh = _cookie_name(config, "JWT_REFRESH_COOKIE_NAME", access)
        return cls(
            query_name=text_of(config, "JWT_QUERY_STRING_NAME"),
            json_key=text_of(config, "JWT_JSON_KEY"),
            access_cookie=access,
            refresh_cookie=refresh,
            csrf_cookie=_cookie_name(config, "JWT_CSRF_COOKIE_NAME", access, refresh),
            domain=_domain(config),
            same_site=_same_site(config, origins),
            partitioned=_partitioned(config),
            origins=origins,
            auto_refresh=_auto_refresh(config),
            csrf_header=_header_name(config, "JWT_CSRF_HEADER_NAME"),
            csrf_field=text_of(config, "JWT_CSRF_FIELD_NAME"),
        )


def _header_name(config: Mapping[str, Any], key: str) -> str:
    name = text_of(config, key)
    return name if _TOKEN.fullmatch(name) else refuse(key, "the name of a header")


def _cookie_name(config: Mapping[str, Any], key: str, *taken: str) -> str:
    name = text_of(config, key)
    if not _TOKEN.fullmatch(name):
        refuse(key, "the name of a cookie: letters, digits and _ or -")
    if name.lower().startswith(_PREFIXES):
        refuse(
            key,
            "a name that begins with none of __Host-, __Secure-, __Http- and Http-: prefixes are "
            "added where they may be",
        )
    if name in taken:
        refuse(key, f"a name that no other cookie has, as {name!r} is")
    return name


def _domain(config: Mapping[str, Any]) -> str | None:
    domain = config.get("JWT_COOKIE_DOMAIN")
    if domain is not None and not (isinstance(domain, str) and _DOMAIN.fullmatch(domain)):
        refuse("JWT_COOKIE_DOMAIN", "a domain such as example.com, or None for this host alone")
    return domain


def _same_site(config: Mapping[str, Any], origins: frozenset[str]) -> str:
    key = "JWT_COOKIE_SAMESITE"
    value = value_of(config, key)
    found = next((one for one in _SAME_SITE if str(value).lower() == one.lower()), None)
    if found is None:
        refuse(key, "'Lax', 'Strict' or 'None' (a string)")
    if origins and found == "Strict":
        refuse(key, "'None' where JWT_COOKIE_ORIGINS names front ends on other sites")
    # From another site, no other cookie is sent.
    return "None" if origins else found


def _partitioned(config: Mapping[str, Any]) -> bool:
    value = switch_of(config, "JWT_COOKIE_PARTITIONED")
    if value and "partitioned" not in signature(Response.set_cookie).parameters:
        refuse("JWT_COOKIE_PARTITIONED", "False with this Werkzeug: 3.1 is the first that knows it")
    return value


def _origins(config: Mapping[str, Any]) -> frozenset[str]:
    key, expected = (
        "JWT_COOKIE_ORIGINS",
        "a list of origins such as 'https://app.example.com' or 'capacitor://localhost', each "
        "exact: no path, no wildcard, no http but on this machine, and not 'null', which every "
        "sandboxed frame has",
    )
    given = value_of(config, key)
    if not isinstance(given, list | tuple | set | frozenset):
        refuse(key, expected)
    if not all(isinstance(one, str) and is_origin(one) for one in given):
        refuse(key, expected)
    return frozenset(given)


def is_origin(text: str) -> bool:
    """Tell whether a text is an origin as browsers write it (:rfc:`6454` section 6.2)."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    if parts.scheme not in ("http", "https"):
        return _APP_ORIGIN.fullmatch(text) is not None
    if not parts.hostname or "*" in text:
        return False
    # Whoever is on the way can be any page that comes without TLS.
    if parts.scheme == "http" and not is_loopback(parts.netloc):
        return False
    if not text.isascii() or port == 0:
        return False
    # Browsers leave out the usual port.
    if port == {"http": 80, "https": 443}[parts.scheme]:
        return False
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return text == f"{parts.scheme}://{host}" + ("" if port is None else f":{port}")


def _auto_refresh(config: Mapping[str, Any]) -> float | None:
    key = "JWT_COOKIE_AUTO_REFRESH"
    if config.get(key) is None:
        return None
    length = duration(config, key)
    if length <= 0:
        refuse(key, "a duration longer than nothing, or None")
    if config.get("JWT_SESSION_STORE") is None:
        refuse(key, "None where there are no sessions: nobody could tell who has signed out")
    return length
