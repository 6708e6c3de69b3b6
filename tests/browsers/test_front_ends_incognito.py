"""``JWT_COOKIE_ORIGINS`` in a browser that sends no cookies to other sites: an incognito window."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.chromium import NewContext

from .front_ends import NAMED, FrontEnd
from .shopping import ServedShop, TLSServer, shop


@pytest.fixture(scope="module")
def opened(elsewhere: TLSServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedShop]:
    """A shop that names two of them."""
    origins = [elsewhere.at(host) for host in NAMED]
    with shop(tmp_path_factory.mktemp("shop"), JWT_COOKIE_ORIGINS=origins) as found:
        yield found


@pytest.fixture(scope="module")
def partitioned(
    elsewhere: TLSServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServedShop]:
    """A shop that names them, with ``JWT_COOKIE_PARTITIONED``."""
    origins = [elsewhere.at(host) for host in NAMED]
    folder = tmp_path_factory.mktemp("shop")
    with shop(folder, JWT_COOKIE_ORIGINS=origins, JWT_COOKIE_PARTITIONED=True) as found:
        yield found


def test_another_site(new_context: NewContext, elsewhere: TLSServer, opened: ServedShop) -> None:
    """A front end there is not signed in by signing in."""
    context = new_context(ignore_https_errors=True)
    found = FrontEnd(context, elsewhere.at("app.test"), opened)
    found.load()
    found.sign_in()

    assert found.send("GET")[0] == 401


def test_the_same_site(new_context: NewContext, elsewhere: TLSServer, opened: ServedShop) -> None:
    """One on a sibling domain is."""
    context = new_context(ignore_https_errors=True)
    found = FrontEnd(context, elsewhere.at("app.shop.test"), opened)
    found.load()
    found.sign_in()

    assert found.send("POST")[0] == 200


def test_partitioned(
    new_context: NewContext, elsewhere: TLSServer, partitioned: ServedShop
) -> None:
    """With ``JWT_COOKIE_PARTITIONED`` a front end works there, and for itself alone."""
    context = new_context(ignore_https_errors=True)
    found = FrontEnd(context, elsewhere.at("app.test"), partitioned)
    found.load()
    found.sign_in()

    assert found.send("POST")[0] == 200
    partitioned.move_clock(400)
    assert found.send("POST")[0] == 200
    other = FrontEnd(context, elsewhere.at("app.shop.test"), partitioned)
    other.load()
    assert other.send("GET")[0] == 401
    found.sign_out()
    assert found.send("GET")[0] == 401
