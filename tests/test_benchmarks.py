"""The benchmarks run, refuse unsafe candidates, and say what they should; nothing is timed here."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import jwt
import pyperf
import pytest
from benchmarks import __main__ as command
from benchmarks import goals, report, session_rotation, sign_in, timing
from benchmarks.application import OPEN, Application, UnexpectedAnswerError, is_refusal
from benchmarks.candidates.candidate import Candidate, Protection, View, plain_claims
from benchmarks.finding import Finding
from benchmarks.keys import ALGORITHMS, Keys, make_keys
from benchmarks.safety import UnsafeCandidateError, check_safety
from benchmarks.timing import Call, Contestant
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


class Run(NamedTuple):
    """What one run of the command left behind."""

    status: int
    text: str
    errors: str
    folder: Path

    def timed(self, section: str, column: str) -> list[str]:
        """Return who was timed for a column of a table."""
        suite = pyperf.BenchmarkSuite.load(str(self.folder / "times.json"))
        names = [
            name.removeprefix(f"{section}, {column}, ")
            for name in suite.get_benchmark_names()
            if name.startswith(f"{section}, {column}, ")
        ]
        return [name for name in names if not name.endswith(", base")]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run the command once, with as few rounds as there can be."""
    folder = tmp_path_factory.mktemp("benchmarks")
    options = ["--rounds", "1", "--races-only", "--json", str(folder / "times.json")]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *options, "--charts", str(folder)],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=180,
    )
    return Run(done.returncode, done.stdout, done.stderr, folder)


def test_the_report(run: Run) -> None:
    """Every candidate is safe and has answered as expected; each comparison has its table."""
    assert run.status == 0, run.errors
    titles = [line for line in run.text.splitlines() if line.startswith("## ")]
    assert [title.partition(":")[0] for title in titles] == [
        "## A token never seen before",
        "## One of 1,000 tokens seen before, cached by this package",
        "## The same tokens for everybody, with the claims of all of them",
        "## A refusal",
        "## Issuing a token",
        "## Goals",
    ]
    for name, value in report.machine().items():
        assert name == "load" or f"- {name}: {value}" in run.text


def test_tables_are_markdown(run: Run) -> None:
    """Each table has as many cells in every row as in its head."""
    tables = [block.splitlines() for block in run.text.split("\n\n") if block.startswith("| ")]
    assert len(tables) == 21
    for head, ruler, *rows in tables:
        assert set(ruler) <= set("|-: ")
        assert {line.count("|") for line in (head, ruler, *rows)} == {head.count("|")}


@pytest.mark.parametrize(
    ("section", "columns", "names"),
    [
        ("miss", ALGORITHMS, [*CANDIDATES, "bare primitive"]),
        ("refusal", ["no token", "malformed"], CANDIDATES),
        ("refusal", ["bad signature", "expired"], [*CANDIDATES, "bare primitive"]),
        # Flask-HTTPAuth has no function that makes tokens.
        ("issuing", ALGORITHMS, [*CANDIDATES[:2], *CANDIDATES[3:], "bare primitive"]),
        # Where this package remembers tokens its rows say so, and peers have the same tokens.
        (
            "hit",
            ALGORITHMS,
            [
                f"{CANDIDATES[0]}, cached",
                f"{CANDIDATES[0]}, cached, nested claims",
                *(f"{one}, repeated tokens" for one in CANDIDATES[1:]),
            ],
        ),
    ],
)
def test_everybody_is_timed(run: Run, section: str, columns: list[str], names: list[str]) -> None:
    """The file for pyperf has the same candidates in each column of a table."""
    for column in columns:
        assert run.timed(section, column) == names


def test_goals(run: Run) -> None:
    """Every goal of the races has a figure of this run beside it."""
    rows = [line for line in run.text.partition("## Goals")[2].splitlines() if line.startswith("|")]

    assert len(rows) == 2 + 15
    assert "not measured" not in run.text
    assert goals.Goal("x", 2, "times", 3).reached
    assert not goals.Goal("x", 2, "µs", 3).reached
    assert goals.Goal("x", 2, "µs", None).reached is None


