"""Failed sign-ins of an account are counted, and have to wait."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from flask_jwt import JWTError
from flask_jwt.user_directory import DirectoryUnavailable
from tests.throttle.signing_in import BAD, ELSEWHERE, GOOD, SITE, Site

DAY = 86_400


def test_waits_of_an_account() -> None:
    """Five failures are free; then waits double from a second to a quarter of an hour."""
    site = Site()
    site.fail(5)
    waits = []
    for address in ELSEWHERE[:12]:
        wait = site.wait(address=address)
        assert wait is not None
        waits.append(wait)
        site.now += wait
        site.fail(1, address=address)

    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]
    assert site.checks == 5 + 12


def test_answer_of_a_throttled_sign_in() -> None:
    """It is 429 with Retry-After, and says nothing of the password."""
    site = Site()
    site.fail(5)
    right, wrong = site.sign_in(), site.sign_in(password=BAD)

    assert right.status_code == wrong.status_code == 429
    assert right.data == wrong.data
    assert right.headers["Retry-After"] == "1"
    assert "WWW-Authenticate" not in right.headers
    assert "Set-Cookie" not in right.headers


def test_error_handlers_know_it_by_its_code() -> None:
    """The code is stable: "throttled"."""
    site = Site()
    codes: list[str | None] = []

    @site.jwt.jwt_error_handler
    def note(error: JWTError) -> tuple[str, int]:
        codes.append(error.error_code)
        return "", error.status_code

    for _ in range(6):
        site.sign_in(password=BAD)

    assert codes == ["invalid_credentials"] * 5 + ["throttled"]


def test_a_refused_attempt_is_not_counted() -> None:
    """Whoever asks while a wait lasts makes it no longer."""
    site = Site()
    site.fail(5)
    for _ in range(20):
        assert site.wait() == 1
    site.now += 0.25
    assert site.wait() == 1
    site.now += 0.75

    assert site.sign_in().status_code == 200


def test_forgotten_a_day_after_the_last() -> None:
    """The 24 hours begin anew with each failure."""
    site = Site()
    site.fail(4)
    site.now += DAY - 1
    site.fail(1)
    assert site.wait() == 1
    site.now += DAY - 1
    site.fail(1)
    assert site.wait() == 2
    site.now += DAY
    site.fail(5)

    assert site.wait() == 1


def test_the_same_for_unknown_names() -> None:
    """Nobody learns from a wait whether a name exists."""
    site = Site()
    for name in ("ann", "nobody"):
        site.fail(5, name)
    answers = [site.sign_in(name) for name in ("ann", "nobody")]

    assert [answer.status_code for answer in answers] == [429, 429]
    assert answers[0].data == answers[1].data
    assert answers[0].headers.to_wsgi_list() == answers[1].headers.to_wsgi_list()
    assert site.users.checked.count("nobody") == 5


def test_spellings_of_a_name_are_one() -> None:
    """Case and width make no further guesses: names are counted by their key."""
    site = Site()
    for name in ("ann", "ANN", "Ann", "\uff21\uff2e\uff2e", "\uff41nn"):
        site.fail(1, name)

    assert site.wait("ann") == 1
    assert site.wait("mallory") is None


def test_success_clears_the_account() -> None:
    """After the right password five failures are free again."""
    site = Site()
    site.fail(4)
    assert site.sign_in().status_code == 200
    site.fail(5)
    assert site.wait() == 1
    site.now += 1
    assert site.sign_in().status_code == 200
    site.fail(5)

    assert site.wait() == 1


def test_an_attempt_is_counted_before_its_hash() -> None:
    """Guesses at the same moment share what is free: no more than five hashes are made."""
    site = Site()
    gate = Barrier(5)
    # The five are all under way before the first has failed.
    site.users.meanwhile = lambda: gate.wait(30)
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda _: site.sign_in(password=BAD).status_code, range(40)))

    assert sorted(answers) == [401] * 5 + [429] * 35
    assert site.checks == 5


def test_right_passwords_at_once() -> None:
    """Each is given back: whoever signs in often, one at a time, never waits."""
    site = Site()
    for _ in range(40):
        assert site.sign_in().status_code == 200

    site.fail(5)


def test_no_password_was_looked_at() -> None:
    """What the directory answers with 503 is given back, to account and address."""
    site = Site()
    site.users.is_down = True
    for _ in range(40):
        answer = site.sign_in(password=BAD)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "1"
    site.users.is_down = False
    site.fail(5)

    assert site.checks == 5
    assert site.wait() == 1


def test_other_errors_stay_counted() -> None:
    """An error of the application's own tells nothing of the password, and is no free guess."""
    site = Site()

    def fail() -> None:
        raise RuntimeError("a fault of the application")

    site.users.meanwhile = fail
    statuses = [site.sign_in(password=BAD).status_code for _ in range(6)]

    assert statuses == [500] * 5 + [429]


def test_disabled_users() -> None:
    """A right password of a disabled user is a failure as any other, and clears nothing."""
    site = Site()
    site.users.users["ann"].enabled = False
    statuses = [site.sign_in().status_code for _ in range(6)]

    assert statuses == [401] * 5 + [429]


def plain(name: str, password: str) -> dict[str, Any] | None:
    return {"id": name} if password == GOOD else None


async def coroutine(name: str, password: str) -> dict[str, Any] | None:
    return plain(name, password)


@pytest.mark.parametrize("authenticate", [plain, coroutine])
def test_applications_with_users_of_their_own(authenticate: Any) -> None:
    """JWT_THROTTLE counts the sign-ins of any authentication handler."""
    site = Site(authenticate=authenticate, JWT_THROTTLE=True)
    site.fail(5)
    assert site.wait() == 1
    site.now += 1

    assert site.sign_in().status_code == 200


@pytest.mark.parametrize(
    "config", [{"users": None, "authenticate": plain}, {"JWT_THROTTLE": False}], ids=str
)
def test_off(config: dict[str, Any]) -> None:
    """Without a directory nothing is counted unless it is asked for; with one it can be put off."""
    site = Site(**config)
    site.fail(40, address="203.0.113.7")

    assert site.sign_in(address="203.0.113.7").status_code == 200


def test_malformed_bodies_are_not_counted() -> None:
    """What is no sign-in reaches neither a count nor a hash."""
    site = Site()
    bodies: list[Any] = [{}, {"username": "ann"}, {"username": "ann", "password": "x" * 5000}, []]
    for body in bodies:
        for _ in range(40):
            answer = site.client.post("/auth", json=body, base_url=SITE)
            assert answer.status_code in (400, 401)

    assert site.sign_in(address="127.0.0.1").status_code == 200


def test_nothing_typed_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Neither names, passwords nor addresses are in the log, whatever happens."""
    caplog.set_level(logging.DEBUG)
    site = Site()
    site.fail(5, "a-name-that-was-typed")
    site.wait("a-name-that-was-typed")
    site.users.is_down = True
    site.sign_in("a-name-that-was-typed")

    for typed in ("a-name-that-was-typed", GOOD, BAD, ELSEWHERE[0]):
        assert typed not in caplog.text


def test_unavailable_is_what_applications_raise() -> None:
    """A handler of the application's own gives an attempt back by the same error."""

    def authenticate(_name: str, password: str) -> dict[str, Any] | None:
        if password == BAD:
            raise DirectoryUnavailable
        return None

    site = Site(authenticate=authenticate, JWT_THROTTLE=True)
    for _ in range(40):
        assert site.sign_in(password=BAD).status_code == 503

    assert [site.sign_in().status_code for _ in range(6)] == [401] * 5 + [429]
