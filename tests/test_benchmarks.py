"""The benchmarks run, refuse unsafe candidates, and say what they should; nothing is timed here."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import jwt
import pytest
from benchmarks import session_guard, session_rotation
from benchmarks.__main__ import main
from benchmarks.application import OPEN, Application, UnexpectedAnswerError, is_refusal
from benchmarks.candidates.candidate import Candidate, Protection, View, plain_claims
from benchmarks.finding import Finding
from benchmarks.keys import Keys, make_keys
from benchmarks.measure import Call, Contestant, Effort, Race, Stretch, Yardstick
from benchmarks.safety import UnsafeCandidateError, check_safety
from benchmarks.tokens import Mint, new_user_id
from flask import Flask, abort, request

from tests.support.outages import redis_of_our_own

ROOT = Path(__file__).parent.parent
CANDIDATES = [
    "flask_jwt (this package)",
    "Flask-JWT-Extended",
    "Flask-HTTPAuth + PyJWT",
    "Authlib ResourceProtector",
    "PyJWT by hand",
]
ALGORITHMS = ["HS256", "RS256", "ES256", "Ed25519"]


class Run(NamedTuple):
    """What one run of the command left behind."""

    status: int
    text: str
    errors: str
    figures: dict[str, Any]
    folder: Path

    def columns(self, title: str) -> dict[str, dict[str, Any]]:
        """Return the figures of the one table whose title begins so."""
        (section,) = [one for one in self.figures["sections"] if one["title"].startswith(title)]
        found: dict[str, dict[str, Any]] = section["columns"]
        return found


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run the command once, with next to no repetitions."""
    file = tmp_path_factory.mktemp("benchmarks") / "figures.json"
    options = ["--rounds", "1", "--repetitions", "2", "--races-only"]
    options += ["--json", str(file), "--charts", str(file.parent)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *options],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    figures = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return Run(done.returncode, done.stdout, done.stderr, figures, file.parent)


def test_every_candidate_is_safe_and_is_timed(run: Run) -> None:
    """A run ends well: every candidate passed its check, and every request its expected answer."""
    assert run.status == 0, run.errors


def test_the_report_has_a_table_for_each_comparison(run: Run) -> None:
    """The report shows tokens never seen and seen before, of one shape, refusals and issuing."""
    titles = [line for line in run.text.splitlines() if line.startswith("## ")]
    assert [title.partition(":")[0] for title in titles] == [
        "## A token never seen before",
        "## One of 1,000 tokens seen before, cached by this package",
        "## The same tokens for everybody, with the claims of all of them",
        "## A refusal",
        "## Issuing a token",
        "## Goals",
    ]


def test_tables_are_markdown(run: Run) -> None:
    """Each table has as many cells in every row as in its head."""
    tables = [block.splitlines() for block in run.text.split("\n\n") if block.startswith("| ")]
    assert len(tables) == 11
    for head, ruler, *rows in tables:
        assert set(ruler) <= set("|-: ")
        assert {line.count("|") for line in (head, ruler, *rows)} == {head.count("|")}


def test_each_candidate_has_a_figure_for_each_algorithm(run: Run) -> None:
    """The JSON file has all candidates and the primitive under each algorithm."""
    accepted = run.columns("A token never seen")
    assert list(accepted) == ALGORITHMS
    for column in accepted.values():
        assert list(column) == [*CANDIDATES, "bare primitive"]
        assert {figure["stretches"] for figure in column.values()} == {1}


def test_the_refusals_are_those_of_everyday(run: Run) -> None:
    """No token, a malformed one, a bad signature and an expired token are compared."""
    refused = run.columns("A refusal")
    assert list(refused) == ["no token", "malformed", "bad signature", "expired"]
    assert all(list(column)[:5] == CANDIDATES for column in refused.values())


def test_whoever_issues_no_tokens_is_not_in_that_table(run: Run) -> None:
    """Flask-HTTPAuth has no function that makes tokens, and so no figure."""
    issued = run.columns("Issuing")
    assert list(issued) == ALGORITHMS
    for column in issued.values():
        assert [name for name in CANDIDATES if name not in column] == ["Flask-HTTPAuth + PyJWT"]


def test_hits_are_never_shown_without_the_word(run: Run) -> None:
    """Where this package remembers tokens its rows say so, and peers have the same tokens."""
    for column in run.columns("One of 1,000 tokens seen before").values():
        ours = [name for name in column if name.startswith(CANDIDATES[0])]
        assert len(ours) == 2
        assert all("cached" in name for name in ours)
        assert set(CANDIDATES[1:]) <= {name.partition(",")[0] for name in column}


