"""The tokens of a session: the first ones, those of a refresh, and an access token alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any, NamedTuple

from flask import has_request_context
from werkzeug.exceptions import HTTPException

from ..app_state import AppState, Extension
from ..authentication.errors import answered
from ..authentication.request_state import request_state, request_state_or_none
from ..authentication.settings import HeaderSettings
from ..core.claims import TIME_CLAIMS, numeric_date
from ..core.errors import ClaimsError, TokenError
from ..errors import ConfigurationError
from ..hooks import await_result
from ..http import current_request
from ..sessions.errors import FORGETS, SessionEnded, SessionExpired, StoreBusy, StoreUnavailable
from ..sessions.models import MAX_ADDRESS, MAX_USER_AGENT, NewSession, Session, Use
from ..sessions.refresh_tokens import SALT_BYTES, RefreshToken, new_sid
from ..sessions.service import SessionService
from .access_tokens import (
    NON_RENEWABLE,
    PLAIN,
    SESSION_CLAIMS,
    AccessToken,
    TokenRequest,
    UnsignedToken,
    default_jwt_encode_callback,
    requested_claims,
    unsigned_token,
)
from .user_claims import at_sign_in, lasting_claims, of_session, with_authentication

#: Raises where an access token that was just made is of no use, before anything is kept of it.
CheckToken = Callable[[str], None]
# Claims that a session's next token has of its own.
_OF_ONE_TOKEN = frozenset({*TIME_CLAIMS, *SESSION_CLAIMS, NON_RENEWABLE})
# How often a session is begun anew in a store that loses its memory meanwhile.
_MAX_STARTS = 3


class SessionTokens(NamedTuple):
    """What sign-in and refresh give a client.

    :param access_token: for requests, until it expires.
    :param refresh_token: for one refresh.
    :param expires_in: after how many seconds the access token expires.
    :param token_type: the scheme for the ``Authorization`` header.
    :param sid: the session.
    :param remember: whether the session has a long life.
    """

    access_token: AccessToken
    refresh_token: str
    expires_in: int
    token_type: str
    sid: str
    remember: bool

    def body(self) -> dict[str, Any]:
        """Return what is answered to the client (:rfc:`6749` section 5.1)."""
        return {
            "access_token": str(self.access_token),
            "refresh_token": self.refresh_token,
            "token_type": self.token_type,
            "expires_in": self.expires_in,
        }

    def __repr__(self) -> str:
        return f"<SessionTokens of {self.sid}>"


@dataclass(slots=True)
class RequestSession:
    """A session that this request has begun, and which of its tokens the application has."""

    extension: Extension
    #: The authenticated object that it was begun for.
    identity: Any = field(repr=False)
    tokens: SessionTokens
    handed_out: set[str] = field(default_factory=set)


def request_session() -> RequestSession | None:
    """Return the session that this request has begun last, or None."""
    known = request_state_or_none(current_request()) if has_request_context() else None
    session: RequestSession | None = None if known is None else known.session
    return session


def sessions_of(state: AppState) -> SessionService:
    """Return the sessions of an application."""
    if state.sessions is None:
        raise ConfigurationError(
            "app.config['JWT_SESSION_STORE'] is not set: without it there are no sessions and no "
            "refresh tokens"
        )
    if state.extension.jwt_encode_callback is not default_jwt_encode_callback:
        raise ConfigurationError(
            "app.config['JWT_SESSION_STORE'] is set, and so is jwt_encode_handler, whose tokens "
            "would belong to no session; use jwt_payload_handler and jwt_headers_handler"
        )
    return state.sessions


def device() -> tuple[str | None, str | None]:
    """Return the address and the program that this request comes from; None where not known."""
    if not has_request_context():
        return None, None
    request = current_request()
    return (
        _kept_text(request.remote_addr, MAX_ADDRESS),
        _kept_text(request.headers.get("User-Agent"), MAX_USER_AGENT),
    )


def _kept_text(text: str | None, max_length: int) -> str | None:
    if not text:
        return None
    # Not every database has letters beyond ASCII.
    plain = text[:max_length].encode("ascii", "replace").decode()
    if not plain.isprintable():
        plain = "".join(filter(str.isprintable, plain))
    return plain or None


@answered
def start_session(
    state: AppState,
    identity: Any,
    *,
    remember: bool = True,
    request: TokenRequest = PLAIN,
    methods: Sequence[str] = (),
    check: CheckToken | None = None,
) -> SessionTokens:
    """Begin a session."""
    sessions = sessions_of(state)
    idle, life = sessions.lifetimes.jittered(remember=remember)
    sessions.begin_start()
    for _ in range(_MAX_STARTS):
        unsigned, sid, now = unsigned_token(state, identity), new_sid(), state.clock()
        if methods:
            unsigned = unsigned._replace(claims=at_sign_in(unsigned.claims, methods, now))
        token, claims = _sign(state, sessions, unsigned, sid, now, now + life, request)
        if check is not None:
            check(token)
        extra, kept = {}, dict(claims)
        for name in request.extra_claims:
            extra[name] = kept.pop(name)
        for name in _OF_ONE_TOKEN:
            kept.pop(name, None)
        session = NewSession(
            sid,
            sessions.subject_of(claims),
            token_hex(SALT_BYTES),
            idle,
            life,
            kept,
            extra,
            tuple(methods),
            Use(claims["exp"], *device()),
        )
        refresh_token = sessions.start(session)
        if refresh_token is not None:
            return _session_tokens(state, token, claims, refresh_token, sid, remember=remember)
    raise StoreBusy(FORGETS)


def begin_session(
    state: AppState, identity: Any, handed_out: str, **session: Any
) -> RequestSession:
    """Begin a session of which the application is given one token: a hook may ask for the other."""
    tokens = start_session(state, identity, **session)
    begun = RequestSession(state.extension, identity, tokens, {handed_out})
    if has_request_context():
        request_state(current_request()).session = begun
    return begun


def issue_session(
    state: AppState, identity: Any, **session: Any
) -> tuple[AccessToken, SessionTokens]:
    """Begin the session of a sign-in."""
    begun = begin_session(state, identity, "access", **session)
    return begun.tokens.access_token, begun.tokens


def refresh_session(
    state: AppState, refresh_token: RefreshToken, check: CheckToken | None = None
) -> SessionTokens:
    """Exchange a refresh token, after a look at whether its user is still there."""
    sessions, (address, user_agent) = sessions_of(state), device()
    pending = sessions.begin_refresh(refresh_token, address)
    renewed = _renewed(state, sessions, pending.session)
    if renewed is None:
        raise sessions.end_refused(pending.session, "unknown user")
    token, claims = renewed
    if check is not None:
        check(token)
    current = sessions.commit_refresh(pending, Use(claims["exp"], address, user_agent))
    remember = sessions.lifetimes.is_remembered(pending.session)
    return _session_tokens(state, token, claims, current, refresh_token.sid, remember=remember)


def renew_session(state: AppState, sid: str, check: CheckToken | None = None) -> SessionTokens:
    """Make new tokens for a session by one of its access tokens; its refresh token rotates."""
    sessions, (address, user_agent) = sessions_of(state), device()
    session = sessions.live_session(sid)
    if session is None:
        raise SessionEnded(sid, "")
    renewed = _renewed(state, sessions, session)
    if renewed is None:
        raise sessions.end_refused(session, "unknown user")
    token, claims = renewed
    if check is not None:
        check(token)
    current = sessions.rotate(sid, Use(claims["exp"], address, user_agent))
    remember = sessions.lifetimes.is_remembered(session)
    return _session_tokens(state, token, claims, current, sid, remember=remember)


def extend_session(
    state: AppState, former: Mapping[str, Any], check: CheckToken
) -> tuple[AccessToken, bool] | None:
    """Make an access token in place of another, if its session goes on; nothing rotates."""
    sessions, sid = sessions_of(state), former.get("sid")
    if not isinstance(sid, str) or former.get(NON_RENEWABLE):
        return None
    try:
        # The view of this very request may have revoked it.
        sessions.check_revoked(former)
        session = sessions.live_session(sid)
        renewed = None if session is None else _renewed(state, sessions, session)
        if session is None or renewed is None:
            return None
        token, claims = renewed
        if not _passes(token, check) or not sessions.extend(sid, Use(claims["exp"], *device())):
            return None
    except (StoreUnavailable, TokenError, HTTPException):
        # A hook that refuses now refuses the next request; this one has been served.
        return None
    return token, sessions.lifetimes.is_remembered(session)


@answered
def sign_again(
    state: AppState, identity: Any, request: TokenRequest, former: SessionTokens
) -> AccessToken:
    """Make another access token of a session that was begun a moment ago."""
    sessions, ends = sessions_of(state), state.clock() + former.expires_in
    (claims, header), now = unsigned_token(state, identity), state.clock()
    unsigned = UnsignedToken(with_authentication(claims, claims_of(state, former)), header)
    token, _ = _sign(state, sessions, unsigned, former.sid, now, ends, request, restricted=True)
    return token


def claims_of(state: AppState, tokens: SessionTokens) -> Mapping[str, Any]:
    """Return the claims of the access token of a session that was begun a moment ago."""
    return state.keys.verify_ignoring_expiry(tokens.access_token).claims


def _renewed(
    state: AppState, sessions: SessionService, session: Session
) -> tuple[AccessToken, Mapping[str, Any]] | None:
    """Make an access token for a session with what the hooks say today; None without its user."""
    extension = state.extension
    if extension.identity_callback is None:
        raise ConfigurationError("there is no identity handler: a refresh asks it who is there")
    began, ends = int(session.began_at), int(session.expires_at)
    # Identity hooks know the claims of a token: the session's are handed to them as such.
    kept = {**session.claims, **session.added}
    identity = await_result(
        extension.identity_callback(
            {"iat": began, "nbf": began, "exp": ends, **kept, "sid": session.sid}
        )
    )
    if identity is None:
        return None
    claims, header = unsigned_token(state, identity, session.claims)
    # The hooks' claims are today's; a claim that was added at sign-in stays unless a hook sets it.
    if session.added:
        added = session.added
        if extension.grants is not None:
            added = lasting_claims(state, extension.grants, added)
        claims = {**added, **claims}
    claims = of_session(session, kept, claims)
    unsigned, now = UnsignedToken(claims, header), state.clock()
    token, signed = _sign(state, sessions, unsigned, session.sid, now, session.expires_at)
    if not sessions.is_subject(session.subject, signed, kept):
        raise ConfigurationError(
            "jwt_payload_handler names another user at a refresh than at sign-in: what the "
            "identity handler returns has to suit it as well as what the authentication handler "
            "returns"
        )
    return token, signed


def _sign(
    state: AppState,
    sessions: SessionService,
    unsigned: UnsignedToken,
    sid: str,
    now: float,
    session_ends: float,
    request: TokenRequest = PLAIN,
    *,
    restricted: bool = False,
) -> tuple[AccessToken, Mapping[str, Any]]:
    """Sign an access token of a session, and return it with its claims as others read them."""
    claims = requested_claims(state, unsigned.claims, request)
    for name in SESSION_CLAIMS:
        if name in claims:
            raise ClaimsError(
                f"the claim {name!r} belongs to sessions, and is not for a hook to set"
            )
    exp = numeric_date(claims.get("exp"))
    if type(exp) in (int, float):
        longest = sessions.lifetimes.access
        # One second more: the hook has read the clock before, and may have rounded up.
        if exp > now + longest + 1:
            raise ClaimsError(
                f"the token would live for {exp - now:.0f} seconds, and revocations are kept for "
                f"tokens of {longest:.0f}: raise JWT_EXPIRATION_DELTA"
            )
        if exp > int(session_ends):
            exp, begins = int(session_ends), numeric_date(claims.get("nbf"))
            if exp <= now or (type(begins) in (int, float) and exp <= begins):
                # The rest of the session is too short for a token that is ever valid.
                raise SessionExpired
    claims = {"iat": int(now), **claims, "exp": exp, "jti": new_sid(), "sid": sid}
    if state.cookies is not None and (restricted or request.expires_in is not None):
        # It is left to expire: the next one would allow all that the session does.
        claims[NON_RENEWABLE] = True
    text, signed = state.keys.snapshot().signer.make(claims, unsigned.header)
    return AccessToken(text), signed


def _session_tokens(
    state: AppState,
    token: AccessToken,
    claims: Mapping[str, Any],
    refresh_token: str,
    sid: str,
    *,
    remember: bool,
) -> SessionTokens:
    expires_in = max(0, int(claims["exp"] - state.clock()))
    scheme = state.settings[HeaderSettings].schemes[0]
    return SessionTokens(token, refresh_token, expires_in, scheme, sid, remember)


def _passes(token: AccessToken, check: CheckToken) -> bool:
    try:
        check(token)
    except ClaimsError:
        return False
    return True
