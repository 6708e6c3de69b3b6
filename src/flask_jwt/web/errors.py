"""``JWTError``: a refusal that reaches the client as the same answer through every framework.

Plain Flask asks the registered error handler, Flask-RESTful takes ``response``, and Flask-RESTX
builds a body from ``data`` and takes status and headers from ``code`` and ``get_response()``. All
of them get the one answer that ``jwt_error_callback`` makes, once per request.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast, overload

from flask import Response, current_app, has_request_context, jsonify
from werkzeug.exceptions import HTTPException

from .context import current_request
from .state import ApplicationState, current_state
from .waiting import result_of

# The error that a request is being answered with, and the answer: on the request object, so that
# an error which is raised in two requests gets a fresh answer in each.
_ATTRIBUTE = "flask_jwt_refusal"
_REGISTERED = frozenset(HTTPStatus)


class _StatusCode:
    """401 on the class, where Flask looks for error handlers; the answer's status on an error."""

    @overload
    def __get__(self, error: None, owner: type[JWTError]) -> int: ...
    @overload
    def __get__(self, error: JWTError, owner: type[JWTError]) -> int: ...
    def __get__(self, error: JWTError | None, owner: type[JWTError]) -> int:
        return 401 if error is None else error._status_for_restx()


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
    code = cast("int | None", _StatusCode())

    def __init__(
        self,
        error: str,
        description: str,
        status_code: int = 401,
        headers: Mapping[str, str] | None = None,
        *,
        error_code: str | None = None,
    ) -> None:
        super().__init__(description)
        self.args = (error, description)
        self.error = error
        self.description = description
        self.status_code = status_code
        self.headers = headers
        self.error_code = error_code

    def __str__(self) -> str:
        return f"{self.error}. {self.description}"

    def __repr__(self) -> str:
        return f"JWTError: {self.error}"

    @property
    def response(self) -> Response:
        """The answer, made by ``jwt_error_callback`` at the first look in a request."""
        state = _state()
        if state is None:
            return self._plain_response()
        this = current_request()
        answered: tuple[JWTError, Response] | None = getattr(this, _ATTRIBUTE, None)
        if answered is None or answered[0] is not self:
            answered = (self, self._make_response(state))
            setattr(this, _ATTRIBUTE, answered)
        return answered[1]

    @response.setter
    def response(self, value: object) -> None:
        # HTTPException.__init__ sets None. Nothing else may put a fixed answer here: one error
        # raised in two requests must not hand the first one's cookies to the second.
        if value is not None:
            raise AttributeError("the answer to a JWTError is made by jwt_error_handler")

    @property
    def data(self) -> Any:
        """The JSON value of the answer, for Flask-RESTX, which writes its own body."""
        if not self._is_answered_otherwise():
            return self.body
        if _fits_restx(self.response):
            return self.response.get_json()
        _tell_of_restx()
        return self.body

    @property
    def body(self) -> dict[str, Any]:
        """The JSON value of the default answer."""
        return {
            "status_code": self.status_code,
            "error": self.error,
            "description": self.description,
        }

    def _make_response(self, state: ApplicationState) -> Response:
        response = current_app.make_response(result_of(state.extension.jwt_error_callback(self)))
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            # RFC 9110 section 15.5.2: a 401 says how to authenticate, whoever wrote the answer.
            for name, value in challenge(state, state.settings.realm).items():
                response.headers.setdefault(name, value)
        return response

    def _plain_response(self) -> Response:
        return Response(
            json.dumps(self.body, sort_keys=True),
            self.status_code,
            dict(self.headers or {}),
            mimetype="application/json",
        )

    def _is_answered_otherwise(self) -> bool:
        state = _state()
        return (
            state is not None
            and state.extension.jwt_error_callback is not default_jwt_error_callback
        )

    def _status_for_restx(self) -> int:
        if self._is_answered_otherwise() and _fits_restx(self.response):
            return self.response.status_code
        return self.status_code if self.status_code in _REGISTERED else 401


def default_jwt_error_callback(error: JWTError) -> tuple[Response, int, Mapping[str, str] | None]:
    """Answer with the error's fields as JSON."""
    return jsonify(error.body), error.status_code, error.headers


def challenge(state: ApplicationState, realm: str, error: str | None = None) -> dict[str, str]:
    """Return the header that says how to authenticate (:rfc:`6750` section 3).

    :param state: the application's, for its first scheme.
    :param realm: what is protected.
    :param error: the error code; None where the request carried no credentials of ours.
    """
    quoted = realm.replace("\\", "\\\\").replace('"', '\\"')
    value = f'{state.settings.schemes[0]} realm="{quoted}"'
    return {"WWW-Authenticate": value if error is None else f'{value}, error="{error}"'}


def _state() -> ApplicationState | None:
    if has_request_context() and "jwt" in current_app.extensions:
        return current_state()
    return None


def _tell_of_restx() -> None:
    state = current_state()
    if not state.told_of_restx:
        state.told_of_restx = True
        state.logger.warning(
            "jwt_error_handler gave an answer that Flask-RESTX can't pass on: it has to be JSON "
            "with a registered status. The default answer was sent instead."
        )


def _fits_restx(response: Response) -> bool:
    return response.is_json and response.status_code in _REGISTERED
