"""``JWTError``: a refusal that reaches the client as the same answer through every framework.

Flask asks the handler that is registered for it: this package's, or the application's own.
Flask-RESTful and Flask-RESTX would build a body of their own, and so are handed the error again,
which they pass on to Flask. The answer of this package is the one that ``jwt_error_callback``
makes, once per request.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Any, NoReturn, ParamSpec, TypeVar
from weakref import ref

from flask import Response, current_app, has_request_context
from werkzeug.exceptions import HTTPException

from ..app_state import AppState, NoExtensionError, current_application, current_state
from ..core.errors import TokenError
from ..hooks import await_result
from ..http import current_request
from ..requirements.refusal import StepUp
from ..sessions.circuit_breaker import PAUSE_SECONDS
from ..sessions.errors import StoreUnavailable
from .request_state import request_state, request_state_or_none
from .settings import HeaderSettings

# As a plain number: a member of an enumeration takes a third of a microsecond to be looked up.
_UNAUTHORIZED = HTTPStatus.UNAUTHORIZED.value
_REGISTERED = frozenset(HTTPStatus)
# Flask-RESTX looks the code of an error up in a list of its own, and fails where it is not there.
_KNOWN_TO_RESTX = _REGISTERED - {
    HTTPStatus.EARLY_HINTS,
    HTTPStatus.IM_A_TEAPOT,
    HTTPStatus.MISDIRECTED_REQUEST,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS,
}
_CHALLENGE = "WWW-Authenticate"
#: The description in the answer to a request without a token.
NO_TOKEN = "Request does not contain an access token"  # noqa: S105
#: The description where nobody can tell whether a trusted issuer has made a token.
ISSUER_UNAVAILABLE = "The issuer of the token can't be asked at the moment"
# Realms are written in programs: there are few.
_MAX_CHALLENGES = 64
P = ParamSpec("P")
R = TypeVar("R")


class JWTError(HTTPException):
    """A request is refused.

    Raise it in a hook of your own to refuse a request with an error of your own.

    :param error: a short name of what is wrong.
    :param description: one line for the client.
    :param status_code: the status of the answer, 401 unless given.
    :param headers: headers of the answer, or None.
    :param error_code: a stable name of what is wrong, for programs; not part of the answer.
    """

    # HTTPException has None here, which Werkzeug would let through as 200.
    code = 401
    # What the challenge calls the fault of the request (RFC 6750 section 3.1); "" where the request
    # has tried nothing, and None where the entry point adds no challenge.
    _fault: str | None = None
    # What else the challenge says of it, by name.
    _parameters: tuple[tuple[str, str], ...] = ()
    # The request has no credentials of ours: optional authentication lets it in.
    _has_no_credentials = False

    def __init__(
        self,
        error: str,
        description: str,
        status_code: int = 401,
        headers: Mapping[str, str] | None = None,
        *,
        error_code: str | None = None,
    ) -> None:
        # HTTPException's own constructor would do no more than set what is set here.
        self.args = (error, description)
        self.error = error
        # Never None here, unlike Werkzeug's, and users' type checkers should know.
        self.description: str = description  # pyright: ignore[reportIncompatibleVariableOverride]
        self.status_code = status_code
        if status_code != _UNAUTHORIZED and status_code in _KNOWN_TO_RESTX:
            self.code = status_code
        self.headers = headers
        self.error_code = error_code

    def __str__(self) -> str:
        return f"{self.error}. {self.description}"

    def __repr__(self) -> str:
        return f"JWTError: {self.error}"

    def get_response(self, *_wsgi: Any, **_more: Any) -> Response:
        """Return the answer, made by ``jwt_error_callback`` at the first call in a request."""
        try:
            known = request_state(current_request())
        except RuntimeError:
            return _plain_answer(self)
        if known.error is not None and known.error[0]() is self:
            return known.error[1]
        try:
            state = current_state()
        except NoExtensionError:
            return _plain_answer(self)
        answer = self._answer(state)
        # One error may be raised in two requests, and gets a fresh answer in each.
        known.error = ref(self), answer
        return answer

    def _answer(self, state: AppState) -> Response:
        default = state.rendered_errors.render(self)
        if self.status_code == _UNAUTHORIZED and _CHALLENGE not in (self.headers or ()):
            with_challenge(default, self)
        callback = state.extension.jwt_error_callback
        if callback is default_jwt_error_callback:
            return default
        known = request_state(current_request())
        # A hook may start from the default answer: it finds that while it is at work.
        known.error = ref(self), default
        try:
            return with_challenge(current_app.make_response(await_result(callback(self))), self)
        except Exception:
            known.error = None
            raise

    @property
    def response(self) -> Response | None:
        """The answer, where :meth:`get_response` has made it in this request already, or None."""
        known = request_state_or_none(current_request()) if has_request_context() else None
        if known is None or known.error is None or known.error[0]() is not self:
            return None
        return known.error[1]

    @response.setter
    def response(self, value: object) -> None:
        # HTTPException.__init__ sets None. Nothing else may put a fixed answer here: one error
        # raised in two requests must not hand the first one's cookies to the second.
        if value is not None:
            raise AttributeError("the answer to a JWTError is made by jwt_error_handler")

    @property
    def data(self) -> NoReturn:
        """Nothing: Flask-RESTful and Flask-RESTX, which ask, leave the answer to Flask.

        :raises AttributeError: Flask answers itself, or an error handler of a RESTX ``Api`` does.
        :raises JWTError: this error itself, which those two then give to Flask.
        """
        answered = self.response
        # Both replace handle_user_exception, and ask for the answer before they ask for the data.
        if answered is None or "handle_user_exception" not in vars(current_application()):
            raise AttributeError("data")
        if "restx" in current_app.extensions and not _fits_restx(answered):
            _tell_of_restx()
            answer = with_challenge(default_jwt_error_callback(self), self)
            request_state(current_request()).error = ref(self), answer
        raise self

    @property
    def body(self) -> dict[str, Any]:
        """The JSON value of the default answer."""
        return {
            "status_code": self.status_code,
            "error": self.error,
            "description": self.description,
        }


def with_challenge(response: Response, error: JWTError) -> Response:
    """Say in an answer how to authenticate, where its status asks for that."""
    own = {name.title(): value for name, value in (error.headers or {}).items()}
    value = own.get(_CHALLENGE.title())
    if response.status_code == _UNAUTHORIZED:
        # RFC 9110 section 15.5.2: a 401 says how to authenticate, the application's own too.
        value = value or current_state().entry_point.challenge()
    elif response.status_code != error.status_code or error._fault is None:
        # Of other statuses, a requirement's 403 has one (RFC 6750 section 3).
        return response
    if value is not None:
        response.headers.setdefault(_CHALLENGE, value)
    return response


def _plain_answer(error: JWTError) -> Response:
    return Response(
        json.dumps(error.body, sort_keys=True),
        error.status_code,
        dict(error.headers or {}),
        mimetype="application/json",
    )


def default_jwt_error_callback(error: JWTError) -> Response:
    """Answer with the error's fields as JSON."""
    return current_state().rendered_errors.render(error)


