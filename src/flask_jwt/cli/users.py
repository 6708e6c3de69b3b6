"""``flask jwt users``: add, list, show, passwd, disable, enable, roles, remove."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import click
from flask.cli import AppGroup

from ..app_state import AppState, current_application, current_state
from ..authentication.errors import JWTError
from ..core.claims import numeric_date
from ..core.clock import format_utc, iso_utc
from ..errors import ConfigurationError
from ..keys.rotation import printable
from ..signals import session_ended
from ..user_directory import DirectoryUnavailable, NoSuchUser, UserDirectory
from .sessions import value_of
from .table import Columns, columns, json_option, line_of_json

C = TypeVar("C", bound=Callable[..., Any])

users = AppGroup("users", help="The users in the directory of JWT(app, …, users=…).")

# Users that are read in one go: the first are shown before the next are asked for.
_ROWS = 100
# More bytes than any password has.
_MOST_BYTES = 4096
_TITLES = ("NAME", "ID", "STATE", "ADDED", "E-MAIL", "ROLES")

_from_stdin = click.option(
    "--password-stdin",
    "from_stdin",
    is_flag=True,
    help="Read the password from standard input, where it is the only line.",
)


def _one_user(command: C) -> C:
    """Have a command take a name, or an id."""
    by_id = click.option(
        "--id",
        "user_id",
        help="Choose by the id instead: 1 is a number, '\"1\"' and what is no JSON are text.",
    )
    return click.argument("name", required=False)(by_id(command))


class _Directory(NamedTuple):
    """The directory of the application at hand."""

    users: UserDirectory
    state: AppState

    def method(self, name: str) -> Callable[..., Any]:
        """Return what a directory need not be able to do."""
        found: Callable[..., Any] | None = getattr(self.users, name, None)
        if found is None:
            raise click.ClickException(
                f"the directory of users, {type(self.users).__name__}, has no {name}(): that is "
                "done where its users are kept"
            )
        return found

    def found(self, name: str | None, user_id: str | None) -> Any:
        """Return the user that was typed."""
        if (name is None) == (user_id is None):
            raise click.UsageError("Give the name of a user, or --id.")
        if name is not None:
            user, typed = self.users.by_name(name), printable(name)
        else:
            user = self.users.by_id(value_of(user_id or ""))
            typed = f"with the id {printable(user_id or '')}"
        if user is None:
            raise click.ClickException(f"there is no user {typed}")
        return user

    def again(self, user: Any) -> Any:
        """Return a user as it is after a change."""
        now = self.users.by_id(user.id)
        if now is None:
            raise NoSuchUser("there is no such user any more")
        return now

    def end(self, change: Callable[..., None], *args: Any, done: str) -> int | None:
        """Make a change that ends sessions; return how many, where there are sessions."""
        ended: list[str] = []

        def note(_: Any, sid: str, **__: Any) -> None:
            ended.append(sid)

        with session_ended.connected_to(note, current_application()):
            try:
                change(*args)
            except DirectoryUnavailable:
                raise
            except JWTError as error:
                raise click.ClickException(
                    f"{done}, but not all sessions could be ended ({error.description}): "
                    "`flask jwt sessions end --all` does that when the store answers"
                ) from None
        return None if self.state.sessions is None else len(ended)


@contextmanager
def _directory() -> Generator[_Directory]:
    """Find the directory; a fault of it ends the command with one line."""
    try:
        # All of the configuration is read first: nothing is changed where sessions can't be ended.
        state = current_state()
        if state.extension.users is None:
            raise ConfigurationError(
                "the application has no directory of users: write JWT(app, users="
                "Users('sqlite:///users.db')), with `from flask_jwt.users import Users`"
            )
        yield _Directory(state.extension.users, state)
    except JWTError as error:
        raise click.ClickException(error.description) from None
    except (ConfigurationError, NoSuchUser, ValueError) as error:
        raise click.ClickException(str(error)) from None


@users.command()
@click.argument("name")
@click.option("--email", help="An address of electronic mail.")
@click.option("--role", "given", multiple=True, help="What the user may do; again for more.")
@_from_stdin
@json_option
def add(
    name: str, email: str | None, given: tuple[str, ...], *, from_stdin: bool, as_json: bool
) -> None:
    """Add a user called NAME. The password is asked for, twice and without echo."""
    with _directory() as directory:
        method = directory.method("add")
        user = method(name, _new_password(from_stdin=from_stdin), email=email, roles=given)
        _tell(f"{_name(user)} is added, with the id {_id(user)}.", _fields(user), as_json=as_json)


@users.command("list")
@json_option
def list_users(*, as_json: bool) -> None:
    """Show all users, in the order of their ids; with --json each in a line of its own."""
    with _directory() as directory:
        page = directory.method("page")
        table, last = Columns(), None
        while found := page(last, _ROWS):
            if as_json:
                click.echo("\n".join(line_of_json(_fields(user)) for user in found))
            else:
                titles = [_TITLES] if last is None else []
                click.echo(table.lines([*titles, *map(_row, found)]))
            last = found[-1]
        if last is None and not as_json:
            click.echo("There are no users.")


@users.command()
@_one_user
@json_option
def show(name: str | None, user_id: str | None, *, as_json: bool) -> None:
    """Show the user called NAME."""
    with _directory() as directory:
        user = directory.found(name, user_id)
        changed = _time(getattr(user, "password_changed_at", None))
        rows = [*zip(_TITLES, _row(user), strict=True), ("PASSWORD SET", changed)]
        _tell(columns(rows), _fields(user), as_json=as_json)


@users.command()
@_one_user
@_from_stdin
@json_option
def passwd(name: str | None, user_id: str | None, *, from_stdin: bool, as_json: bool) -> None:
    """Give the user called NAME another password. All sessions of the user end."""
    with _directory() as directory:
        method = directory.method("set_password")
        user = directory.found(name, user_id)
        password = _new_password(from_stdin=from_stdin)
        done = f"{_name(user)} has a new password"
        ended = directory.end(method, user, password, done=done)
        _tell_of_end(done, ended, _fields(directory.again(user)), as_json=as_json)


@users.command()
@_one_user
@json_option
def disable(name: str | None, user_id: str | None, *, as_json: bool) -> None:
    """Have the user called NAME neither sign in nor go on. All sessions of the user end."""
    with _directory() as directory:
        method = directory.method("disable")
        user = directory.found(name, user_id)
        done = f"{_name(user)} is disabled"
        ended = directory.end(method, user, done=done)
        _tell_of_end(done, ended, _fields(directory.again(user)), as_json=as_json)


@users.command()
@_one_user
@json_option
def enable(name: str | None, user_id: str | None, *, as_json: bool) -> None:
    """Have the user called NAME, who was disabled, sign in again."""
    with _directory() as directory:
        method = directory.method("enable")
        user = directory.found(name, user_id)
        method(user)
        _tell(f"{_name(user)} is enabled.", _fields(directory.again(user)), as_json=as_json)


@users.command()
@_one_user
@click.option("--role", "given", multiple=True, help="What the user may do; again for more.")
@click.option("--none", is_flag=True, help="Take all roles away.")
@json_option
def roles(
    name: str | None, user_id: str | None, given: tuple[str, ...], *, none: bool, as_json: bool
) -> None:
    """Give the user called NAME these roles, and no others. Tokens follow at their next refresh."""
    if none == bool(given):
        raise click.UsageError("Give each --role that the user is to have, or --none.")
    with _directory() as directory:
        method = directory.method("set_roles")
        user = directory.found(name, user_id)
        method(user, given)
        now = directory.again(user)
        _tell(f"{_name(now)} has the roles: {_roles(now)}", _fields(now), as_json=as_json)


@users.command()
@_one_user
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def remove(name: str | None, user_id: str | None, *, yes: bool, as_json: bool) -> None:
    """Delete the user called NAME. All sessions of the user end."""
    with _directory() as directory:
        method = directory.method("remove")
        user = directory.found(name, user_id)
        if not yes:
            _check_terminal("say --yes")
            click.confirm(f"Remove {_name(user)}, with the id {_id(user)}?", abort=True, err=True)
        # Before it is gone: of a user who was deleted nothing can be read.
        done, fields = f"{_name(user)} is removed", _fields(user)
        ended = directory.end(method, user, done=done)
        _tell_of_end(done, ended, fields, as_json=as_json)


def _check_terminal(otherwise: str) -> None:
    if sys.stdin is None or not sys.stdin.isatty():
        raise click.ClickException(f"standard input is no terminal to ask at: {otherwise}")


def _new_password(*, from_stdin: bool) -> str:
    if from_stdin:
        return _line()
    _check_terminal("give the password there, and say --password-stdin")
    try:
        typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    except UnicodeDecodeError:
        # Its text has what was typed.
        raise click.ClickException("the password is not UTF-8") from None
    return typed


def _line() -> str:
    """Return the only line of standard input."""
    # It is None where it was closed.
    if sys.stdin is not None and sys.stdin.isatty():
        raise click.ClickException(
            "standard input is a terminal, which shows what is typed: leave --password-stdin out"
        )
    given = b"" if sys.stdin is None else sys.stdin.buffer.read(_MOST_BYTES + 1)
    line = given.removesuffix(b"\n")
    if line != given:
        line = line.removesuffix(b"\r")
    if not line:
        raise click.ClickException("there is no password on standard input")
    if len(given) > _MOST_BYTES:
        raise click.ClickException(f"standard input has more than {_MOST_BYTES:,} bytes")
    if b"\n" in line:
        raise click.ClickException("standard input has more than one line")
    if b"\0" in line:
        raise click.ClickException("the password on standard input has a NUL")
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise click.ClickException("the password on standard input is not UTF-8") from None


def _tell(text: str, fields: dict[str, Any], *, as_json: bool) -> None:
    click.echo(line_of_json(fields) if as_json else text)


def _tell_of_end(done: str, ended: int | None, fields: dict[str, Any], *, as_json: bool) -> None:
    sessions = "" if ended is None else f"; {ended} session{'' if ended == 1 else 's'} ended"
    _tell(f"{done}{sessions}.", {**fields, "sessions_ended": ended}, as_json=as_json)


def _fields(user: Any) -> dict[str, Any]:
    """Return what is shown of a user: what it may be lacking is None."""
    return {
        "id": user.id,
        "username": user.username,
        "email": getattr(user, "email", None),
        "roles": list(getattr(user, "roles", None) or ()),
        "enabled": getattr(user, "enabled", True),
        "created_at": iso_utc(getattr(user, "created_at", None)),
        "password_changed_at": iso_utc(getattr(user, "password_changed_at", None)),
    }


def _row(user: Any) -> tuple[str, ...]:
    return (
        _name(user),
        _id(user),
        "enabled" if getattr(user, "enabled", True) else "disabled",
        _time(getattr(user, "created_at", None)),
        printable(getattr(user, "email", None) or "-"),
        _roles(user),
    )


def _name(user: Any) -> str:
    return printable(user.username)


def _id(user: Any) -> str:
    return printable(str(user.id))


def _roles(user: Any) -> str:
    return ", ".join(map(printable, getattr(user, "roles", None) or ())) or "-"


def _time(moment: datetime | None) -> str:
    return "-" if moment is None else format_utc(numeric_date(moment))
