"""Names that differ by a letter's case or a mark: one account to some applications, two to others.

A directory says which names are one. A plain authentication handler does not, and may ask any
database: neither is a further guess free there, nor does one account stand for the other.
"""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

from tests.throttle.signing_in import BAD, ELSEWHERE, Site

COOKIES = {"JWT_TOKEN_LOCATION": ["headers", "cookies"]}
#: Two accounts: it is mallory who has registered the second.
PASSWORDS = {"ann": "the password of ann", "Ann": "that of mallory"}


def letter_by_letter(name: str, password: str) -> dict[str, Any] | None:
    """Find users as most databases do."""
    return {"id": name} if PASSWORDS.get(name) == password else None


class Guesses:
    """An application with an authentication handler, and the statuses of guesses at ann."""

    def __init__(self, authenticate: Any = letter_by_letter, **config: Any) -> None:
        self.checked: list[str] = []

        def counted(name: str, password: str) -> Any:
            self.checked.append(name)
            return authenticate(name, password)

        self.site = Site(authenticate=counted, JWT_THROTTLE=True, **config)
        self._addresses = 0

    def sign_in(self, name: str, password: str, client: FlaskClient | None = None) -> int:
        """Return the status of a sign-in, each time from another address."""
        self._addresses += 1
        address = ELSEWHERE[self._addresses % len(ELSEWHERE)]
        return self.site.sign_in(name, password, address=address, client=client).status_code


def test_success_of_an_account_clears_no_other() -> None:
    """Whoever owns Ann signs in to it between guesses at ann, and gets no more of them."""
    guesses = Guesses()
    for _ in range(10):
        guesses.sign_in("ann", BAD)
        assert guesses.sign_in("Ann", PASSWORDS["Ann"]) == 200

    assert guesses.checked.count("ann") == 5
    assert guesses.sign_in("ann", PASSWORDS["ann"]) == 429


def test_a_device_of_an_account_is_none_of_another() -> None:
    """Browsers in which Ann has signed in, as many as mallory likes, are strangers to ann."""
    guesses = Guesses(**COOKIES)
    for _ in range(10):
        client = guesses.site.app.test_client()
        assert guesses.sign_in("Ann", PASSWORDS["Ann"], client) == 200
        guesses.site.now += 0.01
        guesses.sign_in("ann", BAD, client)

    assert guesses.checked.count("ann") == 5


def test_the_owner_of_an_account_is_not_locked_out() -> None:
    """The browser of the owner is known as before."""
    guesses = Guesses(**COOKIES)
    client = guesses.site.app.test_client()
    assert guesses.sign_in("ann", PASSWORDS["ann"], client) == 200
    guesses.site.now += 1
    for _ in range(6):
        guesses.sign_in("ann", BAD)

    assert guesses.sign_in("ann", PASSWORDS["ann"]) == 429
    assert guesses.sign_in("ann", PASSWORDS["ann"], client) == 200


def test_spellings_of_one_account_are_counted_together() -> None:
    """A database that sees neither case, marks nor blanks at the end is guessed at no more often.

    Thirty failures are free for all spellings together, and then they all wait.
    """
    guesses = Guesses(lambda _name, _password: None)
    spellings = [
        letters + end
        for letters in ("ann", "ANN", "Ann", "\u00e4nn", "\uff41nn", "a\u0308nn", "a\u200bnn")
        for end in ("", " ", "  ", "\t", "\u00a0")
    ]
    for name in spellings:
        guesses.sign_in(name, BAD)

    assert len(guesses.checked) == 30
    assert guesses.sign_in("aNN", BAD) == 429
    assert guesses.sign_in("nobody", BAD) == 401
