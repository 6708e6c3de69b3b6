"""What is compared: the tables of the report, column by column."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from .application import KEPT, OPEN, Application, is_refusal, is_success
from .candidates.candidate import User
from .candidates.jwt_extended import JWT_EXTENDED
from .keys import Keys
from .safety import MALFORMED_TOKEN
from .timing import Call, Contestant, Race
from .tokens import LIFETIME, ClaimsOf, Mint, Signed, new_user_id

PRIMITIVE = "bare primitive"
#: Stands in the name of every row whose tokens were seen before by somebody who remembers them.
CACHED = "cached"
NESTED = ", nested claims"
#: How many tokens are sent once, and then again and again.
SEEN = 1000

# The others are refused before a key is needed.
_REFUSED_BY_CRYPTOGRAPHY = ("bad signature", "expired")

#: The applications of one algorithm, in the order of the report.
Row = Sequence[Application]
#: Makes one token for a request, given a mint and the user's id; None sends none.
TokenMaker = Callable[[Mint, str], str | None]


@dataclass(frozen=True)
class Section:
    """One table of the report."""

    key: str
    title: str
    races: Sequence[Race]
    reference: Contestant | None = None

    def find(self, race: str, name: str) -> Contestant | None:
        """Return the contestant of a column and a row, if there is one."""
        return next((one.find(name) for one in self.races if one.name == race), None)


def all_sections(applications: Mapping[str, Row]) -> list[Section]:
    """Return everything that is compared."""
    rows = applications.items()
    hs256 = applications["HS256"]
    misses = [_acceptance(name, row) for name, row in rows]
    return [
        Section("miss", "A token never seen before: µs added to a request", misses),
        Section(
            "hit",
            f"One of {SEEN:,} tokens seen before, cached by this package: µs added to a request",
            [
                _repetition(race, row)
                for race, row in zip(misses, applications.values(), strict=True)
            ],
            misses[0].find(JWT_EXTENDED.name),
        ),
        Section(
            "same",
            "The same tokens for everybody, with the claims of all of them: µs added to a request",
            [_shared_shape("HS256", hs256)],
        ),
        Section(
            "refusal",
            "A refusal: µs added to the 200 of the unprotected view (HS256)",
            _refusals(hs256),
        ),
        Section("issuing", "Issuing a token: µs", [_issuing(name, row) for name, row in rows]),
    ]


def fill_cache(application: Application) -> None:
    """Send as many tokens as a candidate remembers: each further one drives out another."""
    count = application.candidate.remembers
    _send(application, (application.mint.good(new_user_id()) for _ in range(count)))


def _acceptance(name: str, row: Row) -> Race:
    contestants = [_requests(one, one.mint, Mint.good, is_success) for one in row]
    return Race(name, [*contestants, _verification(row[0].keys, row[0].mint)])


def _repetition(miss: Race, row: Row) -> Race:
    contestants = []
    for one in row:
        if one.candidate.remembers:
            nested = Mint(one.keys, miss.name, partial(_nested_claims, one.candidate.claims_of))
            contestants += [_cached(one, one.mint), _cached(one, nested, NESTED)]
    contestants += [
        _repeated(f"{one.candidate.name}, repeated tokens", one, one.mint)
        for one in row
        if not one.candidate.remembers
    ]
    remembering = {one.candidate.name for one in row if one.candidate.remembers}
    beside = [one for one in miss.contestants if one.name not in remembering]
    return Race(miss.name, contestants, beside)


def _cached(application: Application, mint: Mint, addition: str = "") -> Contestant:
    return _repeated(f"{application.candidate.name}, {CACHED}{addition}", application, mint)


def _repeated(name: str, application: Application, mint: Mint) -> Contestant:
    # An application of its own: nothing else drives the tokens out of its cache.
    own = Application(application.candidate, application.keys)
    seen: list[str] = []
    places = itertools.count()

    def calls(path: str, count: int) -> Iterator[Call]:
        if not seen:
            seen.extend(mint.good(new_user_id()) for _ in range(SEEN))
            _send(own, seen)
        tokens = [seen[next(places) % SEEN] for _ in range(count)]
        return own.requests(path, tokens, is_success)

    return Contestant(name, partial(calls, KEPT), partial(calls, OPEN))


def _send(application: Application, tokens: Iterable[str]) -> None:
    for call in application.requests(KEPT, tokens, is_success):
        call()


def _shared_shape(name: str, row: Row) -> Race:
    # They differ in their keys, and so in the tokens; not in a claim.
    contestants = [
        _requests(one, Mint(one.keys, name, _every_claim), Mint.good, is_success) for one in row
    ]
    return Race(name, [*contestants, _verification(row[0].keys, row[0].mint)])


def _refusals(row: Row) -> list[Race]:
    makers: dict[str, TokenMaker] = {
        "no token": lambda mint, user_id: None,
        "malformed": lambda mint, user_id: MALFORMED_TOKEN,
        "bad signature": Mint.badly_signed,
        "expired": Mint.expired,
    }
    races = []
    for name, make in makers.items():
        contestants = [_requests(one, one.mint, make, is_refusal) for one in row]
        if name in _REFUSED_BY_CRYPTOGRAPHY:
            contestants.append(_verification(row[0].keys, row[0].mint))
        races.append(Race(name, contestants))
    return races


def _issuing(name: str, row: Row) -> Race:
    contestants = [_issuance(one, one.protection.issue) for one in row if one.protection.issue]
    return Race(name, [*contestants, _signature(row[0].keys, row[0].mint)])


def _requests(
    application: Application, mint: Mint, make: TokenMaker, expected: Callable[[int], bool]
) -> Contestant:
    def calls(path: str, expected: Callable[[int], bool], count: int) -> Iterator[Call]:
        tokens = [make(mint, new_user_id()) for _ in range(count)]
        return application.requests(path, tokens, expected)

    return Contestant(
        application.candidate.name, partial(calls, KEPT, expected), partial(calls, OPEN, is_success)
    )


def _issuance(application: Application, issue: Callable[[User], str]) -> Contestant:
    def calls(count: int) -> Iterator[Call]:
        users = [User(new_user_id()) for _ in range(count)]
        with application.flask.app_context():
            for user in users:
                yield partial(issue, user)

    return Contestant(application.candidate.name, calls)


def _verification(keys: Keys, mint: Mint) -> Contestant:
    return Contestant(
        PRIMITIVE, lambda count: (partial(keys.verify, *one) for one in _signed(mint, count))
    )


def _signature(keys: Keys, mint: Mint) -> Contestant:
    return Contestant(
        PRIMITIVE, lambda count: (partial(keys.sign, one.message) for one in _signed(mint, count))
    )


def _signed(mint: Mint, count: int) -> list[Signed]:
    return [mint.signed(new_user_id()) for _ in range(count)]


def _nested_claims(claims_of: ClaimsOf, user_id: str, now: int) -> dict[str, Any]:
    return {
        **claims_of(user_id, now),
        "roles": ["reader", "editor", "admin"],
        "tenant": {"id": 7, "name": "example", "plan": "basic"},
    }


def _every_claim(user_id: str, now: int) -> dict[str, Any]:
    return {
        "fresh": False,
        "iat": now,
        "jti": str(uuid.uuid4()),
        "type": "access",
        "sub": user_id,
        "identity": user_id,
        "nbf": now,
        "csrf": str(uuid.uuid4()),
        "exp": now + LIFETIME,
    }
