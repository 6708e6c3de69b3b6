"""Source -> verify -> checks -> identity, for guards with the demands of Flask-JWT-Extended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hmac import compare_digest
from operator import itemgetter
from typing import TYPE_CHECKING, Any, cast

from flask import Request, request_finished

from ..app_state import AppState, current_application, current_state
from ..authentication.authenticator import Authenticator, FoundCredentials
from ..authentication.body import BodyTooLargeError
from ..authentication.errors import JWTError
from ..authentication.sources import (
    CredentialSource,
    QuerySource,
    Verify,
    default_request_callback,
)
from ..core.compact_jws import decode_header
from ..core.errors import (
    ExpiredToken,
    InvalidHeader,
    InvalidIssuer,
    InvalidSignature,
    MissingClaim,
    TokenError,
)
from ..core.verifier import VerifiedToken, parse_token
from ..errors import ConfigurationError
from ..hooks import Hook
from ..sessions.errors import RevokedToken
from ..sessions.service import SessionService
from ..tokens.response_cookies import process_response
from .current import foreign_identity
from .demands import MAX_DEMANDS, PLAIN, Demands
from .exceptions import (
    CSRFError,
    ExpiredTokenError,
    FreshTokenRequired,
    JWTDecodeError,
    NoAuthorizationError,
    Refusal,
    RevokedTokenError,
    UserLookupError,
    WrongTokenError,
    refusal_of,
)
from .internal_utils import (
    custom_verification_for_token,
    verify_token_not_blocklisted,
    verify_token_type,
)
from .loaders import any_claims, no_blocklist
from .policy import DEFAULT_CLAIMS
from .sessions import check_refresh_token
from .settings import ExtendedRequestSettings
from .sources import ExtendedCookieSource, ExtendedHeaderSource, ExtendedSource, sources_of

if TYPE_CHECKING:
    from .jwt_manager import JWTManager


@dataclass(slots=True, eq=False, repr=False)
class ExtendedAuthenticator(Authenticator):
    """Finds out who sent a request, and whether the token meets the demands of the guard."""

    manager: JWTManager = field(kw_only=True)
    settings: ExtendedRequestSettings = field(kw_only=True)
    identity_claim: str = field(kw_only=True)
    verifies_sub: bool = field(kw_only=True)
    max_token_bytes: int = field(kw_only=True)
    sessions: SessionService | None = field(kw_only=True)
    demands: Demands = field(default=PLAIN, kw_only=True)
    #: Knows which CSRF value a request needs.
    cookie: ExtendedCookieSource = field(init=False)
    #: The authenticators for other demands, which were made so far.
    variants: dict[Demands, ExtendedAuthenticator] = field(init=False)

    def __post_init__(self) -> None:
        """Put the sources and checks together that the demands ask for."""
        demands = self.demands
        self.variants = {demands: self}
        header = cast(ExtendedHeaderSource, self.header)
        locations = demands.locations or self.settings.locations
        refresh = demands.refresh
        self.cookie = ExtendedCookieSource(self.settings, refresh=refresh)
        self.sources = sources_of(
            self.settings, locations, header, self.cookie, self.max_token_bytes, refresh=refresh
        )
        # What nobody asks for costs a request nothing: most tokens are access tokens in a header.
        is_plain = demands == PLAIN and not self.manager.looks_at_tokens
        has_cookies = "cookies" in self.settings.locations
        self.request_checks = (_check_kind if is_plain and not has_cookies else self._check,)
        if not self.has_issuers and self.manager._user_lookup_callback is None:
            # By default a subject is there, and is not null.
            is_there = self.verifies_sub and self.identity_claim == "sub"
            self.identity_of_own = itemgetter("sub") if is_there else self._identity_itself
        if demands.skip_revocation_check:
            self.token_checks = ()
        # In a dataclass with slots, super() names the class before it had them.
        Authenticator.__post_init__(self)

    def variant(self, demands: Demands) -> ExtendedAuthenticator:
        """Return the authenticator for other demands."""
        if len(self.variants) >= MAX_DEMANDS:
            # A program takes demands from its requests, perhaps.
            self.variants = {self.demands: self}
        made = self.variants[demands] = replace(self, demands=demands)
        if made.only_source is None:
            _complete_answers(current_state(), made.sources)
        return made

    def accept_issuers(self, verify: Verify) -> None:
        """Verify the tokens of trusted issuers, too."""
        Authenticator.accept_issuers(self, completing(verify))
        self.identity_of_own = None
        self.variants = {self.demands: self}

    def find(self, request: Request) -> FoundCredentials | None:
        """Return the tokens of the first location that has one; the others are not looked at."""
        if self.extension.request_callback is not default_request_callback:
            return Authenticator.find(self, request)
        for source in self.sources:
            try:
                tokens = source.find(request)
            except BodyTooLargeError:
                continue
            if tokens:
                return source, tokens, ()
        return None

    def verify_or_none(self, token: str, verify: Verify | None = None) -> VerifiedToken | None:
        """Verify one token of several, or return None where it is refused, whatever its status."""
        try:
            return self.verify(token, verify)
        except Refusal:
            return None

    def missing(self, request: Request) -> JWTError:
        """Return the refusal of a request without a token, which says where none was."""
        why = [cast(ExtendedSource, source).why_none(request) for source in self.sources]
        if len(why) == 1:
            return NoAuthorizationError(why[0])
        *most, last = (source.name for source in self.sources)
        return NoAuthorizationError(
            f"Missing JWT in {', '.join(most)} or {last} ({'; '.join(why)})"
        )

    def refused(self, error: TokenError, token: str) -> JWTError:
        """Return what is wrong with a token, in the words of Flask-JWT-Extended."""
        is_expired = isinstance(error, ExpiredToken)
        # A token without a session was made before there were sessions.
        is_older = isinstance(error, MissingClaim) and error.claim == "sid"
        if not (is_expired or is_older or isinstance(error, RevokedToken)):
            return refusal_of(error, self.identity_claim)
        try:
            claims, header, _ = self.verify_ignoring_expiry(token)
        except (InvalidHeader, InvalidSignature, InvalidIssuer):
            # None of ours: its issuer's keys have verified it.
            if not is_expired:
                return refusal_of(error, self.identity_claim)
            claims, header = _parts_of(token, self.max_token_bytes)
        except TokenError as worse:
            # Its time is looked at first, and is not all that is wrong with it.
            return refusal_of(worse, self.identity_claim)
        if is_expired:
            return ExpiredTokenError(error.description, header, claims)
        return RevokedTokenError(header, claims)

    def identity_hook(self, verified: VerifiedToken) -> Hook:
        """Return what finds the user of a token; unless told, it is what the token says."""
        manager = self.manager
        if manager.identity_callback is not None:
            return Authenticator.identity_hook(self, verified)
        lookup = manager._user_lookup_callback
        if verified.names.issuer is not None:
            # The loader finds our own users: another issuer's subject is nobody there.
            return lambda _claims: foreign_identity(verified) if lookup is None else None
        if lookup is None:
            return self._identity_itself
        return lambda claims: lookup(dict(verified.header), claims)

    def check_alone(self, token: str) -> None:
        """Check what a guard without demands asks of each good token."""
        self._check_token(self.verify(token))

    def unknown_user(self, verified: VerifiedToken) -> JWTError:
        """Return the refusal of a request whose token names nobody."""
        identity = verified.claims.get(self.identity_claim)
        message = f"user_lookup returned None for {identity}"
        return UserLookupError(message, verified.header, verified.claims)

    def _identity_itself(self, claims: Any) -> Any:
        # A token may name nobody, and be good: None would be an unknown user.
        identity = claims.get(self.identity_claim)
        return claims if identity is None else identity

    def _check(self, request: Request, source: CredentialSource, verified: VerifiedToken) -> None:
        """Check the CSRF value, the kind, the age and the revocation of a token, in this order."""
        if source.is_ambient and (source.name == "cookies" or self._may_be_cookie(request)):
            if not verified.is_own:
                # A host of the site may have planted it, and no CSRF value is in it.
                raise refusal_of(InvalidIssuer(), self.identity_claim)
            value = self.cookie.needed_csrf_value(request)
            if value is not None:
                check_csrf(verified.claims, value)
        self._check_token(verified)

    def _may_be_cookie(self, request: Request) -> bool:
        """Tell whether what a request hook has found may be of a cookie."""
        return "cookies" in self.settings.locations and "HTTP_COOKIE" in request.environ

    def _check_token(self, verified: VerifiedToken) -> None:
        demands, manager, claims = self.demands, self.manager, verified.claims
        is_refresh = claims.get("type") == "refresh"
        if demands.verify_type and is_refresh is not demands.refresh:
            verify_token_type(claims, demands.refresh)
        if demands.refresh and not verified.is_own:
            raise WrongTokenError("Only refresh tokens are allowed")
        if demands.fresh and not self._is_fresh(verified):
            raise FreshTokenRequired("Fresh token required", verified.header, claims)
        # Loaders that the application has not given cost a request nothing.
        is_asked = manager._token_in_blocklist_callback is not no_blocklist
        if is_asked and not demands.skip_revocation_check:
            verify_token_not_blocklisted(dict(verified.header), claims)
        if manager._token_verification_callback is not any_claims:
            custom_verification_for_token(dict(verified.header), claims)
        if self.sessions is not None and verified.is_own and is_refresh:
            identity = claims.get(self.identity_claim)
            check_refresh_token(self.sessions, verified.header, claims, identity)

    def _is_fresh(self, verified: VerifiedToken) -> bool:
        """Tell whether the application says of its own token that its user has just signed in."""
        fresh: Any = verified.claims.get("fresh")
        if not verified.is_own:
            return False
        if type(fresh) in (int, float):
            return bool(fresh >= self.manager.clock())
        return fresh is True


def choose(demands: Demands, authenticator: Authenticator) -> Authenticator:
    """Return the authenticator for the demands of a guard."""
    if not isinstance(authenticator, ExtendedAuthenticator):
        # The tokens of JWT have no types.
        raise ConfigurationError(
            "the guard is one of flask_jwt.extended, and the application has no JWTManager"
        )
    return authenticator.variants.get(demands) or authenticator.variant(demands)


def _check_kind(_request: Request, _source: CredentialSource, verified: VerifiedToken) -> None:
    """Check that a token is no refresh token, which is all that is asked without demands."""
    if verified.claims.get("type") == "refresh":
        verify_token_type(verified.claims, refresh=False)


def check_csrf(claims: Any, value: str) -> None:
    """Check that a request has sent the CSRF value of its token."""
    expected = claims.get("csrf")
    if not isinstance(expected, str):
        raise JWTDecodeError("Missing claim: csrf")
    # Headers may hold letters beyond ASCII, which compare_digest takes as bytes alone.
    if not compare_digest(expected.encode(), value.encode("utf-8", "surrogatepass")):
        raise CSRFError("CSRF double submit tokens do not match")


def completing(verify: Verify) -> Verify:
    """Return what writes into the claims of another issuer's token what programs look for."""

    def complete(token: str) -> VerifiedToken:
        verified = verify(token)
        if not verified.is_own and isinstance(verified.claims, dict):
            for name, value in DEFAULT_CLAIMS.items():
                verified.claims.setdefault(name, value)
            # Whether its user has just signed in here is not for another issuer to say.
            verified.claims["fresh"] = False
        return verified

    return complete


def _complete_answers(state: AppState, sources: Sequence[CredentialSource]) -> None:
    """Have answers say to caches, and to pages that are linked to, what places of tokens ask for.

    Guards may name other places than the configuration does.
    """
    request_finished.connect(process_response, current_application())
    hiding = [source.hide_address for source in sources if isinstance(source, QuerySource)]
    state.response_steps = state.response_steps or tuple(hiding)


def _parts_of(token: str, max_bytes: int) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the claims and the header of a token that somebody else has verified."""
    try:
        parsed = parse_token(token, max_bytes)
        return parsed.claims, decode_header(parsed.header)
    except TokenError:
        # Its issuer was asked about it: nobody else can read it.
        return {}, {}
