"""An application that is attacked, and what its answers have to look like."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.support.material import SECRET
from tests.support.members import Members, refusal

#: Anything that looks like a compact JWS.
TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")


def attacked(store: str | None = None, **config: Any) -> Members:
    """Make an application in production."""
    return Members(store, **{"SECRET_KEY": SECRET.decode(), **config})


def assert_refused(app: Members, tokens: Mapping[str, str]) -> None:
    """Check that each token is refused as documented, without a trace of it, and a good one not."""
    for name, token in tokens.items():
        answer = app.ask("GET", "/me", {"access_token": token})
        assert refusal(answer)[:2] in ((401, "Invalid token"), (401, "Invalid JWT header")), name
        assert answer.headers["WWW-Authenticate"].endswith(', error="invalid_token"')
        assert not TOKEN.search(f"{answer.headers}{answer.text}")
    assert app.me(app.sign_in()) == 200
