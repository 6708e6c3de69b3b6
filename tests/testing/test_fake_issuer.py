"""The issuer for tests, as an application meets it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, jsonify

from flask_jwt import JWT, current_token, jwt_required
from flask_jwt.testing import FakeIssuer
from flask_jwt.testing.fake_issuer import SHAPES


def make_app(issuer: FakeIssuer, **options: Any) -> Flask:
    """Make an application that trusts an issuer."""
    app = Flask("trusting")
    app.config["JWT_AUTH_HEADER_PREFIX"] = "Bearer"
    app.config["JWT_TRUSTED_ISSUERS"] = {issuer.url: {**issuer.options, **options}}
    JWT(app)

    @app.get("/me")
    @jwt_required()
    def me() -> Any:
        return jsonify(issuer=current_token.issuer, subject=current_token.subject)

    return app


def status(app: Flask, token: str) -> int:
    """Return the status of the guarded view."""
    headers = {"Authorization": f"Bearer {token}"}
    return app.test_client().get("/me", headers=headers).status_code


@pytest.mark.parametrize("preset", [None, *SHAPES])
def test_presets(preset: str | None) -> None:
    """The tokens of each provider are accepted as its preset has them, and wrong ones are not."""
    with FakeIssuer(preset) as issuer:
        app = make_app(issuer)

        assert status(app, issuer.token()) == 200
        wrongs: list[dict[str, Any]] = [
            {"aud": "x"},
            {"expires_in": -60},
            {"sub": None},
            {"exp": ""},
        ]
        for wrong in wrongs:
            assert status(app, issuer.token(**wrong)) == 401, wrong


def test_claims_left_out() -> None:
    """A claim that is None is left out: the subject and the audience, too."""
    with FakeIssuer() as issuer:
        app = make_app(issuer)

        assert status(app, issuer.token(sub=None)) == 401
        assert status(app, issuer.token(aud=None)) == 401
        assert status(app, issuer.token(jti=None)) == 200


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "Ed25519", "EdDSA"])
def test_algorithms(algorithm: str) -> None:
    """Its tokens are signed as it is told."""
    with FakeIssuer(algorithm=algorithm) as issuer:
        assert status(make_app(issuer), issuer.token()) == 200
        assert status(make_app(issuer, algorithms=["ES512"]), issuer.token()) == 503


def test_rotation_and_outage() -> None:
    """A new key is found at the first token; those that are known outlive the server."""
    with FakeIssuer(algorithm="ES256") as issuer:
        app = make_app(issuer)
        former = issuer.token()
        assert status(app, former) == 200
        issuer.rotate()
        assert status(app, issuer.token()) == 200
        assert len(issuer.requests) == 4

        issuer.stop()
        assert status(app, issuer.token(sub="ben")) == 200
        issuer.start()
        assert status(make_app(issuer), issuer.token()) == 200


def test_introspection() -> None:
    """What introspection knows is accepted until it is revoked, of a client that has the secret."""
    with FakeIssuer() as issuer:
        client = {"client_id": issuer.client_id, "client_secret": issuer.client_secret}
        app = make_app(issuer, introspection=client)

        for token in (issuer.opaque_token(), issuer.token()):
            assert status(app, token) == 200
            issuer.revoke(token)
            assert status(app, token) == 401
        assert status(app, issuer.token(exp="soon")) == 401
        assert status(app, issuer.opaque_token(aud="other")) == 401
        client["client_secret"] = "another"
        assert status(make_app(issuer, introspection=client), issuer.opaque_token()) == 503


def test_what_it_is_not() -> None:
    """Neither is there a provider of any name, nor a symmetric algorithm."""
    with pytest.raises(ValueError, match="preset"):
        FakeIssuer("facebook")
    with pytest.raises(ValueError, match="asymmetric"):
        FakeIssuer(algorithm="HS256")
    with pytest.raises(RuntimeError, match="with FakeIssuer"):
        _ = FakeIssuer().url
