"""The settings of trusted issuers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..settings.declare import Group, Unfit, setting


def _issuers(value: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(value, Mapping):
        raise Unfit
    for issuer, options in value.items():
        if not isinstance(issuer, str) or not issuer or not isinstance(options, Mapping):
            raise Unfit
        if not all(isinstance(name, str) for name in options):
            raise Unfit
    return {issuer: dict(options) for issuer, options in value.items()}


@dataclass(frozen=True, slots=True)
class IssuerSettings(Group):
    """Whose tokens are accepted beside those of the application."""

    title = "Trusted issuers"

    trusted: dict[str, dict[str, Any]] = setting(
        "JWT_TRUSTED_ISSUERS",
        {},
        _issuers,
        "a dict of issuers with their options, such as "
        "{'https://id.example/realms/shop': {'audience': 'shop-api'}}",
        # Options may hold a client's secret.
        secret=True,
        show=lambda issuers: ", ".join(issuers) or "none",
    )
    """the [issuers](issuers.md) whose tokens are accepted: a dict from `iss`, byte for byte, to the
    options of each"""
