"""From where a request comes, as a session keeps it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from secrets import token_hex
from typing import Any, NamedTuple

from flask import has_request_context
from werkzeug.exceptions import HTTPException

from ..authentication.context import current_request
from ..authentication.errors import JWTError, invalid_token, unavailable
from ..authentication.settings import HeaderSettings
from ..core.claims import TIME_CLAIMS, numeric_date
from ..core.errors import ClaimsError, TokenError
from ..current import AppState, current_application
from ..errors import ConfigurationError
from ..hooks import result_of
from ..sessions.errors import RefreshTokenReused, SessionEnded, SessionExpired, StoreUnavailable
from ..sessions.models import MAX_ADDRESS, MAX_USER_AGENT, NewSession, Session, Use
from ..sessions.refresh_tokens import SALT_BYTES, new_sid
from ..sessions.service import SessionsInUse, narrowed_scope
from ..signals import (
    refresh_repeated,
    refresh_token_reused,
    send,
    session_ended,
    session_refreshed,
    session_started,
)
from .access_tokens import (
    NO_RENEWAL,
    NO_WISHES,
    SESSION_CLAIMS,
    AccessToken,
    Draft,
    Wishes,
    check_required,
    default_claims,
    default_jwt_encode_callback,
    default_jwt_payload_callback,
    drafted,
    wished,
)


def device() -> tuple[str | None, str | None]:
    """Return from where this request comes, and by which program; None where it is not known."""
    if not has_request_context():
        return None, None
    this = current_request()
    return (
        _shown(this.remote_addr, MAX_ADDRESS),
        _shown(this.headers.get("User-Agent"), MAX_USER_AGENT),
    )


def _shown(text: str | None, longest: int) -> str | None:
    if text is None:
        return None
    # Not every database has letters beyond ASCII.
    plain = text[:longest].encode("ascii", "replace").decode()
    if not plain.isprintable():
        plain = "".join(one for one in plain if one.isprintable())
    return plain or None


def end_session(
    in_use: SessionsInUse, sid: str, because: str, *, subject: str | None = None
) -> bool:
    """End a session."""
    if subject is None:
        ended = in_use.service.end(sid, because)
    else:
        ended = in_use.service.end_own(sid, subject, because)
    if ended:
        tell_of_end(sid, subject, because)
    return ended


def end_of_token(in_use: SessionsInUse, claims: Mapping[str, Any], because: str) -> None:
    """End the session of an access token; one that has none is revoked itself."""
    sid = claims.get("sid")
    if sid is None:
        _revoke(in_use.service.revoke_token, claims)
    elif not isinstance(sid, str):
        raise _of_no_session()
    elif not end_session(in_use, sid, because) and not in_use.is_revoked(sid):
        # The row is gone, and this token may be good still.
        _revoke(partial(in_use.service.revoke_session, sid), claims)


def _revoke(how: Callable[[Mapping[str, Any]], None], claims: Mapping[str, Any]) -> None:
    try:
        how(claims)
    except ValueError:
        raise _of_no_session() from None


def _of_no_session() -> JWTError:
    return JWTError("Bad Request", "The token belongs to no session", 400)


def end_all_sessions(
    in_use: SessionsInUse, subject: str, except_sid: str | None, because: str
) -> int:
    """End the sessions of a subject."""
    ended: list[str] = []
    try:
        # All of them first: whoever is told may raise.
        ended.extend(in_use.service.end_all(subject, except_sid, because))
    finally:
        # Where the store fails halfway, of those that it has ended.
        for sid in ended:
            tell_of_end(sid, subject, because)
    return len(ended)


def tell_of_end(sid: str, subject: str | None, because: str) -> None:
    """Send the signal that a session has ended."""
    send(session_ended, current_application(), sid=sid, subject=subject, because=because)


#: Raises where an access token that was just made is of no use, before anything is kept of it.
CheckToken = Callable[[str], None]
# Why a session ends whose user has signed in too often.
_LIMIT = "limit"
# Claims that a session's next token has of its own.
_OF_ONE_TOKEN = frozenset({*TIME_CLAIMS, *SESSION_CLAIMS, NO_RENEWAL})


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


class _Access(NamedTuple):
    """An access token of a session, and the claims in it."""

    token: AccessToken
    claims: Mapping[str, Any]

    def __repr__(self) -> str:
        return "<an access token>"


def start_session(
    state: AppState,
    identity: Any,
    *,
    remember: bool = True,
    wishes: Wishes = NO_WISHES,
    methods: Sequence[str] = (),
    check: CheckToken | None = None,
) -> SessionTokens:
    """Begin a session."""
    in_use = sessions_of(state)
    idle, life = in_use.lifetimes.drawn(remember=remember)

    def make() -> tuple[NewSession, _Access]:
        draft = drafted(state, identity)
        sid = new_sid()
        ends, for_less = state.clock() + life, wishes.expires is not None
        access = _access_token(state, in_use, draft, wishes, sid, ends, for_less=for_less)
        if check is not None:
            check(access.token)
        kept = {
            name: value
            for name, value in access.claims.items()
            if name not in _OF_ONE_TOKEN and name not in wishes.claims
        }
        subject = in_use.subject_of(access.claims)
        added = {name: access.claims[name] for name in wishes.claims}
        use = Use(access.claims["exp"], *device())
        salt = token_hex(SALT_BYTES)
        return NewSession(sid, subject, salt, idle, life, kept, added, tuple(methods), use), access

    with answered(state):
        refresh_token, session, access = in_use.service.start(make)
        sid, subject = session.sid, session.subject
        ended = list(in_use.service.end_surplus(subject, sid, _LIMIT))
    send(session_started, current_application(), sid=sid, subject=subject)
    for older in ended:
        tell_of_end(older, subject, _LIMIT)
    return _tokens(state, access, refresh_token, sid, remember=remember)


def refresh_session(state: AppState, text: str, check: CheckToken | None = None) -> SessionTokens:
    """Exchange a refresh token, after a look at whether its user is still there."""
    in_use, app = sessions_of(state), current_application()
    address, agent = device()

    def renew(session: Session) -> tuple[_Access, float] | None:
        access = _renewed(state, in_use, session)
        if access is None:
            return None
        if check is not None:
            check(access.token)
        return access, access.claims["exp"]

    with answered(state):
        try:
            renewed = in_use.service.refresh(text, renew, address, agent)
        except RefreshTokenReused as error:
            sid, subject, last = error.sid, error.subject, error.last_address
            told = {"sid": sid, "subject": subject, "address": address, "last_address": last}
            send(refresh_token_reused, app, **told)
            tell_of_end(sid, subject, "reuse")
            raise
        except SessionEnded as error:
            if error.ended_now is not None:
                tell_of_end(error.sid, error.subject, error.ended_now)
            raise
    sid, subject = renewed.session.sid, renewed.session.subject
    if renewed.repeated:
        last = renewed.session.address
        send(refresh_repeated, app, sid=sid, subject=subject, address=address, last_address=last)
    else:
        send(session_refreshed, app, sid=sid, subject=subject)
    remember = in_use.lifetimes.is_remembered(renewed.session)
    return _tokens(state, renewed.access, renewed.refresh_token, sid, remember=remember)


def extend_session(
    state: AppState, before: Mapping[str, Any], check: CheckToken
) -> tuple[AccessToken, bool] | None:
    """Make an access token in place of another, if its session goes on; nothing rotates."""
    in_use, sid = sessions_of(state), before.get("sid")
    if not isinstance(sid, str) or before.get(NO_RENEWAL):
        return None
    try:
        # It may have been revoked by this very request.
        in_use.admit(before)
        session = in_use.service.live_session(sid)
        access = None if session is None else _renewed(state, in_use, session)
        if session is None or access is None:
            return None
        if not _passes(access.token, check):
            return None
        if not in_use.service.extend(sid, Use(access.claims["exp"], *device())):
            return None
    except (StoreUnavailable, TokenError, HTTPException):
        # A hook that refuses now refuses the next request; this one has been served.
        return None
    return access.token, in_use.lifetimes.is_remembered(session)


def sessions_of(state: AppState) -> SessionsInUse:
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


class answered:  # noqa: N801
    """Turn what is wrong with a refresh token, or with the store, into an answer.

    A class, because entering and leaving a generator takes three times as long.
    """

    __slots__ = ("_state",)

    def __init__(self, state: AppState) -> None:
        self._state = state

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Raise the answer to what went wrong."""
        if isinstance(error, StoreUnavailable):
            raise unavailable() from error
        if isinstance(error, TokenError):
            raise invalid_token(self._state, self._state.realm, error) from error


