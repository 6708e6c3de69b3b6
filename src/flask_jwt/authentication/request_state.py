"""The state of one request: who has sent it, by which token, and what its answer needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from weakref import ref

from flask import Request, Response, current_app, has_request_context
from werkzeug.local import LocalProxy

from ..app_state import Extension
from ..core.verifier import VerifiedToken
from ..http import current_request

if TYPE_CHECKING:
    from .cookies import CookieKey, CookieTokens
    from .errors import JWTError
    from .sources import CredentialSource

#: On the request object, and freed with it: not in g, which belongs to the application context
#: and may outlive the request, nor in the WSGI environment, which other programs read.
REQUEST_STATE = "flask_jwt_state"

#: Who sent a request: the JWT that has authenticated it, the value of its identity hook, the token,
#: its source, and the authentication before that (nearly always None).
Authentication = tuple[Extension, Any, VerifiedToken, "CredentialSource", Any]


class RequestState:
    """What this package knows of one request, and what its answer needs.

    The defaults are the class's, and a request that is let in by its header sets one slot: no dict
    is made for it.
    """

    __slots__ = ("__dict__", "authentication")

    #: Who sent the request, or None where that is not known (yet).
    authentication: Authentication | None
    #: The error that the request is answered with, and the answer. The reference is weak: the
    #: traceback of the error leads to the request, and would make a cycle of the two.
    error: tuple[ref[JWTError], Response] | None = None
    #: The session that the request has begun, and which of its tokens the application has.
    session: Any = None
    #: Cookies were looked at, and the answer may differ by them.
    vary_cookie = False
    #: The request carries cookies of ours, and the answer is for their user.
    is_private = False
    #: The default answer to a sign-in, the access token in it, and what belongs into its cookies;
    #: None for the last where the token has a session that this request has not begun.
    pending_answer: tuple[Response, str, CookieTokens | None] | None = None
    #: A session that the browser begins with this answer, and the access token in its cookie.
    cookie_session: tuple[str, str] | None = None
    #: The cookies that were set and deleted for this request, as ``Set-Cookie`` headers.
    set_cookies: dict[CookieKey, str] | None = None
    #: They are set again, should the application make another answer: a refresh token that is lost
    #: passes for a stolen one.
    restore_cookies = False
    #: The application has set or deleted the cookies itself.
    app_handled = False
    #: The client uses no cookies: all are taken off its answer.
    drop_cookies = False
    #: What the device cookies of the request say, which are read once: a device, or None for a
    #: stranger's browser. None, and no tuple, before they were read.
    device: tuple[Any] | None = None
    #: The cookies are to be deleted.
    clear_cookies = False
    #: No cache may keep the answer: Cache-Control is set when the application is done with it.
    no_store = False

    @property
    def cookie_claims(self) -> Mapping[str, Any] | None:
        """The claims of the token in a cookie by which the user was let in, or None."""
        if self.authentication is None or self.authentication[3].name != "cookies":
            return None
        return self.authentication[2].claims


# Stands for no authentication.
_NOBODY = (None, None, None)


def request_state(request: Request) -> RequestState:
    """Return the state of a request, which is made where there is none yet."""
    state: RequestState | None = getattr(request, REQUEST_STATE, None)
    if state is None:
        state = RequestState()
        state.authentication = None
        setattr(request, REQUEST_STATE, state)
    return state


def request_state_or_none(request: Request) -> RequestState | None:
    """Return the state of a request, or None where there is none."""
    state: RequestState | None = getattr(request, REQUEST_STATE, None)
    return state


def identity_of_request(extension: Extension) -> Any:
    """Return what the identity hook of an extension has returned for this request, or None."""
    authentication = authentication_of_request(extension)
    return None if authentication is None else authentication[1]


def authentication_of_request(extension: Extension | None = None) -> Authentication | None:
    """Return the authentication by an extension, which is that of the application unless given."""
    if not has_request_context():
        return None
    if extension is None:
        extension = current_app.extensions.get("jwt")
    state = request_state_or_none(current_request())
    authentication = None if state is None else state.authentication
    while authentication is not None and authentication[0] is not extension:
        authentication = authentication[4]
    return authentication


def forget_authentication(extension: Extension) -> None:
    """Let nobody have sent the request at hand any more, as far as an extension is concerned."""
    state = request_state_or_none(current_request())
    while (
        state is not None
        and state.authentication is not None
        and state.authentication[0] is extension
    ):
        state.authentication = state.authentication[4]


#: A proxy for what the identity hook returned, until the end of the request; for None elsewhere.
current_identity: Any = LocalProxy(lambda: (authentication_of_request() or _NOBODY)[1])
#: A proxy for the :class:`~flask_jwt.core.VerifiedToken` of this request; for None elsewhere.
current_token: Any = LocalProxy(lambda: (authentication_of_request() or _NOBODY)[2])
