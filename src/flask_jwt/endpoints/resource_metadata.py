"""``GET /.well-known/oauth-protected-resource``: where clients get tokens for here (RFC 9728)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flask import Response

from ..app_state import AppState, current_application, current_state
from ..authentication.settings import BrowserRoutes, BrowserSettings, ResourceRoute
from ..authorization.route_audit import audit
from ..http import cached_answer
from ..issuers.options import is_issuer_url
from ..requirements.combined import Combination, Requirement
from ..requirements.leaves import Scope
from ..settings.declare import Settings

_CACHING = "public, max-age=600"
# The name of the parameter is fixed (RFC 6750 section 2.3).
_STANDARD_PARAMETER = "access_token"


def resource_metadata_view(**_values: object) -> Response:
    """Answer with the metadata of this resource, which pages of any origin may read."""
    state = current_state()
    body = state.resource_metadata
    if body is None:
        # The guards stay what they are once requests are answered.
        body = state.resource_metadata = json.dumps(_metadata(state)).encode()
    answer = cached_answer(body, "application/json", _CACHING)
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


def _metadata(state: AppState) -> dict[str, Any]:
    """Return the metadata (:rfc:`9728` section 2); what is empty is left out."""
    issuers = [row.options.issuer for row in state.issuers.rows]
    found = {
        "resource": state.settings[ResourceRoute].resource,
        # A name that is no address, which keys may have, is nowhere to get a token.
        "authorization_servers": [issuer for issuer in issuers if is_issuer_url(issuer)],
        "scopes_supported": _scopes_of_guards(),
    }
    # An empty list of these says that no token is taken as RFC 6750 has it.
    methods = {"bearer_methods_supported": _bearer_methods(state.settings)}
    return {name: value for name, value in found.items() if value} | methods


def _bearer_methods(settings: Settings) -> list[str]:
    """Return where tokens may be, as far as it is a place of :rfc:`6750`: no JSON, no cookie."""
    locations = settings[BrowserRoutes].token_location
    browsers = settings.get(BrowserSettings)
    methods = ["header"] if "headers" in locations else []
    if "query_string" in locations and browsers is not None:
        methods += ["query"] if browsers.query_name == _STANDARD_PARAMETER else []
    return methods


def _scopes_of_guards() -> list[str]:
    found: set[str] = set()
    for route in audit(current_application()):
        guard = route.protection.guard
        if guard is not None and guard.requires is not None:
            found.update(_scopes(guard.requires))
    return sorted(found)


def _scopes(requirement: Requirement) -> Iterator[str]:
    """Yield the scopes that help to meet a requirement: none that it forbids."""
    if isinstance(requirement, Scope):
        yield from requirement.names
    elif isinstance(requirement, Combination):
        for part in requirement.parts:
            yield from _scopes(part)
