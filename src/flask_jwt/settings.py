"""``app.config`` -> one frozen :class:`Settings`, read once at first use. Errors quote the key."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from .core.algorithms import ALGORITHMS
from .core.cache import CACHE_TOKENS
from .core.claims import MAX_NUMERIC_DATE, numeric_date, seconds
from .errors import refuse

#: Every key with its default; ``init_app`` puts those that are not set into ``app.config``.
CONFIG_DEFAULTS: dict[str, Any] = {
    "JWT_DEFAULT_REALM": "Login Required",
    "JWT_URL_OPTIONS": {},
    "JWT_AUTH_URL_RULE": "/auth",
    "JWT_AUTH_ENDPOINT": "jwt",
    "JWT_AUTH_URL_OPTIONS": {"methods": ["POST"]},
    "JWT_AUTH_USERNAME_KEY": "username",
    "JWT_AUTH_PASSWORD_KEY": "password",
    "JWT_ALGORITHM": "HS256",
    "JWT_LEEWAY": timedelta(seconds=10),
    "JWT_AUTH_HEADER_PREFIX": "JWT",
    "JWT_EXPIRATION_DELTA": timedelta(seconds=300),
    "JWT_NOT_BEFORE_DELTA": timedelta(seconds=0),
    "JWT_VERIFY_CLAIMS": ["signature", "exp", "nbf", "iat"],
    "JWT_REQUIRED_CLAIMS": ["exp", "iat", "nbf"],
    "JWT_SECRET_KEY_FALLBACKS": None,
    "JWT_PRIVATE_KEY": None,
    "JWT_PUBLIC_KEY": None,
    "JWT_KEY_FILE": None,
    "JWT_JWKS_URL_RULE": None,
    "JWT_ISSUER": None,
    "JWT_AUDIENCE": None,
    "JWT_ALLOW_INSECURE_KEYS": False,
    "JWT_INSECURE_FALLBACKS_UNTIL": None,
    "JWT_MAX_TOKEN_BYTES": 8192,
    "JWT_CACHE_TOKENS": CACHE_TOKENS,
    "JWT_SESSION_STORE": None,
    "JWT_REFRESH_URL_RULE": "/auth/refresh",
    "JWT_LOGOUT_URL_RULE": "/auth/logout",
    "JWT_SESSIONS_URL_RULE": "/auth/sessions",
    "JWT_REFRESH_SECRET": None,
    "JWT_REFRESH_SECRET_FALLBACKS": None,
    "JWT_SESSIONS_PER_USER": 100,
    "JWT_SESSION_IDLE_DELTA": timedelta(days=7),
    "JWT_SESSION_LIFETIME_DELTA": timedelta(days=30),
    "JWT_SESSION_SHORT_LIFETIME_DELTA": timedelta(hours=12),
    "JWT_REFRESH_GRACE_DELTA": timedelta(seconds=10),
    "JWT_REVOCATION_REFRESH": timedelta(seconds=1),
    "JWT_REVOCATION_MAX_STALE": None,
    "JWT_TOKEN_LOCATION": ["headers"],
    "JWT_QUERY_STRING_NAME": "jwt",
    "JWT_JSON_KEY": "access_token",
    "JWT_ACCESS_COOKIE_NAME": "access_token",
    "JWT_REFRESH_COOKIE_NAME": "refresh_token",
    "JWT_CSRF_COOKIE_NAME": "csrf_token",
    "JWT_COOKIE_DOMAIN": None,
    "JWT_COOKIE_SAMESITE": "Lax",
    "JWT_COOKIE_PARTITIONED": False,
    "JWT_COOKIE_ORIGINS": [],
    "JWT_COOKIE_AUTO_REFRESH": None,
    "JWT_CSRF_URL_RULE": "/auth/csrf",
    "JWT_CSRF_HEADER_NAME": "X-CSRF-TOKEN",
    "JWT_CSRF_FIELD_NAME": "csrf_token",
    "JWT_SCRIPT_URL_RULE": None,
}
#: Keys that say what a route is.
RULE_KEYS = (
    "JWT_URL_OPTIONS",
    "JWT_AUTH_URL_RULE",
    "JWT_AUTH_ENDPOINT",
    "JWT_AUTH_URL_OPTIONS",
    "JWT_JWKS_URL_RULE",
    "JWT_REFRESH_URL_RULE",
    "JWT_LOGOUT_URL_RULE",
    "JWT_SESSIONS_URL_RULE",
    "JWT_CSRF_URL_RULE",
    "JWT_SCRIPT_URL_RULE",
)
#: Keys that decide both which routes there are and what is checked.
DECIDING_KEYS = ("JWT_KEY_FILE", "JWT_SESSION_STORE", "JWT_TOKEN_LOCATION")
#: All that is read in ``init_app``.
ROUTE_KEYS = (*RULE_KEYS, *DECIDING_KEYS)
#: Every key there is.
KNOWN_KEYS = frozenset({*CONFIG_DEFAULTS, "JWT_SECRET_KEY"})

# A leeway past this would be a switch that turns expiry off.
_MAX_LEEWAY = timedelta(days=1)
_SCHEME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SWITCHES = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}
_QUOTABLE = re.compile(r"[\x20-\x7e\xa0-\xff]*")


#: Warnings, one line each, for the log: written when no lock is held any more, because whatever
#: takes part in logging may come back here.
Notes = list[str]


@dataclass(frozen=True, slots=True)
class Settings:
    """What ``app.config`` said at first use. Durations are seconds."""

    realm: str
    username_key: str
    password_key: str
    algorithm: str
    leeway: float
    schemes: tuple[str, ...]
    expiration: float
    not_before: float
    required_claims: tuple[str, ...]
    issuer: str | None
    audience: tuple[str, ...] | None
    max_token_bytes: int
    allow_insecure_keys: bool
    insecure_fallbacks_until: float | None
    cache_tokens: int

    @classmethod
    def read(cls, config: Mapping[str, Any], notes: Notes) -> Settings:
        """Read and check the configuration."""
        _note_omitted_checks(config, notes)
        return cls(
            realm=_realm(config),
            username_key=text_of(config, "JWT_AUTH_USERNAME_KEY"),
            password_key=text_of(config, "JWT_AUTH_PASSWORD_KEY"),
            algorithm=_algorithm(config),
            leeway=_leeway(config),
            schemes=_schemes(config),
            expiration=duration(config, "JWT_EXPIRATION_DELTA"),
            not_before=duration(config, "JWT_NOT_BEFORE_DELTA"),
            required_claims=_claim_names(config, "JWT_REQUIRED_CLAIMS"),
            issuer=_optional_text(config, "JWT_ISSUER"),
            audience=_audience(config),
            max_token_bytes=number_of(config, "JWT_MAX_TOKEN_BYTES", "a number of bytes", least=1),
            allow_insecure_keys=switch_of(config, "JWT_ALLOW_INSECURE_KEYS"),
            insecure_fallbacks_until=moment_of(config, "JWT_INSECURE_FALLBACKS_UNTIL"),
            cache_tokens=number_of(config, "JWT_CACHE_TOKENS", "a number of tokens", least=0),
        )


def value_of(config: Mapping[str, Any], key: str) -> Any:
    """Return a configured value, or the key's default where it is unset or None."""
    value = config.get(key)
    return CONFIG_DEFAULTS.get(key) if value is None else value


