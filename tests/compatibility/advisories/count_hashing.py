"""Signs in to the tutorial's application, and counts how many password hashes each attempt costs.

A program of its own, because the application's modules have names like ``app``. Its arguments are a
folder for the application's files, and a JSON list of usernames with passwords; it writes a JSON
list of the status and the number of hashes of each.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any


@contextmanager
def counted(counts: list[int]) -> Iterator[None]:
    """Count the calls of the functions that Werkzeug hashes passwords with; they are still made."""
    originals = {name: getattr(hashlib, name) for name in ("scrypt", "pbkdf2_hmac")}
    for name, original in originals.items():
        setattr(hashlib, name, _counting(original, counts))
    yield
    for name, original in originals.items():
        setattr(hashlib, name, original)


def _counting(original: Callable[..., bytes], counts: list[int]) -> Callable[..., bytes]:
    def function(*args: Any, **kwargs: Any) -> bytes:
        counts[-1] += 1
        return original(*args, **kwargs)

    return function


def main(folder: str, attempts: list[list[str]]) -> None:
    """Sign in with each name and password."""
    client = import_module("app").create_app(folder).test_client()
    counts: list[int] = []
    statuses = []
    with counted(counts):
        for username, password in attempts:
            counts.append(0)
            body = {"username": username, "password": password}
            statuses.append(client.post("/auth", json=body).status_code)
    sys.stdout.write(json.dumps(list(zip(statuses, counts, strict=True))))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
