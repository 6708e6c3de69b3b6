"""What no waiting mends is an error of the configuration that says what does: never 503."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from flask_jwt.sessions import service
from flask_jwt.stores.sql import SQLStore
from tests.support.another_user import another_user, open_folder
from tests.support.members import Members, fault, members_now
from tests.support.postgresql_server import own_postgresql
from tests.support.redis_server import RedisServer, free_port, own_redis
from tests.support.revoking import store_of
from tests.support.server import wait_for
from tests.support.stores import USER_PASSWORD as PASSWORD
from tests.support.stores import a_user, connected, empty_database, server_url
from tests.support.tls import self_signed

KEY = "app.config['JWT_SESSION_STORE']: "
TABLES = ("flask_jwt_sessions", "flask_jwt_revocations", "flask_jwt_store")
#: Where a Redis listens with TLS, counted from its other port.
TLS = -1000


def mend(store: Any) -> str:
    """Return what is said of a store that can't work, without a word of its URL."""
    found = fault(store)
    assert found.startswith(KEY)
    assert PASSWORD not in found
    assert "127.0.0.1" not in found
    return found.removeprefix(KEY)


def replaced(url: str, **parts: Any) -> str:
    """Return a database's URL with other parts."""
    return make_url(url).set(**parts).render_as_string(hide_password=False)


