"""``POST /auth/refresh``: rotation, grace, reuse, and everything that is refused."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest

from flask_jwt.signals import (
    refresh_repeated,
    refresh_token_reused,
    session_ended,
    session_refreshed,
    session_started,
)
from flask_jwt.stores.memory import MemoryStore
from flask_jwt.testing.factories import reading_of
from tests.support.members import NOW, Members, refusal, sid_of, signed_in
from tests.support.secret import secret
from tests.support.tokens import parts_of

REUSED = (401, "Invalid token", "Refresh token was used before")
ENDED = (401, "Invalid token", "Session has ended")
EXPIRED = (401, "Invalid token", "Session has expired")
INVALID = (401, "Invalid token", "Refresh token is invalid")


def test_rotation() -> None:
    """Each refresh gives both tokens anew, for the same session, and both work."""
    members = Members()
    tokens = first = members.sign_in()
    seen = {tokens["refresh_token"]}
    for _ in range(5):
        members.now += 200
        tokens = members.refreshed(tokens["refresh_token"])
        seen.add(tokens["refresh_token"])
        assert sid_of(tokens) == sid_of(first)
        assert members.me(tokens) == 200

    assert len(seen) == 6


class TestGrace:
    """An answer that was lost."""

    def test_the_same_token_again(self) -> None:
        """Within the grace the token before gives the current one, and a fresh access token."""
        members = Members()
        old = members.sign_in()["refresh_token"]
        first = members.refreshed(old)
        members.now += 9
        second = members.refreshed(old)

        assert second["refresh_token"] == first["refresh_token"]
        assert second["access_token"] != first["access_token"]
        assert members.me(first) == members.me(second) == 200
        assert members.refreshed(second["refresh_token"])

    def test_the_grace_is_not_prolonged(self) -> None:
        """It counts from the rotation, however often the token comes."""
        members = Members()
        old = members.sign_in()["refresh_token"]
        members.refreshed(old)
        for _ in range(3):
            members.now += 3
            members.refreshed(old)
        members.now += 1

        assert refusal(members.refresh(old)) == REUSED

    def test_two_before(self) -> None:
        """Only the very last token is forgiven."""
        members = Members()
        oldest = members.sign_in()["refresh_token"]
        members.refreshed(members.refreshed(oldest)["refresh_token"])

        assert refusal(members.refresh(oldest)) == REUSED

    def test_none(self) -> None:
        """With a grace of 0 a second use is reuse at once."""
        members = Members(JWT_REFRESH_GRACE_DELTA=0)
        old = members.sign_in()["refresh_token"]
        members.refreshed(old)

        assert refusal(members.refresh(old)) == REUSED


def test_reuse_ends_the_session() -> None:
    """Thief and owner are both signed out, and other sessions of the user are not."""
    members, stolen = signed_in()
    other = members.sign_in()
    current = members.refreshed(stolen["refresh_token"])
    members.now += 11

    assert refusal(members.refresh(stolen["refresh_token"])) == REUSED
    assert refusal(members.refresh(current["refresh_token"])) == ENDED
    assert refusal(members.refresh(stolen["refresh_token"])) == ENDED
    assert members.me(current) == members.me(stolen) == 401
    assert members.me(other) == 200


def test_expiry() -> None:
    """A session that was not used for a week has expired, and one that was has not."""
    members = Members()
    idle, busy = members.sign_in(), members.sign_in()
    for _ in range(2):
        members.now += 4 * 86400
        busy = members.refreshed(busy["refresh_token"])

    assert refusal(members.refresh(idle["refresh_token"])) == EXPIRED
    for _ in range(5):
        members.now += 4 * 86400
        busy = members.refreshed(busy["refresh_token"])
    members.now += 2 * 86400
    assert members.now - NOW == 30 * 86400
    assert refusal(members.refresh(busy["refresh_token"])) == EXPIRED


class TestForged:
    """Texts that are no refresh token of ours."""

    def test_every_byte_counts(self) -> None:
        """No token is accepted that differs in one bit, and the session does not suffer."""
        members, tokens = signed_in()
        raw = urlsafe_b64decode(tokens["refresh_token"])
        for place in range(len(raw)):
            forged = bytes([*raw[:place], raw[place] ^ 1, *raw[place + 1 :]])
            answer = members.refresh(urlsafe_b64encode(forged).decode())
            assert refusal(answer) == INVALID

        assert members.refreshed(tokens["refresh_token"])

    @pytest.mark.parametrize(
        "text", ["", "x", "A" * 72, "A" * 73, "é" * 72, "A" * 71 + "=", "A" * 60000, "a.b.c"]
    )
    def test_no_token(self, text: str) -> None:
        """Whatever the text is, the answer is the same."""
        assert refusal(Members().refresh(text)) == INVALID

    def test_of_another_secret(self) -> None:
        """A token that another application has made for the same session is none."""
        store = MemoryStore(lambda: NOW)
        members = Members(store)
        token = members.sign_in()["refresh_token"]
        other = Members(store, SECRET_KEY=secret("another"))

        assert refusal(other.refresh(token)) == INVALID
        assert members.refreshed(token)

    def test_former_secrets(self) -> None:
        """A token of a former secret is exchanged for one of the new."""
        store = MemoryStore(lambda: NOW)
        members = Members(store)
        token = members.sign_in()["refresh_token"]
        new = secret("another")
        former = members.app.config["SECRET_KEY"]
        other = Members(store, SECRET_KEY=new, SECRET_KEY_FALLBACKS=[former])
        tokens = other.refreshed(token)

        assert Members(store, SECRET_KEY=new).refreshed(tokens["refresh_token"])


@pytest.mark.parametrize(("left", "not_before"), [(0, 0), (9, 60)])
def test_too_late_for_a_token(left: int, not_before: int) -> None:
    """Where a session ends before a token of it could be good, it has expired: no error of ours."""
    clock = [NOW]
    store = MemoryStore(lambda: clock[0])
    members = Members(store, JWT_NOT_BEFORE_DELTA=not_before)
    tokens = members.sign_in(remember=False)
    # Less than a second before its end, whose fraction is drawn.
    clock[0] = members.now = int(reading_of(store, sid_of(tokens)).session.expires_at) - left

    assert refusal(members.refresh(tokens["refresh_token"])) == EXPIRED


@pytest.mark.parametrize(
    ("body", "description"),
    [
        ({}, "The JSON has to have a refresh_token"),
        ({"refresh_token": None}, "The JSON has to have a refresh_token"),
        ({"refresh_token": 1}, "The refresh_token has to be a string"),
        ({"refresh_token": ["x"]}, "The refresh_token has to be a string"),
        ([], "The body of the request is not a strict JSON object"),
        ("text", "The body of the request is not a strict JSON object"),
    ],
)
def test_bodies(body: Any, description: str) -> None:
    """What is no request for a refresh is told so."""
    answer = Members().client.post("/auth/refresh", json=body)

    assert refusal(answer) == (400, "Bad Request", description)


class TestUser:
    """Who is behind a session is asked at each refresh."""

    def test_gone(self) -> None:
        """A user who was deleted gets no token, and the session ends."""
        members, tokens = signed_in()
        ann = members.users.pop("ann")

        assert refusal(members.refresh(tokens["refresh_token"])) == ENDED
        members.users["ann"] = ann
        assert refusal(members.refresh(tokens["refresh_token"])) == ENDED
        assert members.me(tokens) == 401

    def test_fresh_roles(self) -> None:
        """The payload hook runs again: what has changed since sign-in is in the new token."""
        members = Members()
        members.add_claims(lambda user: {"role": user["role"]})
        tokens = members.sign_in()
        members.users["ann"]["role"] = "admin"
        tokens = members.refreshed(tokens["refresh_token"])

        assert parts_of(tokens["access_token"])[1]["role"] == "admin"

    @pytest.mark.parametrize(
        ("at_sign_in", "given", "expected"),
        [
            ("read write", "read admin", "read"),
            ("read write", "write read all", "write read"),
            ("read write", "", None),
            (["read", "write"], ["read", "admin"], ["read"]),
            (["read", "write"], ["write", "read", "all"], ["write", "read"]),
            (["read", "write"], [], None),
            (["read", "write"], ["admin"], None),
            (["read", "write"], "write admin", "write"),
            ("read write", ["write", "admin"], ["write"]),
            (["read write"], ["read", "write"], None),
            (["read", 1, None], ["read", 1, None, {}], ["read"]),
            (None, ["read"], None),
            ({"read": True}, {"read": True}, None),
        ],
    )
    def test_scope_never_grows(self, at_sign_in: Any, given: Any, expected: Any) -> None:
        """What the hook would add to the scope after sign-in is left out, in whatever form."""
        members = Members()
        scope = [at_sign_in]
        members.add_claims(lambda user: {"scope": scope[0]})
        tokens = members.sign_in()
        for given_now in (given, at_sign_in, given):
            scope[0] = given_now
            tokens = members.refreshed(tokens["refresh_token"])

        assert parts_of(tokens["access_token"])[1].get("scope") == expected

    def test_the_hook_is_given_claims(self) -> None:
        """The identity hook sees claims as in any other request, with the session's name."""
        members, tokens = signed_in()
        seen: list[dict[str, Any]] = []

        @members.jwt.identity_handler
        def identity(claims: dict[str, Any]) -> Any:
            seen.append(claims)
            return {"id": claims["identity"]}

        members.refreshed(tokens["refresh_token"])

        assert (seen[0]["identity"], seen[0]["sid"]) == ("ann", sid_of(tokens))
        assert {"iat", "nbf", "exp"} <= seen[0].keys()


