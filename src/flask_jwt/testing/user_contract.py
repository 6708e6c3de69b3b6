"""What a directory of users has to do, as tests that it can be put to."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

from ..user_directory import (
    NoSuchUser,
    UnfitEmail,
    UnfitName,
    UserDirectory,
    UserExists,
    WeakPassword,
)
from .factories import run_concurrently

_CORRECT = "correct horse battery staple"
_ANOTHER = "another horse, and its battery"
# What is no id of anybody's, and what is no name.
_NO_IDS: tuple[Any, ...] = (
    *(None, True, False, -1, 2**62, 2**63, -(2**63), 10**400, 1.0, 1.5, float("nan"), float("inf")),
    *("", "\0", "\ud800", "1' OR '1'='1", "x" * 1_000_000, [], [1], {}, {"id": 1}),
)
_NO_NAMES = ("", " ", "\0", "ann\0", "\ud800", "nobody", "ann' OR '1'='1", "%", "x" * 1_000_000)
# Added by so many threads at once, one user is added once.
_THREADS = 4


class UserDirectoryContract:
    """The tests that every directory passes which ``JWT(app, users=…)`` takes.

    Make a class of pytest's out of it, with the directory to test::

        class TestMyDirectory(UserDirectoryContract):
            def make_directory(self):
                return MyDirectory(…)

    Nothing here waits.
    """

    #: The name of a user who is there, and may sign in.
    name = "ann"
    #: That user's password.
    password = _CORRECT
    #: The name of a user who is disabled, with the same password; None where none can be.
    disabled_name: str | None = "dora"

    def make_directory(self) -> UserDirectory:
        """Return a directory in which these users are. Has to be overridden."""
        raise NotImplementedError

    def context(self) -> AbstractContextManager[object]:
        """Return what a thread has to enter before it calls a directory: an application context."""
        return nullcontext()

    def test_a_user_is_found(self) -> None:
        """The user with a name is the one with that id, also as a token carries it."""
        directory = self.make_directory()

        found = directory.by_name(self.name)

        assert found is not None
        assert found.username == self.name
        for user_id in (found.id, json.loads(json.dumps(found.id, default=str))):
            again = directory.by_id(user_id)
            assert again is not None, user_id
            assert (again.id, again.username) == (found.id, self.name)

    def test_nobody_has_such_an_id(self) -> None:
        """Whatever a token says in the place of an id, there is no user, and no error."""
        directory = self.make_directory()

        for user_id in _NO_IDS:
            assert directory.by_id(user_id) is None, repr(user_id)[:50]

    def test_nobody_has_such_a_name(self) -> None:
        """Whatever is typed in the place of a name, there is no user, and no error."""
        directory = self.make_directory()

        for name in _NO_NAMES:
            assert directory.by_name(name) is None, repr(name)[:50]
            assert directory.verify(name, self.password) is None, repr(name)[:50]

    def test_the_password(self) -> None:
        """The right one leads to the user, any other to nobody."""
        directory = self.make_directory()

        found = directory.verify(self.name, self.password)

        assert found is not None
        assert found.username == self.name
        others = (
            "",
            " ",
            "\0",
            "\ud800",
            self.password + "\0",
            self.password[:-1],
            "x" * 1_000_000,
        )
        for password in (*others, self.password + " ", self.password.upper()):
            assert directory.verify(self.name, password) is None, repr(password)[:50]

    def test_a_disabled_user(self) -> None:
        """Whoever is disabled is found, is known to be disabled, and can't sign in."""
        if self.disabled_name is None:
            return
        directory = self.make_directory()

        found = directory.by_name(self.disabled_name)

        assert found is not None
        assert found.enabled is False
        assert directory.verify(self.disabled_name, self.password) is None

    def test_many_threads(self) -> None:
        """Each thread has the user for whom it asks."""
        directory = self.make_directory()
        found = directory.by_name(self.name)
        assert found is not None

        asked = [found.id, None] * _THREADS

        def username(place: int) -> object:
            with self.context():
                return getattr(directory.by_id(asked[place]), "username", None)

        assert run_concurrently(len(asked), username) == [self.name, None] * _THREADS


