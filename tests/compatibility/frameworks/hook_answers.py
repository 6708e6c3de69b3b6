"""What a ``jwt_error_handler`` may return, and what the client has to see of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from typing import Any

from flask import Response, jsonify, send_file

from flask_jwt import JWTError

from .applications.refusals import CHALLENGE


@dataclass(frozen=True)
class HookAnswer:
    """A hook, and the answer to a request without a token."""

    name: str
    hook: Callable[[JWTError], Any]
    status: int
    body: Any
    headers: Mapping[str, str | None] = field(default_factory=dict)


def _own(error: JWTError) -> dict[str, str]:
    return {"no": error.error}


async def _from_a_coroutine(error: JWTError) -> tuple[dict[str, str], int]:
    return _own(error), 409


def _from_a_file(error: JWTError, kind: str) -> Response:
    response = send_file(BytesIO(b'{"from": "a file"}'), kind)
    response.status_code = 403
    return response


_OWN = {"no": "Authorization Required"}
_NO_CHALLENGE, _CHALLENGE = {"WWW-Authenticate": None}, {"WWW-Authenticate": CHALLENGE}

#: JSON with a registered status, which every framework passes on.
PASSED_ON = [
    HookAnswer("dict", _own, 200, _OWN),
    HookAnswer("dict and status", lambda error: (_own(error), 422), 422, _OWN, _NO_CHALLENGE),
    HookAnswer("all three", lambda error: (jsonify(_own(error)), 403, {"X-Own": "mine"}), 403, _OWN,
               {"X-Own": "mine", **_NO_CHALLENGE}),
    HookAnswer("response",
               lambda error: Response('{"made": "by hand"}', 409, mimetype="application/json"),
               409, {"made": "by hand"}),
    HookAnswer("list", lambda error: ([error.error], 403), 403, ["Authorization Required"]),
    HookAnswer("null", lambda error: (jsonify(None), 403), 403, None),
    HookAnswer("coroutine", _from_a_coroutine, 409, _OWN),
    HookAnswer("file", partial(_from_a_file, kind="application/json"), 403, {"from": "a file"}),
    HookAnswer("teapot", lambda error: (_own(error), 418), 418, _OWN),
    HookAnswer("legal reasons", lambda error: (_own(error), 451), 451, _OWN),
    HookAnswer("hidden", lambda error: (_own(error), 404), 404, _OWN, _NO_CHALLENGE),
    HookAnswer("hidden list", lambda error: ([1], 404), 404, [1]),
    HookAnswer("unavailable", lambda error: (_own(error), 503), 503, _OWN),
    HookAnswer("own challenge", lambda error: (_own(error), 401, {"WWW-Authenticate": "Own"}), 401,
               _OWN, {"WWW-Authenticate": "Own"}),
    HookAnswer("forgotten challenge", lambda error: (_own(error), 401), 401, _OWN, _CHALLENGE),
    HookAnswer("headers of the error", lambda error: (_own(error), 400, error.headers), 400, _OWN,
               _CHALLENGE),
]  # fmt: skip

#: What Flask-RESTX, which writes the body itself, can't pass on.
NOT_FOR_RESTX = [
    HookAnswer("text", lambda error: ("no", 403), 403, "no", _NO_CHALLENGE),
    HookAnswer("text alone", lambda error: error.error, 200, "Authorization Required"),
    HookAnswer("text without challenge", lambda error: ("no", 401), 401, "no", _CHALLENGE),
    HookAnswer("redirect", lambda error: ("", 302, {"Location": "/login"}), 302, "",
               {"Location": "/login"}),
    HookAnswer("nothing", lambda error: ("", 204), 204, ""),
    HookAnswer("unregistered status", lambda error: (_own(error), 499), 499,
               '{"no":"Authorization Required"}\n'),
    HookAnswer("JSON by name alone",
               lambda error: Response("{", 403, mimetype="application/json"), 403, "{"),
    HookAnswer("text file", partial(_from_a_file, kind="text/plain"), 403, '{"from": "a file"}'),
]  # fmt: skip
