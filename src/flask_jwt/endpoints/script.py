"""``flask_jwt.js`` and its types, where ``JWT_SCRIPT_URL_RULE`` says."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files

from flask import Response, current_app, request

# The name alone does not change with the contents: browsers ask each time whether it did.
_CACHING = "no-cache"


def script_view(**_values: object) -> Response:
    """Answer with the ES module."""
    return _answer("flask_jwt.js", "text/javascript")


def types_view(**_values: object) -> Response:
    """Answer with its TypeScript declarations."""
    return _answer("flask_jwt.d.ts", "text/plain")


def _answer(name: str, mimetype: str) -> Response:
    text, digest = _contents(name)
    response = current_app.response_class(text, mimetype=mimetype)
    response.headers["Cache-Control"] = _CACHING
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.set_etag(digest)
    response.make_conditional(request)
    return response


@cache
def _contents(name: str) -> tuple[bytes, str]:
    text = (files("flask_jwt") / "browser" / name).read_bytes()
    return text, sha256(text).hexdigest()[:32]
