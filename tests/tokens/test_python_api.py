"""``jwt.sessions`` and the two functions that people know, for endpoints of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask, jsonify

from flask_jwt import (
    JWT,
    ConfigurationError,
    JWTError,
    create_access_token,
    create_refresh_token,
    current_token,
    jwt_required,
)
from flask_jwt.core import ClaimsError
from tests.support.members import SECRET, Members, signed_in
from tests.support.tokens import parts_of


@pytest.fixture
def members() -> Iterator[Members]:
    """An application, in its context."""
    found = Members()
    with found.app.app_context():
        yield found


def claims_of(token: str) -> dict[str, Any]:
    found: dict[str, Any] = parts_of(token)[1]
    return found


class TestSessions:
    """``jwt.sessions``."""

    def test_the_life_of_a_session(self, members: Members) -> None:
        """Start, refresh, list, end: without a request."""
        sessions = members.jwt.sessions
        tokens = sessions.start({"id": "ann"}, methods=["pwd", "otp"])
        later = sessions.refresh(tokens.refresh_token)
        (session,) = sessions.list("ann")

        assert later.sid == tokens.sid == session.sid
        assert (session.counter, session.methods, session.address) == (1, ("pwd", "otp"), None)
        assert members.me({"access_token": later.access_token}) == 200
        assert sessions.end(tokens.sid)
        assert not sessions.end(tokens.sid)
        assert sessions.list("ann") == []
        assert members.me({"access_token": later.access_token}) == 401

    def test_end_all(self, members: Members) -> None:
        """After a change of password everything ends, but for the session at hand."""
        sessions = members.jwt.sessions
        here, *others = [sessions.start({"id": "ann"}) for _ in range(3)]

        assert sessions.end_all("ann", except_sid=here.sid) == 2
        assert members.me({"access_token": here.access_token}) == 200
        assert [members.me({"access_token": one.access_token}) for one in others] == [401, 401]

    def test_subjects_have_types(self, members: Members) -> None:
        """1, "1" and True are three users."""
        sessions = members.jwt.sessions
        for subject in (1, "1", True):
            sessions.start({"id": subject})

        assert [len(sessions.list(subject)) for subject in (1, "1", True)] == [1, 1, 1]
        assert sessions.end_all(1) == 1

    def test_uuids(self, members: Members) -> None:
        """A UUID is the text that the token has."""
        subject = UUID("4c1a9e0e-2f57-4a9c-9d2e-0b9a37c4a111")
        tokens = members.jwt.sessions.start({"id": subject})

        assert claims_of(tokens.access_token)["identity"] == str(subject)
        assert [one.sid for one in members.jwt.sessions.list(subject)] == [tokens.sid]
        assert [one.sid for one in members.jwt.sessions.list(str(subject))] == [tokens.sid]

    def test_revoke_one_token(self, members: Members) -> None:
        """One access token is refused, and its session goes on."""
        tokens = members.jwt.sessions.start({"id": "ann"})
        members.jwt.sessions.revoke(claims_of(tokens.access_token))

        assert members.me({"access_token": tokens.access_token}) == 401
        later = members.jwt.sessions.refresh(tokens.refresh_token)
        assert members.me({"access_token": later.access_token}) == 200

    def test_claims_stay(self, members: Members) -> None:
        """Further claims are in every access token of the session."""
        tokens = members.jwt.sessions.start({"id": "ann"}, claims={"tenant": "acme"})
        later = members.jwt.sessions.refresh(tokens.refresh_token)

        assert claims_of(tokens.access_token)["tenant"] == "acme"
        assert claims_of(later.access_token)["tenant"] == "acme"

    def test_refusals(self, members: Members) -> None:
        """A refusal is a JWTError, with a code for programs."""
        with pytest.raises(JWTError) as caught:
            members.jwt.sessions.refresh("nonsense")

        assert (caught.value.status_code, caught.value.error_code) == (401, "invalid_refresh_token")

    @pytest.mark.parametrize("name", ["sid", "jti", "exp", "identity"])
    def test_claims_that_are_set(self, members: Members, name: str) -> None:
        """What decides about a token is not for a caller to change."""
        with pytest.raises(ClaimsError):
            members.jwt.sessions.start({"id": "ann"}, claims={name: "bob"})

    def test_longer_than_configured(self, members: Members) -> None:
        """A token that would outlive its revocation is not made."""
        with pytest.raises(ClaimsError, match="JWT_EXPIRATION_DELTA"):
            members.jwt.sessions.start({"id": "ann"}, expires=timedelta(hours=1))
        shorter = members.jwt.sessions.start({"id": "ann"}, expires=timedelta(seconds=60))
        assert shorter.expires_in == 60

    def test_nobody(self, members: Members) -> None:
        """A session is somebody's."""
        with pytest.raises(ConfigurationError, match="name no user"):
            members.jwt.sessions.start({"id": None})
        with pytest.raises(ValueError, match="nobody"):
            members.jwt.sessions.list(None)

    def test_a_subject_of_ones_own(self) -> None:
        """A function may say who is who in the claims."""
        app = Flask("tenants")
        app.config.update(SECRET_KEY=SECRET, JWT_SESSION_STORE="memory://")
        jwt = JWT(app, None, dict, subject=lambda claims: [claims["tenant"], claims["identity"]])
        with app.app_context():
            jwt.sessions.start({"id": 1}, claims={"tenant": "a"})
            jwt.sessions.start({"id": 1}, claims={"tenant": "b"})

            assert len(jwt.sessions.list(["a", 1])) == 1

    def test_secrets_do_not_show(self, members: Members) -> None:
        """What goes into a log by mistake has no token in it."""
        tokens = members.jwt.sessions.start({"id": "ann"})
        (session,) = members.jwt.sessions.list("ann")

        assert tokens.refresh_token not in repr(tokens)
        assert tokens.access_token not in repr(tokens)
        assert session.salt not in repr(session)


