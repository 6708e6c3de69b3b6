"""Every way to be refused, with the answer that it has in each framework."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from flask_jwt import JWTError
from tests.support.secret import secret
from tests.support.tokens import claims, compact

SECRET = secret("refusals")
CHALLENGE = 'JWT realm="Login Required"'
INVALID_TOKEN = f'{CHALLENGE}, error="invalid_token"'

_PAST, _FUTURE = 1_000_000_000, 4_000_000_000


def token(name: str, *, secret: str = SECRET, expires: int = _FUTURE) -> str:
    """Return a token that was made long ago."""
    return compact(claims(name, iat=_PAST, nbf=_PAST, exp=expires), secret)


#: The ``Authorization`` header of someone who is let in.
GOOD = f"JWT {token('ann')}"


class Raised(NamedTuple):
    """What the application passes to ``JWTError``."""

    error: str
    description: str
    status: int = 401
    headers: Mapping[str, str] | None = None

    def jwt_error(self) -> JWTError:
        """Make the error."""
        if self.status == 401 and self.headers is None:
            return JWTError(self.error, self.description)
        return JWTError(self.error, self.description, self.status, self.headers)


_SCOPE = f'{CHALLENGE}, error="insufficient_scope", scope="write"'
_RAISED = {
    "custom": Raised("Custom", "text", 403),
    "no headers": Raised("Gone Away", "Sign in again"),
    "own challenge": Raised("Elsewhere", "Next door", 401, {"WWW-Authenticate": "Door"}),
    "scope": Raised("Scope", "Not that far", 403, {"WWW-Authenticate": _SCOPE}),
    "not found": Raised("Not Found", "There is nothing here", 404),
    "conflict": Raised("Conflict", "Twice", 409, {"X-First": "ann", "X-Second": "bob"}),
    "teapot": Raised("Teapot", "Short and stout", 418, {"X-Pot": "tea"}),
    "too many": Raised("Too Many", "Slow down", 429, {"Retry-After": "30"}),
    "non-ascii": Raised("Verboten", "K\u00f6nigsweg \u2014 \u4e2d\u6587", 403),
    "blank": Raised("", "", 403),
    "unavailable": Raised("Unavailable", "Come back", 503, {"Retry-After": "9"}),
}
#: What the view raises, by the name of the user that it is raised for.
RAISED_IN_VIEW = {
    f"{name} by the view": _RAISED[name] for name in ("custom", "no headers", "too many")
}


def identity(claims: Mapping[str, Any]) -> dict[str, str] | None:
    """Find the user of a token: nobody for a ghost, and for others a refusal."""
    name = claims["identity"]
    if name in _RAISED:
        raise _RAISED[name].jwt_error()
    return None if name == "ghost" else {"name": name}


@dataclass(frozen=True)
class Refusal:
    """A request that is refused."""

    name: str
    authorization: str | None
    error: str
    description: str
    status: int = 401
    challenge: str | None = INVALID_TOKEN
    headers: Mapping[str, str] = field(default_factory=dict)
    hint: str = ""

    def in_debug(self) -> Refusal:
        """Return it as it is in debug."""
        return replace(self, description=self.description + self.hint)

    @property
    def request_headers(self) -> dict[str, str]:
        """The header to send."""
        return {} if self.authorization is None else {"Authorization": self.authorization}

    @property
    def challenges(self) -> list[str]:
        """Every challenge that the answer has to carry: one or none."""
        return [] if self.challenge is None else [self.challenge]

    @property
    def value(self) -> dict[str, Any]:
        """The JSON value of the answer."""
        return {"description": self.description, "error": self.error, "status_code": self.status}


NO_TOKEN = Refusal(
    "no token", None, "Authorization Required", "Request does not contain an access token",
    challenge=CHALLENGE,
)  # fmt: skip
ANOTHER_SCHEME = Refusal(
    "another scheme", "Bearer x", "Invalid JWT header", "Unsupported authorization type",
    challenge=CHALLENGE, hint=": send Authorization: JWT <token>",
)  # fmt: skip
_BY_THIS_PACKAGE = [
    NO_TOKEN,
    ANOTHER_SCHEME,
    Refusal("scheme alone", "JWT", "Invalid JWT header", "Token missing"),
    Refusal("two tokens", "JWT a b", "Invalid JWT header", "Token contains spaces"),
    Refusal("malformed", "JWT bogus", "Invalid token", "Not enough segments"),
    Refusal("bad signature", f"JWT {token('ann', secret=SECRET[::-1])}", "Invalid token",
            "Signature verification failed"),
    Refusal("expired", f"JWT {token('ann', expires=_PAST + 300)}", "Invalid token",
            "Signature has expired"),
    Refusal("no such user", f"JWT {token('ghost')}", "Invalid JWT", "User does not exist"),
]  # fmt: skip
_CHALLENGES = {"no headers": CHALLENGE, "own challenge": "Door", "scope": _SCOPE}


def _by_the_application(name: str, raised: Raised) -> Refusal:
    headers = dict(raised.headers or {})
    headers.pop("WWW-Authenticate", None)
    return Refusal(
        name,
        f"JWT {token(name)}",
        raised.error,
        raised.description,
        raised.status,
        _CHALLENGES.get(name.removesuffix(" by the view")),
        headers,
    )


#: Each refusal, those of this package first.
REFUSALS = [
    *_BY_THIS_PACKAGE,
    *(_by_the_application(name, raised) for name, raised in _RAISED.items()),
    *(_by_the_application(name, raised) for name, raised in RAISED_IN_VIEW.items()),
]
#: One that names no error, one that does, one with headers of the application's, one by the view.
REPRESENTATIVE = [
    one
    for one in REFUSALS
    if one.name in ("no token", "bad signature", "conflict", "too many by the view")
]
