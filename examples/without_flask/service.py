"""Tokens without Flask: a script that issues and verifies them, and a WSGI service behind them.

::

    export TOKEN_SECRET=$(python -c 'import secrets; print(secrets.token_hex(32))')
    python service.py issue anna > token
    python service.py verify < token
    python service.py serve --port 8000 &
    curl -i http://127.0.0.1:8000/ -H "Authorization: Bearer $(cat token)"
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import make_server

from flask_jwt.core import (
    ClaimsError,
    ClaimsPolicy,
    Key,
    KeyMaterialError,
    KeyRing,
    Signer,
    TokenError,
    Verifier,
)

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

ISSUER = "https://accounts.example"
AUDIENCE = "https://reports.example"
LIFETIME = 300
CHALLENGE = 'Bearer realm="reports"'

POLICY = ClaimsPolicy(leeway=10, required=["sub"], issuer=ISSUER, audience=AUDIENCE)


def keys() -> KeyRing:
    """Return the ring with the one secret, out of the environment, that signs and verifies."""
    return KeyRing(Key.from_secret(os.environ.get("TOKEN_SECRET", "")))


def issue(subject: str) -> str:
    """Make a token for somebody."""
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + LIFETIME}
    return Signer(keys()).sign(claims)


def verified_claims(token: str) -> str:
    """Return the claims of a token as JSON, or raise the error that says what is wrong."""
    return json.dumps(Verifier(keys(), POLICY).verify(token).claims)


def create_app() -> WSGIApplication:
    """Make the service, for any WSGI server: ``gunicorn 'service:create_app()'``."""
    # Once: the key is prepared here, and a verifier may be shared by threads.
    verifier = Verifier(keys(), POLICY)

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
        if scheme.lower() != "bearer":
            return answer(start_response, 401, {"error": "a token is needed"}, CHALLENGE)
        try:
            claims = verifier.verify(token.strip()).claims
        except TokenError as error:
            challenge = f'{CHALLENGE}, error="invalid_token"'
            return answer(start_response, 401, {"error": error.description}, challenge)
        return answer(start_response, 200, {"report": "all is well", "reader": claims["sub"]})

    return application


def answer(
    start_response: StartResponse, status: int, value: Any, challenge: str | None = None
) -> list[bytes]:
    """Answer with JSON, and with a challenge where a token is needed."""
    body = json.dumps(value).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    if challenge is not None:
        headers.append(("WWW-Authenticate", challenge))
    start_response(f"{status} {HTTPStatus(status).phrase}", headers)
    return [body]


def serve(port: int) -> None:
    """Serve on this machine until interrupted."""
    with make_server("127.0.0.1", port, create_app()) as server:
        print(f"Serving on http://127.0.0.1:{server.server_port}/", flush=True)
        server.serve_forever()


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description="Tokens without Flask.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("issue", help="print a token").add_argument("subject")
    # From standard input: everybody on the machine can read a command line.
    commands.add_parser("verify", help="print the claims of the token on standard input")
    commands.add_parser("serve", help="serve the report").add_argument(
        "--port", type=int, default=8000
    )
    said = parser.parse_args()
    try:
        if said.command == "issue":
            print(issue(said.subject))
        elif said.command == "verify":
            print(verified_claims(sys.stdin.read().strip()))
        else:
            serve(said.port)
    except KeyMaterialError as error:
        sys.exit(f"TOKEN_SECRET: {error}")
    except ClaimsError as error:
        sys.exit(f"not issued: {error}")
    except TokenError as error:
        sys.exit(f"refused: {error}")


if __name__ == "__main__":
    main()