class EntryPoint:
    """Completes the refusals of one application with what says how to authenticate.

    The schemes, the realm and the place of the metadata are known here alone (:rfc:`6750` section
    3, :rfc:`9728` section 5.1).
    """

    __slots__ = ("_challenges", "_metadata", "_realm", "_scheme")

    def __init__(self, settings: HeaderSettings, metadata_url: str | None) -> None:
        # Metadata is for clients of RFC 6750, some of which read the first challenge alone.
        self._scheme = settings.schemes[0] if metadata_url is None else "Bearer"
        self._metadata = "" if metadata_url is None else f', resource_metadata="{metadata_url}"'
        self._realm = settings.realm
        # The values of WWW-Authenticate, by realm (None is the configured one) and fault.
        self._challenges: dict[tuple[str | None, str, tuple[tuple[str, str], ...]], str] = {}

    def challenge(
        self,
        fault: str = "",
        realm: str | None = None,
        parameters: tuple[tuple[str, str], ...] = (),
    ) -> str:
        """Return the ``WWW-Authenticate`` of a realm, and of a request with a fault."""
        named = self._realm if realm is None else realm
        quoted = named.replace("\\", "\\\\").replace('"', '\\"')
        value = f'{self._scheme} realm="{quoted}"'
        if fault:
            value = f'{value}, error="{fault}"'
        for name, text in parameters:
            value = f'{value}, {name}="{text}"'
        value += self._metadata
        if len(self._challenges) < _MAX_CHALLENGES:
            self._challenges[realm, fault, parameters] = value
        return value

    def complete(self, error: JWTError, realm: str | None = None) -> None:
        """Give a refusal its challenge, where it asks for one and has none."""
        fault = error._fault
        if fault is not None and error.headers is None:
            parameters = error._parameters
            known = self._challenges.get((realm, fault, parameters))
            error.headers = {_CHALLENGE: known or self.challenge(fault, realm, parameters)}


