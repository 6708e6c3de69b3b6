"""Names that are forgotten when their time has come, beside a plain dict that does the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flask_jwt.sessions.revocations import ExpiringSet

MINUTE = 60

names = st.sampled_from("abcd")
seconds = st.integers(0, 20 * MINUTE)
steps = st.lists(st.one_of(st.tuples(names, seconds), seconds), max_size=30)
#: Longer than anything is kept by the other clock.
LATE = 1e9


def test_added_for_shorter_and_then_for_longer() -> None:
    """A name that is in the lists of two minutes is forgotten once, with all the others."""
    found = ExpiringSet()
    found.add("x", 9 * MINUTE, 0)
    found.add("y", 5 * MINUTE, 0)
    found.add("y", 9 * MINUTE, 0)

    assert sorted(found.forget(20 * MINUTE, LATE)) == ["x", "y"]
    assert not found.contains("x")
    assert not found.contains("y")
    assert not found.any
    assert len(found) == 0


@given(steps)
def test_the_same_as_a_dict(steps: list[tuple[str, int] | int]) -> None:
    """Whatever is added and forgotten in whatever order, it is what a dict of minutes would say."""
    found = ExpiringSet()
    expected: dict[str, int] = {}
    for step in steps:
        if isinstance(step, tuple):
            name, until = step
            found.add(name, until, 0)
            expected[name] = max(expected.get(name, 0), until // MINUTE + 1)
        else:
            gone = {name for name, minute in expected.items() if minute <= step // MINUTE}
            forgotten = found.forget(step, LATE)
            assert sorted(forgotten) == sorted(gone)
            for name in gone:
                del expected[name]
        assert {name for name in "abcd" if found.contains(name)} == expected.keys()
        assert len(found) == len(expected)
        assert bool(found.any) is bool(expected)


@given(names, st.floats(0, 1e10), st.floats(0, 1e6))
def test_none_is_forgotten_too_early(name: str, until: float, least: float) -> None:
    """A name counts until its time by both clocks, and for two minutes more at the most."""
    found = ExpiringSet()
    found.add(name, until, least)

    assert found.forget(until, LATE) == []
    assert least == 0 or found.forget(LATE * LATE, least - 0.001) == []
    assert found.contains(name)
    assert found.forget(until + 2 * MINUTE, least) == [name]
