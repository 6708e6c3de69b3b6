"""``config``: the settings as Flask-JWT-Extended's programs read them, from ``app.config``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from flask import current_app

from ..core.algorithms import ALGORITHMS
from ..errors import ConfigurationError
from ..settings.declare import Setting
from .internal_utils import get_json_encoder
from .settings import EXTENDED_GROUPS, lifetime
from .typing import ExpiresDelta

_DECLARED: dict[str, Setting] = {
    declared.key: declared for group in EXTENDED_GROUPS for declared in group.declared().values()
}
_YEAR_SECONDS = 31540000


def _value(key: str) -> Any:
    """Return a value as it was configured; it raises where it is not what it may be."""
    _DECLARED[key].read(current_app.config)
    return current_app.config[key]


def _of(key: str) -> Any:
    return property(lambda _config: _value(key))


def _lifetime_of(key: str) -> Any:
    # Seconds are made a timedelta.
    return property(lambda _config: lifetime(_value(key)))


class ExtendedConfig:
    """The settings in force; read only: ``app.config`` is the place to change them."""

    access_expires: ExpiresDelta = _lifetime_of("JWT_ACCESS_TOKEN_EXPIRES")
    refresh_expires: ExpiresDelta = _lifetime_of("JWT_REFRESH_TOKEN_EXPIRES")
    algorithm: str = _of("JWT_ALGORITHM")
    encode_audience: str | Iterable[str] = _of("JWT_ENCODE_AUDIENCE")
    decode_audience: str | Iterable[str] = _of("JWT_DECODE_AUDIENCE")
    encode_issuer: str = _of("JWT_ENCODE_ISSUER")
    decode_issuer: str = _of("JWT_DECODE_ISSUER")
    leeway: int = _of("JWT_DECODE_LEEWAY")
    identity_claim_key: str = _of("JWT_IDENTITY_CLAIM")
    verify_sub: bool = _of("JWT_VERIFY_SUB")
    encode_nbf: bool = _of("JWT_ENCODE_NBF")
    error_msg_key: str = _of("JWT_ERROR_MESSAGE_KEY")
    header_name: str = _of("JWT_HEADER_NAME")
    header_type: str = _of("JWT_HEADER_TYPE")
    query_string_name: str = _of("JWT_QUERY_STRING_NAME")
    query_string_value_prefix: str = _of("JWT_QUERY_STRING_VALUE_PREFIX")
    json_key: str = _of("JWT_JSON_KEY")
    refresh_json_key: str = _of("JWT_REFRESH_JSON_KEY")
    access_cookie_name: str = _of("JWT_ACCESS_COOKIE_NAME")
    access_cookie_path: str = _of("JWT_ACCESS_COOKIE_PATH")
    refresh_cookie_name: str = _of("JWT_REFRESH_COOKIE_NAME")
    refresh_cookie_path: str = _of("JWT_REFRESH_COOKIE_PATH")
    cookie_domain: str = _of("JWT_COOKIE_DOMAIN")
    cookie_samesite: str = _of("JWT_COOKIE_SAMESITE")
    cookie_secure: bool = _of("JWT_COOKIE_SECURE")
    session_cookie: bool = _of("JWT_SESSION_COOKIE")
    cookie_csrf_protect: bool = _of("JWT_COOKIE_CSRF_PROTECT")
    csrf_request_methods: Iterable[str] = _of("JWT_CSRF_METHODS")
    csrf_in_cookies: bool = _of("JWT_CSRF_IN_COOKIES")
    csrf_check_form: bool = _of("JWT_CSRF_CHECK_FORM")
    access_csrf_cookie_name: str = _of("JWT_ACCESS_CSRF_COOKIE_NAME")
    access_csrf_cookie_path: str = _of("JWT_ACCESS_CSRF_COOKIE_PATH")
    access_csrf_header_name: str = _of("JWT_ACCESS_CSRF_HEADER_NAME")
    access_csrf_field_name: str = _of("JWT_ACCESS_CSRF_FIELD_NAME")
    refresh_csrf_cookie_name: str = _of("JWT_REFRESH_CSRF_COOKIE_NAME")
    refresh_csrf_cookie_path: str = _of("JWT_REFRESH_CSRF_COOKIE_PATH")
    refresh_csrf_header_name: str = _of("JWT_REFRESH_CSRF_HEADER_NAME")
    refresh_csrf_field_name: str = _of("JWT_REFRESH_CSRF_FIELD_NAME")
    #: The methods that need no token.
    exempt_methods = frozenset({"OPTIONS"})

    @property
    def token_location(self) -> Sequence[str]:
        """Where requests carry tokens; one place is a tuple of one."""
        locations: Any = _of("JWT_TOKEN_LOCATION").__get__(self)
        return (locations,) if isinstance(locations, str) else locations

    @property
    def jwt_in_cookies(self) -> bool:
        """Whether tokens may be in cookies."""
        return "cookies" in self.token_location

    @property
    def jwt_in_headers(self) -> bool:
        """Whether they may be in the header."""
        return "headers" in self.token_location

    @property
    def jwt_in_query_string(self) -> bool:
        """Whether they may be in the address."""
        return "query_string" in self.token_location

    @property
    def jwt_in_json(self) -> bool:
        """Whether they may be in a JSON body."""
        return "json" in self.token_location

    @property
    def decode_algorithms(self) -> list[str]:
        """The algorithms that are accepted."""
        listed: list[str] = list(_value("JWT_DECODE_ALGORITHMS") or ())
        return listed if self.algorithm in listed else [*listed, self.algorithm]

    @property
    def is_asymmetric(self) -> bool:
        """Whether a key pair signs."""
        return not ALGORITHMS[self.algorithm].symmetric

    @property
    def encode_key(self) -> Any:
        """What signs: the secret, or the private key."""
        return self._key("JWT_PRIVATE_KEY") if self.is_asymmetric else self._secret()

    @property
    def decode_key(self) -> Any:
        """What verifies: the secret, or the public key."""
        return self._key("JWT_PUBLIC_KEY") if self.is_asymmetric else self._secret()

    @property
    def cookie_max_age(self) -> int | None:
        """For how many seconds browsers keep cookies; None is until they are closed."""
        return None if self.session_cookie else _YEAR_SECONDS

    @property
    def json_encoder(self) -> type[json.JSONEncoder]:
        """What writes claims."""
        return get_json_encoder(current_app)

    def _secret(self) -> Any:
        secret = current_app.config.get("JWT_SECRET_KEY") or current_app.config.get("SECRET_KEY")
        if not secret:
            raise ConfigurationError(
                "app.config['JWT_SECRET_KEY'] is not set, nor is app.config['SECRET_KEY']"
            )
        return secret

    def _key(self, name: str) -> Any:
        key = current_app.config.get(name)
        if not key:
            raise ConfigurationError(
                f"app.config[{name!r}] is not set, and {self.algorithm} needs it"
            )
        return key


#: The settings of the application at hand.
config = ExtendedConfig()
