"""Sign-out, the list of sessions, and the end of some or all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.members import NOW, Members, by_hand, refusal, sid_of, signed_in
from tests.support.server import gunicorn
from tests.support.tokens import compact, parts_of
from tests.support.visitor import Visitor

APP = "tests.support.applications.shared:create_app()"

REVOKED = (401, "Invalid token", "Token has been revoked")
UNKNOWN = (404, "Not Found", "There is no such session")


class TestSignOut:
    """``POST /auth/logout``."""

    def test_by_refresh_token(self) -> None:
        """The access token is refused from then on, and so is the refresh token."""
        members, tokens = signed_in()
        answer = members.sign_out(tokens)

        assert (answer.status_code, answer.data) == (204, b"")
        assert refusal(members.ask("GET", "/me", tokens)) == REVOKED
        assert members.refresh(tokens["refresh_token"]).status_code == 401

    def test_by_access_token(self) -> None:
        """The access token alone will do, without a body."""
        members, tokens = signed_in()

        assert members.ask("POST", "/auth/logout", tokens).status_code == 204
        assert members.me(tokens) == 401
        assert members.refresh(tokens["refresh_token"]).status_code == 401

    def test_after_silence(self) -> None:
        """An access token that has expired still signs out, and still opens nothing."""
        members, tokens = signed_in()
        members.now += 3600

        assert members.me(tokens) == 401
        assert members.ask("POST", "/auth/logout", tokens).status_code == 204
        assert members.refresh(tokens["refresh_token"]).status_code == 401

    def test_by_an_old_refresh_token(self) -> None:
        """A refresh token that was exchanged ends its session too."""
        members, tokens = signed_in()
        current = members.refreshed(tokens["refresh_token"])
        members.now += 60

        assert members.sign_out(tokens).status_code == 204
        assert members.me(current) == 401

    def test_an_empty_body_in_chunks(self, tmp_path: Path) -> None:
        """A body whose length nobody announced, and that has none, is no body."""
        environment = {"SHARED_STORE": f"sqlite:///{tmp_path / 'sessions.db'}"}
        with gunicorn(APP, tmp_path / "server.log", environment=environment) as server:
            visitor = Visitor(server)
            header = ("Authorization", f"JWT {visitor.tokens['access_token']}")

            answer = server.request_chunked("/auth/logout", [header], [])

            assert (answer.status, answer.body) == (204, b"")
            assert visitor.me().status == 401

    def test_twice(self) -> None:
        """The second time is as good as the first."""
        members, tokens = signed_in()

        assert [members.sign_out(tokens).status_code for _ in range(2)] == [204, 204]
        assert members.ask("POST", "/auth/logout", tokens).status_code == 204

    def test_both_tokens(self) -> None:
        """Both may be sent, of one session and not of two."""
        members = Members()
        one, two = members.sign_in(), members.sign_in()
        body = {"refresh_token": one["refresh_token"]}

        answer = members.ask("POST", "/auth/logout", two, json=body)
        assert refusal(answer)[0] == 400
        assert members.me(one) == members.me(two) == 200
        assert members.ask("POST", "/auth/logout", one, json=body).status_code == 204

    def test_nothing(self) -> None:
        """Without any token there is nobody to sign out."""
        answer = Members().client.post("/auth/logout")

        assert refusal(answer)[:2] == (401, "Authorization Required")

    def test_forged(self) -> None:
        """A token that is not ours ends nothing, however old it claims to be."""
        members, tokens = signed_in()
        claims = parts_of(tokens["access_token"])[1]
        for secret in ("another secret that nobody can guess", ""):
            forged = {"access_token": compact(claims, secret)}
            assert members.ask("POST", "/auth/logout", forged).status_code == 401
        assert (
            refusal(members.client.post("/auth/logout", json={"refresh_token": "A" * 72}))[0] == 401
        )

        assert members.me(tokens) == 200

    def test_others_stay(self) -> None:
        """Only the one session ends."""
        members = Members()
        one, two, bob = members.sign_in(), members.sign_in(), members.sign_in("bob")
        members.sign_out(one)

        assert members.me(two) == members.me(bob) == 200


class TestList:
    """``GET /auth/sessions``."""

    def test_what_is_shown(self) -> None:
        """Each session shows where it began and was used, and which one is asking."""
        members, first = signed_in()
        members.now += 100
        body = {"username": "ann", "password": "x"}
        phone = members.client.post(
            "/auth",
            json=body,
            headers={"User-Agent": "Phone/2\x01 späť"},
            environ_base={"REMOTE_ADDR": "2001:db8::7"},
        ).get_json()
        members.now += 100
        first = members.refreshed(first["refresh_token"])

        newest, oldest = members.listed(first)

        assert newest.keys() == {
            *("sid", "began_at", "used_at", "expires_at", "address", "user_agent", "this")
        }
        assert (newest["sid"], newest["this"]) == (sid_of(phone), False)
        assert (newest["address"], newest["began_at"]) == ("2001:db8::7", NOW + 100)
        assert newest["user_agent"].startswith("Phone/2 ")
        assert (oldest["sid"], oldest["this"]) == (sid_of(first), True)
        assert (oldest["began_at"], oldest["used_at"]) == (NOW, NOW + 200)

    def test_only_ones_own(self) -> None:
        """Nobody sees the sessions of others, and no ended or expired ones."""
        members = Members()
        members.sign_in("bob")
        members.sign_out(members.sign_in())
        members.sign_in(remember=False)
        members.now += 86400
        tokens = members.sign_in()

        assert [one["sid"] for one in members.listed(tokens)] == [sid_of(tokens)]

    @pytest.mark.parametrize("method", ["GET", "DELETE"])
    def test_who_asks(self, method: str) -> None:
        """It takes an access token that is good."""
        answer = Members().client.open("/auth/sessions", method=method)

        assert refusal(answer)[:2] == (401, "Authorization Required")


class TestEnd:
    """``DELETE /auth/sessions`` and what is below."""

    def test_one(self) -> None:
        """A user ends a session on another device."""
        members = Members()
        here, lost = members.sign_in(), members.sign_in()

        assert members.ask("DELETE", f"/auth/sessions/{sid_of(lost)}", here).status_code == 204
        assert (members.me(here), members.me(lost)) == (200, 401)

    def test_of_somebody_else(self) -> None:
        """It is not there, as far as anybody else can tell, and it goes on."""
        members = Members()
        ann, bob = members.sign_in(), members.sign_in("bob")
        answer = members.ask("DELETE", f"/auth/sessions/{sid_of(bob)}", ann)

        assert refusal(answer) == UNKNOWN
        assert members.me(bob) == 200

    @pytest.mark.parametrize("sid", ["x", "A" * 22, "A" * 5000, "%00", "é" * 22, "..%2f"])
    def test_of_nobody(self, sid: str) -> None:
        """A name that no session has is not there."""
        members = Members()
        answer = members.ask("DELETE", f"/auth/sessions/{sid}", members.sign_in())

        assert answer.status_code == 404

    def test_all_others(self) -> None:
        """Everything but this one."""
        members = Members()
        here, *others = [members.sign_in() for _ in range(4)]
        bob = members.sign_in("bob")

        assert members.ask("DELETE", "/auth/sessions", here).status_code == 204
        assert members.me(here) == members.me(bob) == 200
        assert [members.me(tokens) for tokens in others] == [401, 401, 401]

    def test_all(self) -> None:
        """With ``?all=1`` this one too."""
        members = Members()
        here, other = members.sign_in(), members.sign_in()

        assert members.ask("DELETE", "/auth/sessions?all=1", here).status_code == 204
        assert members.me(here) == members.me(other) == 401
        assert members.me(members.sign_in()) == 200

    @pytest.mark.parametrize("every", ["yes", "", "2", "1 "])
    def test_all_or_not(self, every: str) -> None:
        """What is neither yes nor no ends nothing."""
        members = Members()
        here, other = members.sign_in(), members.sign_in()
        answer = members.ask("DELETE", f"/auth/sessions?all={every}", here)

        assert refusal(answer) == (400, "Bad Request", "all has to be 0 or 1")
        assert members.me(here) == members.me(other) == 200


class TestTokensWithoutSession:
    """Tokens that are older than the sessions of an application."""

    def test_they_age_out(self) -> None:
        """They are good until the last that can have been made before has expired."""
        members = Members()
        members.sign_in()
        assert members.me(by_hand(members.now)) == 200
        members.now += 371

        assert refusal(members.ask("GET", "/me", by_hand(members.now)))[0] == 401

    def test_end_all_reaches_them(self) -> None:
        """The not-before of a subject covers those that have no session."""
        members = Members()
        old = by_hand(members.now - 10)
        with members.app.app_context():
            members.jwt.sessions.end_all("ann")

        assert members.me(old) == 401
        assert members.me(by_hand(members.now - 10, identity="bob")) == 200

    def test_sign_out_with_a_jti(self) -> None:
        """One that has a jti is revoked by that; one that has none can't be."""
        members = Members()
        members.sign_in()
        named = by_hand(members.now, jti="made elsewhere")

        assert members.ask("POST", "/auth/logout", named).status_code == 204
        assert refusal(members.ask("GET", "/me", named)) == REVOKED
        assert members.ask("POST", "/auth/logout", by_hand(members.now)).status_code == 400