def test_each_goal_is_compared_with_what_was_measured(run: Run) -> None:
    """Every goal has a figure of this run beside it, but for what --races-only leaves out."""
    goals = run.figures["goals"]

    assert len(goals) == 16
    assert [one["subject"] for one in goals if one["measured"] is None] == [
        "10,000 tokens of 400 bytes, cached"
    ]
    for one in goals[:-1]:
        good = one["measured"] >= one["limit"]
        assert one["reached"] is (good if one["unit"] == "times" else not good)


@pytest.mark.parametrize("name", ["figures", "refusals"])
@pytest.mark.parametrize("shade", ["light", "dark"])
def test_charts(run: Run, name: str, shade: str) -> None:
    """Each chart is a picture of its own that says in words what it shows."""
    root = ElementTree.parse(run.folder / f"{name}-{shade}.svg").getroot()
    space = "{http://www.w3.org/2000/svg}"

    assert root.get("role") == "img"
    assert root.findtext(f"{space}title")
    assert "flask_jwt" in (root.findtext(f"{space}desc") or "")
    assert not [one for one in root.iter() if one.tag in (f"{space}script", f"{space}image")]


def test_the_report_says_what_it_ran_on(run: Run) -> None:
    """Versions of everything that is compared stand in the report and in the file."""
    machine = run.figures["machine"]
    for name in ("Python", "processor", "PyJWT", "Flask-JWT-Extended", "Authlib", "cryptography"):
        assert f"- {name}: {machine[name]}" in run.text


# What is wrong with a candidate, when it sees a token.
Fault = Callable[[str, Keys], str]


def _candidate(decode: Fault) -> Candidate:
    def protect(app: Flask, keys: Keys, algorithm: str) -> Protection:
        def guard(view: View) -> View:
            def guarded() -> Any:
                _, _, token = request.headers.get("Authorization", "").partition(" ")
                request.environ["user"] = decode(token, keys)
                return view()

            return guarded

        return Protection(guard, lambda: str(request.environ["user"]))

    return Candidate("careless", protect, plain_claims)


def _decode(token: str, keys: Keys, **options: bool) -> str:
    try:
        # One of the options is a fault that the check has to find.
        claims = jwt.decode(token, keys.secret, ["HS256"], options=options)  # type: ignore[arg-type]
    except jwt.InvalidTokenError:
        abort(401)
    return str(claims["sub"])


def _let_anybody_in(token: str, keys: Keys) -> str:
    return _decode(token, keys) if token else "nobody"


def _let_garbage_in(token: str, keys: Keys) -> str:
    return "nobody" if token == "garbage" else _decode(token, keys)


def _ignore_signatures(token: str, keys: Keys) -> str:
    return _decode(token, keys, verify_signature=False)


def _ignore_expiry(token: str, keys: Keys) -> str:
    return _decode(token, keys, verify_exp=False)


def _refuse_everybody(token: str, keys: Keys) -> str:
    abort(401)


def _take_everybody_for_one(token: str, keys: Keys) -> str:
    _decode(token, keys)
    return "somebody else"


