"""Where a request carries its token (RFC 6750 section 2.1)."""

from __future__ import annotations

from flask import Request, Response

from .context import current_request
from .errors import JWTError, challenge
from .state import ApplicationState, current_state

_SPACES = " \t"


def default_request_callback() -> str | None:
    """Return the token in the ``Authorization`` header of this request, or None.

    :raises JWTError: the header is there and is not one scheme of ours with one token.
    """
    state = current_state()
    return header_token(current_request(), state, state.settings.realm)


def header_token(this: Request, state: ApplicationState, realm: str) -> str | None:
    """Return the token in the ``Authorization`` header of a request, or None.

    Two such headers reach the application as one, joined by a comma, which no token can hold:
    credentials that are sent twice are refused.

    :param this: the request.
    :param state: the application's.
    :param realm: the realm for the challenge.
    :raises JWTError: the header is there and is not one scheme of ours with one token.
    """
    value: str | None = this.environ.get("HTTP_AUTHORIZATION")
    if not value:
        return None
    scheme, _, token = value.partition(" ")
    # What nearly every request sends; anything else is taken apart with care.
    if scheme in state.spellings and token and " " not in token and "\t" not in token:
        return token
    return _odd_header(value, state, realm)


def not_stored(response: Response) -> Response:
    """Have no cache keep an answer that carries a token (:rfc:`6750` section 5.3)."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response


def depends_on(response: Response, header: str) -> None:
    """Have no cache give an answer to a request whose header says something else.

    :param response: the answer.
    :param header: the request's (:rfc:`9110` section 12.5.5).
    """
    if "Vary" in response.headers:
        response.vary.add(header)
    else:
        # Most have none, and need not be parsed.
        response.headers["Vary"] = header


def _odd_header(value: str, state: ApplicationState, realm: str) -> str | None:
    scheme, _, rest = value.strip(_SPACES).partition(" ")
    if not scheme:
        return None
    if scheme.lower() not in state.schemes:
        # RFC 6750 section 3.1: who did not try our scheme gets no error code.
        raise _refusal("Unsupported authorization type", challenge(state, realm))
    token = rest.strip(_SPACES)
    if not token:
        raise _refusal("Token missing", challenge(state, realm, "invalid_token"))
    if " " in token or "\t" in token:
        raise _refusal("Token contains spaces", challenge(state, realm, "invalid_token"))
    return token


def _refusal(description: str, headers: dict[str, str]) -> JWTError:
    return JWTError(
        "Invalid JWT header", description, headers=headers, error_code="invalid_credentials_header"
    )
