"""Applications whose users are in an SQLite file, and requests that sign in to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import argon2
import flask_jwt_extended as extended
from flask import Flask, abort, jsonify, request
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from werkzeug.test import create_environ

from flask_jwt import JWT, current_identity, jwt_required, public
from flask_jwt.users import User, UserMixin, Users

from .processes import ProcessError
from .session_stores import SECRET
from .timing import Call

SITE = "https://shop.example"
PASSWORD, _WRONG = "a quiet-garden 7", "a quiet-garden 8"
OPEN, KEPT = "/open", "/kept"
#: With the parameters of this package, which everybody uses here.
HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)

_networks = count(1)


class _Base(DeclarativeBase):
    """The tables of an application of its own."""


class Account(UserMixin, _Base):
    """Users in a model of the application's."""

    __tablename__ = "accounts"
    id: Mapped[int] = mapped_column(primary_key=True)


@cache
def hash_of(password: str) -> str:
    """Return the hash of a password: one for each user would take longer than all else."""
    return HASHER.hash(password)


@dataclass(frozen=True)
class Accounts:
    """An application, and what adds users to it, all of them with PASSWORD."""

    app: Flask
    add: Callable[[str], object]

    def sign_in(self, name: str, headers: Mapping[str, str]) -> Call:
        """Prepare one request, from an address that none before it came from."""
        environ = _sign_in_environ(name, PASSWORD, headers)
        return lambda: _serve(self.app, environ, 200)

    def fail(self, name: str) -> Call:
        """Prepare a request with a wrong password, which has to be refused."""
        environ = _sign_in_environ(name, _WRONG, {})
        return lambda: _serve(self.app, environ, 401)

    def token(self, name: str) -> str:
        """Sign in, and return the access token."""
        _, answer = self._signed_in(name)
        token: str = answer["access_token"]
        return token

    def device_cookie(self, name: str) -> str:
        """Sign in, and return the cookie by which the browser is known from now on."""
        client, _ = self._signed_in(name)
        cookie = client.get_cookie("__Host-Http-device", "shop.example")
        if cookie is None:
            raise ProcessError("a sign-in has set no device cookie")
        return f"{cookie.key}={cookie.value}"

    def _signed_in(self, name: str) -> tuple[FlaskClient, Any]:
        client = self.app.test_client()
        body = {"username": name, "password": PASSWORD}
        return client, client.post("/auth", json=body, base_url=SITE).get_json()


def ours(folder: Path, **config: Any) -> tuple[Accounts, Users[User]]:
    """Make an application with the tables of this package, in a folder of its own."""
    users = Users("sqlite:///users.db")
    app = _application(folder, **config)
    JWT(app, users=users)
    _add_views(app, jwt_required(), lambda: current_identity.username)
    return Accounts(app, _adding(app, users)), users


@contextmanager
def our_model(folder: Path) -> Iterator[Accounts]:
    """Make an application with a model of its own, for this package."""
    with _database(folder) as (app, db):
        users = Users(model=Account, session=db.session)
        JWT(app, users=users)
        _add_views(app, jwt_required(), lambda: current_identity.username)
        yield Accounts(app, _adding(app, users))


@contextmanager
def theirs(folder: Path) -> Iterator[Accounts]:
    """Make an application with the same model, Flask-JWT-Extended, and a sign-in by hand."""
    with _database(folder) as (app, db):
        extended.JWTManager(app).user_lookup_loader(
            lambda _, claims: db.session.get(Account, int(claims["sub"]))
        )
        _add_views(app, extended.jwt_required(), lambda: extended.current_user.username)
        # Somebody who is unknown costs a verification by hand as well.
        nobody = hash_of("")

        @app.post("/auth")
        def sign_in() -> Any:
            body = request.get_json()
            account = db.session.scalar(
                select(Account).where(Account.username_key == body["username"])
            )
            try:
                stored = account and account.password_hash
                HASHER.verify(stored or nobody, body["password"])
            except argon2.exceptions.VerifyMismatchError:
                abort(401)
            if account is None:
                abort(401)
            return jsonify(access_token=extended.create_access_token(str(account.id)))

        yield Accounts(app, _adding(app, Users(model=Account, session=db.session)))


@contextmanager
def _database(folder: Path) -> Iterator[tuple[Flask, SQLAlchemy]]:
    folder.mkdir()
    app = _application(folder, SQLALCHEMY_DATABASE_URI=f"sqlite:///{folder}/accounts.db")
    db = SQLAlchemy(app, model_class=_Base)
    with app.app_context():
        db.create_all()
        engine = db.engine
    yield app, db
    engine.dispose()


def _application(folder: Path, **config: Any) -> Flask:
    app = Flask("accounts", instance_path=str(folder))
    # Whatever the environment says.
    app.debug = app.testing = False
    app.config.update(JWT_SECRET_KEY=SECRET, **config)
    return app


def _add_views(app: Flask, guard: Callable[..., Any], name_of: Callable[[], str]) -> None:
    def kept() -> str:
        return name_of()

    app.add_url_rule(OPEN, "open", public(lambda: "view"))
    app.add_url_rule(KEPT, "kept", guard(kept))


def _adding(app: Flask, users: Users[Any]) -> Callable[[str], object]:
    def add(name: str) -> object:
        with app.app_context():
            return users.add(name, password_hash=hash_of(PASSWORD))

    return add


def _sign_in_environ(name: str, password: str, headers: Mapping[str, str]) -> dict[str, Any]:
    body = {"username": name, "password": password}
    environ = create_environ("/auth", SITE, method="POST", json=body, headers=dict(headers))
    number = next(_networks)
    environ["REMOTE_ADDR"] = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    return environ


def _serve(app: Flask, environ: dict[str, Any], expected: int) -> None:
    statuses: list[str] = []

    def begin(status: str, *_: object) -> Callable[[bytes], object]:
        statuses[:] = [status]
        return bytes

    for _ in app.wsgi_app(environ, begin):
        pass
    if int(statuses[0][:3]) != expected:
        raise ProcessError(f"a sign-in was answered with {statuses[0]}")
