"""Key files for tests, and an application that reads one."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_jwt import JWT, create_access_token, jwt_required
from flask_jwt.core import ALGORITHMS, Key, KeyRing, Signer
from flask_jwt.core.asymmetric import generate_jwk
from tests.support.secret import secret

NOW = 1_800_000_000


def new_key(kid: str, algorithm: str = "ES256", **members: Any) -> dict[str, Any]:
    """Return a private key that nobody has seen before, or a secret."""
    if ALGORITHMS[algorithm].symmetric:
        material = {"kty": "oct", "k": secrets.token_urlsafe(64)}
    else:
        material = generate_jwk(ALGORITHMS[algorithm])
    return {**material, "alg": algorithm, "kid": kid, **members}


def public(jwk: dict[str, Any]) -> dict[str, Any]:
    """Return the public half of a key."""
    found = Key.from_jwk(jwk).public_jwk
    assert found is not None
    return dict(found)


def write(path: Path, *keys: dict[str, Any], mode: int = 0o600) -> None:
    """Replace a key file at once, as the commands do."""
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps({"keys": keys}))
    draft.chmod(mode)
    draft.replace(path)


def signed_by(jwk: dict[str, Any], **claims: Any) -> str:
    """Return a token that a key signed."""
    written = {"exp": NOW + 300, "iat": NOW, "nbf": NOW, "identity": "ann", **claims}
    return Signer(KeyRing(Key.from_jwk({**jwk, "signs_from": None})), clock=lambda: 0).sign(written)


class Site:
    """An application with a key file, a clock to set, and time that passes for its looks."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, **config: Any) -> None:
        self.file = folder / "keys.json"
        self.now = float(NOW)
        self.passed = 1000.0
        monkeypatch.setattr("flask_jwt.keys.provider.monotonic", lambda: self.passed)
        self.app = Flask("site", instance_path=str(folder))
        self.app.config.update({"SECRET_KEY": secret("f"), "JWT_KEY_FILE": "keys.json", **config})
        JWT(self.app, lambda name, _: {"id": name}, dict, clock=lambda: self.now)
        self.app.add_url_rule("/me", "me", jwt_required()(lambda: "hello"))

    def status(self, token: str) -> int:
        """Return the status of the protected view."""
        return self.answer(token)[0]

    def answer(self, token: str) -> tuple[int, str]:
        """Return the status and the text of the protected view."""
        found = self.app.test_client().get("/me", headers={"Authorization": f"JWT {token}"})
        return found.status_code, found.text

    def token(self) -> str:
        """Make a token as sign-in does."""
        with self.app.app_context():
            return create_access_token({"id": "ann"})

    def published(self) -> list[str]:
        """Return the names of the published keys."""
        answer = self.app.test_client().get("/.well-known/jwks.json")
        return [key["kid"] for key in answer.get_json()["keys"]]
