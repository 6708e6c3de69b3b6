"""What requests meet while a provider is slow, or down: known keys have to go on.

The program, ``python -m benchmarks.outages MODULE NAME MILLISECONDS``, sends requests and prints
what they met. Minutes pass in it at once, by a clock that is put on: it stands in the place of the
monotonic one before the candidate is imported.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from .application import KEPT, Application, UnexpectedAnswerError, is_success
from .candidates.candidate import Candidate
from .finding import Finding
from .keys import make_keys
from .processes import python
from .provider import Provider
from .tokens import new_user_id

SLOW, UNKNOWN = "renewal, longest request, ms", "unknown kid, longest request, ms"
REFUSED = "provider down, refused, %"
_THREADS, _REQUESTS = 4, 100
# A set is kept for five minutes by everybody here, where its answer says nothing of that. Requests
# come when it may be renewed ahead of time, and just past its time; in seconds.
_AHEAD, _REST = 250.0, 51.0
# Just past the time within which an unknown kid causes no other fetch.
_COOLDOWN = 31.0
_SECONDS = 60

# The rows, each with the module of its candidate.
_ROWS = {
    "flask_jwt (this package)": ("trusted_issuers", "TRUSTED_ISSUER"),
    "PyJWT and PyJWKClient by hand": ("pyjwk_client", "PYJWK_CLIENT"),
}
_REMARK = (
    "{} threads send {} tokens that were never seen, of a key that is known, some minutes after "
    "the keys were fetched and just past five. The provider takes {:,} ms to answer, also when "
    "another token names a key that nobody knows. Then it is down for five more minutes."
)


class Clock:
    """The monotonic clock of this process, which may be put on."""

    def __init__(self) -> None:
        self._real = time.monotonic
        self._ahead = 0.0

    def __call__(self) -> float:
        """Return the time, in seconds."""
        return self._real() + self._ahead

    def put_on(self, seconds: float) -> None:
        """Have time pass at once."""
        self._ahead += seconds


def measure(finding: Finding, delay: int) -> None:
    """Have each candidate meet a slow provider and a dead one; the delay is in milliseconds."""
    finding.remark = _REMARK.format(_THREADS, _REQUESTS, delay)
    for name, where in _ROWS.items():
        with finding.attempt(name):
            program = ["-m", "benchmarks.outages", *where, str(delay)]
            finding.figures[name] = python(program, seconds=_SECONDS)


def main(module: str, name: str, delay: int) -> None:
    """Print what one candidate's requests meet."""
    clock = Clock()
    time.monotonic = clock
    found = importlib.import_module(f".candidates.{module}", __package__)
    print(json.dumps(_visit(getattr(found, name), clock, delay / 1000)))


def _visit(candidate: Candidate, clock: Clock, delay: float) -> dict[str, float]:
    provider = Provider(make_keys("RS256"))
    application = Application(candidate, provider.keys)
    unknown = application.mint_with(replace(make_keys("RS256"), kid="unknown"))
    found = {}
    _longest(application)
    provider.delay = delay
    longest = []
    for passed in (_AHEAD, _REST):
        clock.put_on(passed)
        longest.append(_longest(application))
        # What goes on in the background is over by then.
        time.sleep(2 * delay)
    found[SLOW] = max(longest)
    clock.put_on(_COOLDOWN)
    provider.asked.clear()
    with ThreadPoolExecutor(1) as stranger:
        stranger.submit(application.get, KEPT, unknown.good(new_user_id()))
        provider.asked.wait(1)
        found[UNKNOWN] = _longest(application)
    provider.stop()
    clock.put_on(_AHEAD)
    _longest(application)
    clock.put_on(_REST)
    statuses = [application.get(KEPT, token)[0] for token in _tokens(application)]
    found[REFUSED] = 100 * sum(not is_success(one) for one in statuses) / len(statuses)
    return found


def _longest(application: Application) -> float:
    """Return how long the longest request took, in milliseconds."""

    def ask(token: str) -> float:
        start = time.perf_counter()
        status, _ = application.get(KEPT, token)
        if not is_success(status):
            raise UnexpectedAnswerError(f"a known key was answered with {status}")
        return 1000 * (time.perf_counter() - start)

    with ThreadPoolExecutor(_THREADS) as threads:
        return max(threads.map(ask, _tokens(application)))


def _tokens(application: Application) -> list[str]:
    return [application.mint.good(new_user_id()) for _ in range(_REQUESTS)]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
