"""``flask_jwt.js`` and its types, where ``JWT_SCRIPT_URL_RULE`` says."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from flask import Response

from ..http import cached_answer


def script_view(**_values: object) -> Response:
    """Answer with the ES module."""
    return _answer("flask_jwt.js", "text/javascript")


def types_view(**_values: object) -> Response:
    """Answer with its TypeScript declarations."""
    return _answer("flask_jwt.d.ts", "text/plain")


def _answer(name: str, mimetype: str) -> Response:
    # The name does not change with the contents: browsers ask each time whether those have.
    response = cached_answer(_contents(name), mimetype, "no-cache")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@cache
def _contents(name: str) -> bytes:
    return (files("flask_jwt") / "client_js" / name).read_bytes()
