"""A client of a real server that signs in."""

from __future__ import annotations

from typing import Any

from tests.support.http_client import Answer
from tests.support.server import Server


class Visitor:
    """Has the tokens of one session."""

    def __init__(self, server: Server, username: str = "ann") -> None:
        self.server = server
        answer = server.post("/auth", {"username": username, "password": "x"})
        assert answer.status == 200, answer.text
        self.tokens: dict[str, Any] = answer.json

    def present(self, token: str | None = None) -> Answer:
        """Send a refresh token: the current one unless told."""
        body = {"refresh_token": token or self.tokens["refresh_token"]}
        return self.server.post("/auth/refresh", body)

    def refresh(self) -> str:
        """Exchange the refresh token; return the one before."""
        before: str = self.tokens["refresh_token"]
        answer = self.present()
        assert answer.status == 200, answer.text
        self.tokens = answer.json
        return before

    def me(self) -> Answer:
        """Ask for something guarded."""
        return self.server.get("/me", token=self.tokens["access_token"])

    def sign_out(self) -> Answer:
        """End the session."""
        return self.server.post("/auth/logout", {"refresh_token": self.tokens["refresh_token"]})
