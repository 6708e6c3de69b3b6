"""The errors of Flask-JWT-Extended, which are refusals of this package as well.

Each can be caught by its former name, and is answered by the loader of its kind, in Flask-RESTful
too.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

from flask import Response, current_app
from jwt import exceptions as pyjwt

from ..app_state import AppState
from ..authentication.errors import JWTError, with_challenge
from ..core.errors import (
    ImmatureToken,
    InvalidAudience,
    InvalidClaim,
    InvalidHeader,
    InvalidIssuer,
    InvalidSignature,
    MissingClaim,
    TokenError,
)
from ..hooks import await_result
from .deprecation import warn

Claims = Mapping[str, Any]
_UNAUTHORIZED = HTTPStatus.UNAUTHORIZED.value
_UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY.value


class Refusal(JWTError):
    """A request is refused, in the words of Flask-JWT-Extended."""

    #: Which loader answers it: the name before ``_loader``.
    loader: ClassVar[str] = "invalid_token"
    status: ClassVar[int] = _UNPROCESSABLE
    # Flask looks for a handler by the code of a class before it looks by its bases: with one here,
    # a handler that the application has for an error of PyJWT's would never be found.
    code = None  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]

    def __init__(self, message: str = "") -> None:
        super().__init__(type(self).__name__, message, self.status)
        self.code = self.status
        self.args = (message,)

    def __str__(self) -> str:
        return self.description

    def told(self) -> tuple[Any, ...]:
        """Return what its loader's function is called with."""
        return (str(self),)

    def _answer(self, state: AppState) -> Response:
        loaders: Any = state.extension
        if not hasattr(loaders, "answer_to"):
            # Another extension's application raises it, perhaps.
            return super()._answer(state)
        answer = await_result(loaders.answer_to(self))
        return with_challenge(current_app.make_response(answer), self)


class JWTExtendedException(Refusal):
    """A request is refused; the base class of these errors."""


class JWTDecodeError(JWTExtendedException):
    """A token lacks a claim that it needs."""


class InvalidHeaderError(JWTExtendedException):
    """The header with the token is malformed."""


class InvalidQueryParamError(JWTExtendedException):
    """The parameter with the token does not begin as it has to."""


class NoAuthorizationError(JWTExtendedException):
    """The request has no token."""

    loader = "unauthorized"
    status = _UNAUTHORIZED
    _fault = ""
    _has_no_credentials = True


class CSRFError(JWTExtendedException):
    """A page of another site may have sent the request."""

    loader = "unauthorized"
    status = _UNAUTHORIZED
    _fault = "invalid_token"


class WrongTokenError(JWTExtendedException):
    """A refresh token was sent in place of an access token, or the reverse."""


class _OfToken(Refusal):
    """A refusal that knows the token: loaders may do with their copy as they like."""

    _fault = "invalid_token"

    def __init__(self, message: str, jwt_header: Claims, jwt_data: Claims) -> None:
        super().__init__(message)
        self.jwt_header = dict(jwt_header)
        self.jwt_data = dict(jwt_data)

    def told(self) -> tuple[Any, ...]:
        """Return what its loader's function is called with."""
        return self.jwt_header, self.jwt_data


class RevokedTokenError(_OfToken, JWTExtendedException):
    """The token was revoked."""

    loader = "revoked_token"
    status = _UNAUTHORIZED

    def __init__(self, jwt_header: Claims, jwt_data: Claims) -> None:
        super().__init__("Token has been revoked", jwt_header, jwt_data)


class FreshTokenRequired(_OfToken, JWTExtendedException):
    """The token is not fresh."""

    loader = "needs_fresh_token"
    status = _UNAUTHORIZED


class UserLookupError(_OfToken, JWTExtendedException):
    """The user of the token was not found."""

    loader = "user_lookup_error"
    status = _UNAUTHORIZED


class UserClaimsVerificationError(_OfToken, JWTExtendedException):
    """The application's own verification has refused the claims."""

    loader = "token_verification_failed"
    status = HTTPStatus.BAD_REQUEST.value


