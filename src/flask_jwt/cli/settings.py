"""``flask jwt settings``: the values in force, one line for each key, and no secret."""

from __future__ import annotations

from collections.abc import Iterator

import click
from flask import Flask
from flask.cli import with_appcontext

from ..all_settings import GROUPS
from ..app_state import Extension, current_application
from ..errors import ConfigurationError
from ..settings.declare import Config, Group, Setting
from ..throttle.settings import ThrottleSettings
from .table import columns


def app_with_extension() -> tuple[Flask, Extension]:
    """Return the application at hand and its JWT."""
    app = current_application()
    extension: Extension | None = app.extensions.get("jwt")
    if extension is None:
        raise click.ClickException("the application has no JWT: JWT(app, …), or jwt.init_app(app)")
    return app, extension


def rows(app: Flask, extension: Extension) -> Iterator[tuple[str, str, str]]:
    """Yield each key, where its value comes from, and what is in force."""
    route_config = extension.route_configs[app]
    vocabulary, own = extension.vocabulary, extension.config_of(app)
    route_config.follow_secret(own)
    # Of what decides a route, the value that init_app has seen is in force.
    config = {**own, **route_config.configured}
    shown = set(vocabulary.replaced)
    for group in vocabulary.groups:
        values = _values(group, app.config)
        for name, setting in group.declared().items():
            shown.add(setting.key)
            yield setting.key, _source(setting, app.config), values[name]
    for group in GROUPS:
        values = _values(group, config)
        if group is ThrottleSettings and config.get("JWT_THROTTLE") is None:
            values["throttle"] = str(extension.users is not None)
        for name, setting in group.declared().items():
            if setting.key not in shown:
                # Another vocabulary may have made the value of a key of its own.
                written = config if setting.copied_from or own is app.config else app.config
                yield setting.key, _source(setting, written), values[name]


def _values(group: type[Group], config: Config) -> dict[str, str]:
    """Return what is shown of each field: its value, or what it would have to be."""
    declared = group.declared()
    if not group.is_used(config):
        return dict.fromkeys(declared, "not used")
    values, faults = {}, {}
    for name, setting in declared.items():
        try:
            values[name] = setting.shown(setting.read(config))
        except ConfigurationError as error:
            faults[name] = _fault(error)
    if not faults:
        try:
            settled = group.read(config)
        except ConfigurationError as error:
            # Two keys do not go together: the fault is shown at the one that the error names.
            faults = {
                name: _fault(error)
                for name, setting in declared.items()
                if str(error).startswith(f"app.config[{setting.key!r}]")
            }
        else:
            values = {
                name: setting.shown(getattr(settled, name)) for name, setting in declared.items()
            }
    return {**values, **faults}


def _fault(error: ConfigurationError) -> str:
    return f"AT FAULT: it {str(error).partition('] ')[2]}"


def _source(setting: Setting, config: Config) -> str:
    name = setting.name_in(config)
    value = config.get(name)
    if name != setting.key and value is not None:
        return name
    return "default" if value is None or value == setting.default else "configured"


@click.command()
@with_appcontext
def settings() -> None:
    """Show what each key of the configuration means here, and whether it is the default.

    Keys that are at fault are shown with what they have to be. Of secrets it shows whether they are
    set, and of the session store what kind it is.
    """
    click.echo(columns([("KEY", "FROM", "VALUE"), *rows(*app_with_extension())]))
