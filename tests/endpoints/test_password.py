"""``POST /auth/password``: another password, new tokens, and no other session left."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from flask_jwt import JWTError, create_access_token
from flask_jwt.sessions import Use
from flask_jwt.sessions.errors import StoreBusy
from flask_jwt.stores.memory import MemoryStore
from flask_jwt.throttle.memory import MemoryCounts
from flask_jwt.user_directory import DirectoryUnavailable
from tests.support.accounts import NEW, PASSWORD, Accounts
from tests.support.browsing import ACCESS, CSRF, HEADER, REFRESH, SITE, cookie, fault, set_cookies
from tests.support.dict_directory import DictDirectory
from tests.support.members import NOW, by_hand, good, refusal, sid_of

COOKIES = {"JWT_TOKEN_LOCATION": ["cookies"]}
DEVICE = "__Host-Http-device"
WRONG = (403, "Wrong Password", "The password is not that of the user who asks")


def signs_in(accounts: Accounts, password: str) -> bool:
    """Tell whether ann signs in with a password."""
    body = {"username": "ann", "password": password}
    return accounts.client.post("/auth", json=body).status_code == 200


def test_the_own_session_goes_on() -> None:
    """The session gets new tokens; its former refresh token is reuse once the grace is over."""
    accounts = Accounts()
    tokens = accounts.sign_in()

    renewed = good(accounts.change(tokens))

    assert renewed.keys() == tokens.keys()
    assert sid_of(renewed) == sid_of(tokens)
    assert renewed["refresh_token"] != tokens["refresh_token"]
    assert accounts.who(renewed) == 200
    accounts.now += 60
    later = accounts.refreshed(renewed["refresh_token"])
    assert accounts.who(later) == 200
    assert refusal(accounts.refresh(tokens["refresh_token"]))[2] == "Refresh token was used before"


def test_a_refresh_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refresh that comes in between has been replaced too: the newest tokens are the change's."""
    store = MemoryStore(lambda: accounts.now)
    accounts = Accounts(store, JWT_REFRESH_GRACE_DELTA=0)
    tokens = accounts.sign_in()
    rotate, between = store.rotate, list[dict[str, Any]]()

    def beaten(sid: str, counter: int, use: Use) -> bool:
        monkeypatch.setattr(store, "rotate", rotate)
        between.append(accounts.refreshed(tokens["refresh_token"]))
        return rotate(sid, counter, use)

    monkeypatch.setattr(store, "rotate", beaten)
    renewed = good(accounts.change(tokens))

    assert accounts.who(accounts.refreshed(renewed["refresh_token"])) == 200
    reused = accounts.refresh(between[0]["refresh_token"])
    assert refusal(reused)[2] == "Refresh token was used before"


def test_the_others_end() -> None:
    """Whoever else has signed in as this user is signed out at once, and nobody else is."""
    accounts = Accounts()
    other, tokens, bob = accounts.sign_in(), accounts.sign_in(), accounts.sign_in("bob")

    good(accounts.change(tokens))

    assert accounts.who(other) == 401
    assert accounts.refresh(other["refresh_token"]).status_code == 401
    assert accounts.who(bob) == 200
    assert [session["this"] for session in accounts.listed(tokens)] == [True]


def test_the_password_is_another() -> None:
    """From now on the new one signs in, and the former does not."""
    accounts = Accounts()
    good(accounts.change(accounts.sign_in()))

    assert signs_in(accounts, NEW)
    assert not signs_in(accounts, PASSWORD)


def test_in_a_browser() -> None:
    """A browser gets new cookies, and no token in the body, wherever tokens may be."""
    for location in (["cookies"], ["headers", "cookies"]):
        accounts = Accounts(JWT_TOKEN_LOCATION=location)
        accounts.enter()
        before = {name: cookie(accounts, name) for name in (ACCESS, CSRF, DEVICE)}
        refresh_token = cookie(accounts, REFRESH, "/auth/refresh")

        answer = accounts.change_in_browser()

        assert good(answer) == {"expires_in": 300, "csrf_token": before[CSRF]}
        assert {name for name, _ in set_cookies(answer)} == {ACCESS, REFRESH, CSRF, DEVICE}
        assert cookie(accounts, ACCESS) != before[ACCESS]
        assert cookie(accounts, REFRESH, "/auth/refresh") != refresh_token
        assert accounts.visit("GET", "/who").text == "ann"
        assert accounts.act("/auth/refresh").status_code == 200


