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
    parts = requirement.parts if isinstance(requirement, AllOf) else (requirement,)
    failed = tuple(part for part in parts if not trial.holds(part))
    return Refusal(
        repr(failed[0] if len(failed) == 1 else AllOf(failed)),
        trial.step_up(requirement),
        tuple(dict.fromkeys(trial.missing_scopes(requirement))),
    )


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

    def step_up(self, requirement: Requirement) -> StepUp | None:
        """Return the sign-in with the fewest changes that would do, or None."""
        leaves = list(requirement.leaves())
        ages = sorted({leaf.seconds for leaf in leaves if isinstance(leaf, MaxAge)}, reverse=True)
        levels = dict.fromkeys(
            name for leaf in leaves if isinstance(leaf, Acr) for name in leaf.names
        )
        methods = [name for leaf in leaves if isinstance(leaf, Amr) for name in leaf.names]
        now, known = self.context.clock(), self.token.claims.get("amr")
        added = [*(known if isinstance(known, list) else ()), *methods]
        # The least demanding first, after the one where nothing changes.
        trials = sorted(
            product((None, *ages), (None, *levels), (None, added) if methods else (None,)),
            key=lambda trial: sum(part is not None for part in trial),
        )
        for age, level, amr in trials[1:]:
            auth_time = None if age is None else max(now - age, 0)
            said = {"auth_time": auth_time, "acr": level, "amr": amr}
            changes = {name: value for name, value in said.items() if value is not None}
            if self.holds(requirement, changes):
                # Any level that would do as well is as good.
                alike = levels if level is not None else ()
                return StepUp(
                    age,
                    tuple(one for one in alike if self.holds(requirement, {**changes, "acr": one})),
                )
        return None

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
