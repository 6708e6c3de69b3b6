"""The default answers to refused requests: each serialised once, and a fresh response each time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from flask import Response, jsonify

# An application may put anything into its own errors.
_MOST_PREPARED = 256
# The only names that refusals of our own have: headers of other names may stand in the prepared
# ones already, in any case.
_OWN_HEADERS = frozenset({"WWW-Authenticate"})


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


class _Prepared(NamedTuple):
    """What the application's JSON provider made of an error."""

    response_class: type[Response]
    status: str
    headers: list[tuple[str, str]]
    text: bytes


class Answers:
    """The default answers of one application."""

    __slots__ = ("_prepared",)

    def __init__(self) -> None:
        self._prepared: dict[tuple[str, str, int], _Prepared] = {}

    def fresh(self, refusal: Refusal) -> Response:
        """Make the answer to a refused request; nobody else has it.

        :param refusal: the error, whose fields become JSON by the application's ``app.json``.
        """
        what = (refusal.error, refusal.description, refusal.status_code)
        try:
            prepared = self._prepared.get(what)
        except TypeError:
            # An application's own error may hold a list.
            return serialised(refusal)
        if prepared is None:
            prepared = self._prepare(refusal, what)
        made, status, headers, text = prepared
        more = refusal.headers
        if not more:
            return made([text], status, headers)
        if more.keys() <= _OWN_HEADERS:
            return made([text], status, [*headers, *more.items()])
        response = made([text], status, headers)
        response.headers.update(more)
        return response

    def _prepare(self, refusal: Refusal, what: tuple[str, str, int]) -> _Prepared:
        response = jsonify(refusal.body)
        response.status_code = refusal.status_code
        prepared = _Prepared(
            type(response), response.status, list(response.headers), response.get_data()
        )
        if len(self._prepared) >= _MOST_PREPARED:
            # Whoever sends odd tokens can make many texts, and must not crowd out the common ones.
            self._prepared.clear()
        self._prepared[what] = prepared
        return prepared


def serialised(refusal: Refusal) -> Response:
    """Make an answer without remembering it: for errors whose body says more than their fields."""
    response = jsonify(refusal.body)
    response.status_code = refusal.status_code
    response.headers.update(refusal.headers or {})
    return response
