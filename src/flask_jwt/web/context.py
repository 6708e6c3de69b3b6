"""``current_identity`` and ``current_token``: who sent this request, and by which token."""

from __future__ import annotations

from typing import Any

from flask import Request, current_app, has_request_context, request
from werkzeug.local import LocalProxy

from ..core.verifier import VerifiedToken
from .state import Extension

# What this package knows of one request lives on the request object and dies with it: not in g,
# which belongs to the application context and may outlive the request, nor in the WSGI
# environment, which other programs read.
_ATTRIBUTE = "flask_jwt_authenticated"


#: Who sent a request, as one JWT has found out: what the identity hook returned, and the token.
Authenticated = tuple[Any, VerifiedToken]


def current_request() -> Request:
    """Return the request object behind the proxy.

    :raises RuntimeError: there is no request.
    """
    this: Request = request._get_current_object()  # type: ignore[attr-defined]
    return this


def remember(this: Request, extension: Extension, authenticated: Authenticated) -> None:
    """Note who sent a request.

    :param this: the request.
    :param extension: the JWT that found out; each keeps its own answer.
    :param authenticated: the identity and the token.
    """
    found: dict[Extension, Authenticated] | None = getattr(this, _ATTRIBUTE, None)
    if found is None:
        setattr(this, _ATTRIBUTE, {extension: authenticated})
    else:
        found[extension] = authenticated


def _authenticated() -> Authenticated | None:
    if not has_request_context():
        return None
    found: dict[Extension, Authenticated] | None = getattr(current_request(), _ATTRIBUTE, None)
    extension: Extension | None = current_app.extensions.get("jwt")
    return None if found is None or extension is None else found.get(extension)


def _identity() -> Any:
    found = _authenticated()
    return None if found is None else found[0]


def _token() -> VerifiedToken | None:
    found = _authenticated()
    return None if found is None else found[1]


#: A proxy for what the identity hook returned, until the end of the request; for None elsewhere.
current_identity: Any = LocalProxy(_identity)
#: A proxy for the :class:`~flask_jwt.core.VerifiedToken` of this request; for None elsewhere.
current_token: Any = LocalProxy(_token)