class TestFunctions:
    """``create_access_token`` and ``create_refresh_token``."""

    def test_one_session_in_one_request(self) -> None:
        """Called for one user in one view, they give the tokens of one session."""
        members = Members()

        @members.app.post("/enter")
        def enter() -> Any:
            user = members.users["ann"]
            access = create_access_token(user)
            return jsonify(access_token=access, refresh_token=create_refresh_token(user))

        tokens = members.client.post("/enter").get_json()

        assert len(members.listed(tokens)) == 1
        assert members.me(members.refreshed(tokens["refresh_token"])) == 200

    def test_the_other_way_round(self) -> None:
        """Whichever is called first."""
        members = Members()

        @members.app.post("/enter")
        def enter() -> Any:
            user = members.users["ann"]
            refresh = create_refresh_token(user)
            access = create_access_token(user, claims={"via": "sso"}, expires=60)
            return jsonify(access_token=access, refresh_token=refresh)

        tokens = members.client.post("/enter").get_json()

        claims = claims_of(tokens["access_token"])
        assert (claims["via"], claims["exp"] - claims["iat"]) == ("sso", 60)
        assert len(members.listed(tokens)) == 1

    def test_two_users(self) -> None:
        """For two users they are two sessions."""
        members = Members()

        @members.app.post("/enter")
        def enter() -> Any:
            access = create_access_token(members.users["ann"])
            refresh = create_refresh_token(members.users["bob"])
            return jsonify(access_token=access, refresh_token=refresh)

        tokens = members.client.post("/enter").get_json()
        bob = members.refreshed(tokens["refresh_token"])

        assert claims_of(tokens["access_token"])["identity"] == "ann"
        assert claims_of(bob["access_token"])["identity"] == "bob"

    def test_without_a_store(self) -> None:
        """There are no refresh tokens without a store; access tokens there are."""
        members = Members(None)
        with members.app.app_context():
            token = create_access_token({"id": "ann"}, claims={"role": "x"}, expires=3600)
            with pytest.raises(ConfigurationError, match="JWT_SESSION_STORE"):
                create_refresh_token({"id": "ann"})

        claims = claims_of(token)
        assert (claims["role"], claims["exp"] - claims["iat"]) == ("x", 3600)

    def test_in_a_hook(self) -> None:
        """The hook that answers a sign-in may ask for the refresh token."""
        members = Members()

        @members.jwt.auth_response_handler
        def answer(access: str, user: Any) -> Any:
            return jsonify(a=access, r=create_refresh_token(user))

        body = {"username": "ann", "password": "x"}
        tokens = members.client.post("/auth", json=body).get_json()

        assert members.refreshed(tokens["r"])["access_token"]
        assert len(members.listed({"access_token": tokens["a"]})) == 1


class TestHooks:
    """What the application's hooks may and may not do."""

    def test_an_encode_hook(self) -> None:
        """Tokens of another making carry no session: that is said at once."""
        members = Members()
        members.jwt.jwt_encode_handler(lambda identity: "token")

        with members.app.app_context(), pytest.raises(ConfigurationError, match="encode"):
            members.jwt.sessions.start({"id": "ann"})

    def test_a_payload_hook_that_forgets_the_user(self) -> None:
        """Nobody can sign out a user whom the claims do not name."""
        members = Members()
        members.jwt.jwt_payload_handler(
            lambda user: {"iat": members.now, "nbf": members.now, "exp": members.now + 60}
        )

        with members.app.app_context(), pytest.raises(ConfigurationError, match="subject="):
            members.jwt.sessions.start({"id": "ann"})

    def test_a_decode_hook_is_checked_too(self) -> None:
        """What a decode hook returns is looked at as anything else."""
        members, tokens = signed_in()
        members.jwt.jwt_decode_handler(lambda token: claims_of(token))
        assert members.me(tokens) == 200
        members.ask("POST", "/auth/logout", tokens)

        assert members.me(tokens) == 401

    @pytest.mark.parametrize(
        "claims",
        [
            {"sid": 1, "iat": 1_900_000_000},
            {"sid": ["x"], "iat": 1_900_000_000},
            {"sid": "x", "iat": None},
            {"sid": "x", "iat": "later"},
            {"sid": "x"},
        ],
    )
    def test_a_decode_hook_that_returns_anything(self, claims: dict[str, Any]) -> None:
        """Odd claims are refused, and are no error of the server's."""
        members = Members()
        members.jwt.jwt_decode_handler(lambda token: {"identity": "ann", **claims})

        assert members.me({"access_token": "x"}) == 401

    def test_current_token(self) -> None:
        """A view knows its session."""
        members = Members()

        @members.app.get("/sid")
        @jwt_required()
        def sid() -> str:
            return str(current_token.claims["sid"])

        tokens = members.sign_in()

        assert members.ask("GET", "/sid", tokens).text == claims_of(tokens["access_token"])["sid"]
