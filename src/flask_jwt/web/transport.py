"""Where a request carries its token (RFC 6750 section 2.1)."""

from __future__ import annotations

import re

from flask import Request, Response, current_app

from .context import current_request
from .errors import NO_TOKEN, JWTError, authorization_required, challenge
from .state import ApplicationState, current_state

_SPACES = " \t"
# RFC 9110 section 11.4: the name of a scheme, a space, and something that is for it.
_CREDENTIALS = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+ +[^ \t]")


def default_request_callback() -> str | None:
    """Return the token in the ``Authorization`` header of this request, or None."""
    state = current_state()
    return header_token(current_request(), state, state.settings.realm)


def header_token(this: Request, state: ApplicationState, realm: str) -> str | None:
    """Return the token in the ``Authorization`` header of a request, or None.

    Two such headers reach the application as one, joined by a comma, which no token can hold:
    credentials that are sent twice are refused. Credentials of a foreign scheme are no token where
    there are more places than the header: they are for a gate before this server, perhaps.
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
    """Have no cache give an answer to a request whose header says something else."""
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
        is_foreign = _is_foreign(value.strip(_SPACES), state)
        if is_foreign and state.places is not None:
            return None
        raise _unsupported(state, realm, is_foreign=is_foreign)
    token = rest.strip(_SPACES)
    if not token:
        raise _refusal("Token missing", challenge(state, realm, "invalid_token"))
    if " " in token or "\t" in token:
        raise _refusal("Token contains spaces", challenge(state, realm, "invalid_token"))
    return token


def _is_foreign(value: str, state: ApplicationState) -> bool:
    """Tell whether a header holds well-formed credentials of other schemes, and none of ours."""
    if not _CREDENTIALS.match(value):
        return False
    # A second header was joined to the first, if one of ours stands behind a comma.
    _, *more = value.replace("\t", " ").split(",")
    return all(part.strip().partition(" ")[0].lower() not in state.schemes for part in more)


def _unsupported(state: ApplicationState, realm: str, *, is_foreign: bool) -> JWTError:
    # RFC 6750 section 3.1: a client that did not try a scheme of ours gets no error code.
    return _refusal(
        f"Unsupported authorization type{_what_to_send(state)}",
        challenge(state, realm),
        "authorization_required" if is_foreign else "invalid_credentials_header",
    )


def passed_over(this: Request, state: ApplicationState, realm: str) -> JWTError:
    """Return the refusal of a request whose header was looked at, and holds no token of ours."""
    is_there = this.environ.get("HTTP_AUTHORIZATION", "").strip(_SPACES)
    hint = _what_to_send(state) if is_there else ""
    return authorization_required(state, realm, NO_TOKEN + hint)


def _what_to_send(state: ApplicationState) -> str:
    if not current_app.debug:
        return ""
    return f": send Authorization: {state.settings.schemes[0]} <token>"


def _refusal(
    description: str, headers: dict[str, str], error_code: str = "invalid_credentials_header"
) -> JWTError:
    return JWTError("Invalid JWT header", description, headers=headers, error_code=error_code)
