"""The routes of users where these are in a database: in our own tables, or in a model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import String, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, object_session, sessionmaker

from flask_jwt import JWT
from flask_jwt.sessions.errors import StoreBusy
from flask_jwt.stores.memory import MemoryStore
from flask_jwt.testing import cheap_hashing
from flask_jwt.users import UserMixin, Users
from tests.support.accounts import NEW, PASSWORD, Accounts
from tests.support.browsing import HEADER, SITE
from tests.support.stores import SQL, empty_store
from tests.users.models import application

KINDS = ["numbers", "uuids", "flask-sqlalchemy", "lite", "sessionmaker"]
ANOTHER = "another long one"
# Names that people may have, and names that nobody may.
FIT = ["Ann", "änn-\U0001f511", "ﬁ", "x" * 150]
UNFIT = [
    "\x01",
    "\u200b",
    "\ufeff",
    "a b",
    "\u202eann",
    "\ue000",
    "\U000e0041",
    "x" * 151,
    "\u0378",
]


@contextmanager
def accounts_in(kind: str, folder: Path, store: str | None, **config: Any) -> Iterator[Accounts]:
    """Make an application with users of a kind, and a context to add some in."""
    url = f"sqlite:///{folder / 'users.db'}"
    config["JWT_REGISTER_URL_RULE"] = "/auth/register"
    if kind in ("numbers", "uuids"):
        users: Any = Users(url, ids=UUID if kind == "uuids" else int)
        accounts = Accounts(store, users, **config)
        with accounts.app.app_context(), cheap_hashing(users):
            yield accounts
        return
    with application(kind, url, folder) as made:
        own = made.users()
        with cheap_hashing(own):
            yield Accounts(store, own, app=made.app, **config)


@pytest.mark.parametrize(
    ("kind", "store", "place"),
    [
        *((kind, "memory://", "headers") for kind in KINDS),
        *(("numbers", *rest) for rest in (("memory://", "cookies"), (None, "cookies"))),
        *((kind, None, "headers") for kind in ("numbers", "flask-sqlalchemy")),
    ],
)
def test_from_registration_on(tmp_path: Path, kind: str, store: str | None, place: str) -> None:
    """Somebody registers, signs in elsewhere, changes the password, and is who they were."""

    def credentials(tokens: dict[str, Any]) -> dict[str, str]:
        if place == "cookies":
            return {HEADER: tokens["csrf_token"]}
        return {"Authorization": f"JWT {tokens['access_token']}"}

    with accounts_in(kind, tmp_path, store, JWT_TOKEN_LOCATION=[place]) as accounts:
        body = {"username": "Ann", "password": NEW}
        registered = accounts.visit("POST", "/auth/register", json=body)
        assert registered.status_code == 201
        own = credentials(registered.get_json())
        elsewhere = accounts.app.test_client()
        other = credentials(elsewhere.post("/auth", json=body, base_url=SITE).get_json())
        before = accounts.visit("GET", "/auth/me", headers=own).get_json()["user"]
        accounts.now += 1

        change = {"password": NEW, "new_password": ANOTHER}
        statuses = []
        for wrong in ({"password": PASSWORD}, {"new_password": "12345678"}, {}):
            sent = {**change, **wrong}
            answer = accounts.visit("POST", "/auth/password", json=sent, headers=own)
            statuses.append(answer.status_code)
        own = credentials(answer.get_json())

        assert statuses == [403, 400, 200]
        after = accounts.visit("GET", "/auth/me", headers=own).get_json()["user"]
        changed_at = before.pop("password_changed_at")
        assert after.pop("password_changed_at") > changed_at
        assert (after, after["username"]) == (before, "Ann")
        assert elsewhere.get("/who", base_url=SITE, headers=other).status_code == 401
        assert accounts.visit("POST", "/auth", json=body).status_code == 401
        body = {"username": "ann", "password": ANOTHER}
        assert accounts.visit("POST", "/auth", json=body).status_code == 200


def test_names(tmp_path: Path) -> None:
    """Whatever somebody would be called, the answer is 201 or 400."""
    with accounts_in("numbers", tmp_path, None) as accounts:
        fit = [accounts.register(name).status_code for name in FIT]
        unfit = {accounts.register(name).get_json()["error"] for name in UNFIT}

        assert fit == [201] * len(FIT)
        assert unfit == {"Unfit Name"}
        assert accounts.register("ANN").status_code == 409
        assert accounts.register("eve", email="nobody").get_json()["error"] == "Unfit Email"
        assert accounts.register("eve", "x" * 1025).get_json()["error"] == "Weak Password"


class Base(DeclarativeBase):
    """The tables of an application of its own."""


class Customer(UserMixin, Base):
    """A user with an address, and with a name and an address that nobody else has."""

    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(150), unique=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)


@pytest.mark.parametrize("kind", SQL)
def test_a_model_that_wants_more(kind: str, tmp_path: Path) -> None:
    """What an own model wants in any case, or of nobody twice, is refused, and never a 500."""
    with empty_store(kind, tmp_path) as url:
        engine = create_engine(url)
        Base.metadata.create_all(engine)
        users = Users(model=Customer, session=sessionmaker(engine))
        accounts = Accounts(None, users, JWT_REGISTER_URL_RULE="/auth/register")

        def answer(name: str, **email: str) -> tuple[int, str | None]:
            response = accounts.register(name, **email)
            return response.status_code, response.get_json().get("error")

        with cheap_hashing(users):
            assert answer("Ann", email="ann@example.com") == (201, None)
            assert answer("bob", email="ann@example.com") == (400, "Unfit Email")
            assert answer("bob") == (400, "Unfit Email")
            assert answer("ANN", email="bob@example.com") == (409, "Username Taken")
            # A collation of MariaDB's takes them for one name, and we do not.
            expected = (409, "Username Taken") if kind == "mariadb" else (201, None)
            assert answer("\xe4nn", email="bob@example.com") == expected
        engine.dispose()


@pytest.mark.parametrize("given", ["sqlite:///users.db", Users, dict])
def test_no_directory(given: Any) -> None:
    """What is no directory in a directory's place, the class of one too, is an error at once."""
    with pytest.raises(TypeError, match="users is a directory"):
        JWT(users=given)


def test_an_id_that_is_given_anew(tmp_path: Path) -> None:
    """SQLite gives the id of a deleted row to the next: its sessions are not the next user's."""
    with accounts_in("flask-sqlalchemy", tmp_path, "memory://") as accounts:
        former = accounts.register("mallory").get_json()
        users: Any = accounts.jwt.users
        with accounts.app.app_context():
            row = users.by_name("mallory")
            # As an application may do it, without a word to the directory.
            session: Any = object_session(row)
            session.delete(row)
            session.commit()
        tokens = accounts.register("ann").get_json()

        assert accounts.ask("GET", "/auth/me", tokens).get_json()["user"]["id"] == row.id
        assert accounts.ask("GET", "/auth/me", former).status_code == 401
        assert accounts.refresh(former["refresh_token"]).status_code == 401
        assert accounts.refresh(tokens["refresh_token"]).status_code == 200


def test_an_id_whose_sessions_cannot_be_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is added then; a retry does what was asked."""
    with accounts_in("flask-sqlalchemy", tmp_path, "memory://") as accounts:

        def fail(*_args: Any) -> None:
            raise StoreBusy("it is down")

        with monkeypatch.context() as patch:
            patch.setattr(MemoryStore, "end_batch", fail)
            answer = accounts.register("ann")
            assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)

        assert accounts.register("ann").status_code == 201
