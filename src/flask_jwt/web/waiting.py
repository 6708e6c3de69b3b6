"""Coroutine hooks in a synchronous chain, and the chain in a coroutine view."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from concurrent.futures import Future
from typing import Any, NoReturn, ParamSpec, TypeVar

from flask import current_app
from werkzeug.local import LocalProxy

P = ParamSpec("P")
T = TypeVar("T")

# Types that were looked at before: none of them can be awaited. Applications have few.
_plain: set[type] = set()
_MOST_PLAIN = 64
# Results that are still to come, and that no ``await`` here would bring.
_NO_RESULTS = (Iterator, AsyncGenerator, Future)


def result_of(value: Any) -> Any:
    """Return what a hook has returned, waiting for it where it is awaitable.

    The value is looked at, not the function: a coroutine that nobody awaited is not None, and so
    would pass for an identity.
    """
    kind = type(value)
    if kind in _plain:
        return value
    # A proxy for None is not None, and so would pass for an identity; each could be awaited, too.
    if issubclass(kind, LocalProxy):
        return result_of(value._get_current_object())
    # asyncio's futures and tasks are known by that attribute: they belong to some other loop.
    if isinstance(value, _NO_RESULTS) or hasattr(kind, "_asyncio_future_blocking"):
        _refuse(kind)
    if isinstance(value, Awaitable):
        return result_of(current_app.ensure_sync(_finish)(value))
    if value.__class__ is kind:
        if len(_plain) >= _MOST_PLAIN:
            _plain.clear()
        _plain.add(kind)
    return value


def _refuse(kind: type) -> NoReturn:
    raise TypeError(
        f"a hook returned a {kind.__name__}: it has to return its result, and neither to yield nor "
        "to leave it to somebody else (a stream for a client goes into a Response)"
    )


async def _finish(value: Awaitable[T]) -> T:
    return await value


async def in_request_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a synchronous function from a coroutine view, in the thread that serves the request.

    There the hooks find the database connection that the request opened, and a coroutine hook can
    be run although the view's event loop is running.
    """
    # asgiref comes with flask[async], without which there is no coroutine view.
    from asgiref.sync import sync_to_async

    return await sync_to_async(function)(*args, **kwargs)
