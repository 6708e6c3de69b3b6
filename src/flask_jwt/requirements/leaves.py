"""The requirements that are not combined of others: each looks at one thing that a token says."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ..core.grants import SCOPE, roles_in, scopes_in
from ..core.verifier import VerifiedToken
from .combined import Context, Outcome, Requirement


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _texts(kind: str, values: Sequence[Any]) -> None:
    if not values:
        raise ValueError(f"{kind}() requires nothing: name at least one value")
    for value in values:
        if not isinstance(value, str):
            raise TypeError(f"{kind}() takes strings, not {type(value).__name__}")
        if not value:
            raise ValueError(f"{kind}() takes no empty string")


@dataclass(frozen=True, slots=True, init=False, repr=False)
class _Named(Requirement):
    """A requirement of names."""

    names: tuple[str, ...]

    #: A challenge has them in a quoted string, with spaces between (RFC 6750, RFC 9470 section 3).
    stands_in_challenge: ClassVar[bool] = False

    def __init__(self, *names: str) -> None:
        kind = type(self).__name__
        _texts(kind, names)
        if self.stands_in_challenge and not all(map(SCOPE.fullmatch, names)):
            raise ValueError(
                f"{kind}() takes printable ASCII without spaces, quotes and backslashes; write "
                f'several as {kind}("a", "b")'
            )
        object.__setattr__(self, "names", names)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(_shown, self.names))})"


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Scope(_Named):
    """The token has all of these scopes (:rfc:`6749` section 3.3).

    A token without scopes has none of them. It is read from ``scope`` or ``scp``, a string or a
    list; malformed ones prove nothing, and neither do they prove ``~Scope(…)``.

    :param names: one scope each, without spaces.
    :raises TypeError: a name is no string.
    :raises ValueError: there is no name, or one is empty or holds what no scope may.
    """

    stands_in_challenge = True

    def outcome(self, token: VerifiedToken, identity: Any, context: Context) -> Outcome:
        """Tell whether the token has them all."""
        scopes = scopes_in(token[0], token[2].scopes)
        return None if scopes is None else scopes.issuperset(self.names)


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Role(_Named):
    """The token has any of these roles; ``Role("a") & Role("b")`` requires both.

    A token without roles has none of them. They are read where ``JWT_ROLES_CLAIM`` says; malformed
    ones prove nothing, and neither do they prove ``~Role(…)``.

    :param names: one role each.
    :raises TypeError: a name is no string.
    :raises ValueError: there is no name, or one is empty.
    """

    def outcome(self, token: VerifiedToken, identity: Any, context: Context) -> Outcome:
        """Tell whether the token has one of them."""
        roles = roles_in(token[0], token[2].roles)
        return None if roles is None else not roles.isdisjoint(self.names)


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Acr(_Named):
    """The user signed in at one of these levels: ``acr`` (:rfc:`9470` section 2).

    :param names: one value each, without spaces.
    :raises TypeError: a value is no string.
    :raises ValueError: there is no value, or one is empty or can't stand in a challenge.
    """

    stands_in_challenge = True

    def outcome(self, token: VerifiedToken, identity: Any, context: Context) -> Outcome:
        """Tell whether ``acr`` is one of them; None where it is absent or no string."""
        acr = token.claims.get("acr")
        return acr in self.names if isinstance(acr, str) else None


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Amr(_Named):
    """The user signed in by all of these methods: ``amr`` (:rfc:`8176`).

    :param names: one method each.
    :raises TypeError: a method is no string.
    :raises ValueError: there is no method, or one is empty.
    """

    def outcome(self, token: VerifiedToken, identity: Any, context: Context) -> Outcome:
        """Tell whether ``amr`` has them all; None where it is absent or no list of strings."""
        methods = token.claims.get("amr")
        if not isinstance(methods, list) or not all(isinstance(name, str) for name in methods):
            return None
        return set(self.names) <= set(methods)


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Claim(Requirement):
    """A claim has a value, of the same type.

    :param name: the name of the claim, or a list of names that is a path into objects.
    :param value: a string, a number or a boolean.
    :raises TypeError: the name is no text or path, or the value of another type.
    :raises ValueError: a name is empty, or the number is not finite.
    """

    path: tuple[str, ...]
    value: str | int | float | bool
    # True equals 1 in Python, and is another requirement.
    _type: type

    def __init__(self, name: str | Sequence[str], value: str | int | float | bool) -> None:
        if not isinstance(name, str | list | tuple):
            raise TypeError(f"a claim has a name or a path, not {type(name).__name__}")
        path = (name,) if isinstance(name, str) else tuple(name)
        _texts("Claim", path)
        if type(value) not in (str, int, float, bool):
            raise TypeError(
                f"Claim() compares str, int, float and bool, not {type(value).__name__}"
            )
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError("Claim() compares finite numbers: no token holds another")
        object.__setattr__(self, "path", path)
        object.__setattr__(self, "value", value)
        object.__setattr__(self, "_type", _json_type(value))

    def outcome(self, token: VerifiedToken, identity: Any, context: Context) -> Outcome:
        """Tell whether the claim is so; None where it is absent or of another type."""
        found: Any = token.claims
        for name in self.path:
            if not isinstance(found, Mapping) or name not in found:
                return None
            found = found[name]
        return bool(found == self.value) if _json_type(found) is self._type else None

    def __repr__(self) -> str:
        names = ", ".join(map(_shown, self.path))
        return f"Claim({names if len(self.path) == 1 else f'[{names}]'}, {_shown(self.value)})"


def _json_type(value: Any) -> type:
    # JSON has one type of numbers.
    return float if type(value) is int else type(value)


@dataclass(frozen=True, slots=True, repr=False)
class Issuer(Requirement):
    """The token is of one issuer: ``iss``, compared exactly.

    :param iss: the issuer.
    :raises TypeError: it is no string.
    :raises ValueError: it is empty.
    """

    iss: str

    def __post_init__(self) -> None:
        """Check the issuer."""
        _texts("Issuer", (self.iss,))

    def outcome(self, token: VerifiedToken, identity: Any, context: Context) -> Outcome:
        """Tell whether the issuer is that one; None where it is absent or no string."""
        issuer = token.issuer
        return None if issuer is None else issuer == self.iss

    def __repr__(self) -> str:
        return f"Issuer({_shown(self.iss)})"


@dataclass(frozen=True, slots=True, repr=False)
class MaxAge(Requirement):
    """The user signed in a short time ago: ``auth_time`` (OpenID Connect Core section 2).

    A refresh is no sign-in.

    :param seconds: how long ago at most, a whole number of seconds from 1 on.
    :raises TypeError: it is no whole number.
    :raises ValueError: it is less than 1.
    """

    seconds: int

    def __post_init__(self) -> None:
        """Check the number."""
        if type(self.seconds) is not int:
            raise TypeError(f"MaxAge() takes whole seconds, not {type(self.seconds).__name__}")
        if self.seconds < 1:
            raise ValueError("MaxAge() takes 1 second or more")

    def outcome(self, token: VerifiedToken, identity: Any, context: Context) -> Outcome:
        """Tell whether it was so short ago; None where that is absent, malformed or to come."""
        auth_time = token.auth_time
        if auth_time is None:
            return None
        age = context.clock() - auth_time
        return None if age < -context.leeway() else age <= self.seconds

    def __repr__(self) -> str:
        return f"MaxAge({self.seconds})"


@dataclass(frozen=True, slots=True, repr=False)
class Check(Requirement):
    """A function of the application's own says True.

    Anything but True is a refusal, and anything but False is one for ``~Check(…)``. An exception
    is the application's own: an error that is logged, and never a pass.

    :param function: called with the :class:`~flask_jwt.core.VerifiedToken` and the user; it may be
        a coroutine function.
    :param name: what refusals call it.
    :raises TypeError: the function can't be called, or the name is no string.
    :raises ValueError: the name is empty.
    """

    # Not each object that can be called has a hash, and a guard without one would be no guard.
    function: Callable[[VerifiedToken, Any], Any] = field(hash=False)
    name: str

    def __post_init__(self) -> None:
        """Check both."""
        if not callable(self.function):
            raise TypeError("Check() takes a function of the token and the user")
        _texts("Check", (self.name,))

    def outcome(self, token: VerifiedToken, identity: Any, context: Context) -> Outcome:
        """Ask the function; None where it says neither True nor False."""
        answer = context.call(self.function, token, identity)
        return answer if answer is True or answer is False else None

    def __repr__(self) -> str:
        name = getattr(self.function, "__qualname__", type(self.function).__name__)
        return f"Check({name.rpartition('.<locals>.')[2]}, {_shown(self.name)})"
