"""From where the keys of an issuer are to a ring of them, and how long that may be kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from math import inf
from pathlib import Path

from ..core.errors import KeyMaterialError
from ..core.key_ring import KeyRing
from ..core.key_set import issuer_keys, parse_key_set
from ..errors import ConfigurationError
from ..keys.key_file import read_key_file
from .discovery import discover
from .errors import FetchError
from .fetching import Fetch, FetchRequest, with_deadline
from .options import IssuerOptions
from .remote_keys import LoadedSet, lifetime_of

_OK = 200
# How long a file of keys is used before it is looked at again, in seconds.
_FILE_LIFETIME = 30.0
_ACCEPTED = {"accept": "application/jwk-set+json, application/json"}


def key_set_loader(options: IssuerOptions, fetch: Fetch, folder: Path) -> Callable[[], LoadedSet]:
    """Return what loads the keys of an issuer; those that are given are looked at now."""
    if options.keys is None:
        return partial(load_remote_set, options, fetch)
    if isinstance(options.keys, Path):
        load = partial(_load_file, options, folder / options.keys)
    else:
        load = partial(_set_of, options, json.dumps(options.keys).encode(), inf)
    try:
        # What is wrong with them now, no waiting mends.
        load()
    except (KeyMaterialError, FetchError) as error:
        place = f"app.config['JWT_TRUSTED_ISSUERS'][{options.issuer!r}]['keys']"
        raise ConfigurationError(f"{place}: {error}") from None
    return load


def load_remote_set(options: IssuerOptions, fetch: Fetch) -> LoadedSet:
    """Ask an issuer for its keys; raise :exc:`.FetchError` where it has none that can be used."""
    fetch = with_deadline(fetch)
    address = options.jwks_uri
    if address is None:
        metadata = discover(options.issuer, fetch)
        address = metadata.jwks_uri
        if address is None:
            raise FetchError(f"{metadata.url} names no jwks_uri")
    response = fetch(FetchRequest(address, headers=_ACCEPTED))
    if response.status != _OK:
        raise FetchError(f"{address} answered {response.status}")
    try:
        return _set_of(options, response.body, lifetime_of(response.headers))
    except KeyMaterialError as error:
        raise FetchError(f"{address}: {error}") from None


def _load_file(options: IssuerOptions, path: Path) -> LoadedSet:
    try:
        return _set_of(options, read_key_file(path, private=False)[0], _FILE_LIFETIME)
    except KeyMaterialError as error:
        raise FetchError(f"{path}: {error}") from None


def _set_of(options: IssuerOptions, raw: bytes, lifetime: float) -> LoadedSet:
    """Make the ring of the text of a key set."""
    jwks, notes = parse_key_set(raw), list[str]()
    if not jwks:
        raise KeyMaterialError("the set has no keys")
    keys = issuer_keys(jwks, options.algorithms, notes, only=True)
    return LoadedSet(KeyRing(None, keys), lifetime, tuple(notes), sha256(raw).digest())
