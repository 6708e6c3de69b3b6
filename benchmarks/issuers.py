"""What tokens of trusted issuers cost beside those of the application, and beside PyJWKClient."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from itertools import repeat
from statistics import median

from .application import KEPT, OPEN, Application, is_success
from .candidates.candidate import User
from .candidates.pyjwk_client import PYJWK_CLIENT
from .candidates.this_package import THIS_PACKAGE
from .candidates.trusted_issuers import TRUSTED_ISSUER, trusting
from .finding import Finding
from .keys import Keys, make_keys
from .provider import named, publishing
from .races import fill_cache
from .safety import check_safety
from .timing import Call, Calls, Contestant, Race, ratio, run
from .tokens import new_user_id

BESIDE, ALONE = "less one of ours beside it, µs", "less one of ours without issuers, µs"
THOUSAND, NEW_THOUSAND = "a thousand issuers, less two, µs", "never seen: a thousand / two"
#: By hand / ours; the algorithms that providers sign with.
TIMES = {"RS256": "RS256, times", "ES256": "ES256, times"}
_MANY = 1000
# Two applications that are alike differ by half a microsecond, as it happens where in memory they
# are: the figure is the median of so many sets of them.
_SETS = 9

_CACHED_REMARK = (
    "A request with a cached token of a trusted issuer, RS256, less one with a cached token that "
    "the application has made itself with a key of the same size: in one application with two "
    "issuers, and in an application without any. All find their user with the same function. Each "
    f"figure is the median of {_SETS} sets of applications."
)
_NEW_REMARK = (
    "No token is used twice. Both fetch the keys once, from a server on this machine; the times "
    f"are those of {PYJWK_CLIENT.name} / it."
)


def measure(finding: Finding, rounds: int) -> None:
    """Time tokens of a trusted issuer less those of the application, and many issuers less two."""
    keys = named(make_keys("RS256"))
    cached = [one for _ in range(_SETS) for one in _cached(keys)]
    run(cached, rounds, seconds=60)
    found: dict[str, list[float]] = {}
    for one in cached:
        found.setdefault(one.name, []).append(one.microseconds)
    # Applications of their own: new tokens drive others out of a cache.
    new = [_never_seen(str(one), Application(trusting(one), keys)) for one in (_MANY, 2)]
    run(new, rounds, seconds=20)
    figures: dict[str, float | None] = {name: median(each) for name, each in found.items()}
    finding.figures[THIS_PACKAGE.name] = {**figures, NEW_THOUSAND: ratio(*new)}
    finding.remark = _CACHED_REMARK


def _cached(keys: Keys) -> list[Contestant]:
    plain, two, many = (Application(trusting(count), keys) for count in (0, 2, _MANY))
    theirs = two.mint.good(new_user_id())
    return [
        Contestant(BESIDE, _again(two, theirs), _again(two, _own_token(two))),
        Contestant(ALONE, _again(two, theirs), _again(plain, _own_token(plain))),
        Contestant(THOUSAND, _again(many, theirs), _again(two, theirs)),
    ]


def measure_new(finding: Finding, rounds: int) -> None:
    """Time tokens that were never seen, beside those of PyJWKClient."""
    with ExitStack() as stack:
        races = [
            _race(algorithm, stack.enter_context(publishing(make_keys(algorithm))))
            for algorithm in TIMES
        ]
        run([one for race in races for one in race.contestants], rounds, seconds=60)
    for race in races:
        peer = race.find(PYJWK_CLIENT.name)
        for one in race.contestants:
            figures = finding.figures.setdefault(one.name, {})
            figures[f"{race.name}, µs"] = one.microseconds
            figures[TIMES[race.name]] = ratio(peer, one)
    finding.remark = _NEW_REMARK


def _race(algorithm: str, keys: Keys) -> Race:
    others = named(make_keys(algorithm))
    contestants = []
    for candidate in (TRUSTED_ISSUER, PYJWK_CLIENT):
        application = Application(candidate, keys)
        check_safety(application, others)
        fill_cache(application)
        contestants.append(_never_seen(candidate.name, application))
    return Race(algorithm, contestants)


def _never_seen(name: str, application: Application) -> Contestant:
    def calls(path: str, count: int) -> Iterator[Call]:
        tokens = [application.mint.good(new_user_id()) for _ in range(count)]
        return application.requests(path, tokens, is_success)

    return Contestant(name, partial(calls, KEPT), partial(calls, OPEN))


def _again(application: Application, token: str) -> Calls:
    return lambda count: application.requests(KEPT, repeat(token, count), is_success)


def _own_token(application: Application) -> str:
    issue = application.protection.issue
    assert issue is not None
    with application.flask.app_context():
        return issue(User(new_user_id()))
