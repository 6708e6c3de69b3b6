"""Source -> verify -> checks -> identity: the chain that each guarded request goes through."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from flask import Request, current_app

from ..app_state import Extension, current_state
from ..core.errors import InvalidIssuer, MalformedToken, MissingClaim, TokenError
from ..core.grants import ClaimNames
from ..core.verifier import VerifiedToken
from ..errors import ConfigurationError
from ..hooks import Hook, await_result
from ..http import current_request
from ..issuers.errors import IssuerUnavailable
from ..issuers.remote_keys import URGENT_RETRY
from ..keys.settings import VerifierSettings
from ..sessions.errors import StoreUnavailable
from .body import BodyTooLargeError
from .errors import (
    ISSUER_UNAVAILABLE,
    NO_TOKEN,
    JWTError,
    invalid_token,
    missing_token,
    several_users,
    unavailable,
    unknown_user,
)
from .request_state import REQUEST_STATE, Authentication, RequestState, current_token
from .settings import quotable
from .sources import CredentialSource, HeaderSource, Verify, default_request_callback

# Said in debug alone, for scripts that hold tokens of 0.3.2.
_NEVER_EXPIRES = (
    "A token without exp was refused: none is good for ever. Make one that lives long instead, "
    "with create_access_token(user, expires=timedelta(days=365))"
)
_BODY_TOO_LARGE = "The body of the request is too large to be looked at for an access token"

#: Refuses a request after its token was verified: called with the request, the source of the token,
#: and the token.
RequestCheck = Callable[[Request, CredentialSource, VerifiedToken], None]
#: Refuses a token that the verifier has accepted: called with its claims.
TokenCheck = Callable[[Mapping[str, Any]], None]
#: Returns the authenticator that serves a guard with demands of its own.
Chosen = Callable[["Authenticator"], "Authenticator"]
#: The source that decides, its tokens (of cookies there may be several), and those of further
#: sources, which have to be of the same session if they are good.
FoundCredentials = tuple[CredentialSource, Sequence[str], Sequence[tuple[CredentialSource, str]]]


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
    if realm is not None and not quotable(realm):
        raise ValueError("a realm is text of printable Latin-1 characters")
    authenticated(realm)


def authenticated(realm: str | None, chosen: Chosen | None = None) -> Authentication:
    """Find out who sent this request, and return what is known of them.

    A guard with demands of its own is served by the authenticator that it has ``chosen``.
    """
    state, request = current_state(), current_request()
    authenticator, extension = state.authenticator, state.extension
    if chosen is not None:
        authenticator = chosen(authenticator)
    try:
        # The chain is one function: a further call would cost a twentieth of its time.
        source = authenticator.only_source
        if source is None or extension.request_callback is not default_request_callback:
            source, verified = authenticator.decide(request)
        else:
            tokens = source.find(request)
            if not tokens:
                raise authenticator.missing(request)
            verified = authenticator.verify(tokens[0])
        for check in authenticator.request_checks:
            check(request, source, verified)
        hook = extension.identity_callback
        if hook is None:
            hook = authenticator.identity_of_own
        if hook is None or (authenticator.has_issuers and hook is extension.user_of):
            hook = authenticator.identity_hook(verified)
        identity = await_result(hook(verified.claims))
        if identity is None:
            raise authenticator.unknown_user(verified)
    except JWTError as error:
        state.entry_point.complete(error, realm)
        raise
    known: RequestState | None = getattr(request, REQUEST_STATE, None)
    if known is None:
        known = RequestState()
        authentication: Authentication = (extension, identity, verified, source, None)
        known.authentication = authentication
        setattr(request, REQUEST_STATE, known)
        return authentication
    authentication = (extension, identity, verified, source, known.authentication)
    known.authentication = authentication
    return authentication


def authenticate_own() -> None:
    """Let in only who sends a token of the application's own: sessions and accounts are theirs."""
    authenticate()
    if not current_token.is_own:
        error = invalid_token(InvalidIssuer())
        current_state().entry_point.complete(error)
        raise error


def _claims_themselves(claims: Mapping[str, Any]) -> Mapping[str, Any]:
    return claims


