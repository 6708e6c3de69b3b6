"""Flask-SocketIO under gunicorn: who is let in, who is told that they are not, and until when."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.applications.sockets import app, clock, socketio
from tests.support.server import Server, gunicorn
from tests.support.tokens import claims, compact

POLLING = "/socket.io/?EIO=4&transport=polling"
SECRET = app.config["SECRET_KEY"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve the application with threads, as its documentation says."""
    log = tmp_path_factory.mktemp("sockets") / "log.txt"
    with gunicorn("tests.support.applications.sockets:app", log, threads=8) as server:
        yield server


class Visitor:
    """A client of Socket.IO, by polling, with a token in the header of its handshake."""

    def __init__(self, server: Server, token: str | None) -> None:
        self._server = server
        opened = server.get(POLLING, token=token).text
        self._path = f"{POLLING}&sid={json.loads(opened[1:])['sid']}"

    def say(self, packet: str) -> list[Any]:
        """Send a packet, and return the kinds and values of those that come back."""
        kind = ("Content-Type", "text/plain;charset=UTF-8")
        assert self._server.request("POST", self._path, [kind], packet.encode()).text == "OK"
        packets = self._server.get(self._path).text.split("\x1e")
        return [(one[:2], json.loads(one[2:])) for one in packets]


@pytest.mark.parametrize(
    ("token", "description"),
    [
        (None, "Request does not contain an access token"),
        (compact(claims("ann"), "x" * 64), "Signature verification failed"),
    ],
)
def test_refused(server: Server, token: str | None, description: str) -> None:
    """Whoever has no good token hears why at once, and nothing stands in the log."""
    assert Visitor(server, token).say("40") == [("44", {"message": description})]
    assert "Traceback" not in server.log


def test_let_in(server: Server) -> None:
    """Whoever has one is let in, and is themselves in each event."""
    visitor = Visitor(server, compact(claims("ann"), SECRET))

    ((kind, value),) = visitor.say("40")
    assert (kind, *value) == ("40", "sid"), value
    assert visitor.say('42["greet"]') == [("42", ["greeting", "Hello, ann!"])]


def test_a_token_that_expires_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is judged anew in each event."""
    headers = {"Authorization": f"JWT {compact(claims('ann'), SECRET)}"}
    client = socketio.test_client(app, headers=headers)
    client.emit("greet")
    monkeypatch.setattr(clock, "ahead", 3600.0)
    client.emit("greet")
    answers = [(one["name"], one["args"]) for one in client.get_received()]
    client.disconnect()

    assert answers == [("greeting", ["Hello, ann!"]), ("refused", ["Signature has expired"])]
