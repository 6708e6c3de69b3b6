"""The console, for the tokens of Flask-JWT-Extended: its verdict is that of a guard."""

from __future__ import annotations

from typing import Any

from flask import Flask

from flask_jwt.console import Console
from flask_jwt.extended import JWTManager, create_access_token, create_refresh_token, jwt_required
from tests.support.secret import secret

SECRET = secret("extended.test_console")


def make_app(**config: Any) -> tuple[Flask, JWTManager]:
    app = Flask(__name__)
    app.debug = True
    app.config.update({"JWT_SECRET_KEY": SECRET, **config})
    jwt = JWTManager(app)
    app.add_url_rule("/private", "private", jwt_required()(lambda: "in"))
    app.register_blueprint(Console(resource="/private"))
    return app, jwt


def token_of(app: Flask, *, refresh: bool = False, **more: Any) -> str:
    with app.test_request_context():
        return (create_refresh_token if refresh else create_access_token)("anna", **more)


def looked_at(app: Flask, token: str) -> dict[str, str]:
    """Return what the console found at each check, up to the first that failed.

    What it says of the token in the end is what a guarded view answers.
    """
    client = app.test_client()
    verdict = client.post("/_console/gate", json={"token": token}).get_json()
    answer = client.get("/private", headers={"Authorization": f"Bearer {token}"})
    assert verdict["accepted"] == (answer.status_code == 200)
    return {step["name"]: step["found"] for step in verdict["steps"] if step["found"]}


def last_found(app: Flask, token: str) -> tuple[str, str]:
    return list(looked_at(app, token).items())[-1]


def test_page() -> None:
    """The page opens, and offers the header of Flask-JWT-Extended."""
    app, _ = make_app()
    client = app.test_client()

    assert client.get("/").status_code == 200
    surroundings = client.get("/_console/surroundings").get_json()
    assert (surroundings["scheme"], surroundings["resource"]) == ("Bearer", "/private")


def test_good_tokens() -> None:
    """A good token passes each check, one without an end and one of a session too."""
    app, _ = make_app()
    assert looked_at(app, token_of(app))["identity"].endswith("of type str.")
    assert looked_at(app, token_of(app, expires_delta=False))["times"].startswith("Good for ever,")

    app, _ = make_app(JWT_SESSION_STORE="memory://")
    assert looked_at(app, token_of(app))["revocation"] == "Its session goes on."


def test_what_a_guard_refuses() -> None:
    """A refresh token, a token on the blocklist and one of nobody's are refused as by a guard."""
    app, jwt = make_app()
    kind = "revocation", "Only non-refresh tokens are allowed"
    assert last_found(app, token_of(app, refresh=True)) == kind

    jwt.user_lookup_loader(lambda header, claims: None)
    assert last_found(app, token_of(app)) == ("identity", "User does not exist")

    jwt.token_in_blocklist_loader(lambda header, claims: True)
    assert last_found(app, token_of(app)) == ("revocation", "Token has been revoked")


def test_keys_of_a_loader() -> None:
    """Where a loader finds the keys, its word is shown, and no ring of keys is asked."""
    app, jwt = make_app(JWT_SECRET_KEY=None)
    jwt.encode_key_loader(lambda identity: SECRET)
    jwt.decode_key_loader(lambda header, claims: SECRET)
    token = token_of(app)

    assert looked_at(app, token)["decode hook"] == "It has returned claims."
    assert last_found(app, token[:-4] + "AAAA") == ("decode hook", "Signature verification failed")
