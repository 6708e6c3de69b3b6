"""``flask jwt sessions``: list, end, prune."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

import click
from flask.cli import AppGroup

from ..app_state import current_state
from ..core.clock import format_utc
from ..errors import ConfigurationError
from ..keys.rotation import printable
from ..sessions.errors import StoreUnavailable
from ..sessions.models import Session, subject_key
from ..sessions.service import MAX_LISTED, SessionService
from ..tokens.session_tokens import sessions_of
from ..user_directory import DirectoryUnavailable
from .table import columns

sessions = AppGroup("sessions", help="Who is signed in, in JWT_SESSION_STORE.")

_REASON = "ended by the operator"
# Rows that are deleted in one go: others can write in between.
_ROWS = 1000
# A session's name may begin with a dash, so that an unknown option is taken for a name.
_NAMES_MAY_BEGIN_WITH_A_DASH = {"ignore_unknown_options": True}


@contextmanager
def _service() -> Generator[SessionService]:
    """Find the sessions; a fault of theirs ends the command with one line."""
    try:
        yield sessions_of(current_state())
    except (ConfigurationError, StoreUnavailable) as error:
        raise click.ClickException(str(error)) from None
    except DirectoryUnavailable as error:
        raise click.ClickException(error.description) from None


@sessions.command("list", context_settings=_NAMES_MAY_BEGIN_WITH_A_DASH)
@click.argument("user")
def list_sessions(user: str) -> None:
    """Show where USER is signed in.

    USER is what the identity claim holds: 1 is a number, and anything that is no JSON is text.
    '"1"', in quotes of its own, is text too.
    """
    key, last = _key(user), None
    with _service() as service:
        while page := service.sessions_of(key, MAX_LISTED, last):
            click.echo(_table(page, titles=last is None))
            last = page[-1]
        if last is None:
            _check_no_name(user)
    if last is None:
        click.echo(f"{user} is signed in nowhere.")


@sessions.command(context_settings=_NAMES_MAY_BEGIN_WITH_A_DASH)
@click.option("--all", "every", is_flag=True, help="End all sessions of the user NAME, by the id.")
@click.argument("name")
def end(name: str, *, every: bool) -> None:
    """End the session called NAME. Its access tokens are refused within a second or so."""
    with _service() as service:
        if every:
            ended = len(service.end_all(_key(name), None, _REASON))
            if not ended:
                _check_no_name(name)
        else:
            ended = int(service.end(name, _REASON))
    if not every and not ended:
        raise click.ClickException(f"there is no session {name} that could be ended")
    click.echo(f"{ended} session{'' if ended == 1 else 's'} ended.")


@sessions.command()
def prune() -> None:
    """Delete what nobody needs any more. Workers do the same now and then."""
    deleted = 0
    with _service() as service:
        while more := service.prune(_ROWS):
            deleted += more
    click.echo(f"{deleted} row{'' if deleted == 1 else 's'} deleted.")


def value_of(typed: str) -> Any:
    """Return what is meant by a text that names a user: JSON, or else the text."""
    try:
        return json.loads(typed)
    except (ValueError, RecursionError):
        return typed


def _key(user: str) -> str:
    try:
        return subject_key(value_of(user))
    except ValueError as error:
        raise click.ClickException(str(error)) from None


def _check_no_name(typed: str) -> None:
    """Refuse a name in the directory of users, where an id is meant: it has no sessions."""
    users = current_state().extension.users
    user = None if users is None else users.by_name(typed)
    if user is not None and str(user.id) != typed:
        raise click.ClickException(
            f"{printable(typed)} is a name: give the id of the user, {printable(str(user.id))}"
        )


def _table(page: Sequence[Session], *, titles: bool) -> str:
    rows = [("SID", "BEGAN", "LAST USED", "EXPIRES", "ADDRESS", "PROGRAM")]
    rows += [
        (
            session.sid,
            format_utc(session.began_at),
            format_utc(session.used_at),
            format_utc(min(session.idle_until, session.expires_at)),
            session.address or "-",
            session.user_agent or "-",
        )
        for session in page
    ]
    table = columns(rows)
    return table if titles else table.partition("\n")[2]
