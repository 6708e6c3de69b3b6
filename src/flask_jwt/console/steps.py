"""The form of an inspection: checks one after the other, until one of them refuses the token."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from ..core.claims import ClaimsPolicy
from ..core.errors import TokenError
from ..core.ring import KeyRing
from ..core.verifier import ACCESS_TOKEN_TYPES

#: What has become of a check: one that comes after a failed one is not reached.
State = Literal["passed", "failed", "not reached"]


class Rules(NamedTuple):
    """What tokens are checked against.

    :param keys: the ring whose keys are accepted.
    :param policy: what is required of the claims.
    :param now: seconds since 1970.
    :param max_bytes: the longest token that is looked at, in bytes.
    :param types: the values of ``typ`` that are accepted, in lower case.
    """

    keys: KeyRing
    policy: ClaimsPolicy
    now: float
    max_bytes: int
    types: frozenset[str] = ACCESS_TOKEN_TYPES


@dataclass(slots=True)
class Inspection:
    """A token that is being looked at.

    :param token: its text.
    :param claims: what it says, once a check has read it.
    """

    token: str = field(repr=False)
    claims: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(slots=True, kw_only=True)
class GateInspection(Inspection):
    """A token on its way through the gate, and what the checks have found so far.

    :param rules: what it is checked against.
    """

    rules: Rules
    parts: tuple[bytes, bytes, bytes, bytes] = field(default=(b"", b"", b"", b""), repr=False)
    raw_header: bytes = field(default=b"", repr=False)
    raw_payload: bytes = field(default=b"", repr=False)
    signature: bytes = field(default=b"", repr=False)
    header: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Check(NamedTuple):
    """One check of the gate.

    :param name: a stable name, for programs.
    :param title: what it asks for, for people.
    :param why: the reason that it is there.
    :param run: is given the inspection, and returns a line that says what was found.
    :raises TokenError: by ``run``: the token is refused here.
    """

    name: str
    title: str
    why: str
    run: Callable[[Any], str]


class Outcome(NamedTuple):
    """What has become of one check.

    :param check: the check.
    :param state: whether it has passed.
    :param found: what was found, or why the token is refused; empty where it was not reached.
    """

    check: Check
    state: State
    found: str

    def __repr__(self) -> str:
        return f"<Outcome of {self.check!r}: {self.state}>"


def walk(checks: Iterable[Check], inspection: Inspection) -> list[Outcome]:
    """Run checks until one refuses the token."""
    outcomes: list[Outcome] = []
    refused = False
    for check in checks:
        if refused:
            outcomes.append(Outcome(check, "not reached", ""))
            continue
        try:
            outcomes.append(Outcome(check, "passed", check.run(inspection)))
        except TokenError as error:
            outcomes.append(Outcome(check, "failed", error.description))
            refused = True
    return outcomes
