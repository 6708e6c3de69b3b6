"""How long sessions and what belongs to them live."""

from __future__ import annotations

from collections.abc import Mapping
from random import uniform
from typing import Any, NamedTuple

from .session import Session

#: The longest leeway that there may be with sessions. A revocation is kept for as long after the
#: ``exp`` of what it denies, whatever the leeway is: a longer one, configured later, must not bring
#: back what has been signed out.
MAX_LEEWAY = 300.0
#: How long a revocation is kept after the ``exp`` of what it denies: 60 seconds are for clocks that
#: differ.
REVOCATION_MARGIN = MAX_LEEWAY + 60.0
# A number of seconds since 1970 that every store can keep.
_LATEST = 2**53
# Sessions that began together do not end together.
_LEAST_OF_A_SPAN = 0.95


class Lifetimes(NamedTuple):
    """Durations in seconds.

    :param access: the longest life of an access token.
    :param idle: after how long without a refresh a session expires.
    :param whole: after how long it expires in any case.
    :param short: the same, where the user did not ask to be remembered.
    :param grace: for how long after a rotation the refresh token before is forgiven.
    """

    access: float
    idle: float
    whole: float
    short: float
    grace: float

    def is_remembered(self, session: Session) -> bool:
        """Tell whether the user of a session asked to be remembered."""
        return session.expires_at - session.began_at > self.short

    def drawn(self, *, remember: bool) -> tuple[float, float]:
        """Return the idle span and the whole span of one session: up to 5 % less, at random."""
        whole = self.whole if remember else self.short
        jitter = uniform(_LEAST_OF_A_SPAN, 1)  # noqa: S311
        return min(self.idle, whole) * jitter, whole * jitter


def revoked_until(claims: Mapping[str, Any]) -> float:
    """Return until when the revocation of a token is kept: seconds since 1970."""
    exp: Any = claims.get("exp")
    # A decode hook of the application's own may hand out anything.
    if type(exp) not in (int, float) or not 0 <= exp < _LATEST:
        raise ValueError("the token has no exp")
    return float(exp) + REVOCATION_MARGIN
