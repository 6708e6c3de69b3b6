"""Tokens and sessions for an application's own endpoints and scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import Response

from ..app_state import AppState, cookies_of, current_state
from ..authentication.cookies import NO_TOKENS, Cookies, CookieTokens, put_cookies
from ..authentication.csrf import session_binding
from ..authentication.errors import answered
from ..authentication.request_state import request_state
from ..core.errors import TokenError
from ..core.verifier import VerifiedToken
from ..errors import ConfigurationError
from ..http import current_request
from ..sessions.models import MAX_METHODS, MAX_REASON, Session, subject_key
from ..sessions.refresh_tokens import parse_refresh_token
from ..sessions.service import MAX_LISTED
from .access_tokens import PLAIN, TokenRequest, make_token
from .response_cookies import access_cookies, max_age_by_row
from .session_tokens import (
    RequestSession,
    SessionTokens,
    begin_session,
    claims_of,
    refresh_session,
    request_session,
    sessions_of,
    sign_again,
    start_session,
)


def create_access_token(
    identity: Any,
    *,
    claims: Mapping[str, Any] | None = None,
    expires: timedelta | float | None = None,
    remember: bool | None = None,
    methods: Sequence[str] = (),
) -> str:
    """Make an access token, as sign-in does. With a session store it begins a session.

    :param identity: the authenticated object: one with an ``id`` attribute, a mapping with an
        ``"id"``, or whatever the application's own payload hook knows.
    :param claims: further claims. With sessions, later access tokens have them too.
    :param expires: after how long it expires: a timedelta, or seconds. None is what the payload
        hook says, ``JWT_EXPIRATION_DELTA`` unless replaced; with sessions nothing may be longer.
    :param remember: False begins a session with the short life of
        ``JWT_SESSION_SHORT_LIFETIME_DELTA``, whose cookies a browser forgets when it is closed.
        None is True, or what the session has begun with.
    :param methods: how the user has signed in just now, in the words of :rfc:`8176`: ``["pwd"]``.
        The token says so (``amr``), and that it was now (``auth_time``), and so do the later ones
        of its session. Without methods it says neither: nobody has signed in. ASCII without spaces,
        190 characters in all.
    :return: the compact JWS.
    :raises ClaimsError: the claims can't be put into a token, or are set already.
    :raises ConfigurationError: the configuration is at fault, or there are no sessions to remember.
    :raises JWTError: 503, the session store does not answer.
    :raises ValueError: this request has begun the session with another choice; the methods are no
        such words.
    :raises RuntimeError: the payload hook left out a claim of ``JWT_REQUIRED_CLAIMS``, or there is
        no application context.
    """
    _check_methods(methods)
    state = current_state()
    request = TokenRequest.of(claims, expires)
    if state.sessions is None:
        if remember is not None:
            # Raises: without a store there is no session to remember.
            sessions_of(state)
        return str(make_token(state, identity, request, methods))
    session = _unclaimed(state, identity, "access", remember, methods)
    if session is not None and request is not PLAIN:
        return str(sign_again(state, identity, request, session.tokens))
    if session is None:
        is_long = remember is not False
        session = begin_session(
            state, identity, "access", request=request, remember=is_long, methods=methods
        )
    return str(session.tokens.access_token)


def create_refresh_token(
    identity: Any,
    *,
    claims: Mapping[str, Any] | None = None,
    remember: bool | None = None,
    methods: Sequence[str] = (),
) -> str:
    """Make a refresh token: of the session that this request has begun, or of a new one.

    :param identity: the authenticated object, as for :func:`create_access_token`.
    :param claims: further claims for the access tokens of a session that begins now.
    :param remember: see :func:`create_access_token`.
    :param methods: see :func:`create_access_token`.
    :return: the token, which is no JWT.
    :raises ClaimsError: the claims can't be put into a token, or are set already.
    :raises ConfigurationError: there is no session store, or the configuration is at fault.
    :raises JWTError: 503, the session store does not answer.
    :raises ValueError: see :func:`create_access_token`.
    :raises RuntimeError: see :func:`create_access_token`.
    """
    _check_methods(methods)
    state = current_state()
    sessions_of(state)
    session = _unclaimed(state, identity, "refresh", remember, methods)
    if session is None:
        request, is_long = TokenRequest.of(claims, None), remember is not False
        session = begin_session(
            state, identity, "refresh", request=request, remember=is_long, methods=methods
        )
    return session.tokens.refresh_token


def _unclaimed(
    state: AppState, identity: Any, kind: str, remember: bool | None, methods: Sequence[str]
) -> RequestSession | None:
    """Return the session of this request, unless that token of it was handed out, as it is now."""
    session = request_session()
    if (
        session is None
        or session.extension is not state.extension
        or not (session.identity is identity or session.identity == identity)
        or kind in session.handed_out
    ):
        return None
    if remember not in (None, session.tokens.remember):
        raise ValueError(f"this request has begun the session with remember={not remember}")
    if methods and claims_of(state, session.tokens).get("amr") != list(methods):
        raise ValueError("this request has begun the session without these methods")
    session.handed_out.add(kind)
    return session


def set_access_cookies(response: Response, access_token: str) -> None:
    """Put an access token into the cookies of an answer, with the CSRF value of its session.

    A browser keeps them as long as the session may last, or until it is closed, where the session
    was begun with ``remember=False``; without sessions, until the token expires. Another session
    whose access token the request has in its cookie ends, as this one takes its place.

    :param response: the answer to this request.
    :param access_token: of :func:`~flask_jwt.create_access_token`.
    :raises ClaimsError: the token is too long for a cookie.
    :raises ConfigurationError: ``cookies`` is not in ``JWT_TOKEN_LOCATION``.
    :raises JWTError: 401, its session has ended; 503, the session store does not answer.
    :raises ValueError: the token is none of this application's.
    """
    state = current_state()
    cookies = cookies_of(state)
    tokens = access_cookies(state, cookies, access_token)
    _put(response, cookies, tokens)
    if tokens.sid is not None:
        request_state(current_request()).cookie_session = tokens.sid, access_token


def set_refresh_cookies(response: Response, refresh_token: str) -> None:
    """Put a refresh token into the cookies of an answer; see :func:`set_access_cookies`.

    :param response: the answer to this request.
    :param refresh_token: of :func:`~flask_jwt.create_refresh_token`.
    :raises ConfigurationError: ``cookies`` is not in ``JWT_TOKEN_LOCATION``, there is no session
        store, or there are no paths that take a refresh token.
    :raises JWTError: 401, its session has ended; 503, the session store does not answer.
    :raises ValueError: the text is no refresh token.
    """
    state = current_state()
    cookies = cookies_of(state)
    sessions_of(state)
    if not cookies.refresh_rules:
        raise ConfigurationError(
            "app.config['JWT_REFRESH_URL_RULE'] and app.config['JWT_LOGOUT_URL_RULE'] are None: a "
            "refresh token in a cookie is for these paths alone"
        )
    try:
        sid = parse_refresh_token(refresh_token).sid
    except TokenError as error:
        raise ValueError(str(error)) from None
    csrf_value = cookies.csrf.create(session_binding(sid))
    max_age = max_age_by_row(state, cookies, sid)
    _put(response, cookies, CookieTokens(None, refresh_token, csrf_value, sid, max_age))


def unset_jwt_cookies(response: Response) -> None:
    """Delete the cookies of this application's tokens in the browser. It ends no session.

    :param response: the answer to this request.
    :raises ConfigurationError: ``cookies`` is not in ``JWT_TOKEN_LOCATION``.
    """
    _put(response, cookies_of(current_state()), NO_TOKENS)


def _put(response: Response, cookies: Cookies, tokens: CookieTokens) -> None:
    request = current_request()
    known = request_state(request)
    put_cookies(cookies, known, request, response, tokens)
    # The application sets cookies itself: those of an answer of ours are not restored after that.
    known.app_handled, known.restore_cookies = True, False


class Sessions:
    """The sessions of the application at hand.

    A subject is what the ``identity`` claim holds (or ``sub``, or what ``JWT(…, subject=…)`` finds
    in the claims): the user's id, as a rule. ``1`` and ``"1"`` are two subjects.

    Every method raises :exc:`~flask_jwt.ConfigurationError` where there is no session store, and
    :class:`~flask_jwt.JWTError` with status 503 where the store does not answer.
    """

    __slots__ = ()

    def start(
        self,
        identity: Any,
        *,
        remember: bool = True,
        claims: Mapping[str, Any] | None = None,
        expires: timedelta | float | None = None,
        methods: Sequence[str] = (),
    ) -> SessionTokens:
        """Begin a session, as sign-in does.

        :param identity: the authenticated object, as for :func:`~flask_jwt.create_access_token`.
        :param remember: False gives it the short life of ``JWT_SESSION_SHORT_LIFETIME_DELTA``.
        :param claims: further claims for all access tokens of the session.
        :param expires: after how long the first access token expires: a timedelta, or seconds.
        :param methods: how the user has signed in just now, as for
            :func:`~flask_jwt.create_access_token`.
        :raises ClaimsError: the claims can't be put into a token, or are set already.
        :raises ValueError: the methods are no such words.
        """
        _check_methods(methods)
        return start_session(
            current_state(),
            identity,
            remember=remember,
            request=TokenRequest.of(claims, expires),
            methods=methods,
        )

    @answered
    def refresh(self, token: str) -> SessionTokens:
        """Exchange a refresh token.

        :param token: the refresh token.
        :raises JWTError: 401, it is refused; ``error_code`` says why.
        """
        state = current_state()
        sessions_of(state)
        return refresh_session(state, parse_refresh_token(token))

    @answered
    def end(self, sid: str, *, because: str = "ended") -> bool:
        """End one session; its access tokens are refused from now on.

        :param sid: the session.
        :param because: why, for the signal and the row: at most 64 ASCII characters.
        :return: whether it went on until now.
        :raises ValueError: the reason is longer, or not ASCII.
        """
        _check_reason(because)
        return sessions_of(current_state()).end(sid, because)

    @answered
    def end_all(
        self, subject: Any, except_sid: str | None = None, *, because: str = "ended"
    ) -> int:
        """End all sessions of a user: after a change of password, for example.

        :param subject: the user.
        :param except_sid: a session that goes on: ``current_token.session``.
        :param because: why, for the signal and the rows: at most 64 ASCII characters.
        :return: how many were ended.
        :raises ValueError: the subject is None, or no JSON value; the reason is longer, or not
            ASCII.
        """
        _check_reason(because)
        sessions = sessions_of(current_state())
        return len(sessions.end_all(subject_key(subject), except_sid, because))

    @answered
    def list(
        self, subject: Any, *, after: Session | None = None, limit: int = MAX_LISTED
    ) -> list[Session]:
        """Return live sessions of a user, the newest first, a page at a time.

        :param subject: the user.
        :param after: the last session of the page before; None begins.
        :param limit: how many at most: 1 to 100. A page with fewer is the last.
        :raises ValueError: the subject is None, or no JSON value; the limit is another number, or
            ``after`` a session of another user.
        """
        if not 1 <= limit <= MAX_LISTED:
            raise ValueError(f"a page has 1 to {MAX_LISTED} sessions")
        sessions, key = sessions_of(current_state()), subject_key(subject)
        if after is not None and after.subject != key:
            raise ValueError("after is a session of another user")
        return sessions.sessions_of(key, limit, after)

    @answered
    def revoke(self, token: VerifiedToken | Mapping[str, Any]) -> None:
        """Revoke one access token, and leave its session alone.

        :param token: ``current_token``, or the claims of a token.
        :raises ValueError: it has no ``jti``, or no ``exp``; or a trusted issuer has made it.
        """
        state = current_state()
        claims = token if isinstance(token, Mapping) else token.claims
        if state.issuers.are_theirs(claims):
            # Its jti may be that of a token of ours.
            raise ValueError("a trusted issuer has made the token: it is not for us to revoke")
        sessions_of(state).revoke_token(claims)


def _check_reason(because: str) -> None:
    if not (because.isascii() and because.isprintable() and len(because) <= MAX_REASON):
        raise ValueError(f"a reason is printable ASCII, {MAX_REASON} characters at most")


def _check_methods(methods: Sequence[str]) -> None:
    words = " ".join(methods)
    if isinstance(methods, str) or words.split() != list(methods) or not words.isascii():
        raise ValueError("methods are a list of ASCII words, such as ['pwd', 'otp']")
    if len(words) > MAX_METHODS or not words.isprintable():
        raise ValueError(f"methods are printable, {MAX_METHODS} characters at most in all")
