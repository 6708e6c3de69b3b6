"""Identity -> claims -> token: what the hooks of 0.3.2 do unless they are replaced."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from ..core.claims import seconds
from ..core.errors import ClaimsError
from ..current import AppState, current_state
from ..errors import ConfigurationError
from ..hooks import result_of
from ..sessions.refresh_tokens import new_sid
from .settings import TokenSettings

#: Stands in an access token that a program has made for less than its session.
NO_RENEWAL = "no_renewal"
#: Claims that nobody sets but the sessions.
SESSION_CLAIMS = ("jti", "sid")


class AccessToken(str):
    """The text of a token, which 0.3.2 handed to hooks as bytes."""

    __slots__ = ()

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:  # noqa: ARG002
        """Return the text.

        .. deprecated:: 0.1
            The token is text already.
        """
        warnings.warn(
            "the access token is text: leave out .decode()", DeprecationWarning, stacklevel=2
        )
        return str(self)


class Draft(NamedTuple):
    """A token that is not signed yet.

    :param claims: what the payload hook gave.
    :param header: further fields of the JOSE header, or None.
    """

    claims: Mapping[str, Any]
    header: Mapping[str, Any] | None

    def __repr__(self) -> str:
        return "<Draft>"


class Wishes(NamedTuple):
    """What the caller wants of an access token, beside what the hooks say.

    :param claims: further claims.
    :param expires: after how long it expires, or None for what the payload hook says.
    """

    claims: Mapping[str, Any]
    expires: timedelta | float | None

    def __repr__(self) -> str:
        return f"<Wishes: expires={self.expires!r}>"

    @classmethod
    def of(cls, claims: Mapping[str, Any] | None, expires: timedelta | float | None) -> Wishes:
        """Return :data:`NO_WISHES`, or what there is of them."""
        return NO_WISHES if not claims and expires is None else cls(dict(claims or {}), expires)


NO_WISHES = Wishes({}, None)


def make_token(state: AppState, identity: Any, wishes: Wishes = NO_WISHES) -> AccessToken:
    """Make an access token without a session, through the application's encode hook."""
    callback = state.extension.jwt_encode_callback
    if callback is default_jwt_encode_callback:
        return _signed_draft(state, identity, wishes)
    if wishes is not NO_WISHES:
        raise ConfigurationError(
            "jwt_encode_handler makes the tokens of this application: it can't be told of further "
            "claims or of another expiry"
        )
    token = result_of(callback(identity))
    if isinstance(token, bytes):
        token = token.decode("ascii")
    if not isinstance(token, str):
        raise TypeError(f"jwt_encode_handler returned {type(token).__name__}, not a token")
    return AccessToken(token)


def default_jwt_encode_callback(identity: Any) -> AccessToken:
    """Return a signed token with the claims and header fields that the other hooks give."""
    state = current_state()
    if state.sessions is not None:
        raise ConfigurationError(
            "with app.config['JWT_SESSION_STORE'] each token belongs to a session: call "
            "create_access_token or jwt.sessions.start, and not the encode hook"
        )
    return _signed_draft(state, identity, NO_WISHES)


def default_jwt_payload_callback(identity: Any) -> dict[str, Any]:
    """Return the claims of 0.3.2: ``exp``, ``iat``, ``nbf`` and ``identity``."""
    return default_claims(current_state(), _id_of(identity))


def default_claims(state: AppState, name: Any) -> dict[str, Any]:
    """Return the claims of 0.3.2."""
    now = state.clock()
    return {
        "exp": int(now + state.settings[TokenSettings].expiration),
        "iat": int(now),
        "nbf": int(now + state.settings[TokenSettings].not_before),
        "identity": name,
    }


def default_jwt_headers_callback(_identity: Any) -> Mapping[str, Any] | None:
    """Return None: no further header fields."""
    return None


def drafted(state: AppState, identity: Any) -> Draft:
    """Ask the application's hooks what a token shall say."""
    claims = result_of(state.extension.jwt_payload_callback(identity))
    header = result_of(state.extension.jwt_headers_callback(identity))
    check_required(state, claims)
    return Draft(claims, header)


def check_required(state: AppState, claims: Mapping[str, Any]) -> None:
    """Check that a payload hook has left nothing out."""
    missing = [name for name in state.settings[TokenSettings].required_claims if name not in claims]
    if missing:
        raise RuntimeError(f"Payload is missing required claims: {', '.join(missing)}")


def wished(state: AppState, claims: Mapping[str, Any], wishes: Wishes) -> Mapping[str, Any]:
    """Return the claims of a token as the caller wishes them."""
    claims = _with_configured(state, claims)
    if wishes is NO_WISHES:
        return claims
    for name in wishes.claims:
        if name in claims or name in SESSION_CLAIMS:
            raise ClaimsError(f"the claim {name!r} is set already, and not for a caller to change")
    expires = wishes.expires
    exp = {} if expires is None else {"exp": int(state.clock() + seconds(expires))}
    return {**claims, **wishes.claims, **exp}


def signed(
    state: AppState, claims: Mapping[str, Any], header: Mapping[str, Any] | None
) -> AccessToken:
    """Sign a token."""
    return AccessToken(state.keys.snapshot().signer.sign(claims, header))


def _signed_draft(state: AppState, identity: Any, wishes: Wishes) -> AccessToken:
    draft = drafted(state, identity)
    claims = wished(state, draft.claims, wishes)
    if state.cookies is not None and "jti" not in claims:
        # Without sessions a CSRF value is bound to the token.
        claims = {**claims, "jti": new_sid()}
    return signed(state, claims, draft.header)


def _with_configured(state: AppState, claims: Mapping[str, Any]) -> Mapping[str, Any]:
    settings = state.settings[TokenSettings]
    configured: dict[str, Any] = {}
    if settings.issuer is not None:
        configured["iss"] = settings.issuer
    if settings.audience is not None:
        configured["aud"] = (
            settings.audience[0] if len(settings.audience) == 1 else list(settings.audience)
        )
    return {**configured, **claims} if configured else claims


def _id_of(identity: Any) -> Any:
    try:
        return identity.id
    except AttributeError:
        if isinstance(identity, Mapping) and "id" in identity:
            return identity["id"]
    raise ConfigurationError(
        f"the authenticated {type(identity).__name__} has neither an id attribute nor an 'id' "
        "item; give it one, or write a jwt_payload_handler"
    )