def quotable(text: str) -> bool:
    """Tell whether a text can stand in a quoted string of a header (:rfc:`9110` section 5.6.4)."""
    return _QUOTABLE.fullmatch(text) is not None


def suggestion(key: str) -> str | None:
    """Return the known key that an unknown one looks like, or None."""
    close = difflib.get_close_matches(key, KNOWN_KEYS, n=1, cutoff=0.8)
    return close[0] if close else None


def _note_omitted_checks(config: Mapping[str, Any], notes: Notes) -> None:
    given = _claim_names(config, "JWT_VERIFY_CLAIMS")
    omitted = [name for name in CONFIG_DEFAULTS["JWT_VERIFY_CLAIMS"] if name not in given]
    if omitted:
        notes.append(
            f"app.config['JWT_VERIFY_CLAIMS'] leaves out {', '.join(omitted)}; no check is ever "
            "left out, and the key is ignored"
        )


def text_of(config: Mapping[str, Any], key: str) -> str:
    """Return a configured text."""
    value = value_of(config, key)
    if not isinstance(value, str) or not value:
        refuse(key, "a string that is not empty")
    return value


def _optional_text(config: Mapping[str, Any], key: str) -> str | None:
    return None if config.get(key) is None else text_of(config, key)


def _realm(config: Mapping[str, Any]) -> str:
    key = "JWT_DEFAULT_REALM"
    realm = value_of(config, key)
    if not isinstance(realm, str) or not quotable(realm):
        refuse(key, "a string of printable Latin-1 characters, because it goes into a header")
    return realm