@pytest.mark.parametrize("name", ["figures", "refusals"])
@pytest.mark.parametrize("shade", ["light", "dark"])
def test_charts(run: Run, name: str, shade: str) -> None:
    """Each chart is a picture of its own that says in words what it shows."""
    file = run.folder / f"{name}-{shade}.svg"
    root = ElementTree.parse(file).getroot()
    space = "{http://www.w3.org/2000/svg}"

    assert root.findtext(f"{space}title")
    assert "flask_jwt" in file.read_text().partition("description>")[2].partition("<")[0]
    assert not [one for one in root.iter() if one.tag in (f"{space}script", f"{space}image")]


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


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        (
            lambda token, keys: _decode(token, keys) if token else "nobody",
            "accepts a request without a token",
        ),
        (
            lambda token, keys: "nobody" if token == "garbage" else _decode(token, keys),
            "accepts a malformed token",
        ),
        (partial(_decode, verify_signature=False), "accepts a bad signature"),
        (partial(_decode, verify_exp=False), "accepts an expired token"),
        (lambda token, keys: abort(401), "refuses a good token"),
        (lambda token, keys: _decode(token, keys) and "somebody else", "refuses a good token"),
        (
            lambda token, keys: _decode(token, keys) if token else abort(500),
            "answers a request without a token with 500",
        ),
    ],
    ids=range(7),
)
def test_an_unsafe_candidate_ends_the_run(
    fault: Fault, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A candidate that decides wrongly is named, with its fault, and nothing is reported."""
    assert command.main(["--rounds", "1"], [_candidate(fault)]) == 1
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

    def race(name: str, url: str, rounds: int) -> dict[str, float]:
        if name == "SQLite":
            raise LookupError("no such thing\nand more of it")
        return {"share": 0.5}

    def fail(finding: Finding, effort: int) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(session_rotation, "_race", race)
    rotations = command.MEASUREMENTS["session_rotation"]
    measurements = {
        "session_memory": rotations._replace(title="Memory", measure=fail),
        "session_rotation": rotations,
    }

    assert command.main(["--only", "session", "--quick"], [], measurements) == 1
    printed = capsys.readouterr()
    assert "| memory | 0.50 |" in re.sub(" +", " ", printed.out)
    assert "SQLite failed: LookupError: no such thing\n" in printed.out
    assert "The measurement failed: ZeroDivisionError" in printed.out
    assert "failed: Memory\nfailed: Rotations" in printed.err


def test_a_server_that_is_absent_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """The report says which was not there."""
    monkeypatch.setenv("FLASK_JWT_TEST_REDIS_URL", "redis://127.0.0.1:1")
    found = Finding("session_rotation", "Rotations")
    session_rotation.measure(found, 1, ["Redis"])

    assert not found.failed
    assert found.remark.endswith("Redis does not answer.")


def test_a_bare_rotation_in_a_redis_that_has_just_begun(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The scripts of the bare statements are there before any request of ours has loaded them."""
    with redis_of_our_own(tmp_path) as server:
        monkeypatch.setenv("FLASK_JWT_TEST_REDIS_URL", server.url)
        found = Finding("session_rotation", "Rotations")
        session_rotation.measure(found, 1, ["Redis"])

    assert not found.failed, found.remark
    assert found.figures["Redis"]["share"]


@pytest.mark.parametrize(
    ("key", "rows"),
    [
        (
            "sign_in",
            [
                "flask_jwt (this package), no sessions",
                "flask_jwt (this package), sessions in SQLite",
                "flask_jwt (this package), cookies",
                "flask_jwt (this package), cookies, a known device",
                "flask_jwt (this package), a wrong password",
                "Flask-JWT-Extended and argon2-cffi by hand",
            ],
        ),
        (
            "sign_in_failures",
            [
                *("unknown", "wrong password", "disabled", "no password"),
                "wrong less unknown, in pairs",
            ],
        ),
        ("issuers", ["flask_jwt (this package)"]),
        ("issuers_new", ["flask_jwt (this package)", "PyJWT and PyJWKClient by hand"]),
        ("issuers_outage", ["flask_jwt (this package)", "PyJWT and PyJWKClient by hand"]),
        (
            "moved",
            [
                "Flask-JWT-Extended",
                "flask_jwt (this package), flask_jwt.extended",
                "flask_jwt (this package), JWT(app, …)",
            ],
        ),
        ("sign_in_memory", ["flask_jwt (this package)"]),
        (
            "user_guard",
            [
                "flask_jwt (this package), its own tables",
                "flask_jwt (this package), a model",
                "Flask-JWT-Extended",
            ],
        ),
    ],
)
def test_figures(key: str, rows: list[str]) -> None:
    """Every kind of request is answered as it should be, and has its figures."""
    found = Finding(key, key)
    with found.attempt("The measurement"):
        command.MEASUREMENTS[key].measure(found, 1)

    assert not found.failed, found.remark
    assert list(found.figures) == rows
    assert not any(row.get("others") for row in found.figures.values())


def test_only_this_package_has_goals() -> None:
    """A peer beside it is for comparison."""
    found = Finding("sign_in", "x")
    found.figures = {name: {sign_in.ABOVE: 1} for name in ("ours", "Flask-JWT-Extended by hand")}
    checked = goals.check([], [found])

    assert [(one.subject, one.reached) for one in checked] == [(f"x, ours, {sign_in.ABOVE}", True)]


@pytest.mark.parametrize("make", [Mint.good, Mint.expired, Mint.badly_signed])
def test_tokens_do_not_repeat(make: Callable[[Mint, str], str]) -> None:
    """Each token of a process is another one."""
    mint = Mint(make_keys("HS256"), "HS256", plain_claims)
    assert len({make(mint, new_user_id()) for _ in range(20)}) == 20


def test_every_call_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many calls of each kind are made as were prepared, the measured ones and their base."""
    # However slow the machine is at the moment, no turn is cut short.
    monkeypatch.setattr(timing, "_LONGEST_TURN", 1e9)
    made = {"measured": 0, "base": 0}
    prepared = dict(made)

    def calls(kind: str, count: int) -> Iterator[Call]:
        prepared[kind] = count
        return (partial(made.update, {kind: number + 1}) for number in range(count))

    contestant = Contestant("x", partial(calls, "measured"), partial(calls, "base"))
    assert timing.run([contestant], rounds=2, seconds=1e9, turns=3) == 2
    assert made == prepared == {"measured": 100, "base": 100}
    assert len(contestant.times) == len(contestant.base_times) == 6


def test_the_figure_is_what_is_added() -> None:
    """It is the median of what is timed, less that of its base."""
    times, base_times = [5e-6, 9e-6, 5e-6], [2e-6, 2e-6, 8e-6]
    contestant = Contestant("x", iter, iter, times, base_times)  # type: ignore[arg-type]
    assert (contestant.microseconds, contestant.base_microseconds) == pytest.approx((3, 2))
