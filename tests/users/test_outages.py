"""The database of the users goes away, refuses, or is not as it has to be."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import make_url, text
from werkzeug.test import TestResponse

from flask_jwt import JWT, current_identity, jwt_required
from flask_jwt.errors import ConfigurationError
from flask_jwt.user_directory import DirectoryUnavailable
from flask_jwt.users import Users
from tests.support.outages import Outage, behind_a_proxy
from tests.support.secret import secret
from tests.support.server import wait_for
from tests.support.stores import a_user, connected, empty_store

from .models import SESSION_KINDS, application

PASSWORD = "correct horse battery staple"
# The breaker leaves a dead database alone for a second; a call to it ends after two at the latest.
_SOON = 3.0


class People:
    """An application with one user, through its test client."""

    def __init__(self, app: Flask, users: Users[Any], folder: Path) -> None:
        app.config.update(SECRET_KEY=secret("people"), JWT_THROTTLE=False)
        self.app = app
        self.jwt = JWT(app, users=users)

        @app.get("/me")
        @jwt_required()
        def me() -> str:
            return str(current_identity.username)

        with app.app_context():
            users.add("ann", PASSWORD)
        self.client: FlaskClient = app.test_client()
        token = self.sign_in().json["access_token"]  # type: ignore[index]
        self.headers = {"Authorization": f"JWT {token}"}

    def sign_in(self) -> TestResponse:
        return self.client.post("/auth", json={"username": "ann", "password": PASSWORD})

    def me(self) -> TestResponse:
        return self.client.get("/me", headers=self.headers)


@contextmanager
def people(kind: str, url: str, folder: Path) -> Iterator[People]:
    """Make an application with tables of our own, or with a model and sessions of a kind."""
    if kind == "url":
        yield People(Flask("urls", instance_path=str(folder)), Users(url), folder)
        return
    with application(kind, url, folder, pool_size=2) as made:
        yield People(made.app, made.users(), folder)


@pytest.fixture(params=["postgresql", "mariadb"])
def outage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Outage]:
    with behind_a_proxy(request.param, tmp_path) as found:
        yield found


@pytest.mark.parametrize("kind", ["url", *SESSION_KINDS])
def test_stopped_and_started(
    kind: str, outage: Outage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """While the database is away each view says 503, soon; then all goes on without a restart."""
    with people(kind, outage.url, tmp_path) as ours:
        assert ours.me().text == "ann"
        outage.stop()

        for ask in (ours.me, ours.sign_in, ours.me):
            began = monotonic()
            answer = ask()
            assert answer.status_code == 503
            assert answer.headers["Retry-After"] == "1"
            assert answer.json is not None
            assert "looked up at the moment" in answer.json["description"]
            assert monotonic() - began < _SOON

        outage.start()
        wait_for(lambda: ours.me().status_code == 200, "the user")
        assert ours.sign_in().status_code == 200
        for secret_text in (PASSWORD, "argon2", make_url(outage.url).password or PASSWORD):
            assert secret_text not in caplog.text


@pytest.mark.parametrize("kind", ["url", *SESSION_KINDS])
def test_connections_that_were_lost(kind: str, outage: Outage, tmp_path: Path) -> None:
    """After a restart between two requests nobody is told of it: the next look is made anew."""
    with people(kind, outage.url, tmp_path) as ours:
        assert ours.me().text == "ann"
        outage.stop()
        outage.start()

        assert ours.me().text == "ann"
        outage.stop()
        outage.start()
        assert ours.sign_in().status_code == 200


@pytest.mark.parametrize("database", ["postgresql", "mariadb"])
def test_a_database_without_room(database: str, tmp_path: Path) -> None:
    """What the database refuses is a 503 for that change alone."""
    refusals = {
        "mariadb": "CREATE TRIGGER refuse BEFORE UPDATE ON flask_jwt_users FOR EACH ROW SIGNAL "
        "SQLSTATE 'HY000' SET MYSQL_ERRNO = 1114, MESSAGE_TEXT = 'The table is full'",
        "postgresql": """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = 'disk_full'; END $$;
        CREATE TRIGGER refuse BEFORE UPDATE ON flask_jwt_users
        FOR EACH ROW EXECUTE FUNCTION refuse()""",
    }
    with (
        empty_store(database, tmp_path) as url,
        people("url", url, tmp_path) as ours,
        ours.app.app_context(),
    ):
        users: Any = ours.app.extensions["jwt"].users
        with connected(url) as connection:
            connection.exec_driver_sql(refusals[database])

        with pytest.raises(DirectoryUnavailable):
            users.set_roles(users.by_name("ann"), ["a role"])

        assert ours.me().text == "ann"


@pytest.mark.parametrize("database", ["postgresql", "mariadb"])
def test_a_fault_that_no_waiting_mends(database: str, tmp_path: Path) -> None:
    """A wrong password, or one who may do nothing, is the application's to mend, and no 503."""
    with empty_store(database, tmp_path) as url, a_user(url) as theirs:
        app = Flask("urls", instance_path=str(tmp_path))
        wrong = make_url(theirs).set(password="another").render_as_string(hide_password=False)
        with app.app_context():
            for faulty in (theirs, wrong):
                if database == "postgresql" and faulty is wrong:
                    # Here the server trusts whoever asks.
                    continue
                with pytest.raises(ConfigurationError, match="Users") as raised:
                    Users(faulty).by_id(1)
                assert "hunter2" not in str(raised.value)


def test_without_tables(sql_url: str, tmp_path: Path) -> None:
    """Where migrations make the table of a model, and have not, the error says so."""
    with application("sessionmaker", sql_url, tmp_path) as made:
        with connected(sql_url) as connection:
            connection.execute(text("DROP TABLE people"))

        with pytest.raises(ConfigurationError, match="people is not there; run the migrations"):
            made.users().by_id(1)


def test_columns_that_are_missing(sql_url: str, tmp_path: Path) -> None:
    """A table that is not as it has to be is an error that says so, and no 503."""
    with application("sessionmaker", sql_url, tmp_path) as made:
        with connected(sql_url) as connection:
            connection.execute(text("ALTER TABLE people DROP COLUMN email"))

        with pytest.raises(ConfigurationError, match="people are not those"):
            made.users().by_id(1)


def test_what_is_logged(outage: Outage, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The log says that the database does not answer, once in a while."""
    with people("url", outage.url, tmp_path) as ours:
        outage.stop()
        caplog.clear()
        for _ in range(5):
            assert ours.me().status_code == 503

    said = [one.message for one in caplog.records if one.levelno >= logging.ERROR]
    assert len([one for one in said if "the database of users does not answer" in one]) == 1, said
