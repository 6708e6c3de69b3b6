"""Servers that misbehave, proxies and certificates, for the tests of issuers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flask_jwt.issuers.http_client import HTTPClient
from tests.support.http_proxy import HTTPProxy, http_proxy
from tests.support.misbehaving import MisbehavingServer, answer, misbehaving
from tests.support.tls import Certificate, self_signed

_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody who runs the tests has a proxy of their own."""
    for name in _PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server() -> Iterator[MisbehavingServer]:
    """A server without TLS."""
    with misbehaving() as one:
        yield one


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    """The certificate of id.example."""
    return self_signed(tmp_path, ["id.example"])


@pytest.fixture
def tls_server(certificate: Certificate) -> Iterator[MisbehavingServer]:
    """The server of id.example, which answers ``/``."""
    with misbehaving(certificate) as one:
        one.on["/"] = answer(b"in")
        yield one


@pytest.fixture
def make_client() -> Iterator[Callable[[], HTTPClient]]:
    """Make clients whose connections are closed at the end."""
    made: list[HTTPClient] = []

    def make() -> HTTPClient:
        made.append(HTTPClient())
        return made[-1]

    yield make
    for one in made:
        for pool in one._pools.take()._pools.values():
            pool.close()


@pytest.fixture
def client(make_client: Callable[[], HTTPClient]) -> HTTPClient:
    """A client without connections."""
    return make_client()


@pytest.fixture
def trusted(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    """The certificate of id.example is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.certificate))


@pytest.fixture
def proxy(
    tls_server: MisbehavingServer, trusted: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[HTTPProxy]:
    """The proxy of the environment, behind which id.example is."""
    with http_proxy(tls_server.port) as one:
        monkeypatch.setenv("HTTPS_PROXY", one.url)
        yield one
