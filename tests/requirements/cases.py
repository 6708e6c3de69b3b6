"""One table of requirements and tokens, with the answers."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from flask_jwt.requirements import (
    Acr,
    Amr,
    Check,
    Claim,
    Issuer,
    MaxAge,
    Requirement,
    Role,
    Scope,
)

STEP_UP = "insufficient_user_authentication"
LACKING = "insufficient_scope"
#: An age in a token, for the moment of the test.
SECONDS_AGO = "seconds ago"


def owns(token: Any, user: Any) -> Any:
    """Return what the token says, of whatever type."""
    return token.claims.get("owns")


#: The challenges after the realm.
def step_up(**parameters: str) -> str:
    """Return what a challenge says to a client whose user has to sign in anew."""
    return "".join([f', error="{STEP_UP}"', *(f', {n}="{v}"' for n, v in parameters.items())])


def lacking(scope: str = "") -> str:
    """Return what a challenge says to a client whose token says too little."""
    return f', error="{LACKING}"' + (f', scope="{scope}"' if scope else "")


@dataclass(frozen=True)
class Case:
    """A requirement, the claims of a token, and what a request is answered with."""

    requires: Requirement
    claims: dict[str, Any] = field(hash=False)
    #: What the challenge says after the realm; None where the request is let in.
    challenge: str | None = None
    #: What the description names; the whole requirement unless given.
    named: str = ""

    @property
    def status(self) -> int:
        """The status of the answer."""
        if self.challenge is None:
            return 200
        return 401 if STEP_UP in self.challenge else 403

    @property
    def description(self) -> str:
        """The description in the answer."""
        return f"The request requires {self.named or self.requires}"

    def fresh_claims(self) -> dict[str, Any]:
        """Return the claims, with ages counted from now."""
        return {
            name: int(time.time()) - value[SECONDS_AGO] if _is_age(value) else value
            for name, value in self.claims.items()
        }


def _is_age(value: Any) -> bool:
    return isinstance(value, dict) and SECONDS_AGO in value


def ago(seconds: int) -> dict[str, int]:
    """Return a time in a token so many seconds before the test."""
    return {SECONDS_AGO: seconds}


PAY = Scope("payments:write")
STAFF = Role("owner") | Role("clerk")
CAN_PAY = PAY & STAFF
FRESH = MaxAge(300)
GOLD = Acr("gold", "silver")
OWNS = Check(owns, "the account's owner")
CLERK = {"scope": "payments:read payments:write", "roles": ["clerk"]}

LET_IN = [
    Case(CAN_PAY, CLERK),
    Case(PAY, {"scp": ["payments:write"]}),
    Case(PAY, {"scp": "payments:write"}),
    Case(PAY, {"scope": ["payments:write"]}),
    Case(Scope("a", "b"), {"scope": "b c a"}),
    Case(~PAY, {}),
    Case(~PAY, {"scope": ""}),
    Case(Role("owner", "clerk"), {"roles": "clerk"}),
    Case(~Role("owner"), {}),
    Case(~STAFF, {"roles": []}),
    Case(Claim("tenant", "acme"), {"tenant": "acme"}),
    Case(Claim(["realm", "level"], 3), {"realm": {"level": 3.0}}),
    Case(~Claim("tenant", "acme"), {"tenant": "umbrella"}),
    Case(Claim("https://example.com/vip", True), {"https://example.com/vip": True}),
    Case(Issuer("https://id.example"), {"iss": "https://id.example"}),
    Case(~Issuer("https://id.example"), {"iss": "https://other.example"}),
    Case(FRESH, {"auth_time": ago(60)}),
    Case(~FRESH, {"auth_time": ago(600)}),
    Case(GOLD, {"acr": "silver"}),
    Case(~GOLD, {"acr": "bronze"}),
    Case(Amr("pwd", "otp"), {"amr": ["otp", "pwd", "geo"]}),
    Case(~Amr("otp"), {"amr": ["pwd"]}),
    Case(OWNS, {"owns": True}),
    Case(~OWNS, {"owns": False}),
    Case(FRESH | Role("robot"), {"roles": ["robot"]}),
    Case(~(FRESH & Role("robot")), {}),
]
REFUSED = [
    # The parts that failed are named, and the scope that is missing.
    Case(CAN_PAY, {"roles": ["clerk"]}, lacking("payments:write"), 'Scope("payments:write")'),
    Case(CAN_PAY, {"scope": "payments:write"}, lacking(), 'Role("owner") | Role("clerk")'),
    Case(CAN_PAY, {}, lacking("payments:write")),
    Case(Scope("a", "b"), {"scope": "a"}, lacking("a b")),
    Case(STAFF | PAY, {}, lacking("payments:write")),
    Case(~PAY, {"scope": "payments:write"}, lacking()),
    # A value proves no name that it only contains.
    Case(PAY, {"scope": "payments:writer"}, lacking("payments:write")),
    Case(Role("admin"), {"roles": ["admin user"]}, lacking()),
    Case(Role("admin"), {"roles": "admin user"}, lacking()),
    # A malformed value fails both ways.
    *(
        Case(requirement, {"scope": scope}, lacking(missing))
        for scope in list[Any](
            (None, 7, {}, ["payments:write", 7], ["a b"], "payments:write\ta", ["", "a"])
        )
        for requirement, missing in ((PAY, "payments:write"), (~PAY, ""))
    ),
    *(
        Case(requirement, {"roles": roles}, lacking())
        for roles in (None, 7, {"admin": True}, ["admin", 7], "", [""])
        for requirement in (Role("admin"), ~Role("admin"))
    ),
    # So does an absent one, where absence is not the empty set.
    *(
        Case(requirement, claims, lacking())
        for claim, *tokens in list[Any](
            (
                (Claim("tenant", "acme"), {}, {"tenant": None}, {"tenant": ["acme"]}),
                (Claim("level", 1), {"level": True}, {"level": "1"}),
                (Claim(["realm", "level"], 3), {"realm": []}, {"realm": {}}, {"realm.level": 3}),
                (Issuer("https://id.example"), {}),
            )
        )
        for claims in tokens
        for requirement in (claim, ~claim)
    ),
    Case(Claim("level", 1), {"level": 2}, lacking()),
    # What signing in anew would satisfy is a 401 that says how, all in one challenge.
    Case(FRESH, {"auth_time": ago(600)}, step_up(max_age="300")),
    *(
        Case(FRESH, claims, step_up(max_age="300"))
        for claims in ({}, {"auth_time": "now"}, {"auth_time": True}, {"auth_time": ago(-600)})
    ),
    Case(~FRESH, {"auth_time": ago(60)}, lacking()),
    Case(GOLD, {}, step_up(acr_values="gold silver")),
    Case(GOLD, {"acr": ["gold"]}, step_up(acr_values="gold silver")),
    Case(Amr("otp"), {"amr": ["pwd"]}, step_up()),
    Case(
        FRESH & GOLD & PAY,
        {"scope": "payments:write"},
        step_up(max_age="300", acr_values="gold silver"),
        'MaxAge(300) & Acr("gold", "silver")',
    ),
    Case(
        MaxAge(300) & MaxAge(60),
        {"auth_time": ago(600)},
        step_up(max_age="60"),
    ),
    Case(MaxAge(300) | MaxAge(60), {"auth_time": ago(600)}, step_up(max_age="300")),
    Case(FRESH | PAY, {"auth_time": ago(600)}, step_up(max_age="300")),
    Case(Acr("gold") & ~Acr("silver"), {"acr": "silver"}, step_up(acr_values="gold")),
    # Signing in anew alone is not enough.
    Case(FRESH & PAY, {"auth_time": ago(600)}, lacking("payments:write")),
    Case(Acr("gold") & Acr("silver"), {}, lacking()),
    # A check has to say True, and for its contrary False.
    *(
        Case(requirement, {"owns": answer}, lacking())
        for answer in list[Any]((1, "yes", None, []))
        for requirement in (OWNS, ~OWNS)
    ),
    Case(OWNS & FRESH, {"owns": False}, lacking()),
    Case(~(CAN_PAY), CLERK, lacking()),
]
CASES = LET_IN + REFUSED


def case_name(case: Case) -> str:
    """Return what a test calls a case."""
    return f"{case.requires}-{case.claims}"