def sign_again(
    state: AppState, identity: Any, wishes: Wishes, former: SessionTokens
) -> AccessToken:
    """Make another access token of a session that was begun a moment ago."""
    in_use = sessions_of(state)
    ends = state.clock() + former.expires_in
    draft = drafted(state, identity)
    with answered(state):
        return _access_token(state, in_use, draft, wishes, former.sid, ends, for_less=True).token


def _renewed(state: AppState, in_use: SessionsInUse, session: Session) -> _Access | None:
    extension = state.extension
    if extension.identity_callback is None:
        raise ConfigurationError("there is no identity handler: a refresh asks it who is there")
    began, ends = int(session.began_at), int(session.expires_at)
    # The claims of a token, as identity hooks know them: that of the session.
    kept = {**session.claims, **session.added}
    claims = {"iat": began, "nbf": began, "exp": ends, **kept, "sid": session.sid}
    identity = result_of(extension.identity_callback(claims))
    if identity is None:
        return None
    if extension.jwt_payload_callback is default_jwt_payload_callback:
        # What the identity hook returns need not have an id.
        named = session.claims.get("identity")
        header = result_of(extension.jwt_headers_callback(identity))
        draft = Draft(default_claims(state, named), header)
        check_required(state, draft.claims)
    else:
        draft = drafted(state, identity)
    # Roles and names are fresh; what was added at sign-in stays, unless a hook says it now.
    added = {name: value for name, value in session.added.items() if name not in draft.claims}
    draft = Draft(_within_scope(session, {**added, **draft.claims}), draft.header)
    access = _access_token(state, in_use, draft, NO_WISHES, session.sid, session.expires_at)
    if not in_use.is_subject(session.subject, access.claims, kept):
        raise ConfigurationError(
            "jwt_payload_handler names another user at a refresh than at sign-in: what the "
            "identity handler returns has to suit it as well as what the authentication handler "
            "returns"
        )
    return access