@dataclass(slots=True, eq=False, repr=False)
class Authenticator:
    """Finds out who sent a request to one application; a source or check that is off is absent."""

    extension: Extension
    #: What the default request hook reads, whether or not it is one of the sources.
    header: HeaderSource
    #: In the order in which they decide: the header is asked first.
    sources: tuple[CredentialSource, ...]
    #: Those where the application has a request hook of its own.
    hook_sources: tuple[CredentialSource, ...]
    verifier: Verify
    verifier_ignoring_expiry: Verify
    token_checks: tuple[TokenCheck, ...] = ()
    request_checks: tuple[RequestCheck, ...] = ()
    #: Whether tokens may be those of trusted issuers, whose users and sessions are none of ours.
    has_issuers: bool = False
    #: Finds the user of a token where no handler does, and all tokens are the application's own.
    identity_of_own: Hook | None = field(init=False, default=None)
    #: The header, where it is all there is: no list of sources is gone through for it.
    only_source: CredentialSource | None = field(init=False)

    def __post_init__(self) -> None:
        """See whether the header is all there is."""
        self.only_source = self.header if self.sources == (self.header,) else None

    def accept_issuers(self, verify: Verify) -> None:
        """Verify the tokens of trusted issuers, too."""
        self.has_issuers = True
        self.verifier = verify

    def identity_hook(self, verified: VerifiedToken) -> Hook:
        """Return what finds the user of a token, where it may be a trusted issuer's."""
        hook = self.extension.identity_callback
        if verified.is_own:
            if hook is None:
                raise no_identity_hook()
            return hook
        # The directory has our own users: another issuer's subject is nobody there.
        return _claims_themselves if hook is None or hook is self.extension.user_of else hook

    def check_alone(self, token: str) -> None:
        """Check what the application asks of each good token, whichever request brings it."""

    def unknown_user(self, verified: VerifiedToken) -> JWTError:  # noqa: ARG002
        """Return the refusal of a request whose token names nobody."""
        return unknown_user()

    def refused(self, error: TokenError, token: str) -> JWTError:  # noqa: ARG002
        """Return the refusal of a request whose token is refused."""
        if isinstance(error, MissingClaim) and error.claim == "exp" and current_app.debug:
            current_app.logger.warning(_NEVER_EXPIRES)
        return invalid_token(error)

    def decide(self, request: Request) -> tuple[CredentialSource, VerifiedToken]:
        """Return the token that counts, verified, and its source."""
        credentials = self.find(request)
        if credentials is None:
            raise self.missing(request)
        source, tokens, others = credentials
        if len(tokens) > 1 or others:
            return source, self._verify_all(source, tokens, others)
        return source, self.verify(tokens[0], source.verify)

    def find(self, request: Request) -> FoundCredentials | None:
        """Return the tokens of a request, or None; the first source with a token decides."""
        uses_hook = self.extension.request_callback is not default_request_callback
        decisive: CredentialSource | None = None
        tokens: Sequence[str] = ()
        others: tuple[tuple[CredentialSource, str], ...] = ()
        is_too_large = False
        for source in self.hook_sources if uses_hook else self.sources:
            if source.reads_body and decisive is self.header:
                continue
            try:
                sent = source.find(request)
            except BodyTooLargeError:
                is_too_large = True
                continue
            if decisive is not None:
                others += tuple((source, token) for token in sent if token not in tokens)
            elif sent:
                decisive, tokens = source, sent
        if decisive is None:
            if is_too_large:
                refusal = missing_token(_BODY_TOO_LARGE)
                # It may have a token all the same.
                refusal._has_no_credentials = False
                raise refusal
            return None
        return decisive, tokens, others

    def verify(self, token: str, verify: Verify | None = None) -> VerifiedToken:
        """Verify a token, by the verifier of its source if that has one of its own."""
        hook = self.extension.jwt_decode_callback
        try:
            if verify is not None:
                verified = verify(token)
            elif hook is default_jwt_decode_callback:
                verified = self.verifier(token)
            else:
                verified = _decoded(hook, token)
            if self.token_checks and (not self.has_issuers or verified.is_own):
                for check in self.token_checks:
                    check(verified.claims)
        except StoreUnavailable as error:
            raise unavailable() from error
        except IssuerUnavailable as error:
            raise unavailable(ISSUER_UNAVAILABLE, "issuer_unavailable", URGENT_RETRY) from error
        except TokenError as error:
            raise self.refused(error, token) from error
        return verified

    def verify_or_none(self, token: str, verify: Verify | None = None) -> VerifiedToken | None:
        """Verify one token of several, or return None where it is refused."""
        try:
            return self.verify(token, verify)
        except JWTError as error:
            # A refused token is passed over. One that can't be checked (503) fails the request: it
            # may be another user's.
            if error.status_code == HTTPStatus.UNAUTHORIZED:
                return None
            raise

    def verify_ignoring_expiry(self, token: str) -> VerifiedToken:
        """Verify a token that may have expired, or not have begun: no user is signed in by it."""
        hook = self.extension.jwt_decode_callback
        if hook is default_jwt_decode_callback:
            return self.verifier_ignoring_expiry(token)
        verified = _decoded(hook, token)
        if not verified.is_own:
            # Whoever asks wants a session of ours.
            raise InvalidIssuer
        return verified

    def missing(self, request: Request) -> JWTError:
        """Return the refusal of a request without a token."""
        if "HTTP_AUTHORIZATION" not in request.environ or self.header not in self.sources:
            return missing_token()
        uses_hook = self.extension.request_callback is not default_request_callback
        return missing_token(NO_TOKEN + ("" if uses_hook else self.header.hint(request)))

    def _verify_all(
        self,
        source: CredentialSource,
        tokens: Sequence[str],
        others: Sequence[tuple[CredentialSource, str]],
    ) -> VerifiedToken:
        """Return the first good token of those that decide; all good ones are of one user."""
        good: list[VerifiedToken] = []
        if len(tokens) > 1:
            good += filter(None, (self.verify_or_none(token, source.verify) for token in tokens))
        if not good:
            good.append(self.verify(tokens[0], source.verify))
        good += filter(None, (self.verify_or_none(token, other.verify) for other, token in others))
        if len(good) == 1:
            # The application's function for the user is asked only to compare two of them.
            return good[0]
        first, *more = map(self._user_of, good)
        for user in more:
            if user != first or list(map(type, user)) != list(map(type, first)):
                raise several_users()
        return good[0]

    def _user_of(self, verified: VerifiedToken) -> tuple[Any, Any]:
        if not verified.is_own:
            return verified.issuer, verified.subject
        return verified.claims.get("sid"), self.extension.named_in(verified.claims)


