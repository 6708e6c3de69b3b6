"""Who has sent the request at hand, by the names of Flask-JWT-Extended."""

from __future__ import annotations

from typing import Any

from werkzeug.local import LocalProxy

from ..app_state import current_application
from ..authentication.request_state import (
    Authentication,
    authentication_of_request,
    request_state_or_none,
)
from ..core.verifier import VerifiedToken
from ..http import current_request
from .internal_utils import get_jwt_manager

#: An attribute of a request that an optional guard has let in without a token.
ANONYMOUS = "extended_anonymous"


def _authentication() -> Authentication | None:
    """Return what is known of the sender, or None where an optional guard let nobody in."""
    manager = get_jwt_manager()
    authentication = authentication_of_request(manager)
    if authentication is not None:
        return authentication
    state = request_state_or_none(current_request())
    if getattr(state, ANONYMOUS, False):
        return None
    raise RuntimeError(
        "nobody has looked at the token of this request: decorate the view with @jwt_required(), "
        "or call verify_jwt_in_request()"
    )


def get_jwt() -> dict[str, Any]:
    """Return the claims of the token that has let this request in.

    :return: the claims; empty where an optional guard has let it in without a token.
    :raises RuntimeError: no guard has looked at the request.
    """
    authentication = _authentication()
    return {} if authentication is None else authentication[2].claims  # type: ignore[return-value]


def get_jwt_header() -> dict[str, Any]:
    """Return the JOSE header of the token that has let this request in.

    :return: a copy of the header; empty where there is no token.
    :raises RuntimeError: no guard has looked at the request.
    """
    authentication = _authentication()
    return {} if authentication is None else dict(authentication[2].header)


def get_jwt_identity() -> Any:
    """Return what names the user in the token that has let this request in.

    :return: the claim of ``JWT_IDENTITY_CLAIM``; None where there is no token. For a token of a
        trusted issuer it is the issuer and its subject, as ``"https://id.example/#anna"``.
    :raises RuntimeError: no guard has looked at the request.
    """
    authentication = _authentication()
    if authentication is None:
        return None
    token = authentication[2]
    if token.names.issuer is not None:
        return foreign_identity(token)
    return token.claims.get(current_application().config["JWT_IDENTITY_CLAIM"])


def foreign_identity(token: VerifiedToken) -> str:
    """Return what names the user of another issuer's token.

    A subject is one of its issuer alone (OpenID Connect Core section 5.7): by itself it would pass
    for a user of ours. No issuer has a fragment.
    """
    return f"{token.issuer}#{token.subject}"


def get_jwt_request_location() -> str | None:
    """Return where the token was.

    :return: ``"headers"``, ``"cookies"``, ``"query_string"`` or ``"json"``; None without a token.
    """
    authentication = authentication_of_request(get_jwt_manager())
    return None if authentication is None else authentication[3].name


def get_current_user() -> Any:
    """Return the user whom ``user_lookup_loader`` has found for this request.

    :return: the user; None where an optional guard has let it in without a token.
    :raises RuntimeError: no guard has looked at the request, or there is no such loader.
    """
    authentication = _authentication()
    if authentication is None:
        return None
    manager = get_jwt_manager()
    if manager._user_lookup_callback is None and manager.identity_callback is None:
        raise RuntimeError(
            "there is nothing that finds users: give @jwt.user_lookup_loader a function"
        )
    return authentication[1]


#: A proxy for what :func:`get_current_user` returns.
current_user: Any = LocalProxy(get_current_user)
