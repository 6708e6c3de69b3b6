"""Identity -> claims -> token: what the hooks of 0.3.2 do unless they are replaced."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from ..settings import ConfigurationError
from .state import ApplicationState, current_state
from .waiting import result_of


class AccessToken(str):
    """The text of a token, which 0.3.2 handed to hooks as bytes."""

    __slots__ = ()

    def decode(self, _encoding: str = "utf-8", _errors: str = "strict") -> str:
        """Return the text.

        .. deprecated:: 0.1
            The token is text already.
        """
        warnings.warn(
            "the access token is text: leave out .decode()", DeprecationWarning, stacklevel=2
        )
        return str(self)


def create_access_token(identity: Any) -> str:
    """Make an access token, as sign-in does.

    :param identity: the authenticated object: one with an ``id`` attribute, a mapping with an
        ``"id"``, or whatever the application's own payload hook knows.
    :return: the compact JWS.
    :raises ClaimsError: the claims can't be put into a token.
    :raises ConfigurationError: the configuration is at fault.
    :raises RuntimeError: the payload hook left out a claim of ``JWT_REQUIRED_CLAIMS``, or there is
        no application context.
    """
    return str(make_token(current_state(), identity))


def make_token(state: ApplicationState, identity: Any) -> AccessToken:
    """Make an access token through the application's encode hook."""
    callback = state.extension.jwt_encode_callback
    if callback is default_jwt_encode_callback:
        return _encode(state, identity)
    token = result_of(callback(identity))
    if isinstance(token, bytes):
        token = token.decode("ascii")
    if not isinstance(token, str):
        raise TypeError(f"jwt_encode_handler returned {type(token).__name__}, not a token")
    return AccessToken(token)


def default_jwt_encode_callback(identity: Any) -> AccessToken:
    """Return a signed token with the claims and header fields that the other hooks give."""
    return _encode(current_state(), identity)


def default_jwt_payload_callback(identity: Any) -> dict[str, Any]:
    """Return the claims of 0.3.2: ``exp``, ``iat``, ``nbf`` and ``identity``."""
    state = current_state()
    now = state.clock()
    return {
        "exp": int(now + state.settings.expiration),
        "iat": int(now),
        "nbf": int(now + state.settings.not_before),
        "identity": _id_of(identity),
    }


def default_jwt_headers_callback(_identity: Any) -> Mapping[str, Any] | None:
    """Return None: no further header fields."""
    return None


def _encode(state: ApplicationState, identity: Any) -> AccessToken:
    claims = result_of(state.extension.jwt_payload_callback(identity))
    header = result_of(state.extension.jwt_headers_callback(identity))
    _check_required(state, claims)
    return AccessToken(state.keys.snapshot().signer.sign(_with_configured(state, claims), header))


def _check_required(state: ApplicationState, claims: Mapping[str, Any]) -> None:
    missing = [name for name in state.settings.required_claims if name not in claims]
    if missing:
        raise RuntimeError(f"Payload is missing required claims: {', '.join(missing)}")


def _with_configured(state: ApplicationState, claims: Mapping[str, Any]) -> Mapping[str, Any]:
    settings = state.settings
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
