"""A Flask application with one view twice, open and protected, and its client."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from flask import Flask
from werkzeug.test import create_environ

from .candidates.candidate import Candidate
from .keys import Keys
from .timing import Call
from .tokens import Mint

OPEN, KEPT, WHOAMI = "/open", "/kept", "/whoami"


class UnexpectedAnswerError(RuntimeError):
    """A request that is being timed was answered with another status than it should."""


class Application:
    """One candidate at work with one algorithm."""

    def __init__(self, candidate: Candidate, keys: Keys) -> None:
        self.candidate = candidate
        self.keys = keys
        self.mint = self.mint_with(keys)
        self.flask = Flask("benchmarks")
        # Whatever the environment says.
        self.flask.debug = self.flask.testing = False
        self.protection = candidate.protect(self.flask, keys, candidate.name_of(keys.algorithm))
        guard = self.protection.guard
        self.flask.add_url_rule(OPEN, "open", _view)
        self.flask.add_url_rule(KEPT, "kept", guard(_view))
        self.flask.add_url_rule(WHOAMI, "whoami", guard(self.protection.user_id))
        self._environ = create_environ(headers=_HEADERS)

    def mint_with(self, keys: Keys) -> Mint:
        """Return a mint for tokens as the candidate makes them, signed with any keys."""
        return Mint(keys, self.candidate.name_of(keys.algorithm), self.candidate.claims_of)

    def get(self, path: str, token: str | None) -> tuple[int, str]:
        """Send one request; returns the status and the text of the answer."""
        answer = _Answer()
        body = self._serve(self._fresh_environ(path, token), answer)
        return answer.status, b"".join(body).decode()

    def requests(
        self, path: str, tokens: Iterable[str | None], expected: Callable[[int], bool]
    ) -> Iterator[Call]:
        """Prepare requests one by one; what each was answered with is looked at after it."""
        answer = _Answer()
        for token in tokens:
            yield partial(self._serve, self._fresh_environ(path, token), answer)
            if not expected(answer.status):
                raise UnexpectedAnswerError(
                    f"{self.candidate.name} answered {path} with {answer.status}"
                )

    def _fresh_environ(self, path: str, token: str | None) -> dict[str, Any]:
        environ = {**self._environ, "PATH_INFO": path}
        if token is not None:
            environ["HTTP_AUTHORIZATION"] = f"{self.candidate.scheme} {token}"
        return environ

    def _serve(self, environ: dict[str, Any], answer: _Answer) -> list[bytes]:
        response = self.flask(environ, answer.start)
        try:
            return list(response)
        finally:
            close = getattr(response, "close", None)
            if close is not None:
                close()


class _Answer:
    """Where a request's status arrives."""

    def __init__(self) -> None:
        self.status = 0

    def start(self, status: str, *others: object) -> Callable[[bytes], object]:
        self.status = int(status[:3])
        return _refuse_write


def is_success(status: int) -> bool:
    """Tell whether a request has reached its view."""
    return status == 200


def is_refusal(status: int) -> bool:
    """Tell whether a request was refused; 422 is what Flask-JWT-Extended says of bad tokens."""
    return status in (401, 422)


# About what curl sends.
_HEADERS = {"User-Agent": "curl/8.5.0", "Accept": "*/*"}


def _view() -> str:
    return "hello"


def _refuse_write(data: bytes) -> object:
    raise NotImplementedError("Flask returns its bodies")
