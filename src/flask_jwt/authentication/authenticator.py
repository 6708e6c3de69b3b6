"""Credential -> verify -> identity. The one place where the chain is spelled out."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Request, current_app

from ..core.errors import MalformedToken, MissingClaim, TokenError
from ..core.verifier import VerifiedToken
from ..current import AppState, current_state
from ..errors import ConfigurationError
from ..hooks import Hook, result_of
from ..http import SAFE_METHODS
from ..sessions.errors import StoreUnavailable
from .body import BodyTooLargeError
from .context import current_request, remember, request_state
from .cookies import Cookies
from .csrf import check_csrf
from .errors import (
    JWTError,
    authorization_required,
    challenge,
    invalid_token,
    several_users,
    unavailable,
)
from .origins import check_handshake, check_origin
from .settings import quotable
from .sources import (
    Places,
    Presented,
    default_request_callback,
    header_token,
    passed_over,
    tokens_in,
)

# Said in debug alone: to whoever has tokens of 0.3.2 in scripts.
_NEVER_EXPIRES = (
    "A token without exp was refused: none is good for ever. Make one that lives long instead, "
    "with create_access_token(user, expires=timedelta(days=365))"
)
# Credentials that a browser sends whichever page has asked it to; a hook may read a cookie.
_SENT_BY_ITSELF = frozenset({"cookies", "hook"})
_BODY_TOO_LARGE = "The body of the request is too large to be looked at for an access token"


def authenticate(realm: str | None = None) -> None:
    """Find out who sent this request; ``current_identity`` stands for them from then on.

    For use inside a view where the decorator does not fit: catch the error, and authentication is
    optional.

    :param realm: the realm for the challenge; ``JWT_DEFAULT_REALM`` unless given.
    :raises JWTError: 401, the request has no token, or one that is refused, or nobody stands behind
        it; 503, nobody can tell whether its session still goes on. Where tokens may be elsewhere
        than in the header: 400, there are several, or the request can't be read; 403, a page of
        another site may have sent it.
    :raises ValueError: the realm can't stand in a header.
    :raises ConfigurationError: the application's configuration is at fault.
    """
    state = current_state()
    extension = state.extension
    if realm is None:
        realm = state.realm
    elif not quotable(realm):
        raise ValueError("a realm is text of printable Latin-1 characters")
    this = current_request()
    by_cookie = False
    if state.places is None:
        token = credential(this, state, realm)
        if token is None:
            raise authorization_required(state, realm)
        verified = _admitted(state, realm, token)
    else:
        verified, by_cookie = _admitted_from(state.places, state, realm)
    hook = extension.identity_callback
    if hook is None:
        raise no_identity_hook()
    identity = result_of(hook(verified.claims))
    if identity is None:
        raise JWTError(
            "Invalid JWT",
            "User does not exist",
            headers=challenge(state, realm, "invalid_token"),
            error_code="unknown_user",
        )
    remember(this, extension, identity, verified)
    if by_cookie:
        request_state(this).cookie_claims = verified.claims


def _admitted(state: AppState, realm: str, token: str) -> VerifiedToken:
    hook = state.extension.jwt_decode_callback
    try:
        if hook is default_jwt_decode_callback:
            verified = state.keys.verify(token)
        else:
            verified = _decoded(hook, token)
        if state.sessions is not None:
            state.sessions.check_revoked(verified.claims)
    except StoreUnavailable as error:
        raise unavailable() from error
    except MissingClaim as error:
        if error.claim == "exp" and current_app.debug:
            state.logger.warning(_NEVER_EXPIRES)
        raise invalid_token(state, realm, error) from error
    except TokenError as error:
        raise invalid_token(state, realm, error) from error
    except Exception as error:
        if not _is_pyjwt_refusal(error):
            raise
        raise invalid_token(state, realm, TokenError(str(error))) from error
    return verified


def _admitted_from(places: Places, state: AppState, realm: str) -> tuple[VerifiedToken, bool]:
    found = presented_tokens(places, state, realm)
    if found is None:
        hook = state.extension.request_callback
        if "headers" in places.order and hook is default_request_callback:
            raise passed_over(current_request(), state, realm)
        raise authorization_required(state, realm)
    verified = _deciding(state, realm, found.tokens)
    for text in found.others:
        other = admitted_or_none(state, realm, text)
        if other is not None:
            _check_same_user(state, realm, verified, other)
    if places.cookies is not None and found.place != "headers":
        check_sender(places.cookies, found.place, verified)
    return verified, found.place == "cookies"


def check_sender(cookies: Cookies, place: str, verified: VerifiedToken) -> None:
    """Refuse what a page of another site can have a browser send, without what it can't know."""
    this = current_request()
    origins = cookies.settings.origins
    # A hook that finds a token without any cookie there: in a header of a program's, or a proxy's.
    # Which page has sent it is looked at all the same; browsers keep passwords, too.
    has_cookies = place != "hook" or "HTTP_COOKIE" in this.environ
    if this.method in SAFE_METHODS:
        if place in _SENT_BY_ITSELF:
            check_handshake(this, origins, must_say=has_cookies)
    elif has_cookies:
        check_csrf(this, cookies, verified.claims)
    else:
        check_origin(this, origins)


