"""Scopes and roles, as tokens of this and of other issuers name them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

#: The way to a claim: its name, or names that lead into objects.
Path = tuple[str, ...]


class ClaimNames(NamedTuple):
    """Which claims say what, in the tokens of one issuer."""

    #: Where the roles are; those of several places are taken together.
    roles: tuple[Path, ...] = (("roles",),)
    #: Where the scopes are: the first of these places that a token has.
    scopes: tuple[Path, ...] = (("scope",), ("scp",))
    #: What names the user; None is ``identity``, or else ``sub``.
    subject: str | None = None
    #: The trusted issuer that has made the tokens; None for those of the application itself.
    issuer: str | None = None


#: How the tokens of the application name what they say, unless configured
#: (:rfc:`9068` section 2.2.3).
OWN_NAMES = ClaimNames()
_OWN_SCOPES = OWN_NAMES.scopes
#: The letters of one scope (:rfc:`6749` section 3.3).
SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
_SCOPES = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]*")
# Issuers have few sets of scopes and roles, and many tokens with each.
_MAX_REMEMBERED = 512
_NOTHING: frozenset[str] = frozenset()


def scopes_in(
    claims: Mapping[str, Any], paths: Sequence[Path] = OWN_NAMES.scopes
) -> frozenset[str] | None:
    """Return the scopes of a token, of the first path that it has; None where malformed."""
    if paths is _OWN_SCOPES and type(claims.get("scope")) is str:
        # What nearly every token has.
        return _scopes_of_text(claims["scope"])
    for path in paths:
        value: Any = claims
        try:
            for name in path:
                value = value[name]
            if type(value) is list:
                return _scopes_of_list(tuple(value))
        except KeyError:
            continue
        except TypeError:
            # A name of the path has no object to be in, or an object is among the names.
            return None
        return _scopes_of_text(value) if type(value) is str else None
    return _NOTHING


def roles_in(
    claims: Mapping[str, Any], paths: Sequence[Path] = OWN_NAMES.roles
) -> frozenset[str] | None:
    """Return the roles at paths of claims, each a list or one name; None where one is malformed."""
    roles = _NOTHING
    for path in paths:
        value: Any = claims
        try:
            for name in path:
                value = value[name]
            # What nearly every token has, without a further call.
            if type(value) is list:
                found = _roles_of_list(tuple(value))
            else:
                found = _roles_of_list((value,)) if type(value) is str else None
        except KeyError:
            continue
        except TypeError:
            # A name of the path has no object to be in, or an object is among the roles.
            return None
        if found is None:
            return None
        roles = found if roles is _NOTHING else roles | found
    return roles


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
