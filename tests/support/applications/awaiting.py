"""An application of coroutine hooks and views, for servers that have ways of their own to wait."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from a2wsgi import WSGIMiddleware
from asgiref.wsgi import WsgiToAsgi
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from flask_jwt import JWT, current_identity, jwt_required
from tests.support.secret import secret

jwt = JWT(None)


@jwt.authentication_handler
async def authenticate(username: str, password: str) -> dict[str, str]:
    """Let everybody in, in a while."""
    await asyncio.sleep(0.02)
    return {"id": username}


@jwt.identity_handler
async def identity(claims: dict[str, Any]) -> str:
    """Return the name in the token, in a while."""
    await asyncio.sleep(0.02)
    return str(claims["identity"])


def make_app() -> Flask:
    """Return the application."""
    app = Flask(__name__)
    app.config.update(SECRET_KEY=secret("awaiting"), MAX_CONTENT_LENGTH=50_000_000)
    jwt.init_app(app)

    @app.get("/plain")
    @jwt_required()
    def plain() -> str:
        return f"{current_identity}"

    @app.get("/awaited")
    @jwt_required()
    async def awaited() -> str:
        await asyncio.sleep(0.02)
        return f"{current_identity}"

    @app.post("/upload")
    @jwt_required()
    def upload() -> dict[str, int]:
        return {"bytes": len(request.get_data())}

    @app.after_request
    def read_the_rest(response: Response) -> Response:
        # As docs/deployment.md has it.
        if response.status_code == 401:
            with suppress(HTTPException):
                while request.stream.read(65536):
                    pass
        return response

    return app


app = make_app()


def whole_bodies(environ: Any, start_response: Any) -> Any:
    """Have bodies in chunks read, as docs/deployment.md does."""
    environ["wsgi.input_terminated"] = True
    return app(environ, start_response)


by_asgiref = WsgiToAsgi(whole_bodies)  # type: ignore[no-untyped-call]
by_a2wsgi = WSGIMiddleware(whole_bodies)
