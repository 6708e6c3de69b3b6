"""By which names the console answers: a page can lead any name of its own to this machine."""

from __future__ import annotations

from typing import Any

import pytest

from flask_jwt.http import is_loopback

from .applications import GATE, SCRIPT, SURROUNDINGS, Bench

PATHS = ("/", SURROUNDINGS, SCRIPT)


@pytest.mark.parametrize(
    ("host", "config", "status"),
    [
        ("localhost:5000", {}, 200),
        ("app.localhost", {}, 200),
        ("127.0.0.1:5000", {}, 200),
        ("[::1]:5000", {}, 200),
        ("192.168.1.5:5000", {}, 200),
        ("evil.example:5000", {}, 403),
        ("127.0.0.1.evil.example", {}, 403),
        ("localhost.evil.example", {}, 403),
        ("devbox:5000", {}, 403),
        ("devbox:5000", {"TRUSTED_HOSTS": ["devbox"]}, 200),
        ("devbox:5000", {"SERVER_NAME": "devbox:5000"}, 200),
    ],
)
def test_names(host: str, config: dict[str, Any], status: int) -> None:
    """Numbers, this machine's own names, and those that are configured."""
    client, base = Bench(**config).client, f"http://{host}"
    answers = [client.get(path, base_url=base, buffered=True) for path in PATHS]
    body = {"token": "x"}
    answers.append(client.post(GATE, base_url=base, json=body, headers={"Origin": base}))

    assert {answer.status_code for answer in answers} == {status}
    if status == 403:
        assert "TRUSTED_HOSTS" in answers[0].get_json()["description"]


@pytest.mark.parametrize(
    "host", ["localhost:80:80", "localhost:x", "", "[::1", "[::1].evil.example", "[::1]x:80"]
)
def test_hosts_that_are_none(host: str) -> None:
    """They are not this machine."""
    assert not is_loopback(host)
