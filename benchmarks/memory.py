"""What remembering tokens takes: ``python -m benchmarks.memory TOKENS traced|resident``.

The program prints what its process has grown by, and how many of the tokens it still holds.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tracemalloc
from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .application import KEPT, Application, UnexpectedAnswerError, is_success
from .candidates.this_package import THIS_PACKAGE
from .finding import Finding
from .keys import make_keys
from .processes import python
from .tokens import Mint, new_user_id

TOKEN_BYTES = 400

_MEGABYTE = 1_000_000
_STATM = Path("/proc/self/statm")
_WARM_UP = 50


def measure(finding: Finding, tokens: int) -> None:
    """Send tokens to this package in two fresh processes, and see what they grow by."""
    traced, resident = (
        python(["-m", "benchmarks.memory", str(tokens), way], seconds=60)
        for way in ("traced", "resident")
    )
    held = min(traced["held"], resident["held"])
    finding.figures[f"{THIS_PACKAGE.name}, {tokens:,} tokens cached"] = {
        # Of a cache that holds fewer than were sent, the size says nothing.
        "MB, traced": _megabytes(traced["grown"]) if held == tokens else None,
        "MB, resident": _megabytes(resident["grown"]),
        "tokens held": held,
    }
    finding.remark = (
        f"Tokens of {TOKEN_BYTES} bytes (HS256, plain claims) with JWT_CACHE_TOKENS={tokens}, "
        "their own text included; nothing else keeps them. 1 MB is 1,000,000 bytes."
    )


def main(tokens: int, way: str) -> dict[str, int | None]:
    """Send tokens, and return the growth in bytes and how many tokens are still there."""
    keys = make_keys("HS256")
    # What is loaded and prepared at the first requests is none of the cache's.
    _send(Application(THIS_PACKAGE, keys), _WARM_UP, array("q", [0] * _WARM_UP))
    application = Application(THIS_PACKAGE, keys)
    application.flask.config["JWT_CACHE_TOKENS"] = tokens
    hashes = array("q", [0] * tokens)
    before = _allocated(way)
    _send(application, tokens, hashes)
    after = _allocated(way)
    grown = None if before is None or after is None else after - before
    return {"grown": grown, "held": _held(frozenset(hashes))}


def _send(application: Application, count: int, hashes: array[int]) -> None:
    mint = Mint(application.keys, "HS256", _claims_of)
    for place in range(count):
        token = mint.good(new_user_id())
        # Numbers, so that no list of ours keeps the tokens alive.
        hashes[place] = hash(token)
        status, _ = application.get(KEPT, token)
        if len(token) != TOKEN_BYTES or not is_success(status):
            raise UnexpectedAnswerError(f"a token of {len(token)} bytes was answered with {status}")


def _held(hashes: frozenset[int]) -> int:
    # Whatever the cache is made of, the tokens are keys of a dict or of two.
    tables = [one for one in gc.get_objects() if isinstance(one, dict) and len(one) > _WARM_UP]
    return len({hash(key) for one in tables for key in list(one)} & hashes)


def _allocated(way: str) -> int | None:
    gc.collect()
    if way == "traced":
        if not tracemalloc.is_tracing():
            tracemalloc.start()
        return tracemalloc.get_traced_memory()[0]
    if not _STATM.exists():
        return None
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _claims_of(user_id: str, now: int) -> Mapping[str, Any]:
    return {
        **THIS_PACKAGE.claims_of(user_id, now),
        "name": f"The user {user_id}",
        "email": f"{user_id}@mail.example",
        "scope": "profile:read profile:write orders:read orders:write billing:read account:history",
    }


def _megabytes(size: int | None) -> float | None:
    return None if size is None else size / _MEGABYTE


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), sys.argv[2])))
