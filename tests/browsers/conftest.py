"""Chromium, to which every host below ``.test`` is this machine, and pages for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from tests.support.chromium import chromium as chromium
from tests.support.chromium import new_context as new_context

from .shopping import RESOLVER, TLSServer, served


@pytest.fixture(scope="module")
def chromium_arguments() -> Sequence[str]:
    """What its command line says beside the usual."""
    return (RESOLVER,)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TLSServer]:
    """The server of all pages that are not the shop's."""
    app = "tests.browsers.applications.elsewhere:create_app()"
    with served(app, tmp_path_factory.mktemp("elsewhere")) as server:
        yield TLSServer(server, "evil.test")
