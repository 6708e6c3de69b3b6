"""``current_identity`` and ``current_token``: who sent this request, and by which token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Request, current_app, has_request_context, request
from werkzeug.local import LocalProxy

from ..core.verifier import VerifiedToken
from .state import Extension

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
