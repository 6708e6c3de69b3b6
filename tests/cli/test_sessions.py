"""``flask jwt sessions`` as an operator uses it."""

from __future__ import annotations

from click.testing import Result

from tests.support.accounts import Accounts
from tests.support.members import Members


def run(members: Members, *arguments: str) -> Result:
    """Run a command."""
    return members.app.test_cli_runner().invoke(args=["jwt", "sessions", *arguments])


def sids(members: Members, user: str) -> list[str]:
    """Return the sessions that ``list`` shows."""
    lines = run(members, "list", user).stdout.splitlines()
    return [line.split()[0] for line in lines[1:]]


def test_list() -> None:
    """Where a user is signed in, the newest first."""
    members = Members()
    members.sign_in()
    members.now += 60
    members.sign_in()
    lines = run(members, "list", "ann").stdout.splitlines()

    assert lines[0].split() == ["SID", "BEGAN", "LAST", "USED", "EXPIRES", "ADDRESS", "PROGRAM"]
    assert ["2027-01-15 08:01:00" in lines[1], "2027-01-15 08:00:00" in lines[2]] == [True, True]
    assert "127.0.0.1" in lines[1]
    assert run(members, "list", "nobody").stdout == "nobody is signed in nowhere.\n"


def test_users_have_types() -> None:
    """A number is a number, and in quotes it is text."""
    members = Members()
    with members.app.app_context():
        number = members.jwt.sessions.start({"id": 1}).sid
        word = members.jwt.sessions.start({"id": "1"}).sid

    assert sids(members, "1") == [number]
    assert sids(members, '"1"') == [word]
    assert run(members, "list", "null").exit_code == 1


def test_the_name_of_a_user_for_an_id() -> None:
    """Where there is a directory, a name is no user who is signed in nowhere: the id is told."""
    accounts = Accounts()
    accounts.sign_in()

    for arguments in (["list", "ann"], ["end", "--all", "ANN"]):
        result = accounts.app.test_cli_runner().invoke(args=["jwt", "sessions", *arguments])
        assert result.exit_code == 1
        assert result.stderr == f"Error: {arguments[-1]} is a name: give the id of the user, 1\n"


def test_end() -> None:
    """One session ends, and its access token is refused."""
    members = Members()
    tokens, other = members.sign_in(), members.sign_in()
    sid = next(one["sid"] for one in members.listed(tokens) if one["this"])

    assert run(members, "end", sid).stdout == "1 session ended.\n"
    assert (members.me(tokens), members.me(other)) == (401, 200)
    again = run(members, "end", sid)
    assert (again.exit_code, again.output.count("\n")) == (1, 1)


def test_a_name_that_begins_with_a_dash() -> None:
    """One name in 64 does: it is looked up as any other."""
    result = run(Members(), "end", "-aaaaaaaaaaaaaaaaaaaaA")

    assert "there is no session -aaaaaaaaaaaaaaaaaaaaA" in result.output


def test_end_all() -> None:
    """All sessions of a user end."""
    members = Members()
    mine, bob = [members.sign_in() for _ in range(3)], members.sign_in("bob")

    assert run(members, "end", "--all", "ann").stdout == "3 sessions ended.\n"
    assert [members.me(tokens) for tokens in mine] == [401] * 3
    assert members.me(bob) == 200
    assert run(members, "end", "--all", "ann").stdout == "0 sessions ended.\n"


def test_prune() -> None:
    """What is past goes, and what is not stays."""
    members = Members()
    for _ in range(3):
        members.sign_in()
    members.now += 40 * 86400
    tokens = members.sign_in()

    assert run(members, "prune").stdout == "3 rows deleted.\n"
    assert run(members, "prune").stdout == "0 rows deleted.\n"
    assert members.me(tokens) == 200


def test_without_a_store() -> None:
    """One line says what is missing."""
    result = run(Members(None), "list", "ann")

    assert result.exit_code == 1
    assert result.output.startswith("Error: app.config['JWT_SESSION_STORE'] is not set")


def test_a_store_that_is_away() -> None:
    """One line says so, and no traceback."""
    result = run(Members("redis://127.0.0.1:1"), "list", "ann")

    assert result.exit_code == 1
    assert result.output.startswith("Error: the session store does not answer")
    assert result.output.count("\n") == 1
