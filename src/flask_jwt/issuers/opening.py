"""From the options of an issuer to what verifies its tokens."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from ..core.cache import TokenCache
from ..core.clock import Clock, system_clock
from ..errors import ConfigurationError
from .errors import FetchError
from .events import IssuerEvents
from .fetching import Fetch, FetchRequest, FetchResponse, guarded
from .introspection import IntrospectedIssuer
from .issuer import TrustedIssuer
from .key_sets import key_set_loader
from .options import IssuerOptions
from .remote_keys import RemoteKeys
from .table import Row


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
            key_set_loader(options, fetch, self.folder),
            max_stale=options.max_stale,
            events=self.events,
            # A test that gives a clock turns it for all that waits.
            timer=monotonic if self.clock is system_clock else self.clock,
        )
        return TrustedIssuer(options, keys, self.cache, self.clock, self.max_bytes)


def fetch_for(options: IssuerOptions, given: Fetch | None) -> Fetch:
    """Return what asks the servers of an issuer: a function of the application, or our client."""
    if given is not None:
        return guarded(given)
    if options.keys is not None and options.introspection is None:
        # Nobody is asked: the client need not be there.
        return guarded(_ask_nobody)
    return guarded(_http_client())


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
