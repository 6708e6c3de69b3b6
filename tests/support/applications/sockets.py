"""Flask-SocketIO with a guard at its door, as docs/browsers.md has it."""

from __future__ import annotations

import time
from typing import Any

from flask import Flask
from flask_socketio import ConnectionRefusedError, SocketIO, emit

from flask_jwt import JWT, JWTError, _jwt_required, current_identity
from tests.support.secret import secret


class Clock:
    """The system's clock, so many seconds ahead."""

    ahead = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return time.time() + self.ahead


clock = Clock()
app = Flask(__name__)
app.config["SECRET_KEY"] = secret("sockets")
jwt = JWT(app, None, lambda claims: claims["identity"], clock=clock)
socketio = SocketIO(app, async_mode="threading")


@socketio.on("connect")
def connect(auth: Any = None) -> None:
    """Let in whoever has a token."""
    try:
        _jwt_required()
    except JWTError as error:
        raise ConnectionRefusedError(error.description) from None


@socketio.on("greet")
def greet() -> None:
    """Answer whoever has a good token still."""
    _jwt_required()
    emit("greeting", f"Hello, {current_identity}!")


@socketio.on_error_default
def tell(error: Exception) -> None:
    """Answer a refusal in an event."""
    if not isinstance(error, JWTError):
        raise error
    emit("refused", error.description)
