"""Scopes, roles and the time of sign-in in the tokens of sessions, as requests meet them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from time import time
from typing import Any

import pytest
from werkzeug.serving import make_server

from flask_jwt import create_access_token, create_refresh_token, jwt_required
from flask_jwt.core import ClaimsError
from flask_jwt.requirements import Amr, MaxAge, Role, Scope
from flask_jwt.sessions import NewSession, Use
from tests.support.browsing import ACCESS, Browsing, cookie
from tests.support.http_client import Client
from tests.support.members import RunningMembers, good
from tests.support.tokens import parts_of

GUARDED = {
    "pay": Scope("pay"),
    "audit": Scope("audit"),
    "sell": Role("owner"),
    "clean": Role("cleaner"),
    "fresh": MaxAge(600),
    "known": Amr("pwd"),
}
NESTED = {"JWT_ROLES_CLAIM": ["realm_access", "roles"]}


class Staff(Browsing, RunningMembers):
    """An application whose users have scopes and roles, and views that require some."""

    def __init__(self, store: str = "memory://", **config: Any) -> None:
        super().__init__(store, **{"JWT_TOKEN_LOCATION": ["headers"], **config})
        self.now = time()
        self.ann = self.users["ann"]
        self.ann |= {"scopes": ["read", "pay"], "roles": ["owner"]}
        for name, requirement in GUARDED.items():
            view = jwt_required(requires=requirement)(lambda: "in")
            self.app.add_url_rule(f"/{name}", name, view)
        self.tokens: dict[str, Any] = {}

    def functions(self) -> dict[str, Any]:
        """Return who may do what."""
        return {"scopes": lambda user: user["scopes"], "roles": lambda user: user["roles"]}

    def begin(self) -> None:
        """Sign in."""
        self.tokens = self.sign_in()

    def go_on(self) -> None:
        """Have another access token."""
        self.tokens = self.refreshed(self.tokens["refresh_token"])

    @property
    def claims(self) -> dict[str, Any]:
        """What the access token at hand says."""
        found: dict[str, Any] = parts_of(self.tokens["access_token"])[1]
        return found

    def open(self) -> set[str]:
        """Return the views that let this user in."""
        return {name for name in GUARDED if self.ask("GET", f"/{name}", self.tokens).text == "in"}


class StaffInBrowsers(Staff):
    """The same, with tokens in cookies."""

    def __init__(self, store: str = "memory://", **config: Any) -> None:
        super().__init__(store, **{"JWT_TOKEN_LOCATION": ["cookies"], **config})

    def begin(self) -> None:
        self.enter()
        self._look()

    def go_on(self) -> None:
        good(self.act("/auth/refresh"))
        self._look()

    def open(self) -> set[str]:
        return {name for name in GUARDED if self.visit("GET", f"/{name}").text == "in"}

    def _look(self) -> None:
        self.tokens = {"access_token": cookie(self, ACCESS)}


class StaffWhoStay(StaffInBrowsers):
    """The same, whose access tokens are renewed by the requests that they make."""

    def __init__(self, store: str = "memory://", **config: Any) -> None:
        super().__init__(store, JWT_COOKIE_AUTO_REFRESH=200, **config)

    def go_on(self) -> None:
        self.now += 120
        assert self.visit("GET", "/move").text == "moved"
        former = self.tokens
        self._look()
        assert self.tokens != former


@pytest.fixture(params=["memory", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store."""
    return "memory://" if request.param == "memory" else f"sqlite:///{tmp_path / 'sessions.db'}"


@pytest.mark.parametrize("config", [{}, NESTED], ids=["roles", "realm_access.roles"])
@pytest.mark.parametrize("kind", [Staff, StaffInBrowsers, StaffWhoStay])
def test_what_changes(kind: type[Staff], url: str, config: dict[str, Any]) -> None:
    """At a refresh roles are today's; a scope goes, and none comes without a sign-in."""
    staff = kind(url, **config)
    staff.begin()
    assert staff.open() == {"pay", "sell", "fresh", "known"}

    staff.ann |= {"scopes": ["audit", "pay"], "roles": ["cleaner"]}
    assert staff.open() == {"pay", "sell", "fresh", "known"}
    staff.go_on()
    assert staff.open() == {"pay", "clean", "fresh", "known"}
    assert staff.claims["scope"] == "pay"

    staff.ann |= {"scopes": None, "roles": None}
    staff.go_on()
    assert staff.open() == {"fresh", "known"}
    assert staff.claims.keys().isdisjoint({"scope", "roles"})

    staff.ann |= {"scopes": "pay audit read", "roles": "owner"}
    staff.go_on()
    assert staff.claims["scope"] == "pay read"
    staff.begin()
    assert staff.open() == {"pay", "audit", "sell", "fresh", "known"}


