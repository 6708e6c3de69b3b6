"""Where a request carries its token (RFC 6750): header, cookie, query string, JSON body."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from flask import Request, current_app

from ..core.strict_json import StrictJSONError, parse_object
from ..current import AppState, current_state
from ..keys.settings import VerifierSettings
from ..sessions.settings import SessionRoutes
from ..settings.declare import Settings
from .body import MAX_BODY_BYTES, BodyTooLargeError, body_within, query_of, read
from .context import current_request
from .cookies import Cookies
from .csrf_tokens import CSRFTokens
from .errors import NO_TOKEN, JWTError, authorization_required, challenge
from .settings import BrowserRoutes, BrowserSettings, HeaderSettings


class Places:
    """The places of one application."""

    def __init__(self, settings: Settings, secrets: Sequence[bytes]) -> None:
        self.settings = settings[BrowserSettings]
        #: The longest body in which a token is looked for, in bytes.
        self.most_body_bytes = MAX_BODY_BYTES + settings[VerifierSettings].max_token_bytes
        #: The names of the places; the first one with a token decides.
        self.order = settings[BrowserRoutes].token_location
        #: Whether answers hold tokens in their bodies.
        self.in_bodies = self.order != ("cookies",)
        #: The cookies, or None where they are no place.
        self.cookies: Cookies | None = None
        if "cookies" in self.order:
            has_sessions = settings[SessionRoutes].session_store is not None
            self.cookies = Cookies(settings, CSRFTokens(secrets, sessions=has_sessions))


def places_of(settings: Settings, secrets: Sequence[bytes]) -> Places | None:
    """Return the places of an application, or None where the header is the only one."""
    return None if settings.get(BrowserSettings) is None else Places(settings, secrets)


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


_SPACES = " \t"
# RFC 9110 section 11.4: the name of a scheme, a space, and something that is for it.
_CREDENTIALS = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+ +[^ \t]")


def default_request_callback() -> str | None:
    """Return the token in the ``Authorization`` header of this request, or None."""
    state = current_state()
    return header_token(current_request(), state, state.realm)


def header_token(this: Request, state: AppState, realm: str) -> str | None:
    """Return the token in the ``Authorization`` header of a request, or None.

    Two such headers reach the application as one, joined by a comma, which no token can hold:
    credentials that are sent twice are refused. Credentials of a foreign scheme are no token where
    there are more places than the header: they are for a gate before this server, perhaps.
    """
    value: str | None = this.environ.get("HTTP_AUTHORIZATION")
    if not value:
        return None
    scheme, _, token = value.partition(" ")
    # What nearly every request sends; anything else is taken apart with care.
    if scheme in state.spellings and token and " " not in token and "\t" not in token:
        return token
    return _odd_header(value, state, realm)


def _odd_header(value: str, state: AppState, realm: str) -> str | None:
    scheme, _, rest = value.strip(_SPACES).partition(" ")
    if not scheme:
        return None
    if scheme.lower() not in state.schemes:
        is_foreign = _is_foreign(value.strip(_SPACES), state)
        if is_foreign and state.places is not None:
            return None
        raise _unsupported(state, realm, is_foreign=is_foreign)
    token = rest.strip(_SPACES)
    if not token:
        raise _refusal("Token missing", challenge(state, realm, "invalid_token"))
    if " " in token or "\t" in token:
        raise _refusal("Token contains spaces", challenge(state, realm, "invalid_token"))
    return token


def _is_foreign(value: str, state: AppState) -> bool:
    """Tell whether a header holds well-formed credentials of other schemes, and none of ours."""
    if not _CREDENTIALS.match(value):
        return False
    # A second header was joined to the first, if one of ours stands behind a comma.
    _, *more = value.replace("\t", " ").split(",")
    return all(part.strip().partition(" ")[0].lower() not in state.schemes for part in more)


def _unsupported(state: AppState, realm: str, *, is_foreign: bool) -> JWTError:
    # RFC 6750 section 3.1: a client that did not try a scheme of ours gets no error code.
    return _refusal(
        f"Unsupported authorization type{_what_to_send(state)}",
        challenge(state, realm),
        "authorization_required" if is_foreign else "invalid_credentials_header",
    )


def passed_over(this: Request, state: AppState, realm: str) -> JWTError:
    """Return the refusal of a request whose header was looked at, and holds no token of ours."""
    is_there = this.environ.get("HTTP_AUTHORIZATION", "").strip(_SPACES)
    hint = _what_to_send(state) if is_there else ""
    return authorization_required(state, realm, NO_TOKEN + hint)


def _what_to_send(state: AppState) -> str:
    if not current_app.debug:
        return ""
    return f": send Authorization: {state.settings[HeaderSettings].schemes[0]} <token>"


def _refusal(
    description: str, headers: dict[str, str], error_code: str = "invalid_credentials_header"
) -> JWTError:
    return JWTError("Invalid JWT header", description, headers=headers, error_code=error_code)
