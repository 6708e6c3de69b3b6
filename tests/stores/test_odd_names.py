"""What a database would refuse is refused before it, or fitted: it is nobody else's outage."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, nan
from typing import Any

import pytest

from flask_jwt import JWTError
from tests.support.members import Members, by_hand, members_now, refusal
from tests.support.tokens import parts_of

NAMES = ["a\0b", "é" * 22, "x" * 300, "\ud800", "", "%", "\U0001f511" * 22, "' OR ''='", "A" * 22]


@pytest.fixture
def members(shared_url: str) -> Iterator[Members]:
    """An application that works before an attack, and has to work right afterwards."""
    found = members_now(shared_url, JWT_REVOCATION_REFRESH=0)
    tokens = found.sign_in()
    yield found
    assert found.me(tokens) == 200
    assert found.me(found.refreshed(found.sign_in("bob")["refresh_token"])) == 200


def test_end(members: Members) -> None:
    """A name that no session has ends nothing."""
    with members.app.app_context():
        for name in NAMES:
            assert members.jwt.sessions.end(name) is False


def test_end_all_but_one(members: Members) -> None:
    """A session that is spared may have any name, and so may the user."""
    with members.app.app_context():
        for name in NAMES:
            assert members.jwt.sessions.end_all("nobody", except_sid=name) == 0
            assert members.jwt.sessions.end_all(name) == 0
            assert members.jwt.sessions.list(name) == []


def test_sign_out(members: Members) -> None:
    """A token that is signed as ours are may name any session: its sign-out is no error of ours."""
    for sid in filter(None, NAMES):
        tokens = by_hand(members.now, sid=sid, jti="j" * 300)
        statuses = {members.ask("POST", "/auth/logout", tokens).status_code for _ in range(2)}

        assert statuses <= {204, 400, 401}
        # Who was told that they are signed out is.
        assert members.me(tokens) == (200 if 400 in statuses else 401)


@pytest.mark.parametrize("sid", [None, 1, "x"])
@pytest.mark.parametrize("exp", [None, "x", True, -1, 2**53, 10**99, nan, inf, [], {}])
def test_sign_out_of_what_never_ends(sid: Any, exp: Any) -> None:
    """A decode hook that leaves out what a sign-out needs, or bends it: the answer is a 400."""
    members = Members()
    tokens = members.sign_in()
    bent = {"exp": exp, "sid": sid}

    @members.jwt.jwt_decode_handler
    def decode(token: str) -> dict[str, Any]:
        claims = {**parts_of(token)[1], **bent}
        return {name: value for name, value in claims.items() if value is not None}

    answer = members.ask("POST", "/auth/logout", tokens)

    assert refusal(answer) == (400, "Bad Request", "The token belongs to no session")


def test_revoke(members: Members) -> None:
    """A token of any name is revoked, and refused from then on."""
    for jti in NAMES:
        tokens = by_hand(members.now, jti=jti)
        with members.app.app_context():
            members.jwt.sessions.revoke(parts_of(tokens["access_token"])[1])

        assert members.me(tokens) == 401
    assert members.me(by_hand(members.now, jti="another")) == 200


class TestWords:
    """Reasons and methods, which only the application's own programs give."""

    @pytest.mark.parametrize("because", ["x" * 65, "späť", "a\0b", "a\nb", "\U0001f511"])
    def test_reasons(self, because: str) -> None:
        """A reason that does not fit is an error of the program, and nothing has ended."""
        members = Members()
        with members.app.app_context():
            tokens = members.jwt.sessions.start({"id": "ann"})
            with pytest.raises(ValueError, match="64"):
                members.jwt.sessions.end(tokens.sid, because=because)
            with pytest.raises(ValueError, match="64"):
                members.jwt.sessions.end_all("ann", because=because)

            assert members.me({"access_token": tokens.access_token}) == 200

    def test_the_longest_reason(self, members: Members) -> None:
        """One of 64 characters fits."""
        with members.app.app_context():
            tokens = members.jwt.sessions.start({"id": "ann"})

            assert members.jwt.sessions.end(tokens.sid, because="x" * 64)

    @pytest.mark.parametrize(
        "methods", [["a b"], [""], ["späť"], ["x" * 192], ["x" * 95, "y" * 96], "pwd", ["a\0"]]
    )
    def test_methods(self, methods: Any) -> None:
        """So are methods that are no words, or too many."""
        members = Members()
        with members.app.app_context(), pytest.raises(ValueError, match="methods"):
            members.jwt.sessions.start({"id": "ann"}, methods=methods)

    def test_the_longest_methods(self, members: Members) -> None:
        """What fits is kept."""
        methods = ["x" * 95, "y" * 95]
        with members.app.app_context():
            members.jwt.sessions.start({"id": "eve"}, methods=methods)

            assert members.jwt.sessions.list("eve")[0].methods == tuple(methods)


@pytest.mark.parametrize("token", [None, 1, b"x", [], {}, True, object()])
def test_what_is_no_text(token: Any) -> None:
    """A program that refreshes with what is no text at all is told that this is no token."""
    members = Members()
    with members.app.app_context(), pytest.raises(JWTError) as caught:
        members.jwt.sessions.refresh(token)

    assert (caught.value.status_code, caught.value.error_code) == (401, "invalid_refresh_token")
