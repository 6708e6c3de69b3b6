"""Identity -> claims -> token: what the hooks of 0.3.2 do unless they are replaced."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from ..app_state import AppState, current_state
from ..core.claims import seconds
from ..core.errors import ClaimsError
from ..errors import ConfigurationError
from ..hooks import await_result
from ..sessions.refresh_tokens import new_sid
from .settings import TokenSettings
from .user_claims import at_sign_in, narrowed_claims, with_grants

#: The claim of an access token that a program has made for less than its session.
NON_RENEWABLE = "no_renewal"
#: Claims that only the sessions set.
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


class TokenRequest(NamedTuple):
    """What the caller asks of an access token, beside what the hooks say."""

    extra_claims: Mapping[str, Any]
    #: A timedelta or seconds; None for what the payload hook says.
    expires_in: timedelta | float | None

    def __repr__(self) -> str:
        return f"<TokenRequest: expires_in={self.expires_in!r}>"

    @classmethod
    def of(
        cls, claims: Mapping[str, Any] | None, expires_in: timedelta | float | None
    ) -> TokenRequest:
        """Return the request for claims and an expiry: :data:`PLAIN` for neither."""
        if not claims and expires_in is None:
            return PLAIN
        return cls(dict(claims or {}), expires_in)


#: Asks for nothing beside what the hooks say.
PLAIN = TokenRequest({}, None)


class UnsignedToken(NamedTuple):
    """What the payload hook and the headers hook say of a token."""

    claims: Mapping[str, Any]
    header: Mapping[str, Any] | None

    def __repr__(self) -> str:
        return "<UnsignedToken>"


def make_token(
    state: AppState, identity: Any, request: TokenRequest = PLAIN, methods: Sequence[str] = ()
) -> AccessToken:
    """Make an access token without a session, through the application's encode hook.

    ``methods`` say how the user has signed in just now.
    """
    extension = state.extension
    callback = extension.jwt_encode_callback
    if callback is default_jwt_encode_callback:
        return _sign(state, identity, request, methods)
    if request is not PLAIN or methods or extension.grants is not None:
        raise ConfigurationError(
            "jwt_encode_handler makes the tokens of this application: it can't be told of further "
            "claims, of another expiry, or of scopes and roles; jwt_payload_handler can"
        )
    if state.settings[TokenSettings].profile is not None:
        raise ConfigurationError(
            "app.config['JWT_ACCESS_TOKEN_PROFILE'] is set, and jwt_encode_handler makes tokens of "
            "its own; use jwt_payload_handler and jwt_headers_handler"
        )
    token = await_result(callback(identity))
    if isinstance(token, bytes):
        token = token.decode("ascii")
    if not isinstance(token, str):
        raise TypeError(f"jwt_encode_handler returned {type(token).__name__}, not a token")
    return AccessToken(token)


def issue_token(
    state: AppState, identity: Any, *, methods: Sequence[str], **_session: object
) -> tuple[AccessToken, None]:
    """Make the token of a sign-in without a session."""
    if state.extension.grants is None:
        # It is the token of Flask-JWT 0.3.2, and says no more.
        methods = ()
    return make_token(state, identity, methods=methods), None


def default_jwt_encode_callback(identity: Any) -> AccessToken:
    """Return a signed token with the claims and header fields that the other hooks give."""
    state = current_state()
    if state.sessions is not None:
        raise ConfigurationError(
            "with app.config['JWT_SESSION_STORE'] each token belongs to a session: call "
            "create_access_token or jwt.sessions.start, and not the encode hook"
        )
    return _sign(state, identity, PLAIN, ())


def default_jwt_payload_callback(identity: Any) -> dict[str, Any]:
    """Return the claims of 0.3.2: ``exp``, ``iat``, ``nbf`` and ``identity``."""
    state = current_state()
    return default_claims(state, _id_of(state, identity))


def default_claims(state: AppState, name: Any) -> dict[str, Any]:
    """Return the claims of 0.3.2."""
    now, settings = state.clock(), state.settings[TokenSettings]
    return {
        "exp": int(now + settings.expiration),
        "iat": int(now),
        "nbf": int(now + settings.not_before),
        "identity": name,
    }


def default_jwt_headers_callback(_identity: Any) -> Mapping[str, Any] | None:
    """Return None: no further header fields."""
    return None


def unsigned_token(
    state: AppState, identity: Any, former: Mapping[str, Any] | None = None
) -> UnsignedToken:
    """Ask the application's hooks what a token shall say.

    A refresh names the user of the former claims: what the identity hook returns need not have an
    id.
    """
    extension, header = state.extension, None
    if extension.jwt_payload_callback is default_jwt_payload_callback:
        name = _id_of(state, identity) if former is None else former.get("identity")
        claims: Mapping[str, Any] = default_claims(state, name)
    else:
        claims = await_result(extension.jwt_payload_callback(identity))
    if extension.jwt_headers_callback is not default_jwt_headers_callback:
        header = await_result(extension.jwt_headers_callback(identity))
    required = state.settings[TokenSettings].required_claims
    for name in required:
        if name not in claims:
            missing = [name for name in required if name not in claims]
            raise RuntimeError(f"Payload is missing required claims: {', '.join(missing)}")
    if extension.grants is not None:
        claims = with_grants(state, extension.grants, identity, claims)
    return UnsignedToken(claims, header)


def requested_claims(
    state: AppState, claims: Mapping[str, Any], request: TokenRequest
) -> Mapping[str, Any]:
    """Return what the hooks say of a token, what is configured, and what the caller asks for."""
    settings = state.settings[TokenSettings]
    if settings.audience is not None and "aud" not in claims:
        audience = settings.audience
        claims = {"aud": audience[0] if len(audience) == 1 else list(audience), **claims}
    if settings.issuer is not None and "iss" not in claims:
        claims = {"iss": settings.issuer, **claims}
    if request is PLAIN:
        return claims if settings.profile is None else _of_profile(state, claims)
    if state.extension.grants is not None:
        claims = narrowed_claims(state, state.extension.grants, claims, request.extra_claims)
    for name in request.extra_claims:
        if name in claims or name in SESSION_CLAIMS:
            raise ClaimsError(f"the claim {name!r} is set already, and not for a caller to change")
    claims = {**claims, **request.extra_claims}
    if request.expires_in is not None:
        claims["exp"] = int(state.clock() + seconds(request.expires_in))
    return claims if settings.profile is None else _of_profile(state, claims)


def _of_profile(state: AppState, claims: Mapping[str, Any]) -> Mapping[str, Any]:
    """Add what other resource servers read (:rfc:`9068` section 2.2).

    ``identity`` stays, for the application's own hooks.
    """
    settings = state.settings[TokenSettings]
    claims = {"iat": int(state.clock()), "client_id": settings.client_id, **claims}
    if "sub" not in claims:
        name = claims.get("identity")
        # A bool is an int to isinstance.
        if name == "" or type(name) not in (str, int, UUID):
            raise ConfigurationError(
                "app.config['JWT_ACCESS_TOKEN_PROFILE'] needs a sub: have jwt_payload_handler set "
                "it, or give the authenticated object an id that is a string, an int or a UUID"
            )
        claims["sub"] = str(name)
    return claims


def _sign(
    state: AppState, identity: Any, request: TokenRequest, methods: Sequence[str]
) -> AccessToken:
    claims, header = unsigned_token(state, identity)
    if methods:
        claims = at_sign_in(claims, methods, state.clock())
    claims = requested_claims(state, claims, request)
    is_named = state.cookies is not None or state.settings[TokenSettings].profile is not None
    if is_named and "jti" not in claims:
        # Without sessions a CSRF value is bound to the token.
        claims = {**claims, "jti": new_sid()}
    return AccessToken(state.keys.snapshot().signer.sign(claims, header))


def _id_of(state: AppState, identity: Any) -> Any:
    try:
        return identity.id
    except AttributeError:
        if isinstance(identity, Mapping) and "id" in identity:
            if not (state.issuers.rows and state.issuers.are_theirs(identity)):
                return identity["id"]
            # Without an identity handler they are current_identity, and say what that issuer, or
            # its user, likes under "id".
            raise ConfigurationError(
                "the authenticated object is the claims of a trusted issuer's token, which name no "
                "user of this application: have an identity handler return one"
            ) from None
    raise ConfigurationError(
        f"the authenticated {type(identity).__name__} has neither an id attribute nor an 'id' "
        "item; give it one, or write a jwt_payload_handler"
    )
