"""The shop, with views that redirect, and with one of another site that takes what it is sent."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, redirect, request
from werkzeug import Response as AnyResponse

from . import shop


def create_app() -> Flask:
    """Return the application."""
    app = shop.create_app()
    taken: list[dict[str, Any]] = []

    @app.route("/moved", methods=["GET", "POST"])
    def moved() -> AnyResponse:
        return redirect(request.args["to"], 307)

    @app.route("/take", methods=["GET", "POST", "OPTIONS"], provide_automatic_options=False)
    def take() -> Response:
        taken.append({"method": request.method, "headers": dict(request.headers)})
        answer = app.make_response("taken")
        # With credentials for whoever asks, or without them for all.
        origin = "*" if "for" in request.args else request.headers.get("Origin", "*")
        answer.headers["Access-Control-Allow-Origin"] = origin
        answer.headers["Access-Control-Allow-Credentials"] = "true"
        answer.headers["Access-Control-Allow-Headers"] = "X-CSRF-TOKEN, Content-Type"
        return answer

    @app.get("/_test/taken")
    def what_was_taken() -> list[dict[str, Any]]:
        return taken

    return app
