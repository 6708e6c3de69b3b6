"""The JSON object in the body of a request, or the refusal that says why there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Request
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge

from ..web.body import MAX_BODY_BYTES, BodyTooLargeError, body_within
from ..web.context import current_request
from ..web.csrf_check import FORMS
from ..web.errors import JWTError

#: The JSON member with a refresh token (:rfc:`6749` section 6).
REFRESH_TOKEN = "refresh_token"  # noqa: S105


def json_body_or_none() -> dict[str, Any] | None:
    """Return the JSON object in the body of this request, or None where there is none.

    The body may be empty, or that of a form, which has a CSRF value and no token.

    :raises JWTError: 400, 413 or 415, it is something else.
    """
    this = current_request()
    data = _refusing(lambda: _read(this))
    return _parsed(this) if data and this.mimetype not in FORMS else None


def json_body() -> dict[str, Any]:
    """Return the JSON object in the body of this request.

    :raises JWTError: 400, 413 or 415, there is none.
    """
    this = current_request()
    _refusing(lambda: _read(this))
    return _parsed(this)


def refresh_token_in(body: dict[str, Any]) -> str | None:
    """Return the refresh token in a body, or None.

    :param body: the JSON object.
    :raises JWTError: 400, it is no text.
    """
    token = body.get(REFRESH_TOKEN)
    if token is not None and not isinstance(token, str):
        raise JWTError("Bad Request", f"The {REFRESH_TOKEN} has to be a string", 400)
    return token


def _parsed(this: Request) -> dict[str, Any]:
    body = _refusing(this.get_json)
    if not isinstance(body, dict):
        raise JWTError("Bad Request", "The JSON has to be an object", 400)
    return body


def _refusing(look: Callable[[], Any]) -> Any:
    try:
        return look()
    except HTTPException as error:
        status = error.code or 400
        raise JWTError(error.name, _UNREADABLE.get(status, error.name), status) from None
    except RecursionError:
        raise JWTError("Bad Request", "The JSON is nested too deeply", 400) from None


def _read(this: Request) -> bytes:
    try:
        # Flask's own limit is the whole application's (its 3.0 has no other); a smaller one counts.
        return body_within(this, MAX_BODY_BYTES)
    except BodyTooLargeError:
        raise RequestEntityTooLarge from None
    except HTTPException:
        raise
    except Exception:
        # Servers have errors of their own for broken chunks and lengths, with the body in the text.
        raise BadRequest from None


_UNREADABLE = {
    400: "The body of the request is not JSON",
    413: "The body of the request is too large",
    415: "The body of the request has to be application/json",
}