def _crash_without_token(token: str, keys: Keys) -> str:
    return _decode(token, keys) if token else abort(500)


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        (_let_anybody_in, "accepts a request without a token"),
        (_let_garbage_in, "accepts a malformed token"),
        (_ignore_signatures, "accepts a bad signature"),
        (_ignore_expiry, "accepts an expired token"),
        (_refuse_everybody, "refuses a good token"),
        (_take_everybody_for_one, "refuses a good token"),
        (_crash_without_token, "answers a request without a token with 500"),
    ],
)
def test_an_unsafe_candidate_ends_the_run(
    fault: Fault, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A candidate that decides wrongly is named, with its fault, and nothing is reported."""
    assert main(["--rounds", "1"], [_candidate(fault)]) == 1
    printed = capsys.readouterr()
    assert f"careless with HS256 {complaint}" in printed.err
    assert printed.out == ""


def test_a_candidate_that_takes_another_key_is_found() -> None:
    """A token signed with other keys than the application's has to be refused."""
    keys = make_keys("HS256")
    application = Application(_candidate(_decode), keys)
    assert check_safety(application, make_keys("HS256"))["another key's token"] == 401
    with pytest.raises(UnsafeCandidateError, match="accepts another key's token"):
        check_safety(application, other_keys=keys)


def test_a_request_with_an_unexpected_answer_ends_the_timing() -> None:
    """The status of each request that is timed is looked at."""
    application = Application(_candidate(_decode), make_keys("HS256"))
    requests = application.requests(OPEN, [None, None], is_refusal)
    next(requests)()
    with pytest.raises(UnexpectedAnswerError, match="answered /open with 200"):
        next(requests)


def test_a_measurement_that_fails_costs_no_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its error stands in the report in one line, beside the figures of the others: status 1."""

    def race(name: str, url: str, rounds: int) -> tuple[float, float]:
        if name == "SQLite":
            raise LookupError("no such thing\nand more of it")
        return 2000.0, 1000.0

    def fail() -> Finding:
        raise ZeroDivisionError

    monkeypatch.setattr(session_rotation, "STORES", ("memory", "SQLite"))
    monkeypatch.setattr(session_rotation, "_race", race)
    monkeypatch.setattr(session_rotation, "measure_many", lambda rounds: Finding("many", "Many"))
    monkeypatch.setattr(session_guard, "measure", lambda rounds: Finding("guard", "Guard"))
    monkeypatch.setattr(session_guard, "measure_memory", fail)

    assert main(["--sessions", "--quick"]) == 1
    printed = capsys.readouterr()
    assert "| memory | 2,000 | 1,000 | 0.50 |" in re.sub(" +", " ", printed.out)
    assert "SQLite failed: LookupError: no such thing\n" in printed.out
    assert "failed: ZeroDivisionError" in printed.out
    assert f"failed: {session_rotation.TITLE}" in printed.err


def test_a_server_that_is_absent_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """The report says which was not there."""
    monkeypatch.setenv("FLASK_JWT_TEST_REDIS_URL", "redis://127.0.0.1:1")
    monkeypatch.setattr(session_rotation, "STORES", ("Redis",))
    found = session_rotation.measure(1)

    assert not found.failed
    assert found.remark.endswith("Redis does not answer.")


def test_a_bare_rotation_in_a_redis_that_has_just_begun(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The scripts of the bare statements are there before any request of ours has loaded them."""
    with redis_of_our_own(tmp_path) as server:
        monkeypatch.setenv("FLASK_JWT_TEST_REDIS_URL", server.url)
        monkeypatch.setattr(session_rotation, "STORES", ("Redis",))
        found = session_rotation.measure(1)

    assert not found.failed, found.remark
    assert found.figures["Redis"]["bare"] > 0


@pytest.mark.parametrize("make", [Mint.good, Mint.expired, Mint.badly_signed])
def test_tokens_do_not_repeat(make: Callable[[Mint, str], str]) -> None:
    """Each token of a process is another one."""
    mint = Mint(make_keys("HS256"), "HS256", plain_claims)
    assert len({make(mint, new_user_id()) for _ in range(20)}) == 20


def _nothing(count: int) -> Iterator[Call]:
    return iter([int] * count)


def _contestant(*stretches: Stretch) -> Contestant:
    yardstick = Yardstick()
    yardstick.best = 100
    return Contestant("x", _nothing, _nothing, yardstick, list(stretches))


def test_what_a_slow_machine_gave_does_not_count() -> None:
    """The figure is the median of what was found while the machine was as fast as it can be."""
    slow = [Stretch(added=20, base=100, yardstick=200)] * 20
    quick = [Stretch(added=added, base=50, yardstick=105) for added in (9, *[10] * 6, 11)]
    contestant = _contestant(*slow, *quick)
    assert (contestant.microseconds, contestant.base_microseconds) == (10, 50)
    assert contestant.settled


def test_a_machine_that_never_was_quiet_settles_nothing() -> None:
    """Where too little was found in quiet, the quietest gives a figure that is marked."""
    contestant = _contestant(*[Stretch(added=20, base=100, yardstick=200)] * 20)
    assert contestant.microseconds == 20
    assert not contestant.settled


def test_figures_that_scatter_have_not_settled() -> None:
    """A median of figures that lie far apart is marked."""
    scattered = [Stretch(added=2**power, base=50, yardstick=100) for power in range(8)]
    assert not _contestant(*scattered).settled


def test_races_end_after_the_most_rounds() -> None:
    """A race that does not settle ends when it has had its rounds."""
    race = Race("HS256", [Contestant("x", _nothing, _nothing)])
    assert Effort(repetitions=3, fewest=2, most=2).run([race]) == 2
    assert len(race.contestants[0].stretches) == 2


def test_every_call_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many calls of each kind are made as were prepared, the measured ones and their base."""
    # However slow the machine is at the moment, no round is cut short.
    monkeypatch.setattr("benchmarks.measure._LONGEST_NS", 10**12)
    made = {"measured": 0, "base": 0}
    prepared = dict(made)

    def calls(kind: str, count: int) -> Iterator[Call]:
        prepared[kind] = count
        return (partial(made.update, {kind: number + 1}) for number in range(count))

    Contestant("x", partial(calls, "measured"), partial(calls, "base")).run(60)
    assert made == prepared
    assert made["measured"] == made["base"] >= 60
