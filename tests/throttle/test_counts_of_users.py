"""Sign-ins are counted in the database of the users, each application's in its own."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from sqlalchemy import MetaData, select

from flask_jwt import JWT
from flask_jwt.throttle.attempts import FREE_PER_ACCOUNT
from flask_jwt.users import User, Users, add_tables
from flask_jwt.users.attempt_tables import attempts
from tests.support.secret import secret
from tests.support.stores import connected


def an_app(users: Users[User], folder: Path) -> Flask:
    """Return an application with an instance folder of its own."""
    app = Flask("counted", instance_path=str(folder))
    app.config.update(SECRET_KEY=secret("counted"))
    JWT(app, users=users)
    return app


def guess(app: Flask) -> int:
    """Try to sign in, and return the status."""
    return app.test_client().post("/auth", json={"username": "ann", "password": "no"}).status_code


def test_sign_ins_are_counted_beside_the_users(tmp_path: Path) -> None:
    """Workers of an application share the counts of an account; another application has its own."""
    users = Users("sqlite:///users.db")
    workers = [an_app(users, tmp_path / "one") for _ in range(2)]

    assert [guess(workers[0]) for _ in range(FREE_PER_ACCOUNT)] == [401] * FREE_PER_ACCOUNT
    assert guess(workers[1]) == 429
    assert guess(an_app(users, tmp_path / "other")) == 401

    for folder, failures in (("one", FREE_PER_ACCOUNT), ("other", 1)):
        with connected(f"sqlite:///{tmp_path / folder / 'users.db'}") as connection:
            ((key, counted),) = connection.execute(select(attempts.c.key, attempts.c.failures))
            assert key.startswith("account:")
            assert "ann" not in key
            assert counted == failures


def test_migrations_know_the_table() -> None:
    """The table of attempts is added with those of the users, and beside an own model alone."""
    with_users, beside_a_model = MetaData(), MetaData()
    add_tables(with_users)
    add_tables(beside_a_model, ids=None)

    assert with_users.tables.keys() == {"flask_jwt_users", "flask_jwt_attempts"}
    assert beside_a_model.tables.keys() == {"flask_jwt_attempts"}
