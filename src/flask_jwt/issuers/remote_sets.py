"""From an issuer's name to its keys: discovery, the key set, and how long that may be kept."""

from __future__ import annotations

from hashlib import sha256

from ..core.errors import KeyMaterialError
from ..core.key_ring import KeyRing
from ..core.key_set import issuer_keys, parse_key_set
from .discovery import discover
from .errors import FetchError
from .fetching import Fetch, FetchRequest, with_deadline
from .options import IssuerOptions
from .remote_keys import LoadedSet, lifetime_of

_OK = 200
_ACCEPTED = {"accept": "application/jwk-set+json, application/json"}


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
        return set_of(options, response.body, lifetime_of(response.headers))
    except KeyMaterialError as error:
        raise FetchError(f"{address}: {error}") from None


def set_of(options: IssuerOptions, raw: bytes, lifetime: float) -> LoadedSet:
    """Make the ring of the text of a key set."""
    jwks, notes = parse_key_set(raw), list[str]()
    if not jwks:
        raise KeyMaterialError("the set has no keys")
    keys = issuer_keys(jwks, options.algorithms, notes, only=True)
    return LoadedSet(KeyRing(None, keys), lifetime, tuple(notes), sha256(raw).digest())
