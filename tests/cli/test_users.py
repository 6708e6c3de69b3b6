"""``flask jwt users`` as an operator uses it, for an application whose users are in SQLite."""

from __future__ import annotations

import json
import os
import pty
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import Result
from flask import Flask

from flask_jwt import JWT
from flask_jwt.testing import cheap_hashing
from flask_jwt.user_directory import UserDirectory
from flask_jwt.users import Users
from tests.support.secret import secret

NOW = 1_800_000_000
PASSWORD, OTHER = "correct horse", "battery staple"
SHOWN = {
    "id": 1,
    "username": "Ann",
    "email": "ann@example.com",
    "roles": ["admin", "editor"],
    "enabled": True,
    "created_at": "2027-01-15T08:00:00Z",
    "password_changed_at": "2027-01-15T08:00:00Z",
}


class Operator:
    """Runs ``flask jwt users`` for an application, at a time that the test chooses."""

    def __init__(self, users: Any, store: str | None = "memory://") -> None:
        self.now = NOW
        self.users = users
        self.app = Flask("accounts")
        self.app.config.update(SECRET_KEY=secret("accounts"), JWT_SESSION_STORE=store)
        self.jwt = JWT(self.app, users=users, clock=lambda: self.now)

    def run(self, *arguments: str, typed: str | bytes = b"") -> Result:
        """Run a command; standard input is a file."""
        runner = self.app.test_cli_runner()
        return runner.invoke(args=["jwt", "users", *arguments], input=typed)

    def does(self, *arguments: str, typed: str | bytes = b"") -> str:
        """Run a command that succeeds; return what it prints."""
        result = self.run(*arguments, typed=typed)
        assert (result.exit_code, result.stderr) == (0, "")
        return result.stdout

    def fails(self, *arguments: str, typed: str | bytes = b"") -> str:
        """Run a command that is refused; return the one line that says why."""
        result = self.run(*arguments, typed=typed)
        assert (result.exit_code, result.stdout) == (1, ""), result.output
        assert result.stderr.startswith("Error: ")
        assert result.stderr.count("\n") == 1
        return result.stderr.removeprefix("Error: ").rstrip("\n")

    def json(self, *arguments: str, typed: str | bytes = b"") -> dict[str, Any]:
        """Run a command with ``--json``, which prints one object in one line."""
        (line,) = self.does(*arguments, "--json", typed=typed).splitlines()
        found: dict[str, Any] = json.loads(line)
        return found

    def add_ann(self) -> str:
        """Add a user who has everything."""
        given = ("Ann", "--email", "ann@example.com", "--role", "admin", "--role", "editor")
        return self.does("add", *given, "--password-stdin", typed=f"{PASSWORD}\n")

    def status(self, password: str) -> int:
        """Sign ann in, and return the status of the answer."""
        body = {"username": "ann", "password": password}
        return self.app.test_client().post("/auth", json=body).status_code


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    """An operator of an application that has sessions, and no users yet."""
    users = Users(f"sqlite:///{tmp_path / 'users.db'}")
    with cheap_hashing(users):
        yield Operator(users)


def test_add_and_show(operator: Operator) -> None:
    """A user who was added is shown by any spelling of the name, or by the id, and can sign in."""
    assert operator.add_ann() == "Ann is added, with the id 1.\n"

    lines = [line.split(maxsplit=1) for line in operator.does("show", "ANN").splitlines()]
    assert lines == [
        ["NAME", "Ann"],
        ["ID", "1"],
        ["STATE", "enabled"],
        ["ADDED", "2027-01-15 08:00:00 UTC"],
        ["E-MAIL", "ann@example.com"],
        ["ROLES", "admin, editor"],
        ["PASSWORD", "SET  2027-01-15 08:00:00 UTC"],
    ]
    assert operator.json("show", "ann") == operator.json("show", "--id", "1") == SHOWN
    assert operator.status(PASSWORD) == 200


def test_list(operator: Operator) -> None:
    """All users in the order in which they were added, in columns."""
    assert operator.does("list") == "There are no users.\n"
    assert operator.does("list", "--json") == ""
    operator.add_ann()
    with operator.app.app_context():
        operator.users.add("\xe4nn\u674e")
    operator.does("disable", "\xe4nn\u674e")

    assert operator.does("list").splitlines() == [
        "NAME  ID  STATE     ADDED                    E-MAIL           ROLES",
        "Ann   1   enabled   2027-01-15 08:00:00 UTC  ann@example.com  admin, editor",
        "\xe4nn\u674e  2   disabled  2027-01-15 08:00:00 UTC  -                -",
    ]
    found = [json.loads(line) for line in operator.does("list", "--json").splitlines()]
    assert [user["username"] for user in found] == ["Ann", "\xe4nn\u674e"]
    assert (found[0], found[1]["email"], found[1]["enabled"]) == (SHOWN, None, False)