class UserStoreContract(UserDirectoryContract):
    """The tests that the directories of this package pass, which add users and change them."""

    def make_store(self) -> Any:
        """Return a directory without users. Has to be overridden."""
        raise NotImplementedError

    def same_store(self, store: Any) -> Any:
        """Return another object for the same users, as another process would make it."""
        return store

    def make_directory(self) -> UserDirectory:
        """Return a directory with two users."""
        store = self.make_store()
        store.add(self.name, self.password)
        if self.disabled_name is not None:
            store.disable(store.add(self.disabled_name, self.password))
        directory: UserDirectory = store
        return directory

    def test_a_user_is_kept_whole(self) -> None:
        """What is read is what was given, with the times at which it was."""
        store = self.make_store()
        before = datetime.now(UTC)
        added = store.add(
            "Änn-\U0001f511", _CORRECT, email=" Ann@Example.org ", roles=["späť", "\0", "b a"]
        )
        after = datetime.now(UTC)

        for user in (added, store.by_id(added.id), self.same_store(store).by_id(added.id)):
            assert user.id == added.id
            assert type(user.id) is type(added.id)
            assert user.username == "Änn-\U0001f511"
            assert user.email == "Ann@Example.org"
            assert list(user.roles) == ["späť", "\0", "b a"]
            assert user.enabled is True
            margin = timedelta(milliseconds=1)
            assert before - margin <= user.created_at <= after + margin
            assert user.password_changed_at == user.created_at
            assert user.created_at.utcoffset() == timedelta(0)

    def test_least_of_a_user(self) -> None:
        """A user may have a name alone, and can't sign in then."""
        store = self.make_store()

        added = store.add("ann")

        found = self.same_store(store).by_name("ann")
        assert (found.id, found.email, list(found.roles)) == (added.id, None, [])
        for password in ("", "None", "null"):
            assert store.verify("ann", password) is None

    def test_the_hash_is_not_shown(self) -> None:
        """Neither a user's repr nor that of the directory shows a hash."""
        store = self.make_store()
        added = store.add("ann", _CORRECT)

        for shown in (added, store.by_id(added.id), [store.by_name("ann")], store):
            assert "argon2" not in repr(shown)
            assert "password" not in repr(shown)
        assert "'ann'" in repr(store.by_id(added.id))

    def test_one_user_of_a_name(self) -> None:
        """Names are the same in any case and form; they are shown as they were typed."""
        store = self.make_store()
        added = store.add("Straße\u2460", _CORRECT)
        store.add("strasse")

        for name in ("Straße\u2460", "STRASSE1", "strasse1", "ｓtrasse1"):
            found = store.by_name(name)
            assert found is not None, name
            assert (found.id, found.username) == (added.id, "Straße\u2460")
            assert store.verify(name, _CORRECT) is not None
            assert _raised(UserExists, store.add, name) is not None
        # Their letters are other ones, whatever a database's collation says.
        assert store.add("stráße1").id != added.id

    def test_unfit_for_a_user(self) -> None:
        """What nobody can have is refused by name, and adds nobody."""
        store = self.make_store()

        for name in ("", " ", "a b", "a\0", "\ud800", "a\u200b", "x" * 1_000_000):
            assert _raised(UnfitName, store.add, name) is not None, repr(name)[:50]
        addresses = ("", "@", "a", "a@", "@b", "a@b@c", "a b@c", "a\0@b", "\ud800@b")
        for address in (*addresses, "x" * 255 + "@b", "ü" * 200 + "@b", "x" * 1_000_000):
            error = _raised(UnfitEmail, store.add, "ann", email=address)
            assert error is not None, repr(address)[:50]
            assert error.code == "unfit_email"
        for password in ("", "short", "password1", "eve-of-the-ann", "x" * 2000, "\ud800" * 9):
            error = _raised(WeakPassword, store.add, "eve-of-the-ann", password)
            assert error is not None, repr(password)[:50]
        assert store.page() == []

    def test_many_add_one_name(self) -> None:
        """Of many at once one adds the user, and the others are told that there is one."""
        store = self.make_store()

        def add(_: int) -> str:
            with self.context():
                exists = _raised(UserExists, store.add, "ann")
                return "added" if exists is None else "exists"

        outcomes = run_concurrently(_THREADS, add)

        assert sorted(outcomes) == ["added"] + ["exists"] * (_THREADS - 1)
        assert len(store.page()) == 1

    def test_another_password(self) -> None:
        """A new password takes the place of the old one, and the time of it is known."""
        store = self.make_store()
        added = store.add("ann", _CORRECT)
        changed_at = added.password_changed_at

        store.set_password(added, _ANOTHER)

        assert store.verify("ann", _CORRECT) is None
        assert store.verify("ann", _ANOTHER) is not None
        after = self.same_store(store).by_id(added.id)
        assert after.password_changed_at > changed_at
        assert after.created_at == changed_at
        assert _raised(WeakPassword, store.set_password, added, "ann") is not None
        assert store.verify("ann", _ANOTHER) is not None

    def test_disable_and_enable(self) -> None:
        """Whoever is disabled can't sign in until enabled again."""
        store = self.make_store()
        added = store.add("ann", _CORRECT)

        store.disable(added)
        assert self.same_store(store).by_id(added.id).enabled is False
        assert store.verify("ann", _CORRECT) is None
        store.enable(added.id)
        assert store.by_id(added.id).enabled is True
        assert store.verify("ann", _CORRECT) is not None

    def test_other_roles(self) -> None:
        """Roles take the place of those before."""
        store = self.make_store()
        added = store.add("ann", roles=["a"])

        store.set_roles(added, ["b", "c"])

        assert list(store.by_id(added.id).roles) == ["b", "c"]
        assert list(self.same_store(store).by_name("ann").roles) == ["b", "c"]
        assert _raised(TypeError, store.set_roles, added, "admin") is not None
        assert _raised(TypeError, store.set_roles, added, [1]) is not None
        assert _raised(ValueError, store.set_roles, added, ["x" * 100_000]) is not None

    def test_remove(self) -> None:
        """Whoever is removed is gone, and the name is free."""
        store = self.make_store()
        added = store.add("ann", _CORRECT)
        user_id = added.id

        store.remove(added)

        assert store.by_name("ann") is None
        assert self.same_store(store).by_id(user_id) is None
        assert store.verify("ann", _CORRECT) is None
        assert store.add("ann").username == "ann"

    def test_nobody_to_change(self) -> None:
        """What can't be changed, for the user is not there, is said by name."""
        store = self.make_store()
        gone = store.add("ann")
        user_id = gone.id
        store.remove(user_id)

        nobody: tuple[Any, ...] = (user_id, True, None, "nobody", 1.5, [], 2**70)
        for user in nobody:
            for change in (store.disable, store.enable, store.remove):
                assert _raised(NoSuchUser, change, user) is not None
            assert _raised(NoSuchUser, store.set_password, user, _ANOTHER) is not None
            assert _raised(NoSuchUser, store.set_roles, user, ["a"]) is not None

    def test_a_hash_that_was_brought(self) -> None:
        """It is verified, and replaced by one of today at the first good sign-in."""
        store = self.make_store()
        # Of Werkzeug, for the password above, with a salt of its own.
        brought = (
            "pbkdf2:sha256:1000$7GqHBnJGm0PmPGYk$"
            "bbbc4dcc9a34986515dd742a63dcc294573c2477f4689f259ae8ff0e172e3bac"
        )
        added = store.add("ann", password_hash=brought)

        assert store.verify("ann", _ANOTHER) is None
        assert store.by_id(added.id).password_hash == brought
        assert store.verify("ann", _CORRECT) is not None
        assert store.by_id(added.id).password_hash.startswith("$argon2id$")
        assert store.by_id(added.id).password_changed_at == added.created_at
        assert store.verify("ann", _CORRECT) is not None
        wrapped = store.add("bob", password_hash=brought, wrap=True)
        assert brought not in store.by_id(wrapped.id).password_hash
        assert store.verify("bob", _CORRECT) is not None
        assert _raised(ValueError, store.add, "eve", password_hash=_CORRECT) is not None
        assert _raised(TypeError, store.add, "eve", _CORRECT, password_hash=brought) is not None

    def test_pages(self) -> None:
        """Pages hold each user once, whoever is added or removed meanwhile."""
        store = self.make_store()
        added = {store.add(f"user-{number}").id for number in range(5)}

        seen = []
        page = store.page(limit=2)
        while page:
            seen += [user.id for user in page]
            store.remove(page[-1])
            page = store.page(after=page[-1].id, limit=2)

        assert len(seen) == len(added)
        assert set(seen) == added
        assert [user.id for user in store.page()] == seen[0::2][:2]
        assert [user.id for user in store.page(after=store.page()[0])] == seen[2:3]
        for limit in (0, -1, 10**9):
            assert _raised(ValueError, store.page, None, limit) is not None
        assert _raised(ValueError, store.page, []) is not None


def _raised(kind: type[Exception], call: Callable[..., Any], *args: Any, **named: Any) -> Any:
    """Return the error of a kind that a call raises, or None where it raises none."""
    try:
        call(*args, **named)
    except kind as error:
        return error
    return None
