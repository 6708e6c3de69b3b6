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
    # What nearly every token has.
    if type(value) is str:
        return _scopes_of_text(value)
    if "scope" not in claims:
        value = claims.get("scp", "")
    try:
        if type(value) is list:
            return _scopes_of_list(tuple(value))
    except TypeError:
        # An object or a list among the names has no hash.
        return None
    return _scopes_of_text(value) if type(value) is str else None


def roles_in(claims: Mapping[str, Any], path: Sequence[str]) -> frozenset[str] | None:
    """Return the roles at a path of claims, a list or one name; None where they are malformed."""
    value: Any = claims
    try:
        for name in path:
            value = value[name]
        # What nearly every token has, without a further call.
        if type(value) is list:
            return _roles_of_list(tuple(value))
    except KeyError:
        return _NOTHING
    except TypeError:
        # A name of the path has no object to be in, or an object is among the roles.
        return None
    return _roles_of_list((value,)) if type(value) is str else None


def with_value(claims: Mapping[str, Any], path: Sequence[str], value: Any) -> dict[str, Any]:
    """Return claims with a value at a path; raise :exc:`KeyError` with a name that is taken."""
    name, *inner_path = path
    inner = claims.get(name, {})
    if inner_path and isinstance(inner, Mapping):
        value = with_value(inner, inner_path, value)
    elif name in claims:
        raise KeyError(name)
    return {**claims, name: value}


@lru_cache(_MAX_REMEMBERED)
def _scopes_of_text(text: str) -> frozenset[str] | None:
    return frozenset(text.split()) if _SCOPES.fullmatch(text) else None


@lru_cache(_MAX_REMEMBERED)
def _scopes_of_list(names: tuple[Any, ...]) -> frozenset[str] | None:
    are_scopes = all(type(name) is str and SCOPE.fullmatch(name) for name in names)
    return frozenset(names) if are_scopes else None


@lru_cache(_MAX_REMEMBERED)
def _roles_of_list(names: tuple[Any, ...]) -> frozenset[str] | None:
    return frozenset(names) if all(type(name) is str and name for name in names) else None
