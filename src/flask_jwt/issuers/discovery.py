"""Where an issuer has its keys: OpenID Connect Discovery, and RFC 8414."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from ..core.strict_json import StrictJSONError, parse_object
from ..http import is_loopback
from .errors import FetchError
from .fetching import Fetch, FetchRequest
from .options import is_on_loopback, is_server_url

_OPENID = "/.well-known/openid-configuration"
_OAUTH = "/.well-known/oauth-authorization-server"
_OK = 200
# It stands in lines of the log.
_MAX_ADDRESS = 2048


class Metadata(NamedTuple):
    """What an issuer says of itself.

    :param url: the address of the document.
    :param jwks_uri: where its keys are, or None.
    :param introspection_endpoint: where tokens are introspected, or None.
    """

    url: str
    jwks_uri: str | None
    introspection_endpoint: str | None


def discovery_urls(issuer: str) -> tuple[str, ...]:
    """Return where the metadata of an issuer may be, in the order in which they are asked.

    OpenID Connect puts it behind the path of the issuer, and :rfc:`8414` section 3.1 before it.
    """
    scheme, host, path, _, _ = urlsplit(issuer)
    path = path.rstrip("/")
    return (
        urlunsplit((scheme, host, path + _OPENID, "", "")),
        urlunsplit((scheme, host, _OAUTH + path, "", "")),
    )


def discover(issuer: str, fetch: Fetch) -> Metadata:
    """Ask an issuer for its metadata; raise :exc:`.FetchError` with all that was tried."""
    faults: list[str] = []
    for url in discovery_urls(issuer):
        response = fetch(FetchRequest(url, headers={"accept": "application/json"}))
        if response.status == _OK:
            return _metadata(issuer, url, response.body)
        faults.append(f"{url} answered {response.status}")
    raise FetchError(" and ".join(faults))


def _metadata(issuer: str, url: str, body: bytes) -> Metadata:
    try:
        document = parse_object(body)
    except StrictJSONError as error:
        fault = str(error) if len(str(error)) < 100 else "not JSON"
        raise FetchError(f"{url} is no strict JSON object: {fault}") from None
    if document.get("issuer") != issuer:
        # RFC 8414 section 3.3: another issuer's document, and perhaps an attacker's.
        raise FetchError(f"{url} is the metadata of another issuer: its issuer is not {issuer!r}")
    return Metadata(
        url,
        _address(document, "jwks_uri", issuer, url),
        _address(document, "introspection_endpoint", issuer, url),
    )


def _address(document: dict[str, Any], name: str, issuer: str, url: str) -> str | None:
    address = document.get(name)
    if address is None:
        return None
    if type(address) is not str or not _may_name(issuer, address):
        raise FetchError(f"{url} has a {name} that is no https address of a server")
    return address


def _may_name(issuer: str, address: str) -> bool:
    """Tell whether a document may have us ask there: another machine's not on this one."""
    if len(address) > _MAX_ADDRESS or not is_server_url(address, on_loopback=True):
        return False
    return is_on_loopback(issuer) or not is_loopback(urlsplit(address).netloc)
