"""Credential -> verify -> identity. The one place where the chain is spelled out."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from ..core.errors import TokenError
from ..core.verifier import VerifiedToken
from ..sessions.errors import StoreUnavailable
from ..settings import ConfigurationError, quotable
from .context import current_request, remember
from .errors import JWTError, authorization_required, challenge, invalid_token, unavailable
from .state import ApplicationState, current_state
from .transport import default_request_callback, header_token
from .waiting import result_of


def authenticate(realm: str | None = None) -> None:
    """Find out who sent this request; ``current_identity`` stands for them from then on.

    For use inside a view where the decorator does not fit: catch the error, and authentication is
    optional.

    :param realm: the realm for the challenge; ``JWT_DEFAULT_REALM`` unless given.
    :raises JWTError: 401, the request has no token, or one that is refused, or nobody stands behind
        it; 503, nobody can tell whether its session still goes on.
    :raises ValueError: the realm can't stand in a header.
    :raises ConfigurationError: the application's configuration is at fault.
    """
    state = current_state()
    extension = state.extension
    if realm is None:
        realm = state.settings.realm
    elif not quotable(realm):
        raise ValueError("a realm is text of printable Latin-1 characters")
    token = credential(state, realm)
    if token is None:
        raise authorization_required(state, realm)
    try:
        if extension.jwt_decode_callback is default_jwt_decode_callback:
            verified = state.keys.verify(token)
        else:
            verified = _with_hook(result_of(extension.jwt_decode_callback(token)))
        if state.sessions is not None:
            state.sessions.admit(verified.claims)
    except StoreUnavailable as error:
        raise unavailable() from error
    except TokenError as error:
        raise invalid_token(state, realm, error) from error
    except Exception as error:
        if not _is_pyjwt_refusal(error):
            raise
        raise invalid_token(state, realm, TokenError(str(error))) from error
    hook = extension.identity_callback
    if hook is None:
        raise _no_identity_hook()
    identity = result_of(hook(verified.claims))
    if identity is None:
        raise JWTError(
            "Invalid JWT",
            "User does not exist",
            headers=challenge(state, realm, "invalid_token"),
            error_code="unknown_user",
        )
    remember(current_request(), extension, identity, verified)


def credential(state: ApplicationState, realm: str) -> str | None:
    """Return the token of this request, or None.

    :param state: the application's.
    :param realm: the realm for the challenge.
    :raises JWTError: there is something in its place that is no token.
    """
    callback = state.extension.request_callback
    if callback is default_request_callback:
        return header_token(current_request(), state, realm)
    token: str | bytes | None = result_of(callback())
    # Applications of Flask-JWT's day hand bytes about; Latin-1 never fails, and the gate is strict.
    return token.decode("latin-1") if isinstance(token, bytes) else token


def verified_expired(state: ApplicationState, token: str) -> VerifiedToken:
    """Verify a token whose ``exp`` may have passed. Nobody is signed in by it.

    :param state: the application's.
    :param token: its text.
    :raises TokenError: it is refused for another reason.
    """
    hook = state.extension.jwt_decode_callback
    if hook is default_jwt_decode_callback:
        return state.keys.verify_expired(token)
    try:
        return _with_hook(result_of(hook(token)))
    except Exception as error:
        if not _is_pyjwt_refusal(error):
            raise
        raise TokenError(str(error)) from error


def default_jwt_decode_callback(token: str) -> Mapping[str, Any]:
    """Return the claims of a token, or raise the :exc:`.TokenError` that says why not."""
    return current_state().keys.verify(token).claims


def _with_hook(claims: Any) -> VerifiedToken:
    if not isinstance(claims, Mapping):
        raise TypeError(f"jwt_decode_handler returned {type(claims).__name__}, not a mapping")
    return VerifiedToken(claims, {})


def _no_identity_hook() -> ConfigurationError:
    return ConfigurationError(
        "there is no identity handler: JWT(app, authenticate, identity), or @jwt.identity_handler"
    )


def _is_pyjwt_refusal(error: Exception) -> bool:
    # Only a hook of the application raises these, and then it has imported PyJWT itself.
    pyjwt = sys.modules.get("jwt.exceptions")
    return pyjwt is not None and isinstance(error, pyjwt.InvalidTokenError)
