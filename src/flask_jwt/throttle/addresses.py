"""Where attempts come from: the address of a request, as it is counted."""

from __future__ import annotations

import logging
import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from flask import Request

# Providers give a customer a network of this length.
_IPV6_PREFIX = 64
# Some proxies add the port to the address: "192.0.2.1:4711", "[2001:db8::1]:4711".
_WITH_PORT = re.compile(r"(?:\[([^\]]*)\]|([0-9.]+))(?::[0-9]{1,5})?", re.ASCII)
# Proxies say in them whom a request comes from, and so can anybody else.
_FORWARDED = ("X-Forwarded-For", "Forwarded")


class Addresses:
    """Counts what the server, or ProxyFix, takes for the address of a request; reads no header.

    :param logger: is told once of each sign that proxies are not set up.
    """

    __slots__ = ("_is_told_of_none", "_is_told_of_proxy", "_logger")

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._is_told_of_none = self._is_told_of_proxy = False

    def network_of(self, request: Request) -> str | None:
        """Return what the address of a request is counted as, or None where it has none."""
        address = _parsed(request.remote_addr)
        if address is not None:
            return _network_of(address)
        if not self._is_told_of_none:
            self._is_told_of_none = True
            self._logger.warning(
                "Attempts are counted by account alone: requests come without an address (over a "
                "unix socket, perhaps). Behind a proxy that says where they come from, set up "
                "ProxyFix with x_for=1"
            )
        return None

    def tell_of_refused(self, request: Request) -> None:
        """Have the log say once that a proxy, and no client, seems to have been refused."""
        address = _parsed(request.remote_addr)
        if self._is_told_of_proxy or address is None or address.is_global:
            return
        if any(name in request.headers for name in _FORWARDED):
            self._is_told_of_proxy = True
            self._logger.warning(
                "Attempts from the address of a proxy have to wait, and so do all that come "
                "through it: where this application is behind a proxy, set up ProxyFix with x_for=1"
            )


def _parsed(text: str | None) -> IPv4Address | IPv6Address | None:
    if not text:
        return None
    found = _WITH_PORT.fullmatch(text)
    bare = text if found is None else found[1] or found[2]
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        # A word such as "localhost" stands for all that come through a socket, or a proxy.
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _network_of(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((address, _IPV6_PREFIX), strict=False))
