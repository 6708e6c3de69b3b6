"""``GET /.well-known/jwks.json``: the public keys, for servers that verify our tokens elsewhere."""

from __future__ import annotations

import json

from flask import Response

from ..app_state import current_state
from ..core.key_set import PUBLISHED_MAX_AGE
from ..http import cached_answer


def key_set_view(**_values: object) -> Response:
    """Answer with the public halves of the keys that are not retired (:rfc:`7517` section 5)."""
    state = current_state()
    jwks = state.keys.snapshot().ring.public_jwks(state.clock())
    caching = f"public, max-age={PUBLISHED_MAX_AGE}"
    return cached_answer(json.dumps({"keys": jwks}).encode(), "application/json", caching)
