"""Scopes and roles, as tokens of this and of other issuers name them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

#: Where a token has its roles unless configured (:rfc:`9068` section 2.2.3.1).
ROLES_CLAIM = ("roles",)
#: The letters of one scope (:rfc:`6749` section 3.3).
SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
_SCOPES = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]*")
# Issuers have few sets of scopes and roles, and many tokens with each.
_MAX_REMEMBERED = 512
_NOTHING: frozenset[str] = frozenset()


def scopes_in(claims: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the scopes of a token: ``scope``, or else ``scp``; None where they are malformed."""
    value = claims.get("scope")
    if value is None:
        value = claims.get("scp")
        if value is None:
            return _NOTHING if "scope" not in claims and "scp" not in claims else None
    if type(value) is str:
        return _scopes_of_text(value)
    return _scopes_of_list(tuple(value)) if type(value) is list and _are_texts(value) else None


def roles_in(claims: Mapping[str, Any], path: Sequence[str]) -> frozenset[str] | None:
    """Return the roles at a path of claims, a list or one name; None where they are malformed."""
    value: Any = claims
    for name in path:
        if not isinstance(value, Mapping):
            return None
        if name not in value:
            return _NOTHING
        value = value[name]
    if type(value) is str:
        return frozenset((value,)) if value else None
    return _roles_of_list(tuple(value)) if type(value) is list and _are_texts(value) else None


def _are_texts(names: Sequence[Any]) -> bool:
    return all([type(name) is str for name in names])  # noqa: C419 (a list is faster)


@lru_cache(_MAX_REMEMBERED)
def _scopes_of_text(text: str) -> frozenset[str] | None:
    return frozenset(text.split()) if _SCOPES.fullmatch(text) else None


@lru_cache(_MAX_REMEMBERED)
def _scopes_of_list(names: tuple[str, ...]) -> frozenset[str] | None:
    return frozenset(names) if all(map(SCOPE.fullmatch, names)) else None


@lru_cache(_MAX_REMEMBERED)
def _roles_of_list(names: tuple[str, ...]) -> frozenset[str] | None:
    return frozenset(names) if all(names) else None
