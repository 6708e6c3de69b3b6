"""``flask jwt routes``: what each route requires, as the guards that run require it."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click
from flask.cli import with_appcontext

from ..authorization.route_audit import Route, audit, unprotected
from ..errors import ConfigurationError
from .settings import app_with_extension
from .table import columns


def _table(routes: Sequence[Route]) -> str:
    rows = [("RULE", "METHODS", "ENDPOINT", "REQUIRES")]
    for rule, methods, endpoint, protection in routes:
        rows.append((rule, ", ".join(methods), endpoint, protection.shown))
    return columns(rows)


def _as_json(routes: Sequence[Route]) -> str:
    shown = [
        {
            "rule": rule,
            "methods": methods,
            "endpoint": endpoint,
            "protected": protection.guard is not None,
            "public": protection.opened_by is not None,
            "requires": protection.requires,
        }
        for rule, methods, endpoint, protection in routes
    ]
    return json.dumps(shown, indent=2, ensure_ascii=False)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a list of JSON objects.")
@click.option(
    "--fail-unprotected",
    is_flag=True,
    help="Show only what is neither guarded nor public; the status is 1 where there is any.",
)
@with_appcontext
def routes(*, as_json: bool, fail_unprotected: bool) -> None:
    """Show what each route requires: a requirement, a token, or nothing.

    "public" are the views that were declared open, and what is always open; "unprotected" is where
    no guard is found, or where none can be told for certain.
    """
    app, _ = app_with_extension()
    try:
        found = unprotected(app) if fail_unprotected else audit(app)
    except ConfigurationError as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        click.echo(_as_json(found))
    elif found or not fail_unprotected:
        click.echo(_table(found))
    if fail_unprotected and found:
        raise SystemExit(1)
