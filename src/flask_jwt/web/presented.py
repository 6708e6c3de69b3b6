"""The access tokens of one request, wherever it carries them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from flask import Request

from .errors import JWTError
from .places import Places
from .reading import read


class Presented(NamedTuple):
    """The tokens of a request.

    :param tokens: those of the place that decides. Of cookies there may be several: a sibling
        domain can put one beside the user's own.
    :param place: where they were.
    :param others: further ones, which have to be of the same session if they are good.
    """

    tokens: tuple[str, ...]
    place: str
    others: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<Presented in {self.place}>"


def tokens_in(this: Request, places: Places, from_header: str | None) -> Presented | None:
    """Return the tokens of a request, or None.

    :param this: the request.
    :param places: where it may carry them.
    :param from_header: the one in its header, or None.
    :raises JWTError: 400, a token was sent twice in one place, or the body can't be read.
    """
    found = [] if from_header is None else [("headers", [from_header])]
    for place in places.order:
        sent = _LOOKS[place](this, places) if place in _LOOKS else None
        if sent:
            found.append((place, sent))
    if not found:
        return None
    (place, deciding), *rest = found
    # The same text twice is one token.
    tokens = tuple(dict.fromkeys(deciding))
    if len(tokens) > 1 and place != "cookies":
        raise JWTError(
            "Bad Request",
            "The request contains several access tokens in one place",
            400,
            error_code="several_tokens",
        )
    others = dict.fromkeys(one for _, further in rest for one in further)
    return Presented(tokens, place, tuple(one for one in others if one not in tokens))


def has_token_in_address(this: Request, places: Places) -> bool:
    """Tell whether the address of a request holds a token, whoever answers it.

    :param this: the request.
    :param places: where it may carry tokens.
    """
    if "query_string" not in places.order or not this.query_string:
        return False
    try:
        return bool(_query_tokens(this, places))
    except JWTError:
        # What can't be read may be one.
        return True


def _json_tokens(this: Request, places: Places) -> list[str]:
    if not this.is_json:
        return []
    members = _members(read(this.get_data, "body"))
    key = places.settings.json_key
    return [value for name, value in members if name == key and isinstance(value, str) and value]


def _members(data: bytes) -> list[tuple[str, Any]]:
    """Return the members of the JSON object in a body; none where it is anything else.

    All of them: of one that is there twice a parser keeps one, and which is its own matter.
    """
    outermost: list[tuple[str, Any]] = []

    def keep(pairs: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
        # The outermost object comes last.
        nonlocal outermost
        outermost = pairs
        return pairs

    try:
        # RFC 8259 section 8.1: UTF-8, and nothing else.
        whole = json.loads(data.decode(), object_pairs_hook=keep)
    except (ValueError, RecursionError):
        # No JSON, or nested too deeply to be a credential.
        return []
    return outermost if whole is outermost else []


def _query_tokens(this: Request, places: Places) -> list[str]:
    args = read(lambda: this.args, "query string")
    return [one for one in args.getlist(places.settings.query_name) if one]


def _cookie_tokens(this: Request, places: Places) -> list[str]:
    return [] if places.cookies is None else places.cookies.access_tokens(this)


_LOOKS: dict[str, Callable[[Request, Places], list[str]]] = {
    "json": _json_tokens,
    "query_string": _query_tokens,
    "cookies": _cookie_tokens,
}
