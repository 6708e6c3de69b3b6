"""The tokens of one request, and whether its own pages have sent it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from flask import Request
from werkzeug.exceptions import HTTPException

from .afterwards import afterwards
from .csrf import SAFE_METHODS
from .errors import JWTError
from .origins import CSRF_ERROR, check_origin
from .places import Places

#: The types of bodies that forms without a script send.
FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


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


def presented(this: Request, places: Places, from_header: str | None) -> Presented | None:
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


def note_query(this: Request, places: Places) -> None:
    """Note that the address of a request holds a token, whatever becomes of the request.

    :param this: the request.
    :param places: where it may carry tokens.
    """
    if "query_string" in places.order and this.args.get(places.settings.query_name):
        afterwards(this).saw_query = True


def check_csrf(this: Request, places: Places, claims: Mapping[str, Any]) -> None:
    """Refuse a request that changes something and may have been made by another site's page.

    :param this: the request, whose token did not come in a header.
    :param places: the application's.
    :param claims: of its token.
    :raises JWTError: 403, it comes from another origin, or has no CSRF value of this session.
    """
    if places.cookies is None or this.method in SAFE_METHODS:
        return
    check_origin(this, places.settings.origins)
    csrf = places.cookies.csrf
    name = csrf.name_of(claims)
    if name is None:
        raise _refusal(this, places, "The token has neither sid nor jti", "csrf_unbound")
    if not csrf.fits(name, csrf_value(this, places)):
        raise wrong_csrf(this, places)


def csrf_value(this: Request, places: Places) -> str:
    """Return the CSRF value that a request has.

    :param this: the request.
    :param places: the application's.
    :raises JWTError: 403, it has none; 400, the form can't be read.
    """
    value = this.headers.get(places.settings.csrf_header)
    if not value and this.mimetype in FORMS:
        value = _read(lambda: this.form.get(places.settings.csrf_field))
    if not value:
        raise _refusal(this, places, "The CSRF value is missing", "csrf_missing")
    return value


def wrong_csrf(this: Request, places: Places) -> JWTError:
    """Return the refusal of a request whose CSRF value is not that of its session.

    :param this: the request.
    :param places: the application's.
    """
    return _refusal(this, places, "The CSRF value is not that of this session", "csrf_wrong")


def _refusal(this: Request, places: Places, fault: str, code: str) -> JWTError:
    settings, cookies = places.settings, places.cookies
    source = f"the cookie {cookies.names(this).csrf}" if cookies else "its cookie"
    if places.csrf_url_rule is not None:
        source += f" (or GET {places.csrf_url_rule})"
    to_send = f"{settings.csrf_header}, or in the form field {settings.csrf_field}"
    return JWTError(
        CSRF_ERROR,
        f"{fault}: send what {source} says in the header {to_send}",
        403,
        error_code=code,
    )


def _json_tokens(this: Request, places: Places) -> list[str]:
    if not this.is_json:
        return []
    body = _read(lambda: this.get_json(silent=True))
    key = places.settings.json_key
    if not isinstance(body, dict) or key not in body:
        return []
    data = this.get_data()
    # Of a member that is there twice, parsers keep one: which one is a matter of the parser.
    twice = data.count(json.dumps(key).encode()) > 1 or b"\\u" in data
    values = _members(data, key) if twice else [body[key]]
    return [one for one in values if isinstance(one, str) and one]


def _members(data: bytes, key: str) -> list[Any]:
    outermost: list[tuple[str, Any]] = []

    def keep(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        # The outermost object comes last.
        outermost[:] = pairs
        return dict(pairs)

    json.loads(data, object_pairs_hook=keep)
    return [value for name, value in outermost if name == key]


def _query_tokens(this: Request, places: Places) -> list[str]:
    return [one for one in this.args.getlist(places.settings.query_name) if one]


def _cookie_tokens(this: Request, places: Places) -> list[str]:
    if places.cookies is None:
        return []
    afterwards(this).saw_cookies = True
    return [one for one in this.cookies.getlist(places.cookies.names(this).access) if one]


_LOOKS: dict[str, Callable[[Request, Places], list[str]]] = {
    "json": _json_tokens,
    "query_string": _query_tokens,
    "cookies": _cookie_tokens,
}


def _read(look: Callable[[], Any]) -> Any:
    try:
        return look()
    except HTTPException:
        raise
    except RecursionError:
        # Nested too deeply to be a credential.
        return None
    except Exception:
        # Servers have errors of their own for broken chunks, with the body in the text.
        raise JWTError("Bad Request", "The body of the request can't be read", 400) from None
