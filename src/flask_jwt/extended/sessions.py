"""Sessions behind the tokens of Flask-JWT-Extended, where there is ``JWT_SESSION_STORE``.

A refresh token carries the refresh token of its session, as a claim. A program that makes another
one in its refresh endpoint has it rotate; one that does not goes on with the same. Which session a
new token belongs to is what the request says that asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_hex
from typing import Any, NoReturn

from flask import has_request_context

from ..app_state import AppState, current_state
from ..authentication.cookies import cookie_values
from ..authentication.errors import answered
from ..authentication.request_state import (
    authentication_of_request,
    request_state,
    request_state_or_none,
)
from ..core.claims import numeric_date
from ..core.compact_jws import encode_base64url
from ..core.errors import ClaimsError, TokenError
from ..http import current_request
from ..sessions.errors import (
    FORGETS,
    InvalidRefreshToken,
    RefreshTokenError,
    StoreBusy,
    StoreUnavailable,
    UnrevocableToken,
)
from ..sessions.models import NewSession, Session, Use
from ..sessions.refresh_tokens import SALT_BYTES, SID_BYTES, new_sid, parse_refresh_token
from ..sessions.service import LOGOUT, PendingRefresh, SessionService
from ..tokens.session_tokens import device
from .exceptions import RevokedTokenError
from .settings import ExtendedRequestSettings, ExtendedTokenSettings

#: The claim of a refresh token with the refresh token of its session.
SESSION_TOKEN = "session_token"  # noqa: S105
#: The claims of a token that has a session.
SESSION_CLAIMS = ("sid", SESSION_TOKEN)
# How often a session is begun anew in a store that loses its memory meanwhile.
_MAX_STARTS = 3
_STATE = "extended_session"
_NOT_ENDED = "The session of a browser that signs out could not be ended"


@dataclass(slots=True)
class RequestSession:
    """A session that this request has begun, or that its refresh token belongs to."""

    sid: str
    identity: Any = field(repr=False)
    #: When the session ends in any case, in seconds since 1970.
    ends: float
    #: The refresh token of the session that is current.
    refresh_token: str | None = field(default=None, repr=False)
    #: The refresh token of this request, which may be exchanged.
    pending: PendingRefresh | None = field(default=None, repr=False)


@answered
def check_refresh_token(
    sessions: SessionService, header: Mapping[str, Any], claims: Mapping[str, Any], identity: Any
) -> None:
    """Check that a refresh token is its session's current one; another's use ends the session."""
    try:
        text = claims.get(SESSION_TOKEN)
        if "sid" not in claims:
            text = _adopt(current_state(), sessions, claims, identity)
        token = parse_refresh_token(text)
        pending = sessions.begin_refresh(token, device()[0])
    except RefreshTokenError as error:
        raise RevokedTokenError(header, claims) from error
    session = pending.session
    known = RequestSession(session.sid, identity, session.expires_at, pending=pending)
    setattr(request_state(current_request()), _STATE, known)


def _adopt(
    state: AppState, sessions: SessionService, claims: Mapping[str, Any], identity: Any
) -> str:
    """Return what a refresh token from before there were sessions stands for.

    It begins a session at its first use, whose name and salt follow from its own name. The row is
    there for as long as the token could be used: what has ended does not begin anew.
    """
    jti: Any = claims.get("jti")
    exp: Any = claims.get("exp")
    if not isinstance(jti, str) or type(exp) not in (int, float):
        raise InvalidRefreshToken
    sid, salt = _adopted(jti)
    rest = max(exp + state.policy.leeway - state.clock(), 1)
    kept, use = {_identity_claim(state): identity}, Use(exp, *device())
    session = NewSession(sid, sessions.subject_of(claims), salt, rest, rest, kept, {}, (), use)
    return sessions.adopt(session)


def _adopted(jti: str) -> tuple[str, str]:
    """Return the name and the salt of the session that a token from before has begun."""
    digest = sha256(b"flask_jwt adopted " + jti.encode()).digest()
    sid = encode_base64url(digest[:SID_BYTES]).decode()
    return sid, digest[SID_BYTES : SID_BYTES + SALT_BYTES].hex()


@answered
def in_session(state: AppState, kind: str, claims: dict[str, Any]) -> dict[str, Any]:
    """Return the claims of a token that is about to be made, as those of one of a session."""
    sessions = state.sessions
    if sessions is None:
        return claims
    for name in SESSION_CLAIMS:
        if name in claims:
            raise ClaimsError(f"the claim {name!r} belongs to sessions, and is set already")
    if kind == "access":
        return _access_claims(state, sessions, claims)
    return _refresh_claims(state, sessions, claims)


def _access_claims(
    state: AppState, sessions: SessionService, claims: dict[str, Any]
) -> dict[str, Any]:
    exp, longest = _expiry(claims), sessions.lifetimes.access
    # One second more: times in claims are whole seconds.
    if exp > state.clock() + longest + 1:
        raise ClaimsError(
            f"the token would live longer than {longest:.0f} seconds, for which revocations are "
            "kept: raise app.config['JWT_ACCESS_TOKEN_EXPIRES']"
        )
    identity = claims[_identity_claim(state)]
    session = _session_of_request(sessions, identity, state) or _begin(state, sessions, claims)
    # One that has begun or rotated in this request knows of the longest-lived token already.
    is_known = session.refresh_token is not None
    if not is_known and not sessions.extend(session.sid, Use(exp, *device())):
        _refuse_ended(claims)
    return _with_session(claims, session)


def _refresh_claims(
    state: AppState, sessions: SessionService, claims: dict[str, Any]
) -> dict[str, Any]:
    _expiry(claims)
    session = _noted()
    if session is None or session.identity != claims[_identity_claim(state)]:
        session = _begin(state, sessions, claims)
    if session.refresh_token is None and session.pending is not None:
        until = state.clock() + sessions.lifetimes.access + 1
        try:
            session.refresh_token = sessions.commit_refresh(session.pending, Use(until, *device()))
        except RefreshTokenError:
            _refuse_ended(claims)
    return {**_with_session(claims, session), SESSION_TOKEN: session.refresh_token}


def _begin(state: AppState, sessions: SessionService, claims: dict[str, Any]) -> RequestSession:
    """Begin a session; a token of a store that has just lost its memory is made for later."""
    name = _identity_claim(state)
    idle, life = sessions.lifetimes.jittered(remember=True)
    sessions.begin_start()
    for _ in range(_MAX_STARTS):
        sid, now = new_sid(), state.clock()
        claims["iat"] = int(now)
        # Whichever access tokens this request makes, none lives longer.
        use = Use(now + sessions.lifetimes.access + 1, *device())
        kept = {name: claims[name]}
        subject, salt = sessions.subject_of(claims), token_hex(SALT_BYTES)
        refresh_token = sessions.start(
            NewSession(sid, subject, salt, idle, life, kept, {}, (), use)
        )
        if refresh_token is not None:
            begun = RequestSession(sid, claims[name], now + life, refresh_token)
            if has_request_context():
                setattr(request_state(current_request()), _STATE, begun)
            return begun
    raise StoreBusy(FORGETS)


def _session_of_request(
    sessions: SessionService, identity: Any, state: AppState
) -> RequestSession | None:
    """Return the session that an access token for an identity belongs to; None for a new one."""
    noted = _noted()
    if noted is not None:
        return noted if noted.identity == identity else None
    authentication = authentication_of_request(state.extension)
    if authentication is None or not authentication[2].is_own:
        return None
    claims = authentication[2].claims
    sid = claims.get("sid")
    if not isinstance(sid, str) or claims.get(_identity_claim(state)) != identity:
        return None
    session: Session | None = sessions.live_session(sid)
    if session is None:
        _refuse_ended(claims)
    return RequestSession(sid, identity, session.expires_at)


def _noted() -> RequestSession | None:
    state = request_state_or_none(current_request()) if has_request_context() else None
    return getattr(state, _STATE, None)


def _identity_claim(state: AppState) -> str:
    return state.settings[ExtendedTokenSettings].identity_claim


def _expiry(claims: Mapping[str, Any]) -> float:
    exp = numeric_date(claims.get("exp"))
    if type(exp) not in (int, float):
        raise ClaimsError(
            "with app.config['JWT_SESSION_STORE'] each token expires: give expires_delta a "
            "timedelta"
        )
    return float(exp)


def _with_session(claims: dict[str, Any], session: RequestSession) -> dict[str, Any]:
    return {**claims, "exp": int(min(_expiry(claims), session.ends)), "sid": session.sid}


def _refuse_ended(claims: Mapping[str, Any]) -> NoReturn:
    """Refuse a request whose session has ended since its token was looked at."""
    raise RevokedTokenError({}, claims)


def end_by_cookies(state: AppState) -> None:
    """End the sessions of the tokens in this browser's cookies: it signs out."""
    sessions = state.sessions
    if sessions is None or not has_request_context():
        return
    settings, request = state.settings[ExtendedRequestSettings], current_request()
    for name in (settings.access_cookie, settings.refresh_cookie):
        for text in cookie_values(request, name):
            try:
                _end_by(state.keys.verify_ignoring_expiry(text).claims, sessions)
            except (TokenError, UnrevocableToken):
                continue
            except StoreUnavailable:
                # The cookies are deleted all the same, and their tokens expire.
                state.logger.error(_NOT_ENDED)
            except Exception:
                # A key loader of the application's own, perhaps, by a cookie that was planted.
                state.logger.exception(_NOT_ENDED)


def _end_by(claims: Mapping[str, Any], sessions: SessionService) -> None:
    if "sid" not in claims and isinstance(claims.get("jti"), str):
        # It may have begun a session, whose name it does not know.
        sessions.end(_adopted(claims["jti"])[0], LOGOUT)
    sessions.end_by_claims(claims, LOGOUT)
