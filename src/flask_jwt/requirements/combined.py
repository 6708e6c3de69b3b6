"""Requirements, and how they are combined.

Each requirement holds, or does not, or can't be told: a claim that is absent or malformed proves
neither a requirement nor its negation. What can't be told is refused (Kleene's three values).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn

from ..core.clock import Clock
from ..core.verifier import VerifiedToken

#: Whether a requirement holds; None where the token does not tell.
Outcome = bool | None


@dataclass(frozen=True, slots=True)
class Context:
    """What requirements need to know beside the token and the user."""

    clock: Clock
    #: Returns how far clocks may differ, in seconds.
    leeway: Callable[[], float]
    #: Calls the function of a check with the token and the user.
    call: Callable[[Callable[..., Any], VerifiedToken, Any], Any]


class Requirement(ABC):
    """What a token, or its user, has to be: frozen, hashable, and printed as it is written.

    ``a & b`` requires both, ``a | b`` one of them, ``~a`` that the contrary is proved. ``and``,
    ``or`` and ``not`` raise :exc:`TypeError`.
    """

    __slots__ = ()

    @abstractmethod
    def outcome(self, token: VerifiedToken, identity: Any, context: Context) -> Outcome:
        """Tell whether a verified token and its user are so; None where that can't be told."""

    def leaves(self) -> Iterator[Requirement]:
        """Yield the requirements that this one is combined of."""
        yield self

    def __and__(self, other: Requirement) -> Requirement:
        return AllOf(_operands(AllOf, self, other))

    def __or__(self, other: Requirement) -> Requirement:
        return AnyOf(_operands(AnyOf, self, other))

    def __invert__(self) -> Requirement:
        return Not(self)

    def __bool__(self) -> NoReturn:
        # `and` would drop all but the last one without a word.
        raise TypeError("requirements are combined with &, | and ~, not with and, or and not")


def _operands(kind: type[Combination], left: Requirement, right: Any) -> tuple[Requirement, ...]:
    if not isinstance(right, Requirement):
        raise TypeError(f"a requirement is combined with another, not a {type(right).__name__}")
    # a & b & c is read as (a & b) & c: three operands, printed without parentheses.
    return (*left.parts, right) if isinstance(left, kind) else (left, right)


@dataclass(frozen=True, slots=True, repr=False)
class Combination(Requirement):
    """Several requirements."""

    parts: tuple[Requirement, ...]

    sign: ClassVar[str]
    #: The outcome of one part that is the outcome of all.
    decisive: ClassVar[bool]

    def outcome(self, token: VerifiedToken, identity: Any, context: Context) -> Outcome:
        """Tell whether they hold together; parts after a decisive one are not asked."""
        decisive = self.decisive
        is_known = True
        for part in self.parts:
            outcome = part.outcome(token, identity, context)
            if outcome is decisive:
                return decisive
            if outcome is None:
                is_known = False
        return not decisive if is_known else None

    def leaves(self) -> Iterator[Requirement]:
        """Yield the requirements of the parts."""
        for part in self.parts:
            yield from part.leaves()

    def __repr__(self) -> str:
        return self.sign.join(map(self._shown, self.parts))

    def _shown(self, part: Requirement) -> str:
        # Python binds & before |.
        is_grouped = type(part) is type(self) or isinstance(part, AnyOf)
        return f"({part!r})" if is_grouped else repr(part)


@dataclass(frozen=True, slots=True, repr=False)
class AllOf(Combination):
    """Requirements that hold together where each holds."""

    sign = " & "
    decisive = False


@dataclass(frozen=True, slots=True, repr=False)
class AnyOf(Combination):
    """Requirements that hold together where one holds."""

    sign = " | "
    decisive = True


@dataclass(frozen=True, slots=True, repr=False)
class Not(Requirement):
    """Holds where another requirement is known not to hold."""

    part: Requirement

    def outcome(self, token: VerifiedToken, identity: Any, context: Context) -> Outcome:
        """Tell whether the other one does not hold; None where that can't be told."""
        outcome = self.part.outcome(token, identity, context)
        return None if outcome is None else not outcome

    def leaves(self) -> Iterator[Requirement]:
        """Yield the requirements of the other one."""
        yield from self.part.leaves()

    def __repr__(self) -> str:
        return f"~({self.part!r})" if isinstance(self.part, Combination) else f"~{self.part!r}"
