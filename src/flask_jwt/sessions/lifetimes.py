"""How long sessions and what belongs to them live."""

from __future__ import annotations

from random import uniform
from typing import NamedTuple

#: For how long a revocation outlives what it denies, beside the leeway: for clocks that differ.
CLOCK_MARGIN = 60.0
# Sessions that began together do not end together.
_LEAST_OF_A_SPAN = 0.95


class Lifetimes(NamedTuple):
    """Durations in seconds.

    :param access: the longest life of an access token.
    :param idle: after how long without a refresh a session expires.
    :param whole: after how long it expires in any case.
    :param short: the same, where the user did not ask to be remembered.
    :param grace: for how long after a rotation the refresh token before is forgiven.
    :param leeway: for how long after its ``exp`` an access token is accepted.
    """

    access: float
    idle: float
    whole: float
    short: float
    grace: float
    leeway: float

    @property
    def margin(self) -> float:
        """How long after the ``exp`` of an access token its revocation is kept."""
        return self.leeway + CLOCK_MARGIN

    def drawn(self, *, remember: bool) -> tuple[float, float]:
        """Return the idle span and the whole span of one session: up to 5 % less, at random.

        :param remember: whether the user asked to be remembered.
        """
        whole = self.whole if remember else self.short
        jitter = uniform(_LEAST_OF_A_SPAN, 1)  # noqa: S311
        return min(self.idle, whole) * jitter, whole * jitter
