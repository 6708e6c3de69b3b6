"""What the keys of Flask-JWT-Extended are called in this package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..authentication.settings import is_token
from ..core.algorithms import ALGORITHMS
from ..migration.extended_names import FORMER_KEYS
from ..settings.declare import Vocabulary
from .key_objects import as_pem
from .settings import EXTENDED_DEFAULTS, EXTENDED_GROUPS, seconds_of

_OF_COOKIES = "cookies are those of Flask-JWT-Extended"
_OF_VIEWS = "the program has a view of its own, which makes the tokens"
_OF_USERS = "users are the program's own, and so are its views for them"
_OF_SIGN_IN = "nothing counts the sign-ins of the program's own view"
_OF_TOKENS = "tokens are those of Flask-JWT-Extended"
#: Its keys, and those of this package that have no effect beside them, with what to write instead.
VOCABULARY = Vocabulary(
    EXTENDED_GROUPS,
    EXTENDED_DEFAULTS | dict.fromkeys(FORMER_KEYS),
    {
        "JWT_EXPIRATION_DELTA": "set JWT_ACCESS_TOKEN_EXPIRES",
        "JWT_NOT_BEFORE_DELTA": "tokens are good at once",
        "JWT_AUTH_URL_RULE": _OF_VIEWS,
        "JWT_AUTH_ENDPOINT": _OF_VIEWS,
        "JWT_AUTH_URL_OPTIONS": _OF_VIEWS,
        "JWT_AUTH_USERNAME_KEY": _OF_VIEWS,
        "JWT_AUTH_PASSWORD_KEY": _OF_VIEWS,
        "JWT_REFRESH_URL_RULE": _OF_VIEWS,
        "JWT_ME_URL_RULE": _OF_USERS,
        "JWT_PASSWORD_URL_RULE": _OF_USERS,
        "JWT_REGISTER_URL_RULE": _OF_USERS,
        "JWT_THROTTLE": _OF_SIGN_IN,
        "JWT_THROTTLE_STORAGE": _OF_SIGN_IN,
        "JWT_LEEWAY": "set JWT_DECODE_LEEWAY",
        "JWT_REQUIRED_CLAIMS": "give token_verification_loader a function",
        "JWT_VERIFY_CLAIMS": "no check is ever left out",
        "JWT_ISSUER": "set JWT_ENCODE_ISSUER and JWT_DECODE_ISSUER",
        "JWT_AUDIENCE": "set JWT_ENCODE_AUDIENCE and JWT_DECODE_AUDIENCE",
        "JWT_ACCESS_TOKEN_PROFILE": _OF_TOKENS,
        "JWT_CLIENT_ID": _OF_TOKENS,
        "JWT_AUTH_HEADER_PREFIX": "set JWT_HEADER_TYPE",
        "JWT_CSRF_URL_RULE": _OF_COOKIES,
        "JWT_SCRIPT_URL_RULE": _OF_COOKIES,
        "JWT_CSRF_COOKIE_NAME": "set JWT_ACCESS_CSRF_COOKIE_NAME and JWT_REFRESH_CSRF_COOKIE_NAME",
        "JWT_CSRF_HEADER_NAME": "set JWT_ACCESS_CSRF_HEADER_NAME and JWT_REFRESH_CSRF_HEADER_NAME",
        "JWT_CSRF_FIELD_NAME": "set JWT_ACCESS_CSRF_FIELD_NAME and JWT_REFRESH_CSRF_FIELD_NAME",
        "JWT_COOKIE_PARTITIONED": _OF_COOKIES,
        "JWT_COOKIE_ORIGINS": _OF_COOKIES,
        "JWT_COOKIE_AUTO_REFRESH": _OF_COOKIES,
    },
)
#: Keys of this package that are off unless set: applications have routes of their own for these,
#: and sessions live as long as refresh tokens do.
OFF_BY_DEFAULT = (
    *VOCABULARY.replaced,
    "JWT_SESSION_IDLE_DELTA",
    "JWT_SESSION_LIFETIME_DELTA",
)


def own_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration under the keys of this package."""
    others = VOCABULARY.defaults.keys() | VOCABULARY.replaced.keys()
    # Of a copy: another thread may put a key in meanwhile.
    own = {key: value for key, value in dict(config).items() if key not in others}
    algorithm = config.get("JWT_ALGORITHM")
    own["JWT_ALGORITHM"] = algorithm
    own["JWT_SECRET_KEY"] = config.get("JWT_SECRET_KEY") or config.get("SECRET_KEY")
    row = ALGORITHMS.get(algorithm) if isinstance(algorithm, str) else None
    if row is None or not row.symmetric or config.get("JWT_KEY_FILE") is not None:
        # Where a secret signs, they were never looked at.
        own["JWT_PRIVATE_KEY"] = as_pem(config.get("JWT_PRIVATE_KEY"))
        own["JWT_PUBLIC_KEY"] = as_pem(config.get("JWT_PUBLIC_KEY"))
    if config.get("JWT_KEY_FILE") is None and own.get("JWT_JWKS_URL_RULE") is None:
        # A program that signs by a private key may publish the other half by a view of its own.
        own["JWT_JWKS_URL_RULE"] = ""
    own["JWT_TOKEN_LOCATION"] = ["headers"]
    own["JWT_AUTH_HEADER_PREFIX"] = _scheme(config.get("JWT_HEADER_TYPE"))
    own["JWT_ISSUER"] = config.get("JWT_ENCODE_ISSUER") or None
    own["JWT_LEEWAY"] = config.get("JWT_DECODE_LEEWAY")
    own["JWT_EXPIRATION_DELTA"] = seconds_of(config.get("JWT_ACCESS_TOKEN_EXPIRES"))
    for key in ("JWT_SESSION_IDLE_DELTA", "JWT_SESSION_LIFETIME_DELTA"):
        if own.get(key) is None:
            own[key] = seconds_of(config.get("JWT_REFRESH_TOKEN_EXPIRES"))
    return own


def _scheme(value: Any) -> str:
    """Return what challenges name: the scheme before tokens, where it is the name of one."""
    return value if isinstance(value, str) and is_token(value) else "Bearer"
