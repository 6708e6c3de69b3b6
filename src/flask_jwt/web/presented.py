"""The access tokens of one request, wherever it carries them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from flask import Request

from ..core.strict_json import StrictJSONError, parse_object
from .body import BodyTooLargeError, body_within
from .errors import JWTError
from .places import Places
from .reading import query_of, read


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
    """Return the tokens of a request, or None."""
    found = [] if from_header is None else [("headers", [from_header])]
    unread = False
    for place in places.order:
        # Where a header decides, nothing is read of the body.
        if place == "headers" or (place == "json" and from_header is not None):
            continue
        try:
            sent = list(dict.fromkeys(_LOOKS[place](this, places)))
        except BodyTooLargeError:
            unread = True
            continue
        if len(sent) > 1 and place != "cookies":
            raise _several()
        if sent:
            found.append((place, sent))
    if not found:
        if unread:
            raise BodyTooLargeError
        return None
    (place, tokens), *rest = found
    others = dict.fromkeys(one for _, further in rest for one in further)
    return Presented(tuple(tokens), place, tuple(one for one in others if one not in tokens))


def has_token_in_address(this: Request, places: Places) -> bool:
    """Tell whether the address of a request holds a token, whoever answers it."""
    if "query_string" not in places.order or not this.query_string:
        return False
    try:
        return bool(_query_tokens(this, places))
    except JWTError:
        # What can't be read may be one.
        return True


def _several() -> JWTError:
    return JWTError(
        "Bad Request",
        "The request contains several access tokens in one place",
        400,
        error_code="several_tokens",
    )


def _json_tokens(this: Request, places: Places) -> list[str]:
    if not this.is_json:
        return []
    data = read(lambda: body_within(this, places.most_body_bytes), "body")
    try:
        token = parse_object(data).get(places.settings.json_key)
    except StrictJSONError:
        # What two programs may read differently holds no credential.
        return []
    return [token] if isinstance(token, str) and token else []


def _query_tokens(this: Request, places: Places) -> list[str]:
    return [one for one in query_of(this).getlist(places.settings.query_name) if one]


def _cookie_tokens(this: Request, places: Places) -> list[str]:
    return [] if places.cookies is None else places.cookies.access_tokens(this)


_LOOKS: dict[str, Callable[[Request, Places], list[str]]] = {
    "json": _json_tokens,
    "query_string": _query_tokens,
    "cookies": _cookie_tokens,
}
