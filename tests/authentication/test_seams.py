"""What a capability adds to the request path, through the seams that it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from flask import Flask, Request

from flask_jwt import JWT, JWTError, create_access_token, current_identity, jwt_required
from flask_jwt.authentication.authenticator import Authenticator, RequestCheck
from flask_jwt.authentication.sources import CredentialSource, HeaderSource, HookSource, Verify
from flask_jwt.core import TokenError, VerifiedToken
from tests.support.secret import secret

SCHEMES = ("JWT",)


class APIKeySource(CredentialSource):
    """A header with a key, which is no JWT and has a verifier of its own."""

    name = "api_key"
    is_csrf_safe = True

    def __init__(self, verify: Verify) -> None:
        self.verify = verify

    def find(self, request: Request) -> Sequence[str]:
        """Return the key in a request."""
        key = request.headers.get("X-API-Key")
        return () if key is None else (key,)


def verify_key(key: str) -> VerifiedToken:
    """Know one key."""
    if key != "right":
        raise TokenError("Unknown API key")
    return VerifiedToken({"identity": "robot"}, {})


def require_robot(_request: Request, source: CredentialSource, verified: VerifiedToken) -> None:
    """Let in robots alone."""
    if verified.claims["identity"] != "robot":
        raise JWTError("Forbidden", f"no robot came by {source.name}", 403)


def with_seams(
    *,
    verify: Verify | None = None,
    token_checks: Sequence[Any] = (),
    request_checks: Sequence[RequestCheck] = (),
) -> Flask:
    """Make an application with a further source, and with checks."""
    app = Flask("seams")
    app.config.update(SECRET_KEY=secret("seams"), TESTING=True)
    jwt = JWT(app, None, lambda claims: claims["identity"])
    state = jwt.load_state(app)
    header = HeaderSource(SCHEMES, is_only=False)
    state.authenticator = Authenticator(
        jwt,
        header,
        (header, APIKeySource(verify_key)),
        (HookSource(jwt, with_cookies=False),),
        verify or state.keys.verify,
        state.keys.verify_ignoring_expiry,
        token_checks=tuple(token_checks),
        request_checks=tuple(request_checks),
    )
    app.add_url_rule("/", "who", jwt_required()(lambda: str(current_identity)))
    return app


def visit(app: Flask, **headers: str) -> tuple[int, str]:
    """Return the status and the text, or the description, of an answer."""
    answer: Any = app.test_client().get("/", headers=headers)
    return answer.status_code, answer.json["description"] if answer.is_json else answer.text


def token_of(app: Flask, name: str) -> str:
    """Return the value of a header."""
    with app.app_context():
        return f"JWT {create_access_token({'id': name})}"


def test_a_source_with_a_verifier_of_its_own() -> None:
    """Its credentials are verified by it, and those of others are not."""
    app = with_seams()

    assert visit(app, **{"X-API-Key": "right"}) == (200, "robot")
    assert visit(app, **{"X-API-Key": "wrong"}) == (401, "Unknown API key")
    assert visit(app, Authorization=token_of(app, "ann")) == (200, "ann")
    assert visit(app) == (401, "Request does not contain an access token")


def test_a_header_decides_over_a_further_source() -> None:
    """Two good credentials have to be of one user; a bad header is not made good by a key."""
    app = with_seams()
    both = {"X-API-Key": "right", "Authorization": token_of(app, "ann")}

    assert visit(app, **both)[0] == 400
    assert visit(app, **{**both, "Authorization": "JWT a.b.c"})[0] == 401
    assert visit(app, **{**both, "X-API-Key": "wrong"}) == (200, "ann")


@pytest.mark.parametrize("name", ["robot", "ann"])
def test_a_requirement(name: str) -> None:
    """A check refuses what was verified, and knows where the credential was."""
    app = with_seams(request_checks=[require_robot])
    refused = (403, "no robot came by headers")

    assert visit(app, Authorization=token_of(app, name)) == (
        (200, "robot") if name == "robot" else refused
    )


def test_a_check_of_tokens() -> None:
    """A token that it refuses is refused as any other, with a challenge."""

    def refuse_ann(claims: Mapping[str, Any]) -> None:
        if claims["identity"] == "ann":
            raise TokenError("not ann")

    app = with_seams(token_checks=[refuse_ann])
    answer: Any = app.test_client().get("/", headers={"Authorization": token_of(app, "ann")})

    assert (answer.status_code, answer.json["description"]) == (401, "not ann")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert visit(app, Authorization=token_of(app, "bob")) == (200, "bob")


def test_another_verifier() -> None:
    """Another issuer's verifier takes the place of the application's keys."""
    app = with_seams(verify=lambda token: VerifiedToken({"identity": token}, {}))

    assert visit(app, Authorization="JWT of-another-issuer") == (200, "of-another-issuer")
