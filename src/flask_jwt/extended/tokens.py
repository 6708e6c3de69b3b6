"""Tokens as Flask-JWT-Extended makes and reads them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from ..app_state import AppState, current_state
from ..authentication.request_state import authentication_of_request
from ..core.compact_jws import decode_header, split_compact
from ..core.errors import TokenError
from ..core.signer import Signer
from ..core.verifier import VerifiedToken
from ..errors import ConfigurationError
from ..hooks import await_result
from ..keys.settings import VerifierSettings
from .authenticator import check_csrf
from .exceptions import refusal_of
from .former_claims import accepting_former_arguments
from .internal_utils import get_jwt_manager
from .keys import LoaderKeys
from .loaders import Callback
from .policy import ExtendedPolicy
from .sessions import in_session
from .settings import ExtendedRequestSettings, ExtendedTokenSettings, Lifetime
from .typing import Fresh

if TYPE_CHECKING:
    from .jwt_manager import JWTManager

Extra = Mapping[str, Any] | None

_FOR_EVER = (
    "a token is made that never expires (expires_delta=False): whoever steals it has it for ever; "
    "give a timedelta"
)


@accepting_former_arguments
def create_access_token(
    identity: Any,
    fresh: Fresh = False,
    expires_delta: Lifetime = None,
    additional_claims: Extra = None,
    additional_headers: Extra = None,
) -> str:
    """Make an access token.

    :param identity: whom it is for: text, a whole number, or what ``user_identity_loader`` knows.
    :param fresh: whether the user has signed in just now; a timedelta says for how long that is so.
    :param expires_delta: after how long it expires: a timedelta; ``JWT_ACCESS_TOKEN_EXPIRES``
        unless given. False is never, which is logged.
    :param additional_claims: further claims, which go before those of the loader.
    :param additional_headers: further fields of the JOSE header, which do so too.
    :return: the compact JWS.
    :raises ClaimsError: the claims can't be put into a token.
    :raises TypeError: a claim is nothing that JSON knows.
    :raises ConfigurationError: the configuration is at fault.
    :raises JWTError: with ``JWT_SESSION_STORE``: 401, the session of this request has ended; 503,
        the store does not answer.
    """
    return _make("access", identity, fresh, expires_delta, additional_claims, additional_headers)


@accepting_former_arguments
def create_refresh_token(
    identity: Any,
    expires_delta: Lifetime = None,
    additional_claims: Extra = None,
    additional_headers: Extra = None,
) -> str:
    """Make a refresh token.

    :param identity: see :func:`create_access_token`, as for the others.
    :param expires_delta: after how long it expires; ``JWT_REFRESH_TOKEN_EXPIRES`` unless given.
    :param additional_claims: further claims.
    :param additional_headers: further fields of the JOSE header.
    :return: the compact JWS.
    :raises ClaimsError: see :func:`create_access_token`.
    :raises TypeError: see there.
    :raises ConfigurationError: see there.
    :raises JWTError: see there.
    """
    return _make("refresh", identity, False, expires_delta, additional_claims, additional_headers)


def _make(
    kind: str, identity: Any, fresh: Any, expires: Lifetime, extra: Extra, extra_header: Extra
) -> str:
    state, manager = current_state(), get_jwt_manager()
    settings = state.settings[ExtendedTokenSettings]
    _check_named_here(manager, identity, settings.identity_claim)
    header = _with_more(manager._jwt_additional_header_callback, identity, extra_header)
    further = _with_more(manager._user_claims_callback, identity, extra)
    if header.get("alg") == settings.algorithm:
        # It is what is written anyway; another one is an error.
        del header["alg"]
    configured = settings.access_expires if kind == "access" else settings.refresh_expires
    lifetime = configured if expires is None else expires
    named = {settings.identity_claim: await_result(manager._user_identity_callback(identity))}
    made = {**_claims_of_kind(state, kind, fresh, lifetime), **named, **further}
    claims = in_session(state, kind, made)
    if expires is False:
        manager.tell_once(_FOR_EVER)
    return _signer(state, identity).sign(claims, header)


def _with_more(loader: Callback, identity: Any, more: Extra) -> dict[str, Any]:
    """Return what a loader returns and a program hands over, in a dict that is neither's."""
    return {**(await_result(loader(identity)) or {}), **(more or {})}