def test_passwd(operator: Operator) -> None:
    """The new password is good, the old one is not, and the user's sessions have ended."""
    operator.add_ann()
    assert [operator.status(PASSWORD) for _ in range(2)] == [200, 200]
    operator.now += 60

    printed = operator.does("passwd", "ann", "--password-stdin", typed=OTHER)
    assert printed == "Ann has a new password; 2 sessions ended.\n"
    assert [operator.status(OTHER), operator.status(PASSWORD)] == [200, 401]
    assert operator.json("passwd", "ann", "--password-stdin", typed=PASSWORD) == {
        **SHOWN,
        "password_changed_at": "2027-01-15T08:01:00Z",
        "sessions_ended": 1,
    }


def test_disable_and_enable(operator: Operator) -> None:
    """A disabled user's sessions have ended, and the user can't sign in until enabled again."""
    operator.add_ann()
    operator.status(PASSWORD)

    assert operator.does("disable", "ann") == "Ann is disabled; 1 session ended.\n"
    assert operator.status(PASSWORD) == 401
    assert operator.json("disable", "ann") == {**SHOWN, "enabled": False, "sessions_ended": 0}
    assert operator.does("enable", "ann") == "Ann is enabled.\n"
    assert operator.status(PASSWORD) == 200
    assert operator.json("enable", "--id", "1") == SHOWN


def test_roles(operator: Operator) -> None:
    """The roles that are given replace those that were."""
    operator.add_ann()

    assert operator.does("roles", "ann", "--role", "guest") == "Ann has the roles: guest\n"
    assert operator.json("roles", "ann", "--none") == {**SHOWN, "roles": []}
    assert operator.run("roles", "ann").exit_code == 2
    assert "too many" in operator.fails("roles", "ann", "--role", "x" * 9000)


def test_remove(operator: Operator) -> None:
    """A user is removed where the operator says so, and not otherwise."""
    operator.add_ann()
    operator.status(PASSWORD)

    assert "say --yes" in operator.fails("remove", "ann", typed="y\n")
    assert operator.does("remove", "ann", "--yes") == "Ann is removed; 1 session ended.\n"
    assert operator.fails("show", "ann") == "there is no user ann"
    operator.add_ann()
    removed = operator.json("remove", "ann", "--yes")
    assert removed == {**SHOWN, "id": 2, "sessions_ended": 0}


def test_without_sessions(tmp_path: Path) -> None:
    """Where there are no sessions, none are counted."""
    operator = Operator(Users(f"sqlite:///{tmp_path / 'users.db'}"), None)
    operator.add_ann()

    assert operator.does("disable", "ann") == "Ann is disabled.\n"
    assert operator.json("disable", "ann")["sessions_ended"] is None


def test_ids_of_other_types(tmp_path: Path) -> None:
    """A UUID is text."""
    operator = Operator(Users(f"sqlite:///{tmp_path / 'users.db'}", ids=UUID))
    operator.add_ann()
    shown = operator.json("show", "ann")

    assert operator.json("show", "--id", shown["id"]) == shown
    assert operator.fails("show", "--id", "1") == "there is no user with the id 1"


def test_who_is_meant(operator: Operator) -> None:
    """A name or an id is given, and not both."""
    for arguments in (["show"], ["show", "ann", "--id", "1"]):
        result = operator.run(*arguments)
        assert result.exit_code == 2
        assert "Give the name of a user, or --id." in result.stderr


@pytest.mark.parametrize("command", ["show", "passwd", "disable", "enable", "remove"])
def test_nobody(operator: Operator, command: str) -> None:
    """One line says that there is no such user; what it quotes is printable."""
    assert operator.fails(command, "bob") == "there is no user bob"
    assert operator.fails(command, "\x1b[2J") == r"there is no user '\x1b[2J'"