def _deciding(state: AppState, realm: str, tokens: tuple[str, ...]) -> VerifiedToken:
    first, *rest = tokens
    if not rest:
        return _admitted(state, realm, first)
    good = [one for text in tokens if (one := admitted_or_none(state, realm, text)) is not None]
    if not good:
        # Once more, to be told what is wrong with it.
        return _admitted(state, realm, first)
    for other in good[1:]:
        _check_same_user(state, realm, good[0], other)
    return good[0]


def admitted_or_none(state: AppState, realm: str, token: str) -> VerifiedToken | None:
    """Verify one token of several, or return None where it is refused."""
    try:
        return _admitted(state, realm, token)
    except JWTError as error:
        # One that is refused speaks for nobody; one that nobody can check may be anybody's.
        if error.status_code == HTTPStatus.UNAUTHORIZED:
            return None
        raise


def presented_tokens(places: Places, state: AppState, realm: str) -> Presented | None:
    """Return the tokens of this request, or None."""
    this = current_request()
    hook = state.extension.request_callback
    if hook is not default_request_callback:
        # It may look at any of them.
        if places.cookies is not None:
            request_state(this).vary_cookie = True
        token = credential(this, state, realm)
        if token is None:
            return None
        if places.cookies is not None and "HTTP_COOKIE" in this.environ:
            request_state(this).is_private = True
        return Presented((token,), "hook", ())
    # A header that is there decides, and what is wrong with it is not made good elsewhere.
    from_header = header_token(this, state, realm) if "headers" in places.order else None
    try:
        return tokens_in(this, places, from_header)
    except BodyTooLargeError:
        raise authorization_required(state, realm, _BODY_TOO_LARGE) from None


def _check_same_user(state: AppState, realm: str, one: VerifiedToken, other: VerifiedToken) -> None:
    named = state.extension.named_in
    mine, theirs = ((its.claims.get("sid"), named(its.claims)) for its in (one, other))
    if mine != theirs or list(map(type, mine)) != list(map(type, theirs)):
        raise several_users(state, realm)


def credential(this: Request, state: AppState, realm: str) -> str | None:
    """Return the token in the header of this request, or what the application's hook finds."""
    callback = state.extension.request_callback
    if callback is default_request_callback:
        return header_token(this, state, realm)
    token: str | bytes | None = result_of(callback())
    # Applications of Flask-JWT's day hand bytes about; Latin-1 never fails, and the gate is strict.
    return token.decode("latin-1") if isinstance(token, bytes) else token


def verified_but_times(state: AppState, token: str) -> VerifiedToken:
    """Verify a token that may have expired, or not have begun. Nobody is signed in by it."""
    hook = state.extension.jwt_decode_callback
    if hook is default_jwt_decode_callback:
        return state.keys.verify_ignoring_expiry(token)
    try:
        return _decoded(hook, token)
    except TokenError:
        raise
    except Exception as error:
        if not _is_pyjwt_refusal(error):
            raise
        raise TokenError(str(error)) from error


def default_jwt_decode_callback(token: str) -> Mapping[str, Any]:
    """Return the claims of a token, or raise the :exc:`.TokenError` that says why not."""
    return current_state().keys.verify(token).claims


def _decoded(hook: Hook, token: str) -> VerifiedToken:
    if not token.isascii():
        # From JSON, for one, where half a character is not known to the hook's own library.
        raise MalformedToken("Invalid characters")
    claims = result_of(hook(token))
    if not isinstance(claims, Mapping):
        raise TypeError(f"jwt_decode_handler returned {type(claims).__name__}, not a mapping")
    return VerifiedToken(claims, {})


def no_identity_hook() -> ConfigurationError:
    """Return the error of an application whose guard can't ask whom a token stands for."""
    return ConfigurationError(
        "there is no identity handler: JWT(app, authenticate, identity), or @jwt.identity_handler"
    )


def _is_pyjwt_refusal(error: Exception) -> bool:
    # Only a hook of the application raises these, and then it has imported PyJWT itself.
    pyjwt = sys.modules.get("jwt.exceptions")
    return pyjwt is not None and isinstance(error, pyjwt.InvalidTokenError)
