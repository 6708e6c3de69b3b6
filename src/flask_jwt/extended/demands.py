"""What a guard of Flask-JWT-Extended asks of a token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Demands:
    """What a guard asks of a token, beside that it is good. One object stands for equal ones."""

    fresh: bool = False
    refresh: bool = False
    #: None is what is configured.
    locations: tuple[str, ...] | None = None
    verify_type: bool = True
    skip_revocation_check: bool = False

    @property
    def token_asked(self) -> str:
        """Which token they ask for, in a few words."""
        kind = "refresh token" if self.refresh else "token" if self.verify_type else "any token"
        where = "" if self.locations is None else f" in {' or '.join(self.locations)}"
        known = ", revoked or not" if self.skip_revocation_check else ""
        return f"{'fresh ' if self.fresh else ''}{kind}{where}{known}"


#: None but that the token is a good access token.
PLAIN = Demands()
#: How many guards with demands of their own an application may have, and pay for each once.
MAX_DEMANDS = 256


@lru_cache(MAX_DEMANDS)
def _interned(*demands: Any) -> Demands:
    return Demands(*demands)


def demands_of(
    fresh: bool,
    refresh: bool,
    locations: str | Sequence[str] | None,
    verify_type: bool,
    skip_revocation_check: bool,
) -> Demands:
    """Return the object for demands: always the same one."""
    if locations:
        locations = (locations,) if isinstance(locations, str) else tuple(locations)
    flags = (bool(verify_type), bool(skip_revocation_check))
    given = (bool(fresh), bool(refresh), locations or None, *flags)
    return PLAIN if given == (False, False, None, True, False) else _interned(*given)
