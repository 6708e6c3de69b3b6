"""Where an issuer has its keys: OpenID Connect Discovery, and RFC 8414."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

from ..core.strict_json import StrictJSONError, complaint, parse_object
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


def discover(issuer: str, fetch: Fetch, wanted: str = "jwks_uri") -> Metadata:
    """Ask an issuer for its metadata; raise :exc:`.FetchError` with all that was tried.

    An address other than the wanted one is None where it is unfit, and does no harm.
    """
    faults: list[str] = []
    for url in discovery_urls(issuer):
        response = fetch(FetchRequest(url, headers={"accept": "application/json"}))
        if response.status == _OK:
            return _metadata(issuer, url, response.body, wanted)
        faults.append(f"{url} answered {response.status}")
    raise FetchError(" and ".join(faults))


def _metadata(issuer: str, url: str, body: bytes, wanted: str) -> Metadata:
    try:
        document = parse_object(body)
    except StrictJSONError as error:
        raise FetchError(f"{url} is no strict JSON object: {complaint(error)}") from None
    if document.get("issuer") != issuer:
        # RFC 8414 section 3.3: another issuer's document, and perhaps an attacker's.
        raise FetchError(f"{url} is the metadata of another issuer: its issuer is not {issuer!r}")
    addresses = {name: document.get(name) for name in ("jwks_uri", "introspection_endpoint")}
    fitting = {
        name: address if _may_name(issuer, address) else None for name, address in addresses.items()
    }
    if addresses[wanted] is not None and fitting[wanted] is None:
        raise FetchError(f"{url}: its {wanted} is no https address of a server")
    return Metadata(url, **fitting)


def _may_name(issuer: str, address: object) -> bool:
    """Tell whether a document may have us ask there: another machine's not on this one."""
    if not isinstance(address, str) or len(address) > _MAX_ADDRESS:
        return False
    if not is_server_url(address, on_loopback=True):
        return False
    return is_on_loopback(issuer) or not is_loopback(urlsplit(address).netloc)