def _at_the_edge(
    function: Callable[P, R], translated: tuple[type[StoreUnavailable | TokenError], ...]
) -> Callable[P, R]:
    """Complete the refusals of a function, and those that errors of some kinds are turned into."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except JWTError as error:
            current_state().entry_point.complete(error)
            raise
        except translated as error:
            refusal = unavailable() if isinstance(error, StoreUnavailable) else invalid_token(error)
            current_state().entry_point.complete(refusal)
            raise refusal from error

    return call


def completed(function: Callable[P, R]) -> Callable[P, R]:
    """Complete the refusals of a view, or of a function for applications, that asks for a token."""
    return _at_the_edge(function, ())


def answered(function: Callable[P, R]) -> Callable[P, R]:
    """Turn an error of a token or of the store into a refusal, and complete that."""
    return _at_the_edge(function, (StoreUnavailable, TokenError))


def challenged(
    error: str, description: str, code: str, fault: str = "", status: int = 401
) -> JWTError:
    """Return a refusal that the entry point completes with a challenge (:rfc:`6750` section 3.1).

    A request that has tried nothing gets no ``fault``.
    """
    refusal = JWTError(error, description, status, error_code=code)
    refusal._fault = fault
    return refusal


def missing_token(description: str = NO_TOKEN) -> JWTError:
    """Return the refusal of a request without a token."""
    refusal = JWTError("Authorization Required", description, error_code="authorization_required")
    refusal._fault = ""
    refusal._has_no_credentials = True
    return refusal


def insufficient_authentication(requirement: str, step_up: StepUp) -> JWTError:
    """Return the refusal of a request whose user has to sign in anew (:rfc:`9470` section 3)."""
    fault = "insufficient_user_authentication"
    refusal = challenged("Step-Up Required", f"The request requires {requirement}", fault, fault)
    if step_up.max_age is not None:
        refusal._parameters += (("max_age", str(step_up.max_age)),)
    if step_up.acr_values:
        refusal._parameters += (("acr_values", " ".join(step_up.acr_values)),)
    return refusal


def insufficient_scope(requirement: str, scopes: Sequence[str]) -> JWTError:
    """Return the refusal of a request whose token says too little (:rfc:`6750` section 3.1)."""
    fault = "insufficient_scope"
    refusal = challenged("Forbidden", f"The request requires {requirement}", fault, fault, 403)
    if scopes:
        refusal._parameters = (("scope", " ".join(scopes)),)
    return refusal


def invalid_token(error: TokenError) -> JWTError:
    """Return the refusal of a request whose token is refused."""
    return challenged("Invalid token", error.description, error.code, "invalid_token")


def unknown_user() -> JWTError:
    """Return the refusal of a request whose token names nobody."""
    return challenged("Invalid JWT", "User does not exist", "unknown_user", "invalid_token")


def several_users() -> JWTError:
    """Return the refusal of a request with good tokens of two users or sessions."""
    description = "The request contains good tokens of two users or sessions"
    return challenged("Bad Request", description, "several_tokens", "invalid_request", 400)


def bad_request(description: str, code: str | None = None) -> JWTError:
    """Return the refusal of a request that is not what it has to be."""
    return JWTError("Bad Request", description, 400, error_code=code)


def csrf_failed(description: str, code: str) -> JWTError:
    """Return the refusal of a request that a page of another site may have sent."""
    return JWTError("CSRF Check Failed", description, 403, error_code=code)


def unavailable(
    description: str = "Sessions can't be looked up at the moment",
    code: str = "store_unavailable",
    seconds: float = PAUSE_SECONDS,
) -> JWTError:
    """Return the answer where a store can't be asked: whether a session goes on, as a rule."""
    return JWTError(
        "Service Unavailable",
        description,
        HTTPStatus.SERVICE_UNAVAILABLE,
        headers={"Retry-After": str(round(seconds))},
        error_code=code,
    )


def _tell_of_restx() -> None:
    state = current_state()
    if not state.told_of_restx:
        state.told_of_restx = True
        state.logger.warning(
            "jwt_error_handler gave an answer that Flask-RESTX can't pass on: it has to be JSON "
            "with a registered status. The default answer was sent instead."
        )


def _fits_restx(response: Response) -> bool:
    if not response.is_json or response.status_code not in _REGISTERED:
        return False
    # A file is passed through unread; anything else has to be what its content type says.
    if not response.direct_passthrough:
        try:
            response.get_json()
        except ValueError:
            return False
    return True
