"""The shop of ``applications/crossing.py`` over TLS: ``.shopping``, with views that redirect."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .shopping import HOST, ServedShop, served


class Crossing(ServedShop):
    """A shop that is open.

    - ``/moved?to=…``: redirects, and keeps method and body.
    - ``/take``: takes what it is sent, and answers to pages of any origin, with their credentials;
      ``/take?for=all`` to those without.
    """

    @property
    def taken(self) -> list[dict[str, Any]]:
        """What ``/take`` was sent: methods and headers."""
        found: list[dict[str, Any]] = self._ask("taken")
        return found


@contextmanager
def crossing(folder: Path, **config: Any) -> Iterator[Crossing]:
    """Open a shop; see ``shopping.shop``."""
    app = "tests.browser.applications.crossing:create_app()"
    with served(app, folder, **config) as server:
        yield Crossing(server, HOST)