@pytest.fixture(params=["postgresql", "mariadb"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty database on a server, of each kind in turn."""
    with empty_database(request.param) as found:
        yield found


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that other users may enter, as those of pytest are not."""
    with open_folder() as found:
        yield found


def test_an_answer_of_the_server(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To a client it is a 500 without Retry-After; the log has the mend, and nothing of the URL."""
    monkeypatch.setattr("flask_jwt.sessions.circuit_breaker.PAUSE_SECONDS", 1000.0)
    members = Members(replaced(server_url("mariadb"), username="somebody", password=PASSWORD))
    for _ in range(2):
        caplog.clear()
        answer = members.client.post("/auth", json={"username": "ann", "password": "x"})

        assert answer.status_code == 500
        assert "Retry-After" not in answer.headers
        assert f"ConfigurationError: {KEY}the server refuses the user" in caplog.text
        assert "somebody" not in caplog.text
        assert PASSWORD not in caplog.text


def asking_for_tls(url: str) -> str:
    trusted = "/etc/ssl/certs/ca-certificates.crt"
    asking = {"sslmode": "require"} if url.startswith("postgresql") else {"ssl_ca": trusted}
    return replaced(url, query=asking)


class TestServers:
    """PostgreSQL and MariaDB."""

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda url: replaced(url, username="nobody"), "refuses the user, the password"),
            (lambda url: replaced(url, database=f"none_{token_hex(4)}"), "no such database"),
            (asking_for_tls, "the server has none"),
            # Another driver's: the URLs of some providers end so.
            (
                lambda url: replaced(url, query={"ssl-mode": "REQUIRED"}),
                "does not take an option after the ?",
            ),
        ],
        ids=["user", "database", "TLS", "option"],
    )
    def test_what_is_not_there(self, url: str, change: Callable[[str], str], words: str) -> None:
        """A user, a database, TLS or an option that the URL has and the server has not."""
        assert words in mend(change(url))

    def test_a_user_who_may_make_no_tables(self, url: str) -> None:
        """Tables are not there, and may not be made."""
        database = make_url(url).database
        may = f"CONNECT ON DATABASE {database}"
        grant = may if url.startswith("postgresql") else f"SELECT ON {database}.*"
        with a_user(url, grant) as theirs:
            found = mend(theirs)

        assert "GRANT SELECT, INSERT, UPDATE and DELETE" in found
        assert "CREATE" in found
        assert "add_tables" in found

    @pytest.mark.parametrize("may", ["SELECT", "SELECT, UPDATE, DELETE"])
    def test_a_user_who_may_not_write(self, url: str, may: str) -> None:
        """Tables are there, and not all may be done to them that is needed."""
        Members(url).sign_in()
        grants = [f"{may} ON {table}" for table in TABLES]
        with a_user(url, *grants) as theirs:
            assert "GRANT SELECT, INSERT, UPDATE and DELETE" in mend(theirs)

    def test_one_who_may_not_delete(
        self, url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Sessions begin, move on and end nevertheless: rows stay, and the log has the mend."""
        monkeypatch.setattr(service, "PRUNE_SECONDS", -1)
        store_of(url).open(300.0)
        with connected(url) as connection:
            columns = "(number, kind, value, expires_at, not_before)"
            values = "(-1, 'jti', 'x', 1, 0)"
            connection.execute(text(f"INSERT INTO {TABLES[1]} {columns} VALUES {values}"))
        grants = [f"SELECT, INSERT, UPDATE ON {table}" for table in TABLES]
        with a_user(url, *grants) as theirs:
            members = members_now(theirs)
            tokens = members.refreshed(members.sign_in()["refresh_token"])
            assert members.sign_out(tokens).status_code == 204

        assert "GRANT" in caplog.text
        assert "Traceback" not in caplog.text


def test_tables_of_another_release(sql_url: str) -> None:
    """A column is missing."""
    Members(sql_url).sign_in()
    with connected(sql_url) as connection:
        connection.execute(text(f"ALTER TABLE {TABLES[0]} DROP COLUMN methods"))

    assert "not those of this release" in mend(sql_url)


def test_a_name_that_does_not_resolve(url: str, caplog: pytest.LogCaptureFixture) -> None:
    """A server whose name is not known is away: names come back as servers do."""
    members = Members(replaced(url, host="store.invalid"))
    answer = members.client.post("/auth", json={"username": "ann", "password": "x"})

    assert answer.status_code == 503
    assert "does not answer" in caplog.text


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where a PostgreSQL listens, with passwords and TLS."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        with own_postgresql(folder) as port:
            yield port


class TestMariaDB:
    """What it says by its numbers."""

    @pytest.fixture
    def theirs(self) -> Iterator[str]:
        """The URL of a user who has a password."""
        with (
            empty_database("mariadb") as url,
            a_user(url, f"ALL ON {make_url(url).database}.*") as theirs,
        ):
            yield theirs

    @pytest.mark.parametrize(
        ("parts", "words"),
        [
            ({"password": f"not {PASSWORD}"}, "refuses the user"),
            ({"database": "mysql"}, "no such database for this user"),
            ({"query": {"ssl_ca": "/nowhere.pem"}}, "for TLS is not there"),
        ],
    )
    def test_connecting(self, theirs: str, parts: dict[str, Any], words: str) -> None:
        """A wrong password, somebody else's database, a certificate that is not there."""
        assert words in mend(replaced(theirs, **parts))

    def test_a_user_who_has_to_come_with_tls(self, theirs: str) -> None:
        """It says no more than that the user is refused, so that the mend has both."""
        with connected(server_url("mariadb")) as connection:
            connection.execute(text(f"ALTER USER '{make_url(theirs).username}'@'%' REQUIRE SSL"))

        assert "or a connection without TLS" in mend(theirs)


class TestPostgreSQL:
    """A server with passwords, and with TLS."""

    @pytest.mark.parametrize(
        ("user", "rest", "words"),
        [
            (f"postgres:{PASSWORD}@", "postgres", "refuses the user, the password"),
            ("postgres@", "postgres", "refuses the user, the password"),
            (f"postgres:{PASSWORD}@", "elsewhere", "pg_hba.conf"),
            (f"postgres:{PASSWORD}@", "over_tls?sslmode=disable", "with TLS alone"),
            (f"postgres:{PASSWORD}@", "postgres?sslmode=verify-full", "for TLS is not there"),
            (f"postgres:{PASSWORD}@", "postgres?sslmode=verify-ca&sslrootcert=CA", "certificate"),
            (f"postgres:{PASSWORD}@", "postgres?sslmode=often", "an option after the ?"),
        ],
    )
    def test_connecting(self, user: str, rest: str, words: str, port: int, tmp_path: Path) -> None:
        """What the server or the driver says, by words alone, has its mend."""
        another = str(self_signed(tmp_path, ["localhost"]).certificate)
        rest = rest.replace("CA", another)

        assert words in mend(f"postgresql://{user}127.0.0.1:{port}/{rest}")

    def test_another_server(self) -> None:
        """What listens at the port is no PostgreSQL."""
        port = make_url(server_url("mariadb")).port

        assert "another kind" in mend(f"postgresql://postgres@127.0.0.1:{port}/x?sslmode=require")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis with another port for TLS."""
    with own_redis(tmp_path_factory.mktemp("redis")) as server:
        made = self_signed(server.folder, ["localhost"])
        with server.client() as client:
            client.config_set("tls-cert-file", str(made.certificate))
            client.config_set("tls-key-file", str(made.key))
            client.config_set("tls-auth-clients", "no")
            client.config_set("tls-port", server.port + TLS)
        yield server


class TestRedis:
    """A server with users, and one port with TLS."""

    def as_user(self, server: RedisServer, *rules: str) -> str:
        """Return the URL of a user with these permissions."""
        with server.client() as client:
            client.execute_command(
                "ACL", "SETUSER", "worker", "reset", "on", f">{PASSWORD}", *rules
            )
        return f"redis://worker:{PASSWORD}@127.0.0.1:{server.port}"

    @pytest.mark.parametrize(
        ("scheme", "user", "away", "rest", "words"),
        [
            ("redis", f"worker:{PASSWORD * 2}@", 0, "", "refuses the user or the password"),
            # It says nothing at all, and is asked without TLS whether it is there.
            ("rediss", "", 0, "", "the server has no TLS at that port"),
            # It hangs up, and is greeted with TLS.
            ("redis", f"worker:{PASSWORD}@", TLS, "", "begin the URL with rediss://"),
            ("rediss", "", TLS, "", "certificate is not trusted"),
            ("redis", "", 0, "/99", "no database of the number"),
            ("redis", "", 0, "?option=1", "an option after the ?"),
            ("redis", "", 0, "?ssl_ca_certs=/nowhere.pem", "for TLS is not there"),
        ],
    )
    def test_connecting(
        self, server: RedisServer, scheme: str, user: str, away: int, rest: str, words: str
    ) -> None:
        """What the server says, or its silence, has its mend."""
        assert words in mend(f"{scheme}://{user}127.0.0.1:{server.port + away}{rest}")

    def test_no_password(self, server: RedisServer) -> None:
        """``NOAUTH``."""
        with server.client() as client:
            client.config_set("requirepass", PASSWORD)
            try:
                assert "or wants one" in mend(server.url)
            finally:
                client.config_set("requirepass", "")

    @pytest.mark.parametrize(
        "rules",
        [
            ["~flask_jwt:*", "+info"],
            ["~flask_jwt:*", "+@scripting"],
            ["~another:*", "+@read", "+@write", "+@scripting", "+time"],
        ],
    )
    def test_a_user_who_may_not(self, server: RedisServer, rules: list[str]) -> None:
        """A command is refused, or one in a script, or a key."""
        assert "~flask_jwt:* +@read +@write +@scripting +time" in mend(self.as_user(server, *rules))

    def test_a_user_without_info(
        self, server: RedisServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        """All works, with the permissions that the mend names; the log says what is not known."""
        rules = ("~flask_jwt:*", "+@read", "+@write", "+@scripting", "+time")
        members = members_now(self.as_user(server, *rules))
        tokens = members.refreshed(members.sign_in()["refresh_token"])
        assert (members.me(tokens), len(members.listed(tokens))) == (200, 1)
        assert members.sign_out(tokens).status_code == 204
        with server.client() as client:
            client.flushall()
        assert members.me(members.sign_in()) == 200

        (line,) = caplog.records
        assert line.levelname == "WARNING"
        assert "does not tell its maxmemory-policy, which has to be noeviction" in line.message

    def test_a_certificate_that_is_not_looked_at(self, server: RedisServer) -> None:
        """As Celery spells it."""
        with server.client() as client:
            client.flushall()
        url = f"rediss://127.0.0.1:{server.port + TLS}?ssl_cert_reqs=CERT_NONE"

        assert members_now(url).sign_in()

    def test_a_node_of_a_cluster(self, tmp_path: Path) -> None:
        """It has a part of the keys, and sends clients elsewhere for the others (``MOVED``)."""
        with a_node(tmp_path / "one") as (one, bus), a_node(tmp_path / "two") as (two, _):
            with one.client() as first, two.client() as second:
                first.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
                second.execute_command("CLUSTER", "MEET", "127.0.0.1", one.port, bus)
                wait_for(lambda: knows_all(second), "the other node")

            assert "one node of a cluster" in mend(two.url)


@contextmanager
def a_node(folder: Path) -> Iterator[tuple[RedisServer, int]]:
    """Run a node of a cluster, and give it with the port for other nodes."""
    folder.mkdir()
    bus = free_port()
    with own_redis(folder, "--cluster-enabled", "yes", "--cluster-port", str(bus)) as server:
        yield server, bus


def knows_all(node: Redis) -> bool:
    """Tell whether a node knows of all keys where they are."""
    told: dict[str, str] = node.cluster("INFO")
    return told["cluster_state"] == "ok" and told["cluster_slots_ok"] == "16384"


class TestSQLite:
    """Files and folders."""

    def test_a_folder_that_can_t_be_made(self, tmp_path: Path) -> None:
        """There is a file where the folder is to be: the error names the folder."""
        (tmp_path / "file").write_text("")
        found = mend(f"sqlite:///{tmp_path}/file/folder/sessions.db")

        assert f"the folder {tmp_path}/file/folder can't be made (Not a directory)" in found

    def test_a_folder_of_somebody_else_s(self, folder: Path) -> None:
        """As in a container whose file system may not be written to."""
        if os.geteuid() != 0:
            folder.chmod(0o500)
        with another_user():
            for rest in ("new/sessions.db", "sessions.db"):
                found = mend(f"sqlite:///{folder}/{rest}")

                assert f"{folder}" in found
                assert "can't be made (Permission denied); name one" in found

    def test_a_file_of_somebody_else_s(self, folder: Path) -> None:
        """It is there, and may be read alone."""
        path = folder / "sessions.db"
        Members(f"sqlite:///{path}").sign_in()
        path.chmod(0o444)
        with another_user():
            assert "may not" in mend(f"sqlite:///{path}")

    def test_a_folder_is_named(self, tmp_path: Path) -> None:
        """A folder instead of a file."""
        found = mend(f"sqlite:///{tmp_path}")

        assert "can't be opened: it is a folder" in found
        assert str(tmp_path) in found

    @pytest.mark.parametrize("own", [True, False])
    def test_no_database(self, own: bool, tmp_path: Path) -> None:
        """A file of another kind, by a URL or through the application's engine."""
        path = tmp_path / "sessions.db"
        path.write_text("not a database, and longer than the head of one\n" * 100)
        engine = create_engine(f"sqlite:///{path}")
        found = mend(SQLStore(engine) if own else f"sqlite:///{path}")
        engine.dispose()

        assert "no SQLite database" in found
        assert str(path) in found

    def test_a_folder_that_the_engine_does_not_make(self, tmp_path: Path) -> None:
        """An application's engine has its file in a folder that is not there."""
        engine = create_engine(f"sqlite:///{tmp_path}/none/app.db")

        assert "can't be opened" in mend(SQLStore(engine))


def test_an_asynchronous_engine() -> None:
    """It, and what it stands on, can't be used; the error says what can."""
    engine = create_async_engine("postgresql+psycopg://127.0.0.1/app")
    for given in (engine, engine.sync_engine):
        store: Any = SQLStore(given)  # type: ignore[arg-type]

        assert "create_engine()" in mend(store)