def _claims_of_kind(state: AppState, kind: str, fresh: Fresh, expires: Lifetime) -> dict[str, Any]:
    """Return the claims of a token that no loader decides."""
    settings, now = (
        state.settings[ExtendedTokenSettings],
        datetime.fromtimestamp(state.clock(), UTC),
    )
    claims: dict[str, Any] = {
        "fresh": (now + fresh).timestamp() if isinstance(fresh, timedelta) else fresh,
        "iat": now,
        "jti": str(uuid4()),
        "type": kind,
    }
    if settings.encode_nbf:
        claims["nbf"] = now
    if state.settings[ExtendedRequestSettings].csrf_protect:
        claims["csrf"] = str(uuid4())
    if settings.encode_audience:
        first, *others = settings.encode_audience
        claims["aud"] = [first, *others] if others else first
    if settings.encode_issuer:
        claims["iss"] = settings.encode_issuer
    # No length of time, such as timedelta(0), asks for a token without an end.
    if expires is not False:
        claims["exp"] = now + expires
    return claims


def _check_named_here(manager: JWTManager, identity: Any, identity_claim: str) -> None:
    """Refuse to make a token for somebody whom another issuer's token names."""
    authentication = authentication_of_request(manager)
    if authentication is None or authentication[2].is_own:
        return
    claims = authentication[2].claims
    if identity is claims or identity == claims.get(identity_claim):
        raise ConfigurationError(
            "the token of this request is another issuer's, whose users are none of this "
            "application: make a token for the user whom jwt.identity_handler finds"
        )


def _signer(state: AppState, identity: Any) -> Signer:
    keys = state.keys
    return keys.signer_for(identity) if isinstance(keys, LoaderKeys) else keys.snapshot().signer


def decode_token(
    encoded_token: str, csrf_value: str | None = None, allow_expired: bool = False
) -> dict[str, Any]:
    """Read a token whose signature and claims are good. Neither blocklist nor sessions are asked.

    :param encoded_token: the compact JWS.
    :param csrf_value: the CSRF value that has to be in it; None looks at none.
    :param allow_expired: whether it may have expired.
    :return: its claims.
    :raises jwt.InvalidTokenError: it is refused; each kind of fault is the error that PyJWT has for
        it.
    :raises JWTDecodeError: the claim that names the user is missing, or ``csrf``.
    :raises CSRFError: it has another CSRF value.
    """
    claims = _verified(encoded_token, allow_expired=allow_expired).claims
    # An empty one is that of a request which has sent none.
    if csrf_value is not None:
        check_csrf(claims, csrf_value)
    return cast("dict[str, Any]", claims)


def _text_of(token: Any) -> str:
    """Return the text of what a program has found in a request, which may be nothing."""
    if isinstance(token, bytes):
        return token.decode("latin-1")
    return token if isinstance(token, str) else ""


def _verified(token: str, *, allow_expired: bool = False) -> VerifiedToken:
    state, text = current_state(), _text_of(token)
    try:
        if not allow_expired:
            return state.keys.verify(text)
        verified = state.keys.verify_ignoring_expiry(text)
        cast(ExtendedPolicy, state.policy).check_begun(verified.claims, state.clock())
        return verified
    except TokenError as error:
        raise state.authenticator.refused(error, text) from error


def get_unverified_jwt_headers(encoded_token: str) -> dict[str, Any]:
    """Return the JOSE header of a token that nobody has verified.

    :param encoded_token: the compact JWS.
    :return: its header.
    :raises jwt.DecodeError: the text is no token.
    """
    state = current_state()
    try:
        most = state.settings[VerifierSettings].max_token_bytes
        parts = split_compact(_text_of(encoded_token), most)
        return decode_header(parts[0])
    except TokenError as error:
        raise refusal_of(error, "sub") from error


def get_jti(encoded_token: str) -> str | None:
    """Return the name of a good token.

    :param encoded_token: the compact JWS.
    :return: its ``jti``, or None.
    :raises jwt.InvalidTokenError: see :func:`decode_token`.
    """
    return decode_token(encoded_token).get("jti")


def get_csrf_token(encoded_token: str) -> str:
    """Return the CSRF value of a good token.

    :param encoded_token: the compact JWS.
    :return: its ``csrf``.
    :raises jwt.InvalidTokenError: see :func:`decode_token`.
    :raises KeyError: it has none: ``JWT_COOKIE_CSRF_PROTECT`` is off.
    """
    value: str = decode_token(encoded_token)["csrf"]
    return value
