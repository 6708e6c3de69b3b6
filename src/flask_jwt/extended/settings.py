"""The settings of Flask-JWT-Extended, by its keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Self

from ..authentication.settings import TOKEN_LOCATIONS, parse_same_site
from ..core.algorithms import ALGORITHMS
from ..core.claims import seconds
from ..errors import refuse
from ..settings.declare import Config, Group, Unfit, setting
from ..settings.types import choice, names, parse_names, parse_text, text

#: A lifetime: a timedelta, or whatever else can be added to a datetime; False is for ever.
Lifetime = Any

_MAX_LEEWAY = timedelta(days=1)
_AUDIENCE = "a string, or a list of strings, none of them empty"
_LIFETIME = "a timedelta, a number of seconds, or False for tokens that never expire"
_UNSAFE_METHODS = ("POST", "PUT", "PATCH", "DELETE")
# A user may be called "refresh".
_OF_TOKENS_THEMSELVES = ("aud", "csrf", "exp", "fresh", "iat", "iss", "jti", "nbf", "type")
_LOCATIONS = f"some of {', '.join(map(repr, TOKEN_LOCATIONS))}, in the order in which they decide"


def lifetime(value: Any) -> Lifetime:
    """Return a length of time that was given as timedelta or seconds; False stands for ever."""
    if value is False:
        return False
    try:
        if type(value) is int:
            return timedelta(seconds=value)
        # What calendars count in, such as relativedelta, is no timedelta.
        _ = value + datetime.now(UTC)
    except (TypeError, OverflowError):
        raise Unfit from None
    return value


def seconds_of(value: Any) -> float | None:
    """Return a lifetime in seconds from now on; None where it has no end, or is none."""
    try:
        length = lifetime(value)
        if length is False:
            return None
        now = datetime.now(UTC)
        ends: datetime = now + length
        return (ends - now).total_seconds()
    except Unfit:
        # Its own group says so.
        return None


def _lifetime(key: str, default: timedelta) -> Any:
    return setting(key, default, lifetime, _LIFETIME)


def _methods(value: Any) -> tuple[str, ...]:
    # Requests have them in capitals: a small letter would switch the check off.
    return tuple(map(str.upper, parse_names(value, empty=True)))


def _leeway(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | timedelta):
        raise Unfit
    length = seconds(value)
    if not 0 <= length <= _MAX_LEEWAY.total_seconds():
        raise Unfit
    return length


def _optional_text(value: Any) -> str:
    if not isinstance(value, str):
        raise Unfit
    return value


def _truth(value: Any) -> bool:
    # Text is true there, unless it is empty: who has "False" from the environment has had all that
    # is on. Read as False it would take away what guards the users.
    if not isinstance(value, bool | int | str):
        raise Unfit
    return bool(value)


def _switch(key: str, *, default: bool) -> Any:
    # None is as good as False to those who read it.
    return setting(key, default, _truth, "True or False", none_is_value=True)


def _unless_empty(parse: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Take what is empty for None, as where a variable of the environment is not set."""
    return lambda value: parse(value) if value else None


