"""Who sent this request, by which token, and what is to be done to its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Request, Response, current_app, has_request_context, request
from werkzeug.local import LocalProxy

from ..core.verifier import VerifiedToken
from ..current import Extension

# What this package knows of one request lives on the request object and dies with it: not in g,
# which belongs to the application context and may outlive the request, nor in the WSGI
# environment, which other programs read.
_ATTRIBUTE = "flask_jwt_authenticated"


# Who sent a request, as one JWT has found out: that JWT, what its identity hook returned, the
# token, and what was found out before (nearly always None).
_Authenticated = tuple[Extension, Any, VerifiedToken, Any]

#: Returns the request object behind the proxy; raises :exc:`RuntimeError` where there is none.
current_request: Callable[[], Request] = request._get_current_object  # type: ignore[attr-defined]


def remember(this: Request, extension: Extension, identity: Any, verified: VerifiedToken) -> None:
    """Note who sent a request."""
    before = getattr(this, _ATTRIBUTE, None)
    setattr(this, _ATTRIBUTE, (extension, identity, verified, before))


def _authenticated() -> _Authenticated | None:
    if not has_request_context():
        return None
    extension: Extension | None = current_app.extensions.get("jwt")
    found: _Authenticated | None = getattr(current_request(), _ATTRIBUTE, None)
    while found is not None and found[0] is not extension:
        found = found[3]
    return found


def _identity() -> Any:
    found = _authenticated()
    return None if found is None else found[1]


def _token() -> VerifiedToken | None:
    found = _authenticated()
    return None if found is None else found[2]


#: A proxy for what the identity hook returned, until the end of the request; for None elsewhere.
current_identity: Any = LocalProxy(_identity)
#: A proxy for the :class:`~flask_jwt.core.VerifiedToken` of this request; for None elsewhere.
current_token: Any = LocalProxy(_token)


# On the request object, as all that is known of one request.
_WORK_ATTRIBUTE = "flask_jwt_afterwards"


@dataclass(slots=True)
class Afterwards:
    """What is to be done to the answer of one request.

    :param saw_cookies: cookies were looked at, and the answer may differ by them.
    :param found_cookies: the request carries cookies of ours, and the answer is for their user.
    :param by_cookie: the claims of the token in a cookie by which the user was let in, or None.
    :param given: an answer of ours to a sign-in, and the tokens that belong into its cookies.
    :param begun: a session that the browser begins with this answer, and the access token in its
        cookie, or None.
    :param set_cookies: the ``Set-Cookie`` headers of the answer to a refresh. An application may
        make another answer of it, and a refresh token that is lost passes for a stolen one.
    :param decided: the application has set or deleted the cookies itself.
    :param no_cookies: the client uses none: its answer sets none, whoever has put them there.
    :param clear: the cookies are to be deleted.
    :param no_store: no cache may keep the answer, whatever the application says afterwards.
    """

    saw_cookies: bool = False
    found_cookies: bool = False
    by_cookie: Mapping[str, Any] | None = field(default=None, repr=False)
    given: tuple[Response, Any] | None = field(default=None, repr=False)
    begun: tuple[str, str] | None = field(default=None, repr=False)
    set_cookies: tuple[str, ...] = field(default=(), repr=False)
    decided: bool = False
    no_cookies: bool = False
    clear: bool = False
    no_store: bool = False


def afterwards(this: Request) -> Afterwards:
    """Return what is to be done to the answer of a request, so that it may be added to."""
    found: Afterwards | None = getattr(this, _WORK_ATTRIBUTE, None)
    if found is None:
        found = Afterwards()
        setattr(this, _WORK_ATTRIBUTE, found)
    return found


def afterwards_or_none(this: Request) -> Afterwards | None:
    """Return what is to be done to the answer of a request, or None for nothing."""
    found: Afterwards | None = getattr(this, _WORK_ATTRIBUTE, None)
    return found
