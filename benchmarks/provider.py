"""An identity provider as far as it matters here: a server that publishes keys, and may be slow."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt.algorithms import get_default_algorithms

from .keys import Keys
from .tokens import LIFETIME

#: Nothing is asked of this address: where the keys are is said beside it.
ISSUER = "http://127.0.0.1/realms/shop"
AUDIENCE = "shop-api"
_KID = "2026-11"


class Provider:
    """Serves the public half of some keys."""

    def __init__(self, keys: Keys) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Publication)
        self._server.provider = self  # type: ignore[attr-defined]
        #: How long each answer takes, in seconds.
        self.delay = 0.0
        #: Set by each request for the keys.
        self.asked = Event()
        #: The keys, with the address where they are published.
        self.keys = replace(
            named(keys), jwks_uri=f"http://127.0.0.1:{self._server.server_port}/keys"
        )
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Have connections refused from now on."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def publishing(keys: Keys) -> Iterator[Keys]:
    """Have a provider publish keys for as long as the block takes."""
    provider = Provider(keys)
    try:
        yield provider.keys
    finally:
        provider.stop()


def named(keys: Keys) -> Keys:
    """Return keys that tokens name by a ``kid``, as those of every provider do."""
    return replace(keys, kid=_KID)


def key_set(keys: Keys) -> dict[str, Any]:
    """Return the public half as a JWK Set."""
    public: Any = load_pem_public_key(keys.public_pem.encode())
    key = get_default_algorithms()[keys.algorithm].to_jwk(public, as_dict=True)
    return {"keys": [{**key, "kid": keys.kid, "use": "sig", "alg": keys.algorithm}]}


def claims_of(user_id: str, now: int) -> dict[str, Any]:
    """Return the claims of an access token."""
    times = {"exp": now + LIFETIME, "iat": now, "nbf": now}
    return {"iss": ISSUER, "aud": AUDIENCE, "sub": user_id, **times}


class _Publication(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        provider: Provider = self.server.provider  # type: ignore[attr-defined]
        body = json.dumps(key_set(provider.keys)).encode()
        provider.asked.set()
        time.sleep(provider.delay)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass
