"""Why a requirement does not hold, and what a client can do about it.

A client can sign in anew (:rfc:`9470`), or get a token with more scopes (:rfc:`6750` section 3.1).
Whether that would help is found by trying it: the requirement is asked about the token as it would
be then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from ..core.verifier import VerifiedToken
from .combined import AllOf, AnyOf, Context, Requirement
from .leaves import Acr, Amr, MaxAge, Scope


@dataclass(frozen=True, slots=True)
class StepUp:
    """The sign-in that would satisfy a requirement; None where something need not change."""

    max_age: int | None
    acr_values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is refused."""

    #: The parts that do not hold, as they are written.
    description: str
    #: What a sign-in has to be that alone would do; None where none would.
    step_up: StepUp | None
    #: What a token needs for it; nothing where no scope is missing.
    scopes: tuple[str, ...]


def refusal_of(
    requirement: Requirement, token: VerifiedToken, identity: Any, context: Context
) -> Refusal:
    """Tell why a requirement does not hold; its checks are called once more at most."""
    trial = _Trial(token, identity, _frozen(context))
    failed = list(trial.failed(requirement))
    return Refusal(
        " & ".join(_as_operand(part, len(failed)) for part in failed),
        trial.step_up(requirement),
        tuple(dict.fromkeys(trial.missing_scopes(requirement))),
    )


def _as_operand(part: Requirement, count: int) -> str:
    return f"({part!r})" if count > 1 and isinstance(part, AnyOf) else repr(part)


def _frozen(context: Context) -> Context:
    """Return a context whose time stands still, and whose checks answer once."""
    now = context.clock()
    answers: dict[int, Any] = {}

    def call(function: Callable[..., Any], token: VerifiedToken, identity: Any) -> Any:
        if id(function) not in answers:
            answers[id(function)] = context.call(function, token, identity)
        return answers[id(function)]

    return replace(context, clock=lambda: now, call=call)


@dataclass(frozen=True, slots=True, repr=False)
class _Trial:
    """A token, and what it would be after another sign-in."""

    token: VerifiedToken
    identity: Any
    context: Context

    def holds(self, requirement: Requirement, changes: Mapping[str, Any] | None = None) -> bool:
        """Tell whether a requirement holds for the token, with other claims perhaps."""
        token = self.token
        if changes:
            token = token._replace(claims={**token.claims, **changes})
        return requirement.outcome(token, self.identity, self.context) is True

    def failed(self, requirement: Requirement) -> Iterator[Requirement]:
        """Yield the operands of ``&`` that do not hold, or the requirement itself."""
        parts = requirement.parts if isinstance(requirement, AllOf) else (requirement,)
        return (part for part in parts if not self.holds(part))

    def step_up(self, requirement: Requirement) -> StepUp | None:
        """Return the sign-in with the fewest changes that would do, or None."""
        leaves = list(requirement.leaves())
        ages = sorted({leaf.seconds for leaf in leaves if isinstance(leaf, MaxAge)}, reverse=True)
        levels = [name for leaf in leaves if isinstance(leaf, Acr) for name in leaf.names]
        methods = [name for leaf in leaves if isinstance(leaf, Amr) for name in leaf.names]
        now = self.context.clock()
        # The least demanding first, after the one where nothing changes.
        trials = list(
            product(
                [None, *ages],
                [None, *dict.fromkeys(levels)],
                [None, methods] if methods else [None],
            )
        )
        trials.sort(key=lambda trial: sum(part is not None for part in trial))
        for age, level, added in trials[1:]:
            changes = self._signed_in(None if age is None else now - age, level, added)
            if self.holds(requirement, changes):
                return StepUp(age, self._equally_good(requirement, changes, level, levels))
        return None

    def _signed_in(
        self, auth_time: float | None, level: str | None, added: list[str] | None
    ) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        if auth_time is not None:
            changes["auth_time"] = auth_time
        if level is not None:
            changes["acr"] = level
        if added is not None:
            known = self.token.claims.get("amr")
            changes["amr"] = [*(known if isinstance(known, list) else ()), *added]
        return changes

    def _equally_good(
        self,
        requirement: Requirement,
        changes: Mapping[str, Any],
        level: str | None,
        levels: list[str],
    ) -> tuple[str, ...]:
        if level is None:
            return ()
        return tuple(
            other
            for other in dict.fromkeys(levels)
            if self.holds(requirement, {**changes, "acr": other})
        )

    def missing_scopes(self, requirement: Requirement) -> Iterator[str]:
        """Yield the scopes that a token needs: of alternatives, those of the first with any."""
        if isinstance(requirement, Scope):
            if not self.holds(requirement):
                yield from requirement.names
        elif isinstance(requirement, AllOf):
            for part in requirement.parts:
                yield from self.missing_scopes(part)
        elif isinstance(requirement, AnyOf) and not self.holds(requirement):
            for part in requirement.parts:
                names = list(self.missing_scopes(part))
                if names:
                    yield from names
                    return
