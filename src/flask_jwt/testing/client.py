"""A test client whose requests are somebody's."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Response, request
from flask.testing import FlaskClient

from ..app_state import AppState, GrantFunctions, cookies_of, current_state
from ..authentication.cookies import Cookies
from ..authentication.settings import BrowserRoutes, HeaderSettings
from ..core.grants import with_value
from ..errors import ConfigurationError
from ..http import current_request
from ..keys.settings import VerifierSettings
from ..tokens.application_api import (
    create_access_token,
    create_refresh_token,
    set_access_cookies,
    set_refresh_cookies,
    unset_jwt_cookies,
)

Client = TypeVar("Client", bound=FlaskClient)

_AUTHORIZATION = "HTTP_AUTHORIZATION"
_BY_PASSWORD = ("pwd",)
_SIGN_IN_CLAIMS = {"auth_time", "amr"}


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
    client. A header that a request gives itself counts instead.

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
        _check_location(state, "cookies" if cookies else "headers")
        asked = dict(claims or {})
        with _granting(state, asked, scope, roles):
            methods = _signed_in(state, asked, auth_time)
            token = create_access_token(identity, claims=asked or None, methods=methods)
        _sign_out(client, state)
        if cookies:
            _put_into_cookies(client, state, identity, token)
        else:
            scheme = state.settings[HeaderSettings].schemes[0]
            client.environ_base[_AUTHORIZATION] = f"{scheme} {token}"
    return client


def _check_kinds(scope: Any, roles: Any) -> None:
    if not (scope is None or isinstance(scope, str)):
        raise TypeError('scope is a string, with spaces between scopes: scope="a b"')
    if isinstance(roles, str):
        raise TypeError(f"roles is a list: roles=[{roles!r}]")


def _check_location(state: AppState, location: str) -> None:
    if location not in state.settings[BrowserRoutes].token_location:
        raise ConfigurationError(
            f"app.config['JWT_TOKEN_LOCATION'] has no {location!r}: sign_in(…, cookies=True) takes "
            "cookies, and without it the header"
        )


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
            _put(asked, path, names)
        elif names is not None:
            replaced[kind] = lambda _user, names=names: names
    if replaced:
        extension.grants = functions._replace(**replaced)
    try:
        yield
    finally:
        extension.grants = former


def _signed_in(state: AppState, asked: dict[str, Any], auth_time: float | None) -> Sequence[str]:
    """Return how the user has signed in now; where that was before, it is put into the claims."""
    is_said = state.sessions is not None or state.extension.grants is not None
    if auth_time is None and not (is_said and asked.keys() & _SIGN_IN_CLAIMS):
        return _BY_PASSWORD if is_said else ()
    if auth_time is not None:
        _put(asked, ["auth_time"], auth_time)
    if is_said:
        asked.setdefault("auth_time", int(state.clock()))
        asked.setdefault("amr", list(_BY_PASSWORD))
    return ()


def _put(claims: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Put a claim at a path of names, where there is none yet."""
    try:
        claims.update(with_value(claims, path, value))
    except KeyError as taken:
        raise ValueError(f"the claim {taken} is given twice") from None


def _sign_out(client: FlaskClient, state: AppState) -> None:
    client.environ_base.pop(_AUTHORIZATION, None)
    if state.cookies is not None:
        client.environ_base.pop(_csrf_variable(state.cookies), None)
        response = Response()
        unset_jwt_cookies(response)
        _take_cookies(client, response)


def _put_into_cookies(client: FlaskClient, state: AppState, identity: Any, token: str) -> None:
    cookies, response = cookies_of(state), Response()
    set_access_cookies(response, token)
    if state.sessions is not None and cookies.refresh_rules:
        set_refresh_cookies(response, create_refresh_token(identity))
    values = _take_cookies(client, response)
    csrf_value = values.get(cookies.profile(current_request()).csrf)
    if csrf_value is not None:
        client.environ_base[_csrf_variable(cookies)] = csrf_value


def _csrf_variable(cookies: Cookies) -> str:
    return "HTTP_" + cookies.settings.csrf_header.upper().replace("-", "_")


def _take_cookies(client: FlaskClient, response: Response) -> dict[str, str]:
    """Have a client set and delete the cookies of an answer to the request at hand."""
    host = urlsplit(request.host_url).hostname or ""
    values: dict[str, str] = {}
    for header in response.headers.getlist("Set-Cookie"):
        pair, *rest = header.split("; ")
        name, _, value = pair.partition("=")
        attributes: dict[str, str] = dict(text.split("=", 1) for text in rest if "=" in text)
        domain, path = attributes.get("Domain", "").lstrip("."), attributes["Path"]
        if value:
            values[name] = value
            client.set_cookie(name, value, domain=domain or host, origin_only=not domain, path=path)
        else:
            client.delete_cookie(name, domain=domain or host, path=path)
    return values
