"""``memory://`` is for one process: behind several, each would have other sessions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.applications.shared import create_app
from tests.support.http_client import Client
from tests.support.members import Members
from tests.support.server import gunicorn
from tests.support.visitor import Visitor

APP = "tests.support.applications.shared:create_app()"
MEND = "use sqlite:///sessions.db, or one worker with threads"


def asked_of(server: Client, tokens: dict[str, Any]) -> dict[str, int]:
    """Return the status of each request that needs to know sessions."""
    access, refresh = tokens["access_token"], {"refresh_token": tokens["refresh_token"]}
    return {
        "sign-in": server.post("/auth", {"username": "ann", "password": "x"}).status,
        "refresh": server.post("/auth/refresh", refresh).status,
        "guard": server.get("/me", token=access).status,
        "list": server.get("/auth/sessions", token=access).status,
        "end": server.request(
            "DELETE", "/auth/sessions", [("Authorization", f"JWT {access}")]
        ).status,
        "sign-out": server.post("/auth/logout", refresh).status,
        "sign-out by access token": server.post("/auth/logout", {}, token=access).status,
    }


@pytest.mark.parametrize("preload", [False, True])
def test_several_workers(preload: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker forgets a session without a word: each answer is 500, and the log says why."""
    variables = {"SHARED_STORE": "memory://"}
    monkeypatch.setenv("SHARED_STORE", "memory://")
    client = create_app().test_client()
    tokens = client.post("/auth", json={"username": "ann", "password": "x"}).get_json()
    log = tmp_path / "log.txt"

    with gunicorn(APP, log, workers=4, preload=preload, environment=variables) as server:
        for _ in range(2):
            assert set(asked_of(server, tokens).values()) == {500}
        assert MEND in server.log
        assert "eyJ" not in server.log


def test_one_worker(tmp_path: Path) -> None:
    """One process with threads keeps its sessions."""
    variables = {"SHARED_STORE": "memory://"}
    log = tmp_path / "log.txt"
    with gunicorn(APP, log, threads=4, environment=variables) as server:
        visitor = Visitor(server)
        visitor.refresh()
        assert visitor.me().status == 200
        assert visitor.sign_out().status == 204
        assert visitor.me().status == 401


def behind_several(members: Members) -> Members:
    """Have the server say that it has several processes."""
    inner = members.app.wsgi_app

    def outer(environ: dict[str, Any], start_response: Any) -> Any:
        environ["wsgi.multiprocess"] = True
        return inner(environ, start_response)

    members.app.wsgi_app = outer  # type: ignore[method-assign]
    return members


@pytest.mark.parametrize("key", ["DEBUG", "TESTING"])
def test_while_it_is_made(key: str) -> None:
    """In debug and in testing it goes on, whatever the server says of itself."""
    members = behind_several(Members(**{key: True}))

    assert members.me(members.sign_in()) == 200


def test_used_at_import() -> None:
    """A store that was used before the server began is refused like any other."""
    members = Members()
    tokens = members.sign_in()
    assert members.me(tokens) == 200

    assert behind_several(members).me(tokens) == 500