def test_the_browser_stays_known() -> None:
    """The browser that asks is known by its new cookie, although all others are forgotten."""
    accounts = Accounts(**COOKIES)
    accounts.enter()
    former = cookie(accounts, DEVICE)
    accounts.change_in_browser()
    device = cookie(accounts, DEVICE)

    def attempt(value: str | None, password: str) -> int:
        body = {"username": "ann", "password": password}
        return accounts.send("POST", "/auth", f"{DEVICE}={value}", json=body).status_code

    for _ in range(6):
        attempt(None, "guessed")
    assert attempt(None, NEW) == 429
    assert attempt(former, NEW) == 429
    assert attempt(device, NEW) == 200


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, "The CSRF value is missing"),
        ({HEADER: "wrong"}, "The CSRF value is not that of this session"),
        ({"Sec-Fetch-Site": "cross-site"}, "The request comes from a page of another origin"),
    ],
)
def test_from_another_site(headers: dict[str, str], expected: str) -> None:
    """A page of another site changes nothing, and its attempts are not counted."""
    accounts = Accounts(**COOKIES)
    accounts.enter()
    body = {"password": PASSWORD, "new_password": NEW}

    answer = accounts.visit("POST", "/auth/password", json=body, headers=headers)

    assert answer.status_code == 403
    assert fault(answer)[1].startswith(expected)
    assert accounts.directory.verified == 1


@pytest.mark.parametrize("store", ["memory://", None])
def test_wrong_password(store: str | None) -> None:
    """Who does not know the password changes nothing, and soon has to wait; a right one clears."""
    accounts = Accounts(store)
    tokens = accounts.sign_in()

    for _ in range(5):
        assert refusal(accounts.change(tokens, "guessed")) == WRONG
    waiting = accounts.change(tokens)
    assert refusal(waiting)[:2] == (429, "Too Many Requests")
    assert waiting.headers["Retry-After"] == "1"
    accounts.now += 1
    assert accounts.change(tokens, new="short").status_code == 400
    for _ in range(5):
        assert refusal(accounts.change(tokens, "guessed")) == WRONG
    assert accounts.change(tokens).status_code == 429
    assert accounts.who(accounts.sign_in()) == 200


def test_who_waits_is_one_session() -> None:
    """The waits of a session are not those of another one, and not those of sign-in."""
    accounts = Accounts()
    here, elsewhere = accounts.sign_in(), accounts.sign_in()
    for _ in range(6):
        accounts.change(here, "guessed")

    assert accounts.change(here).status_code == 429
    assert signs_in(accounts, PASSWORD)
    assert accounts.change(elsewhere).status_code == 200


def test_without_a_throttle() -> None:
    """Where nothing is counted nobody waits, and no device is known."""
    accounts = Accounts(**COOKIES, JWT_THROTTLE=False)
    accounts.enter()
    for _ in range(7):
        assert refusal(accounts.change_in_browser("guessed")) == WRONG

    answer = accounts.change_in_browser()

    assert {name for name, _ in set_cookies(answer)} == {ACCESS, REFRESH, CSRF}


def test_somebody_elses_password() -> None:
    """It is the password of the user who asks that counts, and no name is read of the body."""
    accounts = Accounts()
    accounts.directory.put("eve", "of her own")

    assert refusal(accounts.change(accounts.sign_in(), "of her own")) == WRONG


def test_weak_password() -> None:
    """A new password that will not do is refused in the directory's words, and nobody leaves."""
    accounts = Accounts()
    other, tokens = accounts.sign_in(), accounts.sign_in()

    answer = refusal(accounts.change(tokens, new="short"))

    assert answer == (400, "Weak Password", "A password has 8 characters at least")
    assert accounts.who(other) == accounts.who(tokens) == 200
    assert signs_in(accounts, PASSWORD)


def test_a_directory_that_only_sets() -> None:
    """A directory that can't say beforehand what will do refuses as well."""
    accounts = Accounts()
    accounts.directory.check_password = None  # type: ignore[assignment]
    tokens = accounts.sign_in()

    assert refusal(accounts.change(tokens, new="short"))[:2] == (400, "Weak Password")
    assert accounts.change(tokens).status_code == 200


def test_without_sessions() -> None:
    """Without a store the answer is a new token, and older ones are refused."""
    accounts = Accounts(None)
    tokens = accounts.sign_in()
    accounts.now += 1

    renewed = good(accounts.change(tokens))

    assert renewed.keys() == {"access_token"}
    assert accounts.who(renewed) == 200
    assert refusal(accounts.ask("GET", "/who", tokens))[1:] == (
        "Invalid token",
        "Token has been revoked",
    )


