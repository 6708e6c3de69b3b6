"""Values that a process makes for itself."""

from __future__ import annotations

from functools import partial

from flask_jwt.core.per_process import PerProcess
from flask_jwt.testing.factories import in_child, run_concurrently


def test_one_for_each_process() -> None:
    """A process has one value, however often it is taken, and a child has another."""
    holder = PerProcess(object)
    ours = holder.take()
    assert holder.take() is ours
    assert not holder.is_inherited

    def check() -> None:
        assert holder.is_inherited
        assert holder.take() is not ours
        assert holder.take() is holder.take()

    with in_child(check):
        assert holder.take() is ours


def test_one_for_many_threads() -> None:
    """Threads that come first at once all have the same one, in a child as well."""
    holder = PerProcess(object)

    def check() -> None:
        assert len({id(one) for one in run_concurrently(16, lambda _: holder.take())}) == 1

    check()
    with in_child(check):
        pass


class Closing:
    """Something that ends when nobody has it any more."""

    def __init__(self, closed: list[str]) -> None:
        self._closed = closed

    def __del__(self) -> None:
        self._closed.append("closed")


def test_a_child_closes_nothing() -> None:
    """What the parent has made is not freed in a child, which would end it for the parent too."""
    closed: list[str] = []
    holder = PerProcess(partial(Closing, closed))
    holder.take()

    def check() -> None:
        holder.take()
        assert closed == []

    with in_child(check):
        pass