@dataclass(frozen=True, slots=True)
class ExtendedTokenSettings(Group):
    """What is in tokens, and what is required of them."""

    title = "Tokens"

    access_expires: Lifetime = _lifetime("JWT_ACCESS_TOKEN_EXPIRES", timedelta(minutes=15))
    """how long an access token lives; False is for ever, which is logged, and refused where there
    is `JWT_SESSION_STORE`"""
    refresh_expires: Lifetime = _lifetime("JWT_REFRESH_TOKEN_EXPIRES", timedelta(days=30))
    """how long a refresh token lives, and with `JWT_SESSION_STORE` a session"""
    algorithm: str = choice("JWT_ALGORITHM", "HS256", ALGORITHMS)
    """what signs"""
    decode_algorithms: tuple[str, ...] = names(
        "JWT_DECODE_ALGORITHMS",
        None,
        f"a list with some of {', '.join(ALGORITHMS)}",
        empty=True,
        fits=ALGORITHMS.__contains__,
    )
    """what is accepted as well; those that need another kind of key than `JWT_ALGORITHM` are
    ignored"""
    encode_audience: Any = setting(
        "JWT_ENCODE_AUDIENCE", None, _unless_empty(parse_names), _AUDIENCE
    )
    """the `aud` of tokens that are made"""
    decode_audience: tuple[str, ...] | None = names("JWT_DECODE_AUDIENCE", None, _AUDIENCE)
    """one of these has to be in `aud`; None looks at no `aud`"""
    encode_issuer: str | None = setting(
        "JWT_ENCODE_ISSUER", None, _unless_empty(parse_text), "a string that is not empty"
    )
    """the `iss` of tokens that are made"""
    decode_issuer: tuple[str, ...] | None = names("JWT_DECODE_ISSUER", None, _AUDIENCE)
    """one of these has to be `iss`; None looks at no `iss`"""
    leeway: float = setting(
        "JWT_DECODE_LEEWAY",
        0,
        _leeway,
        "between 0 and a day (a timedelta or seconds): it is for clocks that differ a little",
    )
    """how far clocks may differ, in seconds"""
    identity_claim: str = text("JWT_IDENTITY_CLAIM", "sub")
    """the claim that names the user"""
    verify_sub: bool = _switch("JWT_VERIFY_SUB", default=True)
    """whether `sub` has to be text, or a whole number; False takes any JSON"""
    encode_nbf: bool = _switch("JWT_ENCODE_NBF", default=True)
    """whether tokens that are made have `nbf`"""
    message_key: str = text("JWT_ERROR_MESSAGE_KEY", "msg")
    """the member of an error's JSON body with the text"""

    @property
    def accepted_algorithms(self) -> tuple[str, ...]:
        """The algorithms that are accepted, each once, the one that signs first."""
        return tuple(dict.fromkeys((self.algorithm, *(self.decode_algorithms or ()))))

    def settled(self, config: Config) -> Self:
        """Refuse a user's name that says what a token is, and sessions without an end."""
        if self.identity_claim in _OF_TOKENS_THEMSELVES:
            refuse("JWT_IDENTITY_CLAIM", "the name of a claim that says nothing of the token")
        if config.get("JWT_SESSION_STORE") is not None:
            for key in self._endless:
                refuse(key, "a timedelta where JWT_SESSION_STORE is set: sessions end")
        return self

    def warnings(self) -> Iterable[str]:
        """Tell of tokens that nobody can take back."""
        for key in self._endless:
            yield (
                f"app.config[{key!r}] is False: a token that is stolen is good for ever; set a "
                "timedelta"
            )

    @property
    def _endless(self) -> list[str]:
        lives = {
            "JWT_ACCESS_TOKEN_EXPIRES": self.access_expires,
            "JWT_REFRESH_TOKEN_EXPIRES": self.refresh_expires,
        }
        return [key for key, life in lives.items() if life is False]


class TokenCookies(NamedTuple):
    """The names of one kind of token in cookies, and of its CSRF value there and elsewhere."""

    name: str
    path: str
    csrf_cookie: str
    csrf_path: str
    csrf_header: str
    csrf_field: str


