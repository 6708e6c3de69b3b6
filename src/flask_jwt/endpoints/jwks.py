"""``GET /.well-known/jwks.json``: the public keys, for whoever verifies our tokens elsewhere."""

from __future__ import annotations

import hashlib
import json

from flask import Response, current_app, request

from ..core.key_set import PUBLISHED_MAX_AGE
from ..current import current_state


def key_set_view(**_values: object) -> Response:
    """Answer with the public halves of the keys that are not retired (:rfc:`7517` section 5)."""
    state = current_state()
    jwks = state.keys.snapshot().ring.public_jwks(state.clock())
    body = json.dumps({"keys": jwks})
    response = current_app.response_class(body, mimetype="application/json")
    response.headers["Cache-Control"] = f"public, max-age={PUBLISHED_MAX_AGE}"
    response.set_etag(hashlib.sha256(body.encode()).hexdigest()[:32])
    response.make_conditional(request)
    return response
