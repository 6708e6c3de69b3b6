"""The default answers to refused requests: each serialised once, and a fresh response each time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, Protocol

from flask import Response, jsonify
from werkzeug.datastructures import Headers

# An application may put anything into its own errors.
_MOST_PREPARED = 256
# Types whose values can't change: responses may share them.
_UNCHANGING = frozenset({str, bytes, bool, int, tuple, type(None)})
_new = object.__new__


class Refusal(Protocol):
    """What an answer says: a :class:`~flask_jwt.JWTError`."""

    error: str
    description: str
    status_code: int
    headers: Mapping[str, str] | None

    @property
    def body(self) -> dict[str, Any]:
        """The JSON value of the answer."""
        ...


# An error, its description, its status and its challenge: what prepared answers differ in.
_What = tuple[str, str, int, str | None]


class Answers:
    """The default answers of one application."""

    __slots__ = ("_prepared",)

    def __init__(self) -> None:
        # What makes each of them, by what they say.
        self._prepared: dict[_What, Callable[[], Response]] = {}

    def fresh(self, refusal: Refusal) -> Response:
        """Make the answer to a refused request; it belongs to that request alone."""
        headers = refusal.headers
        challenge = headers.get("WWW-Authenticate") if headers else None
        what = (refusal.error, refusal.description, refusal.status_code, challenge)
        try:
            make = self._prepared.get(what)
        except TypeError:
            # An application's own error may hold a list.
            return serialised(refusal)
        response = self._prepare(refusal, what) if make is None else make()
        if headers and len(headers) > (challenge is not None):
            response.headers.update(headers)
        return response

    def _prepare(self, refusal: Refusal, what: _What) -> Response:
        response = _of_body(refusal)
        if what[3] is not None:
            response.headers["WWW-Authenticate"] = what[3]
        if len(self._prepared) >= _MOST_PREPARED:
            # Odd tokens make many texts, and must not crowd out the common ones.
            self._prepared.clear()
        make = self._prepared[what] = _maker_of(response)
        return make()


def serialised(refusal: Refusal) -> Response:
    """Make an answer without remembering it: for errors whose body says more than their fields."""
    response = _of_body(refusal)
    response.headers.update(refusal.headers or {})
    return response


def _of_body(refusal: Refusal) -> Response:
    response = jsonify(refusal.body)
    response.status_code = refusal.status_code
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
            return partial(_copied, _Parts.of(attributes), _Parts.of(vars(headers)))
    return partial(
        _constructed, type(response), response.get_data(), response.status, list(headers)
    )


def _can_be_copied(attributes: Mapping[str, Any]) -> bool:
    return all(
        type(one) in _UNCHANGING
        for value in attributes.values()
        for one in (value if type(value) is list else (value,))
    )


class _Parts(NamedTuple):
    """The attributes of an object: those to share, and the lists of which each copy has its own."""

    shared: list[tuple[str, Any]]
    lists: list[tuple[str, list[Any]]]

    def __repr__(self) -> str:
        return f"<_Parts: {len(self.shared)} and {len(self.lists)}>"

    @classmethod
    def of(cls, attributes: Mapping[str, Any]) -> _Parts:
        """Sort attributes."""
        shared = [one for one in attributes.items() if type(one[1]) is not list]
        return cls(shared, [one for one in attributes.items() if type(one[1]) is list])


def _copied(of_response: _Parts, of_headers: _Parts) -> Response:
    response, headers = _new(Response), _new(Headers)
    # One by one: an object whose dict is touched is slow at each later look.
    for name, value in of_response.shared:
        setattr(response, name, value)
    for name, value in of_response.lists:
        setattr(response, name, value.copy())
    for name, value in of_headers.shared:
        setattr(headers, name, value)
    for name, value in of_headers.lists:
        setattr(headers, name, value.copy())
    response.headers = headers
    return response


def _constructed(
    kind: type[Response], text: bytes, status: str, headers: list[tuple[str, str]]
) -> Response:
    return kind([text], status, headers)
