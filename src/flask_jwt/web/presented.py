"""The tokens of one request, and whether its own pages have sent it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from flask import Request
from werkzeug.exceptions import HTTPException

from .afterwards import afterwards
from .csrf import SAFE_METHODS, session_name
from .errors import JWTError
from .origins import CSRF_ERROR, check_origin
from .places import Places

_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


class Presented(NamedTuple):
    """The tokens of a request.

    :param token: the one that decides.
    :param place: where it was.
    :param others: further ones, which have to be of the same session if they are good.
    """

    token: str
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
        tokens = _LOOKS[place](this, places) if place in _LOOKS else None
        if tokens:
            found.append((place, tokens))
    if not found:
        return None
    (place, deciding), *rest = found
    token = _only(deciding)
    others = dict.fromkeys(one for _, tokens in rest for one in tokens)
    # The same text twice is one token.
    return Presented(token, place, tuple(one for one in others if one != token))


def check_csrf(this: Request, places: Places, claims: Mapping[str, Any]) -> None:
    """Refuse a request that changes something and may have been made by another site's page.

    :param this: the request, whose token did not come in a header.
    :param places: the application's.
    :param claims: of its token.
    :raises JWTError: 403, it comes from another origin, or has no CSRF value of this session.
    """
    if places.csrf is None or this.method in SAFE_METHODS:
        return
    check_origin(this, places.settings.origins)
    name = session_name(claims)
    if name is None:
        raise _refusal(this, places, "The token has neither sid nor jti", "csrf_unbound")
    if not places.csrf.fits(name, csrf_value(this, places)):
        raise wrong_csrf(this, places)


def csrf_value(this: Request, places: Places) -> str:
    """Return the CSRF value that a request has.

    :param this: the request.
    :param places: the application's.
    :raises JWTError: 403, it has none; 400, the form can't be read.
    """
    value = this.headers.get(places.settings.csrf_header)
    if value is None and this.mimetype in _FORMS:
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
    value = body.get(places.settings.json_key) if isinstance(body, dict) else None
    return [value] if isinstance(value, str) and value else []


def _query_tokens(this: Request, places: Places) -> list[str]:
    tokens = [one for one in this.args.getlist(places.settings.query_name) if one]
    if tokens:
        afterwards(this).saw_query = True
    return tokens


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


def _only(tokens: list[str]) -> str:
    if len(set(tokens)) > 1:
        raise JWTError(
            "Bad Request",
            "The request contains several access tokens in one place",
            400,
            error_code="several_tokens",
        )
    return tokens[0]


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
