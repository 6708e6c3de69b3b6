"""Failed sign-ins from an address are counted, and have to wait."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.middleware.proxy_fix import ProxyFix

from tests.throttle.signing_in import BAD, ELSEWHERE, GOOD, Site

HERE, THERE = "203.0.113.7", "203.0.113.8"


def guess(site: Site, times: int, address: str, *, first: int = 0, **how: Any) -> None:
    """Guess at as many accounts, so that the address alone is counted."""
    for number in range(first, first + times):
        assert site.sign_in(f"name{number}", BAD, address=address, **how).status_code == 401


def test_waits_of_an_address() -> None:
    """Thirty failures are free, whatever the accounts; then waits double up to a quarter hour."""
    site = Site()
    guess(site, 30, HERE)
    waits = []
    for number in range(12):
        wait = site.wait("mallory", address=HERE)
        assert wait is not None
        waits.append(wait)
        site.now += wait
        assert site.sign_in(f"another{number}", BAD, address=HERE).status_code == 401

    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]
    assert site.wait("mallory", address=THERE) is None


def test_success_gives_its_one_attempt_back() -> None:
    """Whoever has an account can't clear the address by it, and does not fill it up either."""
    site = Site()
    guess(site, 29, HERE)
    for _ in range(10):
        assert site.sign_in("mallory", address=HERE).status_code == 200
    guess(site, 1, HERE)

    assert site.wait("mallory", address=HERE) == 1


def test_nobody_waits_for_the_success_of_others() -> None:
    """However many have failed at an address, good sign-ins follow each other without a wait.

    Neither they nor what an account refuses begin the wait anew, which is after failures alone.
    """
    site = Site()
    guess(site, 30, HERE)
    for number in range(10):
        site.now += 900
        guess(site, 1, HERE, first=100 + number)
    site.fail(5)
    site.now += 900
    site.fail(1)
    for _ in range(10):
        assert site.sign_in("mallory", address=HERE).status_code == 200
        assert site.sign_in("ann", address=HERE).status_code == 429
    guess(site, 1, HERE)

    assert site.wait("mallory", address=HERE) == 900


def test_what_the_account_refuses_is_given_back() -> None:
    """An address is not charged with attempts in which no password was looked at."""
    site = Site()
    site.fail(5)
    for _ in range(40):
        assert site.wait(address=HERE) == 1

    guess(site, 30, HERE)


@pytest.mark.parametrize(
    ("addresses", "is_one"),
    [
        (("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"), True),
        (("2001:db8:1:2::1", "2001:0DB8:0001:0002::1"), True),
        (("2001:db8:1:2::1", "2001:db8:1:3::1"), False),
        (("203.0.113.7", "::ffff:203.0.113.7"), True),
        (("::ffff:203.0.113.7", "::ffff:203.0.113.8"), False),
        (("203.0.113.7", "203.0.113.8"), False),
        # As some proxies write them.
        (("203.0.113.7:4711", "203.0.113.7:4712"), True),
        (("[2001:db8::1]:80", "2001:db8::2"), True),
        (("fe80::1%eth0", "fe80::2%eth1"), True),
    ],
)
def test_networks(addresses: tuple[str, str], is_one: bool) -> None:
    """IPv6 is counted by /64, as providers hand it out, and IPv4 as IPv4 in whatever form."""
    site = Site()
    guess(site, 30, addresses[0])

    assert (site.wait(address=addresses[1]) is not None) == is_one


def test_no_header_is_read() -> None:
    """What a client says of its address makes no other address of it."""
    site = Site()
    for number in range(30):
        headers = {"X-Forwarded-For": ELSEWHERE[number], "Forwarded": f"for={ELSEWHERE[number]}"}
        headers["X-Real-IP"] = ELSEWHERE[number]
        assert site.sign_in(f"n{number}", BAD, address=HERE, headers=headers).status_code == 401

    assert site.wait(address=HERE, headers={"X-Forwarded-For": ELSEWHERE[99]}) == 1
    assert site.wait(address=THERE, headers={"X-Forwarded-For": HERE}) is None


def test_behind_a_proxy() -> None:
    """With ProxyFix it is the client that is counted, and no further name in the header."""
    site = Site()
    site.app.wsgi_app = ProxyFix(site.app.wsgi_app, x_for=1)  # type: ignore[method-assign]
    for number in range(30):
        forwarded = {"X-Forwarded-For": f"{ELSEWHERE[number]}, {HERE}"}
        guess(site, 1, "127.0.0.1", first=number, headers=forwarded)

    assert site.wait(address="127.0.0.1", headers={"X-Forwarded-For": HERE}) == 1
    assert site.wait(address="127.0.0.1", headers={"X-Forwarded-For": THERE}) is None


@pytest.mark.parametrize("address", [None, "unix:", "localhost", "unknown"])
def test_no_address(address: str | None, caplog: pytest.LogCaptureFixture) -> None:
    """On a unix socket the account alone is counted; the log says so once."""
    site = Site()
    guess(site, 40, address or "")
    site.fail(5, "ann", address=address)

    assert site.wait(address=address) == 1
    (line,) = caplog.messages
    assert line.startswith("Attempts are counted by account alone")


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "::1", "fd00::1", "100.64.0.1"])
@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
def test_a_proxy_that_is_not_known(
    address: str, header: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Where all clients seem to be one, the log says once what is missing, and no more."""
    site = Site()
    headers = {header: "for=192.0.2.60-typed-by-a-client"}
    guess(site, 30, address, headers=headers)
    assert caplog.messages == []
    for _ in range(3):
        assert site.wait(address=address, headers=headers) == 1

    (line,) = caplog.messages
    assert "ProxyFix" in line
    assert "typed" not in line
    assert address not in line


@pytest.mark.parametrize(
    ("address", "headers"), [("8.8.8.8", {"X-Forwarded-For": HERE}), ("127.0.0.1", {})]
)
def test_no_proxy(address: str, headers: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
    """The header of a client elsewhere is no sign of a proxy, nor is an address of this machine."""
    site = Site()
    guess(site, 30, address, headers=headers)
    assert site.wait(address=address, headers=headers) == 1

    assert caplog.messages == []


def test_an_account_that_waits_says_nothing_of_proxies(caplog: pytest.LogCaptureFixture) -> None:
    """It is the address that shows whether a proxy is missing."""
    site = Site()
    headers = {"X-Forwarded-For": HERE}
    site.fail(5, address="127.0.0.1", headers=headers)
    assert site.wait(password=GOOD, address="127.0.0.1", headers=headers) == 1

    assert caplog.messages == []