def _within_scope(session: Session, claims: Mapping[str, Any]) -> Mapping[str, Any]:
    if "scope" not in claims:
        return claims
    before = session.claims.get("scope", session.added.get("scope"))
    scope = narrowed_scope(before, claims["scope"])
    rest = {name: value for name, value in claims.items() if name != "scope"}
    return rest if scope is None else {**rest, "scope": scope}


def _access_token(
    state: AppState,
    in_use: SessionsInUse,
    draft: Draft,
    wishes: Wishes,
    sid: str,
    ends: float,
    *,
    for_less: bool = False,
) -> _Access:
    claims = wished(state, draft.claims, wishes)
    for name in SESSION_CLAIMS:
        if name in claims:
            raise ClaimsError(
                f"the claim {name!r} belongs to sessions, and is not for a hook to set"
            )
    now = state.clock()
    exp = numeric_date(claims.get("exp"))
    longest = in_use.lifetimes.access
    # A second for the hook that was called before, and rounds.
    if type(exp) in (int, float) and exp > now + longest + 1:
        raise ClaimsError(
            f"the token would live for {exp - now:.0f} seconds, and revocations are kept for "
            f"tokens of {longest:.0f}: raise JWT_EXPIRATION_DELTA"
        )
    if type(exp) in (int, float) and exp > int(ends):
        exp, begins = int(ends), numeric_date(claims.get("nbf"))
        if exp <= now or (type(begins) in (int, float) and exp <= begins):
            # What is left of the session is too short for a token that is good.
            raise SessionExpired
    given = {"iat": int(now), **claims, "exp": exp, "jti": new_sid(), "sid": sid}
    if for_less and state.cookies is not None:
        # It is left to expire: the next one would allow all that the session does.
        given[NO_RENEWAL] = True
    token, seen = state.keys.snapshot().signer.make(given, draft.header)
    return _Access(AccessToken(token), seen)


def _tokens(
    state: AppState, access: _Access, refresh_token: str, sid: str, *, remember: bool
) -> SessionTokens:
    expires_in = max(0, int(access.claims["exp"] - state.clock()))
    scheme = state.settings[HeaderSettings].schemes[0]
    return SessionTokens(access.token, refresh_token, expires_in, scheme, sid, remember)


def _passes(token: AccessToken, check: CheckToken) -> bool:
    try:
        check(token)
    except ClaimsError:
        return False
    return True
