"""Where requests carry tokens (RFC 6750): header, cookie, query string, JSON body, or a hook."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from flask import Request, Response, current_app

from ..app_state import Extension, current_state
from ..core.strict_json import StrictJSONError, parse_object
from ..core.verifier import VerifiedToken
from ..hooks import await_result
from ..http import current_request
from .body import MAX_BODY_BYTES, body_within, query_of, read_or_400
from .cookies import Cookies, cookie_values
from .errors import JWTError, bad_request, challenged, completed
from .request_state import request_state
from .settings import BrowserSettings

#: Returns what a token says, or raises the :exc:`~flask_jwt.core.TokenError` that says why not.
Verify = Callable[[str], VerifiedToken]


class CredentialSource(ABC):
    """A place of a request where a token may be."""

    #: As ``JWT_TOKEN_LOCATION`` calls it.
    name: str
    #: A browser sends it whichever page has asked for the request.
    is_ambient = False
    #: No page of another site can have a browser send it.
    is_csrf_safe = False
    #: It is not asked where the ``Authorization`` header has a token.
    reads_body = False
    #: Verifies its tokens; None for the tokens of the application.
    verify: Verify | None = None

    @abstractmethod
    def find(self, request: Request) -> Sequence[str]:
        """Return the tokens in a request, each once; none is checked."""


_SPACES = " \t"
# RFC 9110 section 11.4: the name of a scheme, a space, and something that is for it.
_CREDENTIALS = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+ +[^ \t]")


class HeaderSource(CredentialSource):
    """The ``Authorization`` header.

    Two such headers reach the application as one, joined by a comma, which no token can hold:
    credentials that are sent twice are refused. Credentials of a foreign scheme are refused where
    the header is the only source, and passed over elsewhere: they are for a gate before this
    server, perhaps.
    """

    name = "headers"
    is_csrf_safe = True

    def __init__(self, schemes: Sequence[str], *, is_only: bool) -> None:
        self._shown = schemes[0]
        self._schemes = frozenset(scheme.lower() for scheme in schemes)
        self._spellings = self._schemes.union(schemes, (scheme.title() for scheme in schemes))
        self._is_only = is_only

    def find(self, request: Request) -> Sequence[str]:
        """Return the token in the header of a request."""
        value: str | None = request.environ.get("HTTP_AUTHORIZATION")
        if not value:
            return ()
        scheme, _, token = value.partition(" ")
        # What nearly every request sends; anything else is taken apart with care.
        if scheme in self._spellings and token and " " not in token and "\t" not in token:
            return (token,)
        return self._take_apart(value.strip(_SPACES))

    def hint(self, request: Request) -> str:
        """Return what to send instead of a header that was passed over; said in debug alone."""
        is_sent = request.environ.get("HTTP_AUTHORIZATION", "").strip(_SPACES)
        if not is_sent or not current_app.debug:
            return ""
        return f": send Authorization: {self._shown} <token>"

    def _take_apart(self, value: str) -> Sequence[str]:
        scheme, _, rest = value.partition(" ")
        if not scheme:
            return ()
        if scheme.lower() not in self._schemes:
            return self._pass_over(value)
        token = rest.strip(_SPACES)
        if not token:
            raise _refusal("Token missing", "invalid_token")
        if " " in token or "\t" in token:
            raise _refusal("Token contains spaces", "invalid_token")
        return (token,)

    def _pass_over(self, value: str) -> Sequence[str]:
        is_foreign = self._is_foreign(value)
        if is_foreign and not self._is_only:
            return ()
        # RFC 6750 section 3.1: a client that did not try a scheme of ours gets no error code.
        code = "authorization_required" if is_foreign else "invalid_credentials_header"
        hint = self.hint(current_request())
        refusal = _refusal(f"Unsupported authorization type{hint}", code=code)
        refusal._has_no_credentials = is_foreign
        raise refusal

    def _is_foreign(self, value: str) -> bool:
        """Tell whether a header holds well-formed credentials of other schemes and none of ours."""
        if not _CREDENTIALS.match(value):
            return False
        # A second header was joined to the first, if one of ours stands behind a comma.
        _, *more = value.replace("\t", " ").split(",")
        return all(part.strip().partition(" ")[0].lower() not in self._schemes for part in more)


def _refusal(
    description: str, fault: str = "", code: str = "invalid_credentials_header"
) -> JWTError:
    return challenged("Invalid JWT header", description, code, fault)


@completed
def default_request_callback() -> str | None:
    """Return the token in the ``Authorization`` header of this request, or None."""
    tokens = current_state().authenticator.header.find(current_request())
    return tokens[0] if tokens else None


class CookieSource(CredentialSource):
    """The access cookie. A sibling domain may have put others beside the user's own."""

    name = "cookies"
    is_ambient = True

    def __init__(self, cookies: Cookies) -> None:
        self._cookies = cookies

    def find(self, request: Request) -> Sequence[str]:
        """Return the access tokens in the cookies of a request."""
        return cookie_values(request, self._cookies.profile(request).access)


class QuerySource(CredentialSource):
    """The query string."""

    name = "query_string"

    def __init__(self, settings: BrowserSettings) -> None:
        self._parameter = settings.query_name

    def find(self, request: Request) -> Sequence[str]:
        """Return the token in the query string of a request."""
        tokens = list(dict.fromkeys(self._tokens(request)))
        if len(tokens) > 1:
            raise bad_request(
                "The request contains several access tokens in one place", "several_tokens"
            )
        return tokens

    def _tokens(self, request: Request) -> list[str]:
        return [token for token in query_of(request).getlist(self._parameter) if token]

    def hide_address(self, request: Request, response: Response) -> None:
        """Have an address with a token go nowhere: neither along with a link nor into a cache."""
        if request.query_string and self._has_token(request):
            response.headers["Referrer-Policy"] = "no-referrer"
            if not response.cache_control.no_store:
                response.cache_control.public = False
                response.cache_control.private = True

    def _has_token(self, request: Request) -> bool:
        try:
            return bool(self._tokens(request))
        except JWTError:
            # A query string that can't be read may hold one.
            return True


class JSONSource(CredentialSource):
    """A member of a JSON body."""

    name = "json"
    reads_body = True

    def __init__(self, member: str, max_token_bytes: int) -> None:
        self._member = member
        self._max_bytes = MAX_BODY_BYTES + max_token_bytes

    def find(self, request: Request) -> Sequence[str]:
        """Return the token in the body of a request."""
        if not request.is_json:
            return ()
        data = read_or_400(lambda: body_within(request, self._max_bytes), "body")
        try:
            token = parse_object(data).get(self._member)
        except StrictJSONError:
            # A body that two programs may read differently holds no credential.
            return ()
        return (token,) if isinstance(token, str) and token else ()


class HookSource(CredentialSource):
    """The application's own request hook, which may look anywhere, cookies included."""

    name = "hook"
    is_ambient = True

    def __init__(self, extension: Extension, *, with_cookies: bool) -> None:
        self._extension = extension
        self._with_cookies = with_cookies

    def find(self, request: Request) -> Sequence[str]:
        """Return the token that the hook finds in a request."""
        if self._with_cookies:
            request_state(request).vary_cookie = True
        token: str | bytes | None = await_result(self._extension.request_callback())
        if token is None:
            return ()
        if self._with_cookies and "HTTP_COOKIE" in request.environ:
            request_state(request).is_private = True
        # Applications of Flask-JWT's day hand bytes about; Latin-1 never fails, and the verifier is
        # strict.
        return (token.decode("latin-1") if isinstance(token, bytes) else token,)