def _algorithm(config: Mapping[str, Any]) -> str:
    name = text_of(config, "JWT_ALGORITHM")
    if name not in ALGORITHMS:
        refuse("JWT_ALGORITHM", f"one of {', '.join(ALGORITHMS)}")
    return name


def duration(config: Mapping[str, Any], key: str) -> float:
    """Return a configured duration in seconds."""
    value = value_of(config, key)
    if not isinstance(value, timedelta | int | float) or isinstance(value, bool):
        refuse(key, "a timedelta or a number of seconds")
    length = seconds(value)
    if not math.isfinite(length):
        refuse(key, "a finite number of seconds")
    return length


def _leeway(config: Mapping[str, Any]) -> float:
    length = duration(config, "JWT_LEEWAY")
    if not 0 <= length <= _MAX_LEEWAY.total_seconds():
        refuse("JWT_LEEWAY", "between 0 and a day: it is for clocks that differ a little")
    return length


def switch_of(config: Mapping[str, Any], key: str) -> bool:
    """Return a configured switch, which from the environment may be text or a number."""
    # str() of the two booleans is among the spellings.
    found = _SWITCHES.get(str(value_of(config, key)).strip().lower())
    return refuse(key, "True or False") if found is None else found


def moment_of(config: Mapping[str, Any], key: str) -> float | None:
    """Return a configured moment in seconds since 1970, or None. What names no zone is in UTC."""
    value = config.get(key)
    if value is None:
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = value.isoformat()
    moment = -1.0
    if isinstance(value, str | datetime):
        with suppress(ValueError, OverflowError):
            found = datetime.fromisoformat(value) if isinstance(value, str) else value
            moment = float(numeric_date(found))
    if not 0 <= moment <= MAX_NUMERIC_DATE:
        refuse(key, "a date: a date, a datetime, or text such as '2030-01-31'")
    return moment


def number_of(config: Mapping[str, Any], key: str, what: str, *, least: int) -> int:
    """Return a configured whole number."""
    value = value_of(config, key)
    if type(value) is not int or value < least:
        refuse(key, f"{what}, {least} or more")
    return value


def strings_of(config: Mapping[str, Any], key: str, expected: str) -> tuple[str, ...]:
    """Return a configured string, or several, as a tuple."""
    value = value_of(config, key)
    named = (value,) if isinstance(value, str) else value
    if not isinstance(named, list | tuple | set | frozenset) or not all(
        isinstance(one, str) and one for one in named
    ):
        refuse(key, expected)
    return tuple(named)


def _claim_names(config: Mapping[str, Any], key: str) -> tuple[str, ...]:
    if isinstance(value_of(config, key), str):
        refuse(key, "a list of names of claims")
    return strings_of(config, key, "a list of names of claims")


def _schemes(config: Mapping[str, Any]) -> tuple[str, ...]:
    key = "JWT_AUTH_HEADER_PREFIX"
    expected = "the name of an authentication scheme, such as 'JWT', or a list of names"
    schemes = strings_of(config, key, expected)
    if not schemes or not all(_SCHEME.fullmatch(scheme) for scheme in schemes):
        refuse(key, expected)
    return schemes


def _audience(config: Mapping[str, Any]) -> tuple[str, ...] | None:
    if config.get("JWT_AUDIENCE") is None:
        return None
    expected = "a string, or a list of strings, none of them empty"
    return strings_of(config, "JWT_AUDIENCE", expected) or refuse("JWT_AUDIENCE", expected)
