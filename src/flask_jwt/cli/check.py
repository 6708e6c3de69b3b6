"""``flask jwt check``: what a first request would stumble over, before there is one."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from ..settings import ConfigurationError
from ..web.state import Extension, current_application
from .findings import Findings
from .first_use import as_at_first_use
from .probes import probe_keys, probe_routes, probe_store
from .table import columns


@click.command()
@with_appcontext
def check() -> None:
    """Look for faults in settings, keys, routes and the session store, as they are configured now.

    One line for each, with the mend. The status is 0 where a server may start, and 1 where requests
    would fail.
    """
    app = current_application()
    extension: Extension | None = app.extensions.get("jwt")
    if extension is None:
        raise click.ClickException("the application has no JWT: JWT(app, …), or jwt.init_app(app)")
    findings = Findings()
    with as_at_first_use(app, extension, findings) as state:
        if state is not None:
            for section, probe in (
                ("keys", probe_keys),
                ("routes", probe_routes),
                ("store", probe_store),
            ):
                if section not in findings.faulty:
                    try:
                        findings.good(section, probe(app, state, findings))
                    except ConfigurationError as error:
                        findings.fault(section, str(error))
    click.echo(columns(findings.rows()))
    if findings.faulty:
        raise SystemExit(1)