def default_jwt_decode_callback(token: str) -> Mapping[str, Any]:
    """Return the claims of a token, or raise the :exc:`.TokenError` that says why not."""
    return current_state().keys.verify(token).claims


def _decoded(hook: Hook, token: str) -> VerifiedToken:
    if not token.isascii():
        # From JSON, for one, where half a character is not known to the hook's own library.
        raise MalformedToken("Invalid characters")
    try:
        claims = await_result(hook(token))
    except Exception as error:
        # Only a hook that has imported PyJWT itself raises an error of PyJWT's.
        pyjwt = sys.modules.get("jwt.exceptions")
        if pyjwt is None or not isinstance(error, pyjwt.InvalidTokenError):
            raise
        raise TokenError(str(error)) from error
    if not isinstance(claims, Mapping):
        raise TypeError(f"jwt_decode_handler returned {type(claims).__name__}, not a mapping")
    state = current_state()
    theirs = state.issuers.claimed(claims)
    if theirs is not None:
        return theirs
    roles_claim = state.settings[VerifierSettings].roles_claim
    return VerifiedToken(claims, {}, ClaimNames(roles=(roles_claim,)))


def no_identity_hook() -> ConfigurationError:
    """Return the error of an application whose guard can't ask whom a token stands for."""
    return ConfigurationError(
        "there is no identity handler: JWT(app, authenticate, identity), JWT(app, users=…), or "
        "@jwt.identity_handler"
    )
