"""The shop of ``applications/shop.py`` over TLS, as tests in a real browser use it.

A test takes it so::

    from tests.support.chromium import NewContext

    from .shopping import shop

    def test_it(tmp_path: Path, new_context: NewContext) -> None:
        with shop(tmp_path, JWT_COOKIE_AUTO_REFRESH=60) as opened:
            page = new_context(ignore_https_errors=True).new_page()
            page.goto(opened.origin)
            page.evaluate('''async () => {
                const { createClient } = await import("/flask_jwt.js");
                …
            }''')
            assert opened.count("/auth/refresh") == 1

Chromium takes every host below ``.test`` for this machine; ``conftest.py`` tells it so. Cookies are
by host and know no ports. ``shop.test`` and ``api.shop.test`` are one site, ``evil.test`` is
another.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.server import Server, gunicorn
from tests.support.tls import self_signed

from .applications.shop import MALLORYS_PASSWORD as MALLORYS_PASSWORD
from .applications.shop import PASSWORD as PASSWORD

#: For Chromium's command line.
RESOLVER = "--host-resolver-rules=MAP *.test 127.0.0.1"
#: Where the shop is at home. Its server answers to any other name too.
HOST = "shop.test"
#: The people who can sign in: two customers with one password, and an attacker with another.
ANN, BOB, MALLORY = "ann", "bob", "mallory"

_NAMES = ("shop.test", "*.shop.test", "evil.test", "app.test", "other.test")
_THREADS = 8


class Seen(NamedTuple):
    """A request that has come to the shop, and what it was answered."""

    method: str
    path: str
    status: int
    user: str | None
    origin: str | None
    site: str | None
    cookies: list[str]
    error: str | None


class TLSServer:
    """A server that a browser reaches by several names."""

    def __init__(self, server: Server, host: str) -> None:
        self.server = server
        self.origin = self.at(host)

    def at(self, host: str) -> str:
        """Return the origin of the same server by another name."""
        return f"https://{host}:{self.server.port}"


class ServedShop(TLSServer):
    """A shop that is open.

    Its pages:

    - ``/``: a page without any script, for a test to run its own in.
    - ``/flask_jwt.js``: the module.
    - ``/orders``: guarded. GET tells ``user``, ``sid`` and ``orders``; POST, as JSON or as a form,
      adds an ``item`` to them; DELETE empties them.
    - ``/form``: guarded, with a form that orders, and its CSRF field.
    - ``/feed``: guarded, for websockets: the handshake comes to the view, and ends there.
    - ``/auth`` and what is below it.

    Its session store is asked at each guarded request, unless ``JWT_REVOCATION_REFRESH`` is set.
    """

    def move_clock(self, seconds: float) -> None:
        """Move the shop's clock on, which stands still otherwise."""
        self._tell("clock", seconds)

    def break_store(self) -> None:
        """Have the session store raise ``StoreUnavailable`` from now on."""
        self._tell("store", True)

    def mend_store(self) -> None:
        """Have the session store work again, from the next request on."""
        self._tell("store", False)

    def requests(
        self, path: str | None = None, method: str | None = None, *, after: int = 0
    ) -> list[Seen]:
        """Return the requests that were answered so far, in order."""
        return [
            one
            for one in (Seen(**fields) for fields in self._ask(f"requests?after={after}"))
            if path in (None, one.path) and method in (None, one.method)
        ]

    def count(self, path: str | None = None, method: str | None = None) -> int:
        """Return how many requests were answered so far: of a path, or in all."""
        return len(self.requests(path, method))

    def orders(self, user: str = ANN) -> list[str]:
        """Return what a user has ordered."""
        return self.all_orders()[user]

    def all_orders(self) -> dict[str, list[str]]:
        """Return what each user has ordered."""
        found: dict[str, list[str]] = self._ask("orders")
        return found

    def sessions(self, user: str = ANN) -> dict[str, int]:
        """Return the live sessions of a user, and how often each was refreshed."""
        return self.all_sessions()[user]

    def all_sessions(self) -> dict[str, dict[str, int]]:
        """Return the live sessions of each user."""
        found: dict[str, dict[str, int]] = self._ask("sessions")
        return found

    def _ask(self, what: str) -> Any:
        return self.server.get(f"/_test/{what}").json

    def _tell(self, what: str, value: Any) -> None:
        answer = self.server.post(f"/_test/{what}", value)
        assert answer.status == 200, answer.text


@contextmanager
def shop(folder: Path, **config: Any) -> Iterator[ServedShop]:
    """Open a shop, with sessions in memory."""
    app = "tests.browser.applications.shop:create_app()"
    with served(app, folder, **config) as server:
        yield ServedShop(server, HOST)


@contextmanager
def served(app: str, folder: Path, **config: Any) -> Iterator[Server]:
    """Serve an application over TLS, with threads in one process."""
    with gunicorn(
        app,
        folder / "server.log",
        threads=_THREADS,
        environment={f"FLASK_{key}": json.dumps(value) for key, value in config.items()},
        certificate=self_signed(folder, _NAMES),
    ) as server:
        yield server
