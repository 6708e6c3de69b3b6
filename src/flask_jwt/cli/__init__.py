"""``flask jwt …``: the bodies of the commands are imported when one runs."""

from __future__ import annotations

from importlib import import_module

import click
from flask.cli import AppGroup

# Each stands in the module of its name.
_NAMES = ["check", "issuers", "keys", "migrate", "routes", "sessions", "settings", "users"]


class _Commands(AppGroup):
    """The group ``jwt``, which knows the names of its commands and nothing else."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return _NAMES

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _NAMES:
            return None
        # Not at the top: every `flask` command would pay for it, and every worker.
        command: click.Command = getattr(import_module(f".{cmd_name}", __name__), cmd_name)
        return command


#: What ``init_app`` adds to ``app.cli``.
jwt_commands = _Commands("jwt", help="Token authentication.")