@dataclass(frozen=True, slots=True)
class ExtendedRequestSettings(Group):
    """Where requests carry their tokens, and how cookies are made."""

    title = "Requests"

    locations: tuple[str, ...] = names(
        "JWT_TOKEN_LOCATION", ("headers",), _LOCATIONS, fits=TOKEN_LOCATIONS.__contains__
    )
    """where requests carry tokens, in the order in which they decide"""
    header_name: str = text("JWT_HEADER_NAME", "Authorization")
    """the header with the token"""
    header_type: str | None = setting(
        "JWT_HEADER_TYPE",
        "Bearer",
        _optional_text,
        "the name of a scheme, or an empty string",
        none_is_value=True,
    )
    """the scheme before the token, compared with case; `""` is a header that is nothing but the
    token"""
    query_name: str = text("JWT_QUERY_STRING_NAME", "jwt")
    """the parameter of the address with the token"""
    query_prefix: str = setting("JWT_QUERY_STRING_VALUE_PREFIX", "", _optional_text, "a string")
    """what stands before the token there"""
    json_key: str = text("JWT_JSON_KEY", "access_token")
    """the JSON member with the access token"""
    refresh_json_key: str = text("JWT_REFRESH_JSON_KEY", "refresh_token")
    """the JSON member with the refresh token"""
    access_cookie: str = text("JWT_ACCESS_COOKIE_NAME", "access_token_cookie")
    """the cookie with the access token"""
    access_cookie_path: str = text("JWT_ACCESS_COOKIE_PATH", "/")
    """its path"""
    refresh_cookie: str = text("JWT_REFRESH_COOKIE_NAME", "refresh_token_cookie")
    """the cookie with the refresh token"""
    refresh_cookie_path: str = text("JWT_REFRESH_COOKIE_PATH", "/")
    """its path"""
    cookie_domain: str | None = setting(
        "JWT_COOKIE_DOMAIN", None, _unless_empty(parse_text), "a string that is not empty"
    )
    """the domain of all cookies; None is this host alone"""
    cookie_same_site: str | None = setting(
        "JWT_COOKIE_SAMESITE", None, parse_same_site, "'Lax', 'Strict', 'None' (a string), or None"
    )
    """the `SameSite` of all cookies; None leaves it out, and browsers take it for `Lax`"""
    cookie_secure: bool = _switch("JWT_COOKIE_SECURE", default=False)
    """whether cookies are for TLS alone; False is logged"""
    session_cookie: bool = _switch("JWT_SESSION_COOKIE", default=True)
    """whether browsers forget cookies when they are closed; False keeps them for a year"""
    csrf_protect: bool = _switch("JWT_COOKIE_CSRF_PROTECT", default=True)
    """whether a token in a cookie needs its CSRF value beside it; False is logged"""
    csrf_methods: tuple[str, ...] = setting(
        "JWT_CSRF_METHODS", list(_UNSAFE_METHODS), _methods, "a list of methods"
    )
    """the methods that need it; fewer than these four are logged"""
    csrf_in_cookies: bool = _switch("JWT_CSRF_IN_COOKIES", default=True)
    """whether the CSRF value is put into a cookie that pages can read"""
    csrf_check_form: bool = _switch("JWT_CSRF_CHECK_FORM", default=False)
    """whether it may come in a form field"""
    access_csrf_cookie: str = text("JWT_ACCESS_CSRF_COOKIE_NAME", "csrf_access_token")
    """the cookie with the CSRF value of an access token"""
    access_csrf_cookie_path: str = text("JWT_ACCESS_CSRF_COOKIE_PATH", "/")
    """its path"""
    access_csrf_header: str = text("JWT_ACCESS_CSRF_HEADER_NAME", "X-CSRF-TOKEN")
    """the header with the CSRF value of an access token"""
    access_csrf_field: str = text("JWT_ACCESS_CSRF_FIELD_NAME", "csrf_token")
    """the form field with it"""
    refresh_csrf_cookie: str = text("JWT_REFRESH_CSRF_COOKIE_NAME", "csrf_refresh_token")
    """the cookie with the CSRF value of a refresh token"""
    refresh_csrf_cookie_path: str = text("JWT_REFRESH_CSRF_COOKIE_PATH", "/")
    """its path"""
    refresh_csrf_header: str = text("JWT_REFRESH_CSRF_HEADER_NAME", "X-CSRF-TOKEN")
    """the header with the CSRF value of a refresh token"""
    refresh_csrf_field: str = text("JWT_REFRESH_CSRF_FIELD_NAME", "csrf_token")
    """the form field with it"""

    def cookies(self, *, refresh: bool) -> TokenCookies:
        """Return the names for one kind of token."""
        if refresh:
            return TokenCookies(
                self.refresh_cookie,
                self.refresh_cookie_path,
                self.refresh_csrf_cookie,
                self.refresh_csrf_cookie_path,
                self.refresh_csrf_header,
                self.refresh_csrf_field,
            )
        return TokenCookies(
            self.access_cookie,
            self.access_cookie_path,
            self.access_csrf_cookie,
            self.access_csrf_cookie_path,
            self.access_csrf_header,
            self.access_csrf_field,
        )

    def settled(self, config: Config) -> Self:
        """Check that clients which find this resource's metadata can send their tokens."""
        if config.get("JWT_RESOURCE") is not None and (self.header_type or "").lower() != "bearer":
            refuse("JWT_HEADER_TYPE", "'Bearer' where JWT_RESOURCE is set")
        return self

    def warnings(self) -> Iterable[str]:
        """Tell of what is granted here alone, because it was asked for by name."""
        if "query_string" in self.locations:
            yield (
                "app.config['JWT_TOKEN_LOCATION'] has 'query_string': tokens in addresses come "
                "into logs and browser histories; send them in a header"
            )
        if "cookies" in self.locations:
            yield from self._warnings_of_cookies()

    def _warnings_of_cookies(self) -> Iterator[str]:
        unsafe = [name for name in _UNSAFE_METHODS if name not in self.csrf_methods]
        if not self.csrf_protect:
            yield (
                "app.config['JWT_COOKIE_CSRF_PROTECT'] is False: any page can have a browser send "
                "requests in its user's name; set it to True"
            )
        elif unsafe:
            yield (
                f"app.config['JWT_CSRF_METHODS'] leaves out {', '.join(unsafe)}: any page "
                "can have a browser send such requests in its user's name; put them in"
            )
        if not self.cookie_secure:
            yield (
                "app.config['JWT_COOKIE_SECURE'] is False: browsers send the tokens over plain "
                "http, too; set it to True where there is TLS"
            )
        elif not self.access_cookie.startswith(("__Host-", "__Secure-")):
            is_of_host = self.cookie_domain is None and self.access_cookie_path == "/"
            name = f"{'__Host-' if is_of_host else '__Secure-'}{self.access_cookie}"
            yield (
                f"app.config['JWT_ACCESS_COOKIE_NAME'] is {self.access_cookie!r}: another host of "
                "the site, or plain http, can plant such a cookie; name it "
                f"{name!r}, which signs users out once"
            )


#: The groups, in the order in which the documentation has them.
EXTENDED_GROUPS: tuple[type[Group], ...] = (ExtendedTokenSettings, ExtendedRequestSettings)

# Keys and secrets have the same names in both packages.
_KEY_MATERIAL = {"JWT_SECRET_KEY": None, "JWT_PRIVATE_KEY": None, "JWT_PUBLIC_KEY": None}
#: Every key of Flask-JWT-Extended with its default.
EXTENDED_DEFAULTS: dict[str, Any] = _KEY_MATERIAL | {
    declared.key: declared.default
    for group in EXTENDED_GROUPS
    for declared in group.declared().values()
}
