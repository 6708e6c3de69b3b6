"""freezegun: what it moves, and what goes by the clock of a server that it can't reach."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Flask
from freezegun import freeze_time

from flask_jwt import JWT, jwt_required
from tests.support.members import SECRET


def test_frozen(any_url: str) -> None:
    """Access tokens expire by it everywhere; sessions where the store has no clock of its own."""
    app = Flask("frozen")
    app.config.update(SECRET_KEY=SECRET, JWT_SESSION_STORE=any_url)
    JWT(app, lambda username, password: {"id": username}, dict)
    app.add_url_rule("/me", "me", jwt_required()(lambda: "me"))
    client = app.test_client()

    def me() -> int:
        return client.get("/me", headers={"Authorization": f"JWT {access}"}).status_code

    with freeze_time(datetime.now(UTC)) as time:
        tokens = client.post("/auth", json={"username": "ann", "password": "x"}).get_json()
        access, refresh = tokens["access_token"], {"refresh_token": tokens["refresh_token"]}
        assert me() == 200
        time.tick(timedelta(minutes=6))
        assert me() == 401
        time.tick(timedelta(days=8))
        goes_by_it = any_url.startswith(("memory", "sqlite"))
        assert client.post("/auth/refresh", json=refresh).status_code == (
            401 if goes_by_it else 200
        )
