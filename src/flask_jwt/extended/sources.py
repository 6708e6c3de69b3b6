"""Where requests carry tokens, by the rules of Flask-JWT-Extended and in its words."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from flask import Request

from ..authentication.body import read_or_400
from ..authentication.cookies import cookie_values
from ..authentication.sources import CredentialSource, HeaderSource, JSONSource, QuerySource
from .exceptions import CSRFError, InvalidHeaderError, InvalidQueryParamError
from .settings import ExtendedRequestSettings


class ExtendedSource(CredentialSource):
    """A place of a request where a token may be, which can say why there is none."""

    @abstractmethod
    def why_none(self, request: Request) -> str:
        """Return why a request has no token here."""


class ExtendedHeaderSource(HeaderSource, ExtendedSource):
    """The header; a comma separates what is for others from the token."""

    def __init__(self, settings: ExtendedRequestSettings) -> None:
        super().__init__((settings.header_type or "Bearer",), is_only=False)
        self._name = settings.header_name
        self._type = settings.header_type
        self._variable = f"HTTP_{settings.header_name.upper().replace('-', '_')}"

    def find(self, request: Request) -> Sequence[str]:
        """Return the token in the header of a request."""
        value: str | None = request.environ.get(self._variable)
        if not value:
            return ()
        scheme, _, token = value.partition(" ")
        # What nearly every request sends; anything else is taken apart with care.
        if (
            scheme == self._type
            and token
            and " " not in token
            and "," not in token
            and "\t" not in token
        ):
            return (token,)
        return self._take_apart(value)

    def why_none(self, request: Request) -> str:
        """Return whether there is no header, or none with the scheme."""
        if not self._type or not request.environ.get(self._variable, "").strip().strip(","):
            return f"Missing {self._name} Header"
        return (
            f"Missing '{self._type}' type in '{self._name}' header. "
            f"Expected '{self._name}: {self._type} <JWT>'"
        )

    def _take_apart(self, value: str) -> Sequence[str]:
        value = value.strip().strip(",")
        if not value:
            return ()
        if not self._type:
            parts = value.split()
            if len(parts) != 1:
                raise InvalidHeaderError(f"Bad {self._name} header. Expected '{self._name}: <JWT>'")
            return parts
        fields = (field.split() for field in value.split(","))
        ours = [parts for parts in fields if parts and parts[0] == self._type]
        if not ours:
            return ()
        # Credentials that are sent twice are none: nobody is let in by another place for them.
        if len(ours) > 1 or len(ours[0]) != len(("type", "token")):
            raise InvalidHeaderError(
                f"Bad {self._name} header. Expected '{self._name}: {self._type} <JWT>'"
            )
        return (ours[0][1],)


class ExtendedCookieSource(ExtendedSource):
    """The cookie of one kind of token."""

    name = "cookies"
    is_ambient = True

    def __init__(self, settings: ExtendedRequestSettings, *, refresh: bool) -> None:
        self._names = settings.cookies(refresh=refresh)
        self._csrf_in_form = settings.csrf_check_form
        self._csrf_methods = frozenset(settings.csrf_methods if settings.csrf_protect else ())

    def find(self, request: Request) -> Sequence[str]:
        """Return the tokens in the cookies of a request, and refuse one without a CSRF value."""
        tokens = cookie_values(request, self._names.name)
        if tokens:
            self.needed_csrf_value(request)
        return tokens

    def needed_csrf_value(self, request: Request) -> str | None:
        """Return the CSRF value that a request has sent, or refuse it; None where it needs none."""
        if request.method not in self._csrf_methods:
            return None
        value = self._csrf_value(request)
        if not value:
            raise CSRFError("Missing CSRF token")
        return value

    def _csrf_value(self, request: Request) -> str | None:
        value = request.headers.get(self._names.csrf_header)
        if not value and self._csrf_in_form:
            value = read_or_400(lambda: request.form, "body").get(self._names.csrf_field)
        return value

    def why_none(self, request: Request) -> str:  # noqa: ARG002
        """Return which cookie is missing."""
        return f'Missing cookie "{self._names.name}"'


class ExtendedQuerySource(QuerySource, ExtendedSource):
    """The query string."""

    def __init__(self, settings: ExtendedRequestSettings) -> None:
        self._parameter = settings.query_name
        self._prefix = settings.query_prefix

    def find(self, request: Request) -> Sequence[str]:
        """Return the token in the query string of a request."""
        values = super().find(request)
        if not all(value.startswith(self._prefix) for value in values):
            raise InvalidQueryParamError(
                f"Invalid value for query parameter '{self._parameter}'. "
                f"Expected the value to start with '{self._prefix}'"
            )
        return [value.removeprefix(self._prefix) for value in values]

    def why_none(self, request: Request) -> str:  # noqa: ARG002
        """Return which parameter is missing."""
        # Its clients compare texts: the misspelling is part of the wire.
        return f"Missing '{self._parameter}' query paramater"


class ExtendedJSONSource(JSONSource, ExtendedSource):
    """A member of a JSON body."""

    def why_none(self, request: Request) -> str:
        """Return whether the body is no JSON, or lacks the member."""
        if not request.is_json:
            return "Invalid content-type. Must be application/json."
        return f'Missing "{self._member}" key in json data.'


def sources_of(
    settings: ExtendedRequestSettings,
    locations: Sequence[str],
    header: ExtendedHeaderSource,
    cookie: ExtendedCookieSource,
    max_token_bytes: int,
    *,
    refresh: bool,
) -> tuple[ExtendedSource, ...]:
    """Return the sources for locations, in their order."""
    sources: dict[str, ExtendedSource] = {
        "headers": header,
        "cookies": cookie,
        "query_string": ExtendedQuerySource(settings),
        "json": ExtendedJSONSource(
            settings.refresh_json_key if refresh else settings.json_key, max_token_bytes
        ),
    }
    for name in locations:
        if name not in sources:
            raise RuntimeError(f"'{name}' is not a valid location")
    return tuple(sources[name] for name in locations)
