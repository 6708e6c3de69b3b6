"""The default answers to refused requests: each is serialised once, and copied from then on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from flask import Response, jsonify
from werkzeug.datastructures import Headers

from .errors import JWTError

# An application may put anything into its own errors.
_MAX_PREPARED = 256
# Types whose values can't change: responses may share them.
_UNCHANGING = frozenset({str, bytes, bool, int, tuple, type(None)})
_new = object.__new__
# The attributes that copies of an object share, and the lists, of which each has its own.
_Attributes = tuple[list[tuple[str, Any]], list[tuple[str, Any]]]
# An error, its description, its status and its challenge: what prepared answers differ in.
_Key = tuple[str, str, int, str | None]


class RenderedErrors:
    """The default answers of one application."""

    __slots__ = ("_prepared",)

    def __init__(self) -> None:
        # The functions that make the answers.
        self._prepared: dict[_Key, Callable[[], Response]] = {}

    def render(self, error: JWTError) -> Response:
        """Make the answer to a refused request; it belongs to that request alone."""
        if type(error) is not JWTError:
            # The body of a child of the class may say more than its fields.
            return _serialised(error)
        headers = error.headers
        challenge = headers.get("WWW-Authenticate") if headers else None
        key = (error.error, error.description, error.status_code, challenge)
        try:
            make = self._prepared.get(key)
        except TypeError:
            # An application's own error may hold a list.
            return _serialised(error)
        response = self._prepare(error, key) if make is None else make()
        if headers and len(headers) > (challenge is not None):
            response.headers.update(headers)
        return response

    def _prepare(self, error: JWTError, key: _Key) -> Response:
        response = _build(error)
        if key[3] is not None:
            response.headers["WWW-Authenticate"] = key[3]
        if len(self._prepared) >= _MAX_PREPARED:
            # Odd tokens make many texts, and must not crowd out the common ones.
            self._prepared.clear()
        make = self._prepared[key] = _maker_of(response)
        return make()


def _serialised(error: JWTError) -> Response:
    response = _build(error)
    response.headers.update(error.headers or {})
    return response


def _build(error: JWTError) -> Response:
    response = jsonify(error.body)
    response.status_code = error.status_code
    return response


def _maker_of(response: Response) -> Callable[[], Response]:
    """Return what makes responses like one, which share nothing with it that can change.

    Attributes are copied, in a quarter of a constructor's time; where a class or an attribute is
    not known to allow that, the constructor is called.
    """
    headers = response.headers
    if type(response) is Response and type(headers) is Headers:
        attributes = {**vars(response), "headers": None}
        if _can_be_copied(attributes) and _can_be_copied(vars(headers)):
            return partial(_copied, _split(attributes), _split(vars(headers)))
    kind, text, status, fields = type(response), response.get_data(), response.status, list(headers)
    return lambda: kind([text], status, fields)


def _can_be_copied(attributes: Mapping[str, Any]) -> bool:
    return all(
        type(part) in _UNCHANGING
        for value in attributes.values()
        for part in (value if type(value) is list else (value,))
    )


def _split(attributes: Mapping[str, Any]) -> _Attributes:
    items = attributes.items()
    shared = [item for item in items if type(item[1]) is not list]
    return shared, [item for item in items if type(item[1]) is list]


def _copied(of_response: _Attributes, of_headers: _Attributes) -> Response:
    response, headers = _new(Response), _new(Headers)
    for copy, (shared, lists) in ((response, of_response), (headers, of_headers)):
        # One by one: an object whose dict is touched is slow at each later look.
        for name, value in shared:
            setattr(copy, name, value)
        for name, value in lists:
            setattr(copy, name, value.copy())
    response.headers = headers
    return response
