"""A certified OpenID provider, ``oidc-provider`` of npm, in a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from flask_jwt.core import ALGORITHMS
from flask_jwt.core.asymmetric import generate_jwk

from .npm import install
from .server import ROOT

_PROGRAM = ROOT / "tests" / "issuers" / "oidc-provider"
# `make clean` deletes it, and git ignores it.
_INSTALLED = ROOT / ".tools" / "oidc-provider"
#: A client of a provider that has tokens without a user.
PROGRAM: dict[str, Any] = {
    "client_id": "program",
    "client_secret": "of a program in a test",
    "grant_types": ["client_credentials"],
    "redirect_uris": [],
    "response_types": [],
}


def provider_key(kid: str = "1", algorithm: str = "ES256") -> dict[str, Any]:
    """Return a new private key for a provider."""
    return {**generate_jwk(ALGORITHMS[algorithm]), "kid": kid, "alg": algorithm, "use": "sig"}


class Provider:
    """A provider that can be configured anew, stopped and started again, at one address."""

    def __init__(self, **configuration: Any) -> None:
        self._configuration = {"keys": [provider_key()], "scopes": [], "clients": [], "opaque": []}
        self._configuration |= configuration
        #: Its address, which is its name.
        self.issuer = ""
        self.start()

    def start(self) -> None:
        """Start it, at the address that it had before."""
        port = urlsplit(self.issuer).port or 0
        self._process = subprocess.Popen(
            ["node", str(_PROGRAM / "provider.mjs"), str(port)],
            cwd=_INSTALLED,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.configure()

    def configure(self, **changes: Any) -> None:
        """Change what it has, other keys for one, while it runs."""
        self._configuration |= changes
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps(self._configuration)}\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith("Issuer: "):
                self.issuer = line.split()[1]
                return
        raise RuntimeError("the provider has ended")

    def pause(self) -> None:
        """Have it answer nothing; whoever connects waits."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Have it answer again."""
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it; nobody listens at its address then."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def oidc_provider(**configuration: Any) -> Generator[Provider]:
    """Run a provider: with ``keys``, the first of which signs, ``scopes`` and ``clients``, and
    ``opaque``, the resources whose tokens are not JWTs.
    """
    install(_PROGRAM, _INSTALLED, "oidc-provider")
    provider = Provider(**configuration)
    try:
        yield provider
    finally:
        provider.stop()