@pytest.mark.parametrize("zone", ["UTC-9", "UTC+9"])
def test_a_moment_without_a_zone(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Directories that keep none, as many do, mean UTC: wherever the server is, the same holds."""
    accounts = Accounts(None)
    tokens = accounts.sign_in()
    accounts.now += 1
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        changed = datetime.fromtimestamp(accounts.now, UTC).replace(tzinfo=None)
        accounts.directory.users[1] = replace(accounts.ann, password_changed_at=changed)

        assert accounts.who(tokens) == 401
        assert accounts.who(accounts.sign_in()) == 200
    time.tzset()


def test_without_sessions_in_a_browser() -> None:
    """Without a store, too, a browser gets new cookies, with another CSRF value."""
    accounts = Accounts(None, **COOKIES)
    accounts.enter()
    former = f"{ACCESS}={cookie(accounts, ACCESS)}"
    accounts.now += 1

    renewed = good(accounts.change_in_browser())

    assert renewed == {"expires_in": 300, "csrf_token": accounts.value}
    assert accounts.visit("GET", "/who").status_code == 200
    assert accounts.send("GET", "/who", former).status_code == 401


def test_a_token_from_before_sessions() -> None:
    """A token that has no session is worthless afterwards: its user gets a session."""
    store = MemoryStore(lambda: 0.0)
    accounts = Accounts(store)
    former = by_hand(accounts.now, identity=1, iat=int(accounts.now) + 1)
    accounts.now += 1
    assert accounts.who(former) == 200
    accounts.now += 1

    renewed = good(accounts.change(former))

    assert accounts.who(renewed) == 200
    assert accounts.who(former) == 401


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"password": PASSWORD},
        {"new_password": NEW},
        {"password": "", "new_password": NEW},
        {"password": PASSWORD, "new_password": ""},
        {"password": None, "new_password": NEW},
        {"password": [PASSWORD], "new_password": NEW},
        {"password": PASSWORD, "new_password": 12345678},
        {"password": PASSWORD, "new_password": "é" * 2049},
        {"password": "p" * 4097, "new_password": NEW},
        {"password": PASSWORD, "new_password": NEW, "username": "bob"},
        {"password": PASSWORD, "new_password": NEW, "access_token": "x"},
    ],
)
def test_other_members(body: Any) -> None:
    """A body that has other members than the two, or others in them, is a 400, and not counted."""
    accounts = Accounts()
    tokens = accounts.sign_in()

    for _ in range(7):
        answer = accounts.ask("POST", "/auth/password", tokens, json=body)
        assert refusal(answer)[:2] == (400, "Bad Request")
    assert accounts.directory.verified == 1


def test_a_token_in_the_body() -> None:
    """Where tokens may be in a body, the token stands beside the passwords."""
    accounts = Accounts(JWT_TOKEN_LOCATION=["headers", "json"])
    token = accounts.sign_in()["access_token"]
    body = {"password": PASSWORD, "new_password": NEW, "access_token": token}

    assert good(accounts.client.post("/auth/password", json=body))["token_type"] == "JWT"


def test_a_removed_user() -> None:
    """Who is removed while the password is changed is told so, by the status of nobody."""
    accounts = Accounts()
    tokens = accounts.sign_in()
    verify = accounts.directory.verify

    def then_remove(name: str, password: str, /) -> Any:
        user = verify(name, password)
        del accounts.directory.users[1]
        return user

    accounts.directory.verify = then_remove  # type: ignore[method-assign]

    assert refusal(accounts.change(tokens))[:2] == (401, "Invalid JWT")


def test_while_users_cannot_be_asked() -> None:
    """A directory that is down is a 503 that counts for nothing; a retry does what was asked."""
    accounts = Accounts()
    tokens = accounts.sign_in()
    verify = accounts.directory.verify

    def fails(_name: str, _password: str, /) -> Any:
        raise DirectoryUnavailable

    accounts.directory.verify = fails  # type: ignore[method-assign]
    for _ in range(7):
        answer = accounts.change(tokens)
        assert refusal(answer)[:2] == (503, "Service Unavailable")
        assert answer.headers["Retry-After"] == "1"
    accounts.directory.verify = verify  # type: ignore[method-assign]

    assert accounts.change(tokens).status_code == 200


def test_every_browser_is_told_of_waits() -> None:
    """A page of a named origin may read for how long to wait."""
    shop = "https://front.example"
    accounts = Accounts(**COOKIES, JWT_COOKIE_ORIGINS=[shop])
    accounts.enter()
    body = {"password": "guessed", "new_password": NEW}
    headers = {HEADER: accounts.value, "Origin": shop}

    for _ in range(6):
        answer = accounts.visit("POST", "/auth/password", json=body, headers=headers)

    assert answer.status_code == 429
    assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]
    assert answer.headers["Access-Control-Allow-Origin"] == shop
    assert shop != SITE


class Failing:
    """Has a method of an object fail from its call of some number on."""

    def __init__(self, patch: pytest.MonkeyPatch, owner: Any, name: str, since: int = 1) -> None:
        self.calls, self._since, self._real = 0, since, getattr(owner, name)
        patch.setattr(owner, name, self)

    def __call__(self, *args: Any) -> Any:
        self.calls += 1
        if self.calls >= self._since:
            raise StoreBusy("the disk is full")
        return self._real(*args)


def test_while_sessions_cannot_be_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has changed where the other sessions can't be ended; a retry does what was asked."""
    store = MemoryStore(lambda: accounts.now)
    accounts = Accounts(store)
    other, tokens = accounts.sign_in(), accounts.sign_in()

    with monkeypatch.context() as patch:
        Failing(patch, store, "end_batch")
        answer = accounts.change(tokens)
        assert refusal(answer)[:2] == (503, "Service Unavailable")
        assert answer.headers["Retry-After"] == "1"
    assert signs_in(accounts, PASSWORD)

    assert accounts.change(tokens).status_code == 200
    assert accounts.who(other) == 401


@pytest.mark.parametrize(("method", "since"), [("end_batch", 2), ("rotate", 1)])
def test_sessions_that_go_away_meanwhile(
    method: str, since: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the sessions fail after the change, no other is left, and a retry is told of it."""
    store = MemoryStore(lambda: accounts.now)
    accounts = Accounts(store)
    other, tokens = accounts.sign_in(), accounts.sign_in()

    with monkeypatch.context() as patch:
        Failing(patch, store, method, since)
        assert accounts.change(tokens).status_code == 503

    assert accounts.who(other) == 401
    assert refusal(accounts.change(tokens)) == WRONG
    assert accounts.who(tokens) == 200
    assert signs_in(accounts, NEW)


def test_a_directory_that_goes_away_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the directory fails before it has changed anything, a retry does what was asked."""
    accounts = Accounts()
    other, tokens = accounts.sign_in(), accounts.sign_in()

    def fails(*_args: Any, **_kwargs: Any) -> None:
        raise DirectoryUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(accounts.directory, "set_password", fails)
        assert accounts.change(tokens).status_code == 503

    assert accounts.who(other) == 401
    assert accounts.change(tokens).status_code == 200


def test_while_nothing_can_be_counted() -> None:
    """No password is looked at where its check can't be counted."""
    accounts = Accounts(JWT_THROTTLE_STORAGE="redis://127.0.0.1:1")
    with accounts.app.app_context():
        tokens = {"access_token": create_access_token(accounts.ann)}

    answer = accounts.change(tokens)

    assert refusal(answer)[::2] == (503, "Sign-ins can't be counted at the moment")
    assert answer.headers["Retry-After"] == "1"
    assert accounts.directory.verified == 0


class NotMarked(MemoryCounts):
    """Counts, and can't say which devices are known."""

    def marked(self, _key: str) -> float | None:
        """Fail."""
        raise StoreBusy("the disk is full")


def test_while_no_device_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser gets its tokens, which are there once, where nobody can be asked of devices."""
    users = DictDirectory(lambda: NOW)
    users.put("ann", PASSWORD)
    monkeypatch.setattr(users, "attempt_counts", NotMarked(), raising=False)
    accounts = Accounts("memory://", users, **COOKIES)
    accounts.enter()

    answer = accounts.change_in_browser()

    assert answer.status_code == 200
    assert {name for name, _ in set_cookies(answer)} == {ACCESS, REFRESH, CSRF}
    assert accounts.visit("GET", "/who").status_code == 200


def test_a_refusal_of_the_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a directory of one's own refuses in words of its own is answered so, and counts."""
    accounts = Accounts()
    tokens = accounts.sign_in()

    def refuses(*_args: Any) -> None:
        raise JWTError("Locked", "Ask at the desk", 403, error_code="locked")

    monkeypatch.setattr(accounts.directory, "verify", refuses)

    answers = [accounts.change(tokens) for _ in range(6)]
    assert refusal(answers[0]) == (403, "Locked", "Ask at the desk")
    assert answers[-1].status_code == 429


def test_handlers_of_ones_own() -> None:
    """Handlers that are given win at sign-in and at views; the password is the directory's."""
    accounts = Accounts()

    @accounts.jwt.authentication_handler
    async def authenticate(username: str, password: str) -> Any:
        return accounts.directory.by_name(username) if password == "of the handler" else None

    @accounts.jwt.identity_handler
    async def identity(claims: dict[str, Any]) -> Any:
        return SimpleNamespace(username="whoever", id=claims["identity"])

    body = {"username": "ann", "password": "of the handler"}
    tokens = good(accounts.client.post("/auth", json=body))

    assert accounts.ask("GET", "/who", tokens).text == "whoever"
    assert accounts.ask("GET", "/auth/me", tokens).get_json()["user"]["username"] == "ann"
    assert refusal(accounts.change(tokens, "of the handler")) == WRONG
    assert accounts.who(good(accounts.change(tokens))) == 200