@pytest.mark.parametrize(
    ("arguments", "typed", "text"),
    [
        (["ANN"], PASSWORD, "There is a user of that name"),
        (["a nn"], PASSWORD, "A name has no spaces"),
        (["bob"], "short", "A password has at least 8 characters"),
        (["bob", "--email", "nowhere"], PASSWORD, "An address of electronic mail has one @"),
        (["bob"], b"", "there is no password on standard input"),
        (["bob"], b"\n", "there is no password on standard input"),
        (["bob"], b"correct horse\n\n", "standard input has more than one line"),
        (["bob"], b"correct\0horse", "the password on standard input has a NUL"),
        (["bob"], b"correct horse\xff\n", "the password on standard input is not UTF-8"),
        (["bob"], b"x" * 2000, "A password has at most 1,024 bytes"),
        (["bob"], b"x" * 9000, "standard input has more than 4,096 bytes"),
    ],
)
def test_what_is_refused(
    operator: Operator, arguments: list[str], typed: str | bytes, text: str
) -> None:
    """One line says why, and nobody is added."""
    operator.add_ann()

    assert operator.fails("add", *arguments, "--password-stdin", typed=typed) == text
    assert len(operator.does("list").splitlines()) == 2


def test_the_line_of_a_password(operator: Operator) -> None:
    """The end of a line, Windows' too, is no part of the password; spaces are."""
    operator.does("add", "ann", "--password-stdin", typed=b"  correct horse \r\n")

    assert [operator.status("  correct horse "), operator.status(PASSWORD)] == [200, 401]


def test_no_password_in_arguments(operator: Operator) -> None:
    """Other users of a machine see the arguments of a program: there is no option for it."""
    assert operator.run("add", "ann", "--password", PASSWORD).exit_code == 2
    assert "--password-stdin" in operator.fails("add", "ann", typed=PASSWORD)


def test_what_a_terminal_would_obey(operator: Operator, tmp_path: Path) -> None:
    """What others have written into the table is shown escaped; a hash is never shown."""
    operator.add_ann()
    with closing(sqlite3.connect(tmp_path / "users.db")) as database, database:
        database.execute(
            "UPDATE flask_jwt_users SET username = ?, email = ?, roles = ?",
            ("a\x1b[2J\x7f", "a\x9b31m@example.com", json.dumps(["\u202eadmin", "\r"])),
        )
        (stored,) = database.execute("SELECT password_hash FROM flask_jwt_users").fetchone()

    printed = [
        operator.does(*arguments, *more)
        for arguments in (["list"], ["show", "ann"], ["disable", "ann"])
        for more in ([], ["--json"])
    ]
    for text in printed:
        assert all(character.isprintable() for character in text.replace("\n", ""))
        assert stored not in text
    assert r"'a\x1b[2J\x7f'" in printed[0]
    assert json.loads(printed[1])["username"] == "a\x1b[2J\x7f"


def test_an_application_without_users() -> None:
    """The error says what to write."""
    app = Flask("plain")
    app.config["SECRET_KEY"] = secret("plain")
    JWT(app, lambda username, password: None, dict)
    result = app.test_cli_runner().invoke(args=["jwt", "users", "list"])

    assert result.exit_code == 1
    assert "JWT(app, users=Users('sqlite:///users.db'))" in result.stderr
    assert result.stderr.count("\n") == 1


class Entry:
    """A user of an LDAP server, with what every user has and no more."""

    id, username = "uid=ann", "ann"


class Phonebook(UserDirectory):
    """A directory that can be read, and no more."""

    def by_id(self, user_id: Any, /) -> Entry | None:
        return Entry() if user_id == Entry.id else None

    def by_name(self, name: str, /) -> Entry | None:
        return Entry() if name == Entry.username else None

    def verify(self, name: str, password: str, /) -> None:
        return None


def test_a_directory_that_is_only_read() -> None:
    """What it can do is done; of the rest one line says that it can't."""
    operator = Operator(Phonebook())

    assert operator.json("show", "ann") == operator.json("show", "--id", "uid=ann")
    assert operator.json("show", "ann")["enabled"] is True
    for arguments in (
        ["add", "bob"],
        ["list"],
        ["passwd", "ann"],
        ["disable", "ann"],
        ["enable", "ann"],
        ["roles", "ann", "--none"],
        ["remove", "ann"],
    ):
        assert operator.fails(*arguments).startswith("the directory of users, Phonebook, has no ")


