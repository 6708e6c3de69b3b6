"""Keys of ``app.config`` that begin with ``JWT_`` and are none of this package's.

Misspelled ones, and those of other packages and of the releases before 0.3: each has no effect,
and is one warning that says what to set. One that would have refused a token is an error.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator
from typing import Any

from ..errors import ConfigurationError
from .declare import Config, Vocabulary

_ALWAYS = "no check is ever left out"
_SESSIONS = "JWT_SESSION_STORE keeps sessions, which can be ended"
_CSRF = "with cookies the check is always made"

# What to do instead.
_FOREIGN = {
    "JWT_ACCESS_CSRF_COOKIE_NAME": "set JWT_CSRF_COOKIE_NAME",
    "JWT_ACCESS_CSRF_HEADER_NAME": "set JWT_CSRF_HEADER_NAME",
    "JWT_ACCESS_LIFESPAN": "set JWT_EXPIRATION_DELTA",
    "JWT_ACCESS_TOKEN_EXPIRES": "set JWT_EXPIRATION_DELTA",
    "JWT_ALLOW_REFRESH": _SESSIONS,
    "JWT_AUTH_COOKIE": "set JWT_TOKEN_LOCATION = ['cookies']",
    "JWT_BLACKLIST_ENABLED": _SESSIONS,
    "JWT_BLACKLIST_TOKEN_CHECKS": _SESSIONS,
    "JWT_BLOCKLIST_ENABLED": _SESSIONS,
    "JWT_COOKIE_CSRF_PROTECT": _CSRF,
    "JWT_COOKIE_NAME": "set JWT_ACCESS_COOKIE_NAME",
    "JWT_COOKIE_SECURE": "cookies are Secure everywhere but in debug on this machine",
    "JWT_CSRF_CHECK_FORM": "the field of JWT_CSRF_FIELD_NAME is always looked at",
    "JWT_CSRF_IN_COOKIES": _CSRF,
    "JWT_CSRF_METHODS": _CSRF,
    "JWT_DECODE_LEEWAY": "set JWT_LEEWAY",
    "JWT_ENCODE_AUDIENCE": "set JWT_AUDIENCE, which is required of tokens too",
    "JWT_ENCODE_ISSUER": "set JWT_ISSUER, which is required of tokens too",
    "JWT_ERROR_MESSAGE_KEY": "write a jwt_error_handler",
    "JWT_HEADER_NAME": "write a request_handler, or send the token in Authorization",
    "JWT_HEADER_TYPE": "set JWT_AUTH_HEADER_PREFIX",
    "JWT_IDENTITY_CLAIM": "write a jwt_payload_handler, and read the claim in the identity handler",
    "JWT_PLACES": "set JWT_TOKEN_LOCATION",
    "JWT_REFRESH_EXPIRATION_DELTA": "set JWT_SESSION_LIFETIME_DELTA",
    "JWT_REFRESH_LIFESPAN": "set JWT_SESSION_LIFETIME_DELTA",
    "JWT_REFRESH_TOKEN_EXPIRES": "set JWT_SESSION_IDLE_DELTA and JWT_SESSION_LIFETIME_DELTA",
    "JWT_SESSION_COOKIE": "each sign-in says so, with remember",
    "JWT_USER_CLAIMS": "write a jwt_payload_handler",
    "JWT_VERIFY": _ALWAYS,
    "JWT_VERIFY_EXPIRATION": f"{_ALWAYS}; for tokens that live longer set JWT_EXPIRATION_DELTA",
}
# Foreign keys that would have had tokens refused, with the key of this package that does so.
_RESTRICTING = {
    "JWT_ALLOWED_ALGORITHMS": "JWT_ALGORITHM",
    "JWT_DECODE_ALGORITHMS": "JWT_ALGORITHM",
    "JWT_DECODE_AUDIENCE": "JWT_AUDIENCE",
    "JWT_DECODE_ISSUER": "JWT_ISSUER",
}


def suggestion(key: str, known: Collection[str]) -> str | None:
    """Return the known key that an unknown one looks like, or None."""
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.8)
    return close[0] if close else None


def unknown_keys(config: Config, known: Collection[str]) -> Iterator[str]:
    """Yield what the log says of keys that have no effect."""
    for key in _set_beside(config, known):
        if key in _RESTRICTING:
            _check_restriction(config, key)
        elif key in _FOREIGN:
            yield f"app.config[{key!r}] is no key of Flask-JWT and has no effect: {_FOREIGN[key]}"
        elif meant := suggestion(key, known):
            yield _misspelt(key, meant)


def replaced_keys(config: Config, vocabulary: Vocabulary, own: Collection[str]) -> Iterator[str]:
    """Yield the same for an application that is configured by the keys of another package.

    What that package ignores is no error here: programs have keys of their own.
    """
    known = {*own, *vocabulary.defaults} - vocabulary.replaced.keys()
    for key in _set_beside(config, known):
        if key in vocabulary.replaced:
            yield f"app.config[{key!r}] has no effect here: {vocabulary.replaced[key]}"
        elif meant := suggestion(key, known):
            yield _misspelt(key, meant)


def misspellings(config: Config, meant: str) -> Iterator[str]:
    """Yield what the log says of keys that look like one which is off."""
    for key in _set_beside(config, (meant,)):
        if suggestion(key, (meant,)):
            yield _misspelt(key, meant)


def _set_beside(config: Config, known: Collection[str]) -> list[str]:
    # Of a copy: another thread may put a key in meanwhile.
    found = dict(config).items()
    set_keys = (key for key, value in found if key.startswith("JWT_") and value is not None)
    return [key for key in set_keys if key not in known]


def _misspelt(key: str, meant: str) -> str:
    return f"app.config[{key!r}] is no key of Flask-JWT; did you mean {meant!r}?"


def _check_restriction(config: Config, key: str) -> None:
    own_key = _RESTRICTING[key]
    # The keys of a file say their algorithms themselves.
    by_file = own_key == "JWT_ALGORITHM" and config.get("JWT_KEY_FILE") is not None
    accepted: set[str] = set() if by_file else _names(config.get(own_key))
    if not accepted or not accepted <= _names(config[key]):
        raise ConfigurationError(
            f"app.config[{key!r}] is no key of Flask-JWT, and tokens that it was to refuse would "
            f"be accepted: set {own_key}, and leave it out"
        )


def _names(value: Any) -> set[str]:
    given = value if isinstance(value, list | tuple | set | frozenset) else [value]
    return {name for name in given if isinstance(name, str)}
