"""What a client has sent, read so that nothing wrong with it is the server's error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from .body import BodyTooLargeError
from .errors import JWTError


def read(look: Callable[[], Any], what: str) -> Any:
    """Return what a look at a part of a request gives."""
    try:
        return look()
    except (BodyTooLargeError, HTTPException):
        raise
    except Exception:
        # Servers have errors of their own for broken chunks, with the body in the text.
        raise JWTError("Bad Request", f"The {what} of the request can't be read", 400) from None


def query_of(this: Request) -> MultiDict[str, str]:
    """Return the parameters in the query string of a request."""
    found: MultiDict[str, str] = read(lambda: this.args, "query string")
    return found
