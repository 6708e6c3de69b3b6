"""A test client whose requests are somebody's."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from flask.testing import FlaskClient

from ..app_state import AppState, GrantFunctions, current_state
from ..extended import JWTManager
from ..keys.settings import VerifierSettings
from .credentials import Credentials, put
from .extended_credentials import ExtendedCredentials

Client = TypeVar("Client", bound=FlaskClient)


def sign_in(
    client: Client,
    identity: Any,
    *,
    scope: str | None = None,
    roles: Sequence[str] | None = None,
    claims: Mapping[str, Any] | None = None,
    auth_time: float | None = None,
    cookies: bool = False,
) -> Client:
    """Have each request of a test client be one of a user, from now on.

    The token is a real one, made by the application's own hooks, and of a session where there is a
    store: everything that a guard checks is checked. Who was signed in before is so no more in this
    client. A header that a request gives itself counts instead. Under a
    :class:`~flask_jwt.extended.JWTManager` it is a token of Flask-JWT-Extended, where that is sent;
    ``claims={"fresh": True}`` makes it a fresh one.

    :param client: a test client of an application that has a JWT.
    :param identity: the authenticated object, as for :func:`~flask_jwt.create_access_token`.
    :param scope: the scopes of the token, with spaces between them; unless given, those that
        ``JWT(…, scopes=…)`` gives the user, which a refresh asks again.
    :param roles: its roles, likewise.
    :param claims: further claims.
    :param auth_time: when the user signed in, in seconds since 1970; unless given it is now, where
        sign-ins say it.
    :param cookies: whether the token is in a cookie, with its CSRF value in the header, and not in
        the ``Authorization`` header.
    :return: the client.
    :raises ClaimsError: the claims can't be put into a token, or are set already.
    :raises ConfigurationError: the application takes no token from there: ``JWT_TOKEN_LOCATION``
        names the places; or its configuration is at fault.
    :raises TypeError: ``scope`` is no string, or ``roles`` is one.
    :raises ValueError: ``claims`` has one that is given by its own name, too.
    """
    _check_kinds(scope, roles)
    # Its host, scheme and root are those that requests of the client have.
    with client.application.test_request_context():
        state = current_state()
        of_extended = isinstance(state.extension, JWTManager)
        credentials = (ExtendedCredentials if of_extended else Credentials)(client, state)
        credentials.check_location("cookies" if cookies else "headers")
        asked = dict(claims or {})
        with _granting(state, asked, scope, roles):
            token = credentials.make_token(identity, asked, auth_time)
        credentials.remove()
        if cookies:
            credentials.put_into_cookies(identity, token)
        else:
            credentials.put_into_header(token)
    return client


def _check_kinds(scope: Any, roles: Any) -> None:
    if not (scope is None or isinstance(scope, str)):
        raise TypeError('scope is a string, with spaces between scopes: scope="a b"')
    if isinstance(roles, str):
        raise TypeError(f"roles is a list: roles=[{roles!r}]")


@contextmanager
def _granting(
    state: AppState, asked: dict[str, Any], scope: str | None, roles: Sequence[str] | None
) -> Generator[None]:
    """Have the token that is made meanwhile grant what a test asks.

    What the application's own functions would say is replaced: beside those, no claim may say it.
    """
    extension, former = state.extension, state.extension.grants
    replaced: dict[str, Any] = {}
    functions = former or GrantFunctions(None, None)
    roles_claim = state.settings[VerifierSettings].roles_claim
    granted = None if roles is None else list(roles)
    for kind, path, names in (("scopes", ("scope",), scope), ("roles", roles_claim, granted)):
        if names is not None and getattr(functions, kind) is None:
            put(asked, path, names)
        elif names is not None:
            replaced[kind] = lambda _user, names=names: names
    if replaced:
        extension.grants = functions._replace(**replaced)
    try:
        yield
    finally:
        extension.grants = former