def test_a_database_that_is_away() -> None:
    """One line says so, under the log's, which says why."""
    result = Operator(Users("postgresql://postgres@127.0.0.1:1/test")).run("list")
    *_, last = result.stderr.splitlines()

    assert (result.exit_code, result.stdout) == (1, "")
    assert last == "Error: Users can't be looked up at the moment"
    assert "Traceback" not in result.stderr


def test_sessions_that_are_away(tmp_path: Path) -> None:
    """The user is changed, and the operator is told that sessions may go on."""
    users = Users(f"sqlite:///{tmp_path / 'users.db'}")
    operator = Operator(users, "redis://127.0.0.1:1")
    with cheap_hashing(users):
        operator.add_ann()
    *_, last = operator.run("disable", "ann").stderr.splitlines()

    assert last.startswith("Error: Ann is disabled, but not all sessions could be ended (")
    assert operator.json("show", "ann")["enabled"] is False


APP = """
import atexit, os
from pathlib import Path
from weakref import WeakSet
from flask import Flask
from flask_jwt import JWT
from flask_jwt.users import Users

app = Flask(__name__)
app.config.from_prefixed_env()
users = Users("sqlite:///users.db")
JWT(app, users=users)
alive, seen, page = WeakSet(), [], users.page

def counted(*arguments):
    found = page(*arguments)
    alive.update(found)
    seen.append(len(alive))
    return found

users.page = counted
report = Path("report")
atexit.register(lambda: report.write_text(f"{len(seen)} {max(seen, default=0)}"))
"""


class Shell:
    """Runs ``flask jwt users`` in processes of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "app.py").write_text(APP)

    def start(self, *arguments: str, **streams: Any) -> subprocess.Popen[str]:
        """Start a command."""
        return subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "app", "jwt", "users", *arguments],
            cwd=self.folder,
            env={
                **os.environ,
                "FLASK_SECRET_KEY": secret("accounts"),
                "FLASK_DEBUG": "1",
            },
            text=True,
            **streams,
        )

    @property
    def report(self) -> tuple[int, int]:
        """How many pages the last process has read, and how many users it had at once."""
        pages, most = map(int, (self.folder / "report").read_text().split())
        return pages, most

    @property
    def users(self) -> Users[Any]:
        """The users of the application."""
        return Users(f"sqlite:///{self.folder / 'instance' / 'users.db'}")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A folder with an application."""
    return Shell(tmp_path)


def test_asked_at_a_terminal(shell: Shell) -> None:
    """The password is asked for twice, on standard error, and what is typed is not shown."""
    ours, theirs = pty.openpty()
    with shell.start(
        "add",
        "ann",
        "--json",
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        seen = b""
        for question in (b"Password: ", b"confirmation: "):
            while not seen.endswith(question):
                seen += os.read(ours, 1024)
            os.write(ours, f"{PASSWORD}\n".encode())
        assert process.stdout is not None
        added = json.loads(process.stdout.read())
    os.close(ours)

    assert (process.returncode, added["username"]) == (0, "ann")
    assert PASSWORD.encode() not in seen
    user = shell.users.verify("ann", PASSWORD)
    assert user is not None


@pytest.fixture
def crowded(shell: Shell) -> Shell:
    """An application with 100,000 users."""
    instance = shell.folder / "instance"
    instance.mkdir()
    shell.users.page()
    with closing(sqlite3.connect(instance / "users.db")) as database, database:
        database.executemany(
            "INSERT INTO flask_jwt_users (username, username_key, roles, enabled, created_at, "
            "password_changed_at) VALUES (?, ?, '[]', 1, 0, 0)",
            ((f"user{number}",) * 2 for number in range(100_000)),
        )
    return shell


def test_a_list_of_100000(crowded: Shell) -> None:
    """Each is shown, and no more than a few pages of them are in memory at once."""
    with crowded.start("list", "--json", stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        names = {json.loads(line)["username"] for line in process.stdout}

    assert process.returncode == 0
    assert names == {f"user{number}" for number in range(100_000)}
    pages, most = crowded.report
    assert pages == 1001
    assert most <= 300


def test_a_reader_who_leaves(crowded: Shell) -> None:
    """The first lines come before the rest is read; without a reader the command ends quietly."""
    with crowded.start("list", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        title, first = process.stdout.readline(), process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()

    assert (title.split()[0], first.split()[0]) == ("NAME", "user0")
    assert (process.returncode, errors) == (1, "")
    pages, _ = crowded.report
    assert pages < 100
