"""From the options of an issuer to what verifies its tokens."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache, partial
from math import inf
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from ..core.cache import TokenCache
from ..core.clock import Clock, system_clock
from ..core.errors import KeyMaterialError
from ..errors import ConfigurationError
from ..keys.key_file import read_key_file
from .errors import FetchError
from .events import IssuerEvents
from .fetching import Fetch, FetchRequest, FetchResponse, guarded
from .introspection import IntrospectedIssuer
from .issuer import TrustedIssuer
from .options import IssuerOptions
from .remote_keys import LoadedSet, RemoteKeys
from .remote_sets import load_remote_set, set_of
from .table import Row

# How long a file of keys is used before it is looked at again, in seconds.
_FILE_LIFETIME = 30.0


class Opening(NamedTuple):
    """What the rows of one table have in common."""

    #: Asks servers; None for the client of this package.
    fetch: Fetch | None
    cache: TokenCache
    clock: Clock
    max_bytes: int
    events: IssuerEvents
    #: The folder of relative paths.
    folder: Path

    def row(self, options: IssuerOptions) -> Row:
        """Return what verifies the tokens of an issuer. No server is asked yet."""
        fetch = fetch_for(options, self.fetch)
        if options.introspection is not None:
            return IntrospectedIssuer(
                options,
                options.introspection,
                fetch,
                self.cache,
                self.clock,
                self.max_bytes,
                self.events.log,
            )
        keys = partial(
            RemoteKeys,
            options.issuer,
            self._loader(options, fetch),
            max_stale=options.max_stale,
            clock=self.clock,
            events=self.events,
            # A test that gives a clock turns it for all that waits.
            timer=monotonic if self.clock is system_clock else self.clock,
        )
        return TrustedIssuer(options, keys, self.cache, self.clock, self.max_bytes)

    def _loader(self, options: IssuerOptions, fetch: Fetch) -> Callable[[], LoadedSet]:
        if options.keys is None:
            return partial(load_remote_set, options, fetch)
        if isinstance(options.keys, Path):
            load = partial(_load_file, options, self.folder / options.keys)
        else:
            load = partial(set_of, options, json.dumps(options.keys).encode(), inf)
        try:
            # What is wrong with them now, no waiting mends.
            load()
        except (KeyMaterialError, FetchError) as error:
            place = f"app.config['JWT_TRUSTED_ISSUERS'][{options.issuer!r}]['keys']"
            raise ConfigurationError(f"{place}: {error}") from None
        return load


def fetch_for(options: IssuerOptions, given: Fetch | None) -> Fetch:
    """Return what asks the servers of an issuer: a function of the application, or our client."""
    if given is not None:
        return guarded(given)
    if options.keys is not None and options.introspection is None:
        # Nobody is asked: the client need not be there.
        return guarded(_ask_nobody)
    return guarded(_http_client())


def _load_file(options: IssuerOptions, path: Path) -> LoadedSet:
    try:
        return set_of(options, read_key_file(path, private=False)[0], _FILE_LIFETIME)
    except KeyMaterialError as error:
        raise FetchError(f"{path}: {error}") from None


def _ask_nobody(request: FetchRequest) -> FetchResponse:
    raise FetchError(f"{request.url} is not for this issuer")


@cache
def _http_client() -> Fetch:
    try:
        # Not at the top: it is there with the extra alone, and takes its time.
        from .http_client import HTTPClient
    except ImportError as error:
        raise ConfigurationError(
            "app.config['JWT_TRUSTED_ISSUERS'] needs the package httpcore, which fetches keys: "
            "pip install 'flask-jwt-reborn[issuers]'"
        ) from error
    return HTTPClient()
