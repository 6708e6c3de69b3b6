"""The strict JSON object in the body of a request, or the refusal that says why there is none."""

from __future__ import annotations

from typing import Any

from flask import Request, current_app
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import HTTP_STATUS_CODES

from ..core.strict_json import StrictJSONError, parse_object
from ..web.body import MAX_BODY_BYTES, BodyTooLargeError, body_within
from ..web.context import current_request
from ..web.csrf_check import FORMS
from ..web.errors import JWTError

#: The JSON member with a refresh token (:rfc:`6749` section 6).
REFRESH_TOKEN = "refresh_token"  # noqa: S105


def json_body_or_none() -> dict[str, Any] | None:
    """Return the JSON object in the body of this request, or None where there is none.

    The body may be empty, or that of a form, which has a CSRF value and no token.
    """
    this = current_request()
    data = _read(this)
    return _parsed(this, data) if data and this.mimetype not in FORMS else None


def json_body() -> dict[str, Any]:
    """Return the JSON object in the body of this request."""
    this = current_request()
    return _parsed(this, _read(this))


def json_text() -> bytes:
    """Return the body of this request, which says that it is JSON; it is not parsed."""
    this = current_request()
    data = _read(this)
    _check_type(this)
    return data


def refresh_token_in(body: dict[str, Any]) -> str | None:
    """Return the refresh token in a body, or None."""
    token = body.get(REFRESH_TOKEN)
    if token is not None and not isinstance(token, str):
        raise refused(f"The {REFRESH_TOKEN} has to be a string")
    return token


def refused(description: str, status: int = 400, *, why: str | None = None) -> JWTError:
    """Return the refusal of a request for what is wrong with its body."""
    tell_of_body(why or description)
    return JWTError(HTTP_STATUS_CODES[status], description, status)


def tell_of_body(why: str) -> None:
    """Have the log say, in debug, what is wrong with the body of this request."""
    if current_app.debug:
        current_app.logger.debug(
            "the body sent to %s is refused: %s", current_request().endpoint, why
        )


def _check_type(this: Request) -> None:
    if not this.is_json:
        raise refused("The body of the request has to be application/json", 415)


def _parsed(this: Request, data: bytes) -> dict[str, Any]:
    _check_type(this)
    try:
        return parse_object(data)
    except StrictJSONError as error:
        # Its text tells places and kinds, and quotes nothing.
        why = str(error)
    raise refused("The body of the request is not a strict JSON object", why=why)


def _read(this: Request) -> bytes:
    try:
        # Flask's own limit is the whole application's (its 3.0 has no other); a smaller one counts.
        return body_within(this, MAX_BODY_BYTES)
    except (BodyTooLargeError, RequestEntityTooLarge):
        raise refused("The body of the request is too large", 413) from None
    except Exception:
        # Servers have errors of their own for broken chunks and lengths, with the body in the text.
        raise refused("The body of the request can't be read") from None
