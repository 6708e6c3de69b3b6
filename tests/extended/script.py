"""Programs that were written for Flask-JWT-Extended, and the requests to each.

A program ends with ``REQUESTS``: for each request its line, the status that Flask-JWT-Extended
answers with, and perhaps a dict. ``bearer`` (a token's name), ``csrf`` (a cookie's name), ``json``,
``data`` and ``headers`` are sent, with ``$name`` for a token or a cookie that was received before.
``keep`` is put before the names of the tokens in this answer. ``answer`` is what is expected, and
``differs`` the status, the answer and the reason where the import makes a difference.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Template
from types import ModuleType
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import ImmutableDict
from werkzeug.test import TestResponse

from tests.support.tokens import parts_of

PROGRAMS = Path(__file__).with_name("programs")

_VOLATILE = {"csrf", "csrf_token", "iat", "jti", "kid", "nbf"}


def load(name: str, package: str) -> ModuleType:
    """Run a program with nothing changed but what it imports, its short secret allowed."""
    file = PROGRAMS / f"{name}.py"
    text = file.read_text().replace("from flask_jwt_extended", f"from {package}")
    module = ModuleType(f"{name} with {package}")
    usual = Flask.default_config
    Flask.default_config = ImmutableDict({**usual, "JWT_ALLOW_INSECURE_KEYS": True})
    try:
        exec(compile(text, str(file), "exec"), module.__dict__)
    finally:
        Flask.default_config = usual
    return module


def play(program: ModuleType) -> Iterator[dict[str, Any]]:
    """Make each request in turn, and say what came of it; what no two runs share is masked."""
    client: FlaskClient = program.app.test_client()
    names: dict[str, str] = {}
    for line, _, *more in program.REQUESTS:
        options = more[0] if more else {}
        answer = _send(client, line, options, names)
        received = answer.get_json(silent=True)
        if isinstance(received, dict):
            kept = {name: value for name, value in received.items() if name.endswith("token")}
            names.update({options.get("keep", "") + name: kept[name] for name in kept})
        cookies = answer.headers.getlist("Set-Cookie")
        names.update(one.partition(";")[0].partition("=")[::2] for one in cookies)
        yield {
            "request": line,
            "status": answer.status_code,
            "answer": masked(received if answer.is_json else answer.text),
            "cookies": _cookies_of(answer),
        }
    if hasattr(program, "db"):
        with program.app.app_context():
            program.db.engine.dispose()


def expected(program: ModuleType) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Return, for each request, what is expected with Flask-JWT-Extended and with this package."""
    for line, status, *more in program.REQUESTS:
        options = more[0] if more else {}
        theirs = {"request": line, "status": status}
        if "answer" in options:
            theirs["answer"] = options["answer"]
        differs = {**options.get("differs", {})}
        assert not differs or differs.pop("because")
        yield theirs, {**theirs, **differs}


def _send(
    client: FlaskClient, line: str, options: Mapping[str, Any], names: Mapping[str, str]
) -> TestResponse:
    method, path = line.split(" ")
    headers = dict(options.get("headers", {}))
    if "bearer" in options:
        headers["Authorization"] = f"Bearer ${options['bearer']}"
    if "csrf" in options:
        headers["X-CSRF-TOKEN"] = f"${options['csrf']}"
    return client.open(
        _filled(path, names),
        method=method,
        headers=_filled(headers, names),
        json=_filled(options.get("json"), names),
        data=_filled(options.get("data"), names),
    )


def _filled(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return Template(value).substitute(names)
    if isinstance(value, dict):
        return {name: _filled(member, names) for name, member in value.items()}
    return value


def masked(value: Any) -> Any:
    """Replace tokens by what is in them, and what no two runs share by less."""
    if isinstance(value, list):
        return [masked(member) for member in value]
    if isinstance(value, str) and value.startswith("eyJ"):
        header, claims = parts_of(value)
        return {"header": masked(header), "claims": masked(claims)}
    if not isinstance(value, dict):
        return value
    shown = {name: masked(member) for name, member in value.items()}
    for name in ("exp", "fresh"):
        if type(value.get(name)) in (int, float):
            shown[name] = f"iat + {int(value[name] - value['iat'])}"
    return {**shown, **{name: type(shown[name]).__name__ for name in _VOLATILE & shown.keys()}}


def _cookies_of(answer: TestResponse) -> list[list[str]]:
    found = []
    for header in answer.headers.getlist("Set-Cookie"):
        first, *attributes = header.split("; ")
        name, _, value = first.partition("=")
        shown = (
            json.dumps(masked(value), sort_keys=True)
            if value.startswith("eyJ")
            else "…"
            if value
            else ""
        )
        if "Max-Age=0" not in attributes:
            attributes = [one for one in attributes if not one.startswith("Expires=")]
        found.append([name, shown, *sorted(attributes)])
    return sorted(found)
