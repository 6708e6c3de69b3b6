"""Pages of somebody else, on whatever host and port a browser finds them."""

from __future__ import annotations

from flask import Flask, Response, request

_PAGE = """<!doctype html>
<html lang="en">
<title>Elsewhere</title>
<link rel="icon" href="data:,">
<main>A page of somebody else</main>
"""


def create_app() -> Flask:
    """Return the application."""
    app = Flask("elsewhere")
    app.add_url_rule("/", "page", lambda: _PAGE)

    @app.get("/cookies")
    def cookies() -> Response:
        """Set cookies: each ``set`` of the query is a header."""
        response = app.make_response(_PAGE)
        response.headers.extend({"Set-Cookie": request.args.getlist("set")})
        return response

    return app
