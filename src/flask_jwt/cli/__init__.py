"""``flask jwt …``: the bodies of the commands are imported when one runs."""

from __future__ import annotations

import click
from flask.cli import AppGroup


class _Commands(AppGroup):
    """The group ``jwt``, which knows the names of its commands and nothing else."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return ["check", "keys", "sessions", "settings"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        # Not at the top: every `flask` command would pay for it, and every worker.
        if cmd_name == "check":
            from .check import check

            return check
        if cmd_name == "keys":
            from .keys import keys

            return keys
        if cmd_name == "sessions":
            from .sessions import sessions

            return sessions
        if cmd_name == "settings":
            from .settings import settings

            return settings
        return None


#: What ``init_app`` adds to ``app.cli``.
jwt_commands = _Commands("jwt", help="Token authentication.")