def test_signals() -> None:
    """Each step is told to whoever listens, with both addresses where it matters."""
    members = Members()
    told: list[tuple[str, dict[str, Any]]] = []
    listeners = []
    for name, signal in {
        "started": session_started,
        "refreshed": session_refreshed,
        "repeated": refresh_repeated,
        "reused": refresh_token_reused,
        "ended": session_ended,
    }.items():

        def listen(sender: Any, name: str = name, **data: Any) -> None:
            assert sender is members.app
            told.append((name, data))

        listeners.append(listen)
        signal.connect(listen, members.app)

    tokens = members.sign_in()
    sid = sid_of(tokens)
    members.refreshed(tokens["refresh_token"])
    other = {"REMOTE_ADDR": "198.51.100.66"}
    body = {"refresh_token": tokens["refresh_token"]}
    members.client.post("/auth/refresh", json=body, environ_base=other)
    members.now += 60
    members.client.post("/auth/refresh", json=body, environ_base=other)

    whose = {"sid": sid, "subject": '"ann"'}
    both = {**whose, "address": "198.51.100.66", "last_address": "127.0.0.1"}
    assert told == [
        ("started", whose),
        ("refreshed", whose),
        ("repeated", both),
        ("reused", both),
        ("ended", {**whose, "because": "reuse"}),
    ]