@pytest.mark.parametrize("kind", [Staff, StaffInBrowsers, StaffWhoStay])
def test_max_age(kind: type[Staff], url: str) -> None:
    """The sign-in grows old, however often its tokens are made anew."""
    staff = kind(url)
    staff.begin()
    signed_in = staff.claims["auth_time"]
    assert abs(signed_in - staff.now) < 60
    for _ in range(5):
        staff.now += 150
        staff.go_on()
        assert (staff.claims["auth_time"], staff.claims["amr"]) == (signed_in, ["pwd"])

    assert staff.open() == {"pay", "sell", "known"}
    staff.begin()
    assert staff.open() == {"pay", "sell", "fresh", "known"}


@contextmanager
def served(staff: Staff) -> Iterator[Client]:
    """Serve an application on a port of this machine."""
    server = make_server("127.0.0.1", 0, staff.app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Client(server.port)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_over_http(url: str) -> None:
    """An app signs its user in, pays, is refused what needs more, and goes on by a refresh."""
    staff = Staff(url, **NESTED)
    with served(staff) as client:
        tokens = client.post("/auth", {"username": "ann", "password": "secret"}).json
        token = tokens["access_token"]
        assert [client.get(f"/{name}", token=token).status for name in ("pay", "fresh")] == [
            200
        ] * 2
        refused = client.get("/audit", token=token)
        assert refused.status == 403
        assert 'scope="audit"' in (refused.header("WWW-Authenticate") or "")

        staff.ann |= {"scopes": ["read", "audit"], "roles": []}
        staff.now += 700
        body = {"refresh_token": tokens["refresh_token"]}
        token = client.post("/auth/refresh", body).json["access_token"]
        statuses = {name: client.get(f"/{name}", token=token).status for name in GUARDED}
        stale = client.get("/fresh", token=token)

    assert statuses == {
        "pay": 403,
        "audit": 403,
        "sell": 403,
        "clean": 403,
        "fresh": 401,
        "known": 200,
    }
    assert 'error="insufficient_user_authentication"' in (stale.header("WWW-Authenticate") or "")


def begun_before(staff: Staff, methods: tuple[str, ...]) -> str:
    """Return the refresh token of a session that began before tokens said when it did."""
    with staff.app.app_context():
        sessions = staff.jwt.load_state(staff.app).sessions
        assert sessions is not None
        sessions.begin_start()
        claims = {"identity": "ann"}
        subject = sessions.subject_of(claims)
        use = Use(staff.now + 300, None, None)
        started = sessions.start(
            NewSession("A" * 22, subject, "00" * 16, 86400, 86400, claims, {}, methods, use)
        )
    assert started is not None
    return started


def test_sessions_from_before(url: str) -> None:
    """A session of a former release tells when it began; it has no scope before a new sign-in."""
    staff = Staff(url)
    began = int(staff.now)
    refresh_token = begun_before(staff, ("pwd",))
    staff.now += 300
    staff.tokens = staff.refreshed(refresh_token)

    assert abs(staff.claims["auth_time"] - began) < 60
    assert staff.claims["amr"] == ["pwd"]
    assert staff.open() == {"sell", "fresh", "known"}


def test_programs_from_before() -> None:
    """A session that a program began without a word about its user's sign-in tells of none."""
    staff = Staff()
    staff.tokens = staff.refreshed(begun_before(staff, ()))

    assert staff.open() == {"sell"}


class TestPrograms:
    """Tokens of an application's own endpoints and scripts."""

    def test_nobody_has_signed_in(self) -> None:
        """A token that a program makes says nothing of a sign-in, then or later."""
        staff = Staff()
        with staff.app.app_context():
            staff.tokens = {"access_token": create_access_token(staff.ann)}
            assert staff.open() == {"pay", "sell"}
            begun = staff.jwt.sessions.start(staff.ann)
        staff.tokens = staff.refreshed(begun.refresh_token)
        assert staff.open() == {"pay", "sell"}

    def test_somebody_has(self) -> None:
        """It says so where it is told how."""
        staff = Staff()
        with staff.app.app_context():
            access = create_access_token(staff.ann, methods=["pwd", "otp"])
            begun = staff.jwt.sessions.start(staff.ann, methods=["pwd", "otp"])
        staff.tokens = {"access_token": access}
        assert staff.claims["amr"] == ["pwd", "otp"]
        assert staff.open() == {"pay", "sell", "fresh", "known"}
        staff.tokens = staff.refreshed(begun.refresh_token)
        assert staff.claims["amr"] == ["pwd", "otp"]

    def test_somebody_has_elsewhere(self) -> None:
        """What another service says of the sign-in is added as claims are, and stays."""
        staff = Staff()
        said = {"auth_time": int(staff.now) - 3600, "acr": "gold"}
        with staff.app.app_context():
            begun = staff.jwt.sessions.start(staff.ann, claims=said)
        staff.tokens = staff.refreshed(begun.refresh_token)

        assert staff.claims.items() >= said.items()
        assert "fresh" not in staff.open()

    def test_methods_that_are_none(self) -> None:
        """Methods are words."""
        staff = Staff()
        with staff.app.app_context():
            for make in (create_access_token, create_refresh_token):
                with pytest.raises(ValueError, match="methods are a list"):
                    make(staff.ann, methods="pwd")

    def test_both_tokens_of_one_session(self) -> None:
        """One request says the same of both tokens, and another token of theirs says it too."""
        staff = Staff()
        with staff.app.test_request_context():
            create_refresh_token(staff.ann, methods=["pwd"])
            staff.now += 5
            first = parts_of(create_access_token(staff.ann, methods=["pwd"]))[1]
        with staff.app.test_request_context():
            create_refresh_token(staff.ann, methods=["pwd"])
            with pytest.raises(ValueError, match="without these methods"):
                create_access_token(staff.ann, methods=["otp"])
            staff.now += 5
            part = parts_of(create_access_token(staff.ann, claims={"scope": "read"}))[1]

        with staff.app.test_request_context():
            create_refresh_token(staff.ann, methods=["pwd"])
            with pytest.raises(ClaimsError, match="auth_time"):
                create_access_token(staff.ann, claims={"auth_time": 1})

        assert first["amr"] == part["amr"] == ["pwd"]
        assert part["iat"] - part["auth_time"] in (4, 5, 6)
        assert part["scope"] == "read"

    def test_a_part_of_the_scope(self) -> None:
        """A session that began with a part of the user's scopes keeps to it."""
        staff = Staff()
        with staff.app.app_context():
            begun = staff.jwt.sessions.start(staff.ann, claims={"scope": "read"})
        staff.tokens = staff.refreshed(begun.refresh_token)
        assert staff.claims["scope"] == "read"
        staff.ann["scopes"] = ["pay"]
        staff.go_on()
        assert "scope" not in staff.claims


class TestPayloadHooks:
    """What a payload hook says, beside or in place of the two functions."""

    def test_a_sign_in_that_it_dates_anew(self) -> None:
        """A hook that speaks of each refresh as of a sign-in does not make it one."""
        staff = Staff()
        default = staff.jwt.jwt_payload_callback
        acr = ["gold"]
        staff.jwt.jwt_payload_handler(
            lambda user: {**default(user), "auth_time": int(staff.now), "acr": acr[0]}
        )
        staff.begin()
        signed_in = staff.claims["auth_time"]
        acr[0] = "platinum"
        staff.now += 700
        staff.go_on()

        assert (staff.claims["auth_time"], staff.claims["acr"]) == (signed_in, "gold")

    @pytest.mark.parametrize("claim", ["scope", "scp"])
    def test_its_own_scope(self, claim: str) -> None:
        """What a hook grants at a refresh is held to the scope of the sign-in, by either name."""
        staff = Staff()
        staff.jwt.grants = None
        default = staff.jwt.jwt_payload_callback
        scope = ["read"]
        staff.jwt.jwt_payload_handler(lambda user: {**default(user), claim: list(scope)})
        staff.begin()
        scope += ["audit"]
        staff.go_on()

        assert staff.claims[claim] == ["read"]