# PyJWT's classes come first: a handler that the application registers for one of them, or for
# InvalidTokenError, is nearer than this package's for JWTError.
class _Decode(pyjwt.DecodeError, Refusal):
    """The text is no token."""


class _Signature(pyjwt.InvalidSignatureError, Refusal):
    """No key has made the signature."""


class _Algorithm(pyjwt.InvalidAlgorithmError, Refusal):
    """The JOSE header asks for what is not accepted."""


class _Immature(pyjwt.ImmatureSignatureError, Refusal):
    """The token is not good yet."""


class _Audience(pyjwt.InvalidAudienceError, Refusal):
    """The token is for somebody else."""


class _Issuer(pyjwt.InvalidIssuerError, Refusal):
    """The token is of another issuer."""


class _Subject(pyjwt.InvalidSubjectError, Refusal):
    """The subject is not what it may be."""


class _JTI(pyjwt.InvalidJTIError, Refusal):
    """The name of the token is no text."""


class _Missing(pyjwt.MissingRequiredClaimError, Refusal):
    """A claim is missing."""

    def __init__(self, message: str, claim: str) -> None:
        Refusal.__init__(self, message)
        self.claim = claim

    def __str__(self) -> str:
        return self.description


class _Claim(pyjwt.InvalidTokenError, Refusal):
    """Another claim is not what it may be."""


class ExpiredTokenError(pyjwt.ExpiredSignatureError, _OfToken):
    """The token has expired."""

    loader = "expired_token"
    status = _UNAUTHORIZED


#: What has a handler of its own: one that the application has for a base class comes after it.
ANSWERED: tuple[type[Exception], ...] = (
    CSRFError,
    FreshTokenRequired,
    InvalidHeaderError,
    InvalidQueryParamError,
    JWTDecodeError,
    NoAuthorizationError,
    RevokedTokenError,
    UserClaimsVerificationError,
    UserLookupError,
    WrongTokenError,
    pyjwt.DecodeError,
    pyjwt.ExpiredSignatureError,
    pyjwt.InvalidAudienceError,
    pyjwt.InvalidIssuerError,
    pyjwt.InvalidTokenError,
    pyjwt.MissingRequiredClaimError,
)
_KINDS: tuple[tuple[type[TokenError], type[Refusal]], ...] = (
    (InvalidSignature, _Signature),
    (InvalidHeader, _Algorithm),
    (ImmatureToken, _Immature),
    (InvalidAudience, _Audience),
    (InvalidIssuer, _Issuer),
)
_OF_CLAIMS: dict[str, type[Refusal]] = {"sub": _Subject, "jti": _JTI}


def refusal_of(error: TokenError, identity_claim: str) -> Refusal:
    """Return the refusal for what is wrong with a token that has not expired."""
    message = error.description
    if isinstance(error, MissingClaim):
        if error.claim in ("aud", "iss", "exp"):
            return _Missing(message, error.claim)
        if error.claim == identity_claim:
            return JWTDecodeError(f"Missing claim: {identity_claim}")
    if isinstance(error, InvalidAudience):
        message = "Audience doesn't match"
    for kind, refusal in _KINDS:
        if isinstance(error, kind):
            return refusal(message)
    if isinstance(error, InvalidClaim):
        return _OF_CLAIMS.get(error.claim, _Claim)(message)
    return _Decode(message)


__all__ = [
    "CSRFError",
    "FreshTokenRequired",
    "InvalidHeaderError",
    "InvalidQueryParamError",
    "JWTDecodeError",
    "JWTExtendedException",
    "NoAuthorizationError",
    "RevokedTokenError",
    "UserClaimsVerificationError",
    "UserLookupError",
    "WrongTokenError",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> type[Refusal]:
        """Return the error of a name of version 3."""
        if name != "UserLoadError":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        warn(name, "UserLookupError")
        return UserLookupError
