"""Where sessions live: in memory, in a database, or in Redis. A URL names the store.

A store's third-party parts are imported when it is used.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from ..core.clock import Clock
from ..errors import ConfigurationError
from ..sessions.models import SessionStore
from .faults import KEY, misconfigured
from .memory import MemoryStore
from .urls import EXTRAS, MODULES, spelled, unknown


def open_store(url: str, instance_path: str | Path, clock: Clock) -> SessionStore:
    """Return the store that a URL names. Nothing is connected yet.

    :param url: ``memory://``, ``sqlite:///path``, ``postgresql://…``, ``mariadb://…`` or
        ``redis://…``; other spellings of these are taken too.
    :param instance_path: where a relative path of SQLite lies; the folder is made.
    :param clock: the application's, for the stores that have none of their own.
    :raises ConfigurationError: the URL is none of these, a package is missing, or a folder or file
        can't be made.
    """
    scheme, rest = spelled(url)
    if scheme is None:
        raise misconfigured(unknown(url.strip().partition("://")[0].lower()))
    if scheme == "memory":
        return MemoryStore(clock)
    try:
        from_url: Callable[[str, Path, Clock], SessionStore] = import_module(
            MODULES[scheme], __package__
        ).from_url
        return from_url(f"{scheme}://{rest}", Path(instance_path), clock)
    except ModuleNotFoundError as error:
        extra = EXTRAS[scheme]
        raise ConfigurationError(
            f"{KEY} needs the package {error.name}: pip install 'flask-jwt-reborn[{extra}]'"
        ) from None
    except ImportError:
        # psycopg loads libpq, which psycopg[binary] brings along, or the system has.
        raise misconfigured(
            "the driver can't load its library libpq; pip install 'psycopg[binary]'"
        ) from None
