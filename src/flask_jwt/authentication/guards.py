"""``jwt_required``, as people write it: with or without parentheses, also on coroutines."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, ParamSpec, TypeVar, cast, overload

from ..hooks import in_request_thread
from .authenticator import authenticate
from .settings import quotable

P = ParamSpec("P")
R = TypeVar("R")


@overload
def jwt_required(realm: Callable[P, R]) -> Callable[P, R]: ...
@overload
def jwt_required(realm: str | None = None) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def jwt_required(realm: Callable[..., Any] | str | None = None) -> Any:
    """Let only requests with a good token reach a view.

    Written ``@jwt_required`` or ``@jwt_required()``, on a function or coroutine function, below
    ``@app.route``; in ``decorators`` of a class-based view or ``method_decorators`` of a resource.

    :param realm: the realm for the challenge; ``JWT_DEFAULT_REALM`` unless given.
    :return: the view with the same type, which raises :class:`~flask_jwt.JWTError` where a request
        has no token, or one that is refused, or nobody stands behind it (401), or where nobody can
        tell whether its session still goes on (503). Where tokens may be elsewhere than in the
        header, also where there are several or the request can't be read (400), or a page of
        another site may have sent it (403).
    :raises TypeError: it decorates a class.
    :raises ValueError: the realm can't stand in a header.
    """
    if callable(realm):
        return _guarded(realm, None)
    if realm is not None and not quotable(realm):
        raise ValueError("a realm is text of printable Latin-1 characters")

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        return _guarded(view, realm)

    return decorate


def _guarded(view: Callable[P, R], realm: str | None) -> Callable[P, R]:
    if isinstance(view, type):
        raise TypeError(
            f"jwt_required decorates functions; in {view.__name__} write "
            "decorators = [jwt_required()], or method_decorators in a Flask-RESTful resource"
        )
    if iscoroutinefunction(view):

        @wraps(view)
        async def guarded_coroutine(*args: P.args, **kwargs: P.kwargs) -> Any:
            await in_request_thread(authenticate, realm)
            return await view(*args, **kwargs)

        return cast("Callable[P, R]", guarded_coroutine)

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        authenticate(realm)
        return view(*args, **kwargs)

    return guarded
