"""The ten hooks of Flask-JWT 0.3.2, and what waits for coroutines among them.

A hook may be set before or after ``init_app`` and replaced at any moment; the next request uses the
new one. Each may be a coroutine function.
"""

from __future__ import annotations

import warnings
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from concurrent.futures import Future
from typing import Any, ParamSpec, TypeVar

from flask import current_app
from werkzeug.local import LocalProxy

Hook = Callable[..., Any]
HookT = TypeVar("HookT", bound=Hook)


class Hooks:
    """What an application may replace. :class:`~flask_jwt.JWT` is one."""

    authentication_callback: Hook | None
    identity_callback: Hook | None
    auth_response_callback: Hook
    auth_request_callback: Hook
    jwt_encode_callback: Hook
    jwt_decode_callback: Hook
    jwt_headers_callback: Hook
    jwt_payload_callback: Hook
    jwt_error_callback: Hook
    request_callback: Hook

    def authentication_handler(self, callback: HookT) -> HookT:
        """Set the function that checks a username and a password.

        :param callback: called with both; returns the authenticated object, or None.
        :return: the function, unchanged.
        """
        self.authentication_callback = callback
        return callback

    def identity_handler(self, callback: HookT) -> HookT:
        """Set the function that finds whom a token stands for.

        :param callback: called with the claims; returns what ``current_identity`` stands for, or
            None where there is nobody (any more).
        :return: the function, unchanged.
        """
        self.identity_callback = callback
        return callback

    def jwt_error_handler(self, callback: HookT) -> HookT:
        """Set the function that turns a :class:`~flask_jwt.JWTError` into an answer.

        :param callback: called with the error; returns what a view may return.
        :return: the function, unchanged.
        """
        self.jwt_error_callback = callback
        return callback

    def auth_response_handler(self, callback: HookT) -> HookT:
        """Set the function that answers a successful sign-in.

        :param callback: called with the access token and the authenticated object; returns what a
            view may return.
        :return: the function, unchanged.
        """
        self.auth_response_callback = callback
        return callback

    def auth_request_handler(self, callback: HookT) -> HookT:
        """Set the whole view behind ``JWT_AUTH_URL_RULE``.

        .. deprecated:: 0.3
            Set ``JWT_AUTH_URL_RULE`` to None and register a view of your own instead.

        :param callback: called without arguments; returns what a view may return.
        :return: the function, unchanged.
        """
        warnings.warn(
            "auth_request_handler is deprecated: set JWT_AUTH_URL_RULE to None and register a "
            "view of your own, which calls create_access_token",
            DeprecationWarning,
            stacklevel=2,
        )
        self.auth_request_callback = callback
        return callback

    def request_handler(self, callback: HookT) -> HookT:
        """Set the function that finds the token in a request.

        :param callback: called without arguments; returns the token's text, or None.
        :return: the function, unchanged.
        """
        self.request_callback = callback
        return callback

    def jwt_encode_handler(self, callback: HookT) -> HookT:
        """Set the function that makes a token.

        :param callback: called with the authenticated object; returns the token.
        :return: the function, unchanged.
        """
        self.jwt_encode_callback = callback
        return callback

    def jwt_decode_handler(self, callback: HookT) -> HookT:
        """Set the function that verifies a token, in place of everything this package checks.

        :param callback: called with the token's text; returns the claims, or raises
            :exc:`jwt.InvalidTokenError` or :exc:`flask_jwt.core.TokenError`.
        :return: the function, unchanged.
        """
        self.jwt_decode_callback = callback
        return callback

    def jwt_payload_handler(self, callback: HookT) -> HookT:
        """Set the function that chooses the claims of a token.

        :param callback: called with the authenticated object; returns the claims.
        :return: the function, unchanged.
        """
        self.jwt_payload_callback = callback
        return callback

    def jwt_headers_handler(self, callback: HookT) -> HookT:
        """Set the function that adds fields to the JOSE header of a token.

        :param callback: called with the authenticated object; returns the fields, or None.
        :return: the function, unchanged.
        """
        self.jwt_headers_callback = callback
        return callback


P = ParamSpec("P")
T = TypeVar("T")

# Types that were looked at before: none of them can be awaited. Applications have few.
_plain: set[type] = set()
_MAX_PLAIN = 64
# Results that are still to come, and that no ``await`` here would bring.
_NO_RESULTS = (Iterator, AsyncGenerator, Future)


def await_result(value: Any) -> Any:
    """Return what a hook has returned, waiting for it where it is awaitable.

    The value is looked at, not the function: a coroutine that was not awaited is not None, and so
    would pass for an identity.
    """
    kind = type(value)
    if kind in _plain:
        return value
    # A proxy for None is not None, and so would pass for an identity; each could be awaited, too.
    if issubclass(kind, LocalProxy):
        return await_result(value._get_current_object())
    # asyncio's futures and tasks are known by that attribute: they belong to some other loop.
    if isinstance(value, _NO_RESULTS) or hasattr(kind, "_asyncio_future_blocking"):
        raise TypeError(
            f"a hook returned a {kind.__name__}: it has to return its result, and neither to yield "
            "nor to leave it to somebody else (a stream for a client goes into a Response)"
        )
    if isinstance(value, Awaitable):
        return await_result(current_app.ensure_sync(_finish)(value))
    if value.__class__ is kind:
        if len(_plain) >= _MAX_PLAIN:
            _plain.clear()
        _plain.add(kind)
    return value


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
