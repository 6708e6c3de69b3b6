"""``POST /auth``: a username and a password -> an access token."""

from __future__ import annotations

from io import BytesIO
from typing import IO, Any, TypeGuard

from flask import Request, Response, current_app, jsonify
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge

from ..settings import ConfigurationError
from ..web.context import current_request
from ..web.errors import JWTError
from ..web.state import ApplicationState, Extension, current_state
from ..web.tokens import make_token
from ..web.waiting import result_of

#: The longest username or password that reaches an authentication hook, in bytes of UTF-8: a hash
#: function is not fed a megabyte for whoever asks.
MAX_CREDENTIAL_BYTES = 4096
#: The longest body of a sign-in that is read, in bytes. A smaller ``MAX_CONTENT_LENGTH`` counts.
MAX_BODY_BYTES = 65536


def answer_sign_in() -> Response:
    """Answer a request for a token, through the application's hooks.

    :return: the answer, with ``Cache-Control: no-store`` (:rfc:`6750` section 5.3).
    :raises JWTError: the body can't be read, or the credentials are wrong.
    """
    extension = current_state().extension
    response = current_app.make_response(result_of(extension.auth_request_callback()))
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response


def default_auth_request_callback() -> Any:
    """Check the credentials in the body of this request and answer with a token.

    :raises JWTError: the body can't be read, or the credentials are wrong.
    :raises ConfigurationError: there is no authentication hook.
    """
    state = current_state()
    extension = state.extension
    username, password = _credentials(_body(), state)
    identity = result_of(_authentication_hook(extension)(username, password))
    if not identity:
        raise _invalid_credentials()
    token = make_token(state, identity)
    return result_of(extension.auth_response_callback(token, identity))


def default_auth_response_callback(access_token: str, _identity: Any) -> Response:
    """Answer with the token as JSON."""
    return jsonify({"access_token": access_token})


def _authentication_hook(extension: Extension) -> Any:
    if extension.authentication_callback is None:
        raise ConfigurationError(
            "there is no authentication handler: JWT(app, authenticate, identity), or "
            "@jwt.authentication_handler; an application without sign-in sets JWT_AUTH_URL_RULE "
            "to None"
        )
    return extension.authentication_callback


def _body() -> dict[str, Any]:
    this = current_request()
    try:
        _read(this)
        body = this.get_json()
    except HTTPException as error:
        status = error.code or 400
        raise JWTError(error.name, _UNREADABLE.get(status, error.name), status) from None
    except RecursionError:
        raise JWTError("Bad Request", "The JSON is nested too deeply", 400) from None
    if not isinstance(body, dict):
        raise JWTError("Bad Request", "The JSON has to be an object", 400)
    return body


def _read(this: Request) -> None:
    try:
        _limit(this)
        data = this.get_data()
    except HTTPException:
        raise
    except Exception:
        # Servers have errors of their own for broken chunks and lengths, with the body in the text.
        raise BadRequest from None
    # What the application has read before, in chunks, no limit has seen.
    if len(data) > MAX_BODY_BYTES:
        raise RequestEntityTooLarge


def _limit(this: Request) -> None:
    # Flask's own limit is the whole application's (its 3.0 has no other); a smaller one counts.
    length = this.content_length
    if length is None:
        # In chunks: counted as they come. What was read stands in for them.
        this.stream = _read_chunks(this.stream)  # pyright: ignore[reportAttributeAccessIssue]
    elif length > MAX_BODY_BYTES:
        raise RequestEntityTooLarge


def _read_chunks(stream: IO[bytes]) -> IO[bytes]:
    body = BytesIO()
    while more := stream.read(MAX_BODY_BYTES + 1 - body.tell()):
        body.write(more)
        if body.tell() > MAX_BODY_BYTES:
            raise RequestEntityTooLarge
    body.seek(0)
    return body


_UNREADABLE = {
    400: "The body of the request is not JSON",
    413: "The body of the request is too large",
    415: "The body of the request has to be application/json",
}


def _credentials(body: dict[str, Any], state: ApplicationState) -> tuple[str, str]:
    settings = state.settings
    username = body.get(settings.username_key)
    password = body.get(settings.password_key)
    if len(body) == 2 and _is_credential(username) and _is_credential(password):
        return username, password
    raise _invalid_credentials()


def _is_credential(value: Any) -> TypeGuard[str]:
    # NUL and lone surrogates are no text to a database or a hash function.
    if type(value) is not str or not value or len(value) > MAX_CREDENTIAL_BYTES or "\0" in value:
        return False
    try:
        return len(value.encode()) <= MAX_CREDENTIAL_BYTES
    except UnicodeEncodeError:
        return False


def _invalid_credentials() -> JWTError:
    return JWTError("Bad Request", "Invalid credentials", error_code="invalid_credentials")
