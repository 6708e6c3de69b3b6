"""``JWT_RESOURCE``: the metadata of this resource, and the challenges that name it (RFC 9728)."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from flask_jwt import JWT, ConfigurationError, create_access_token, jwt_required
from flask_jwt.core import Key
from flask_jwt.core.algorithms import ALGORITHMS
from flask_jwt.core.asymmetric import generate_jwk
from flask_jwt.requirements import Claim, MaxAge, Role, Scope
from flask_jwt.testing import sign_in
from tests.support.secret import secret
from tests.support.tokens import parts_of

RESOURCE = "https://api.example/v1"
URL = "/.well-known/oauth-protected-resource/v1"
METADATA = f'resource_metadata="https://api.example{URL}"'
CHALLENGE = "WWW-Authenticate"


def make_app(**config: Any) -> Flask:
    """Make an application that is a resource, with a few guards."""
    app = Flask("resource")
    app.config.update(
        {
            "SECRET_KEY": secret("resource"),
            "JWT_RESOURCE": RESOURCE,
            "JWT_AUTH_HEADER_PREFIX": "Bearer",
            **config,
        }
    )
    JWT(app, lambda name, password: {"id": name} if password == "pw" else None, dict)
    guards: dict[str, Any] = {
        "me": jwt_required(),
        "read": jwt_required(scope="tools:read"),
        "write": jwt_required(
            requires=Scope("tools:write", "tools:read") & (Scope("admin") | Role("owner"))
        ),
        "few": jwt_required("Few", requires=Claim("tier", 1) & ~Scope("suspended")),
        "fresh": jwt_required(requires=MaxAge(5)),
    }
    for name, guard in guards.items():
        app.add_url_rule(f"/{name}", name, guard(lambda: "here"))
    return app


def metadata(url: str = URL, **config: Any) -> Any:
    """Return the document of an application."""
    answer = make_app(**config).test_client().get(url)
    assert answer.status_code == 200
    return answer.get_json()


class TestTheDocument:
    """What clients read."""

    def test_members(self) -> None:
        """It names the resource, the scopes that guards ask for and none that they forbid, and how
        tokens are sent; what is empty is left out.
        """
        assert metadata() == {
            "resource": RESOURCE,
            "scopes_supported": ["admin", "tools:read", "tools:write"],
            "bearer_methods_supported": ["header"],
        }

    def test_issuers(self) -> None:
        """Clients are led to the trusted issuers, in their order, and never to this application,
        which is no authorization server.
        """
        issuers = ["https://id.example/realms/shop", "https://a.example/"]
        trusted: dict[str, Any] = {issuer: {} for issuer in issuers}
        # A name that is no address leads nowhere.
        public = Key.from_jwk(generate_jwk(ALGORITHMS["ES256"]), "ES256").public_jwk
        trusted["our batch jobs"] = {"keys": {"keys": [public]}}
        found = metadata(JWT_TRUSTED_ISSUERS=trusted, JWT_ISSUER="https://api.example")

        assert found["authorization_servers"] == issuers

    @pytest.mark.parametrize(
        ("config", "methods"),
        [
            ({"JWT_TOKEN_LOCATION": ["query_string"]}, []),
            ({"JWT_TOKEN_LOCATION": ["cookies", "json"]}, []),
            (
                {
                    "JWT_TOKEN_LOCATION": ["headers", "json", "query_string"],
                    "JWT_QUERY_STRING_NAME": "access_token",
                },
                ["header", "query"],
            ),
        ],
    )
    def test_methods(self, config: dict[str, Any], methods: list[str]) -> None:
        """Only places where RFC 6750 has tokens are named: no cookie, no JSON, no other name."""
        assert metadata(**config)["bearer_methods_supported"] == methods

    @pytest.mark.parametrize(
        ("resource", "url"),
        [
            ("https://api.example", "/.well-known/oauth-protected-resource"),
            ("https://api.example/", "/.well-known/oauth-protected-resource"),
            ("https://api.example/v1/", "/.well-known/oauth-protected-resource/v1/"),
            ("https://api.example:8443/a/b.c", "/.well-known/oauth-protected-resource/a/b.c"),
            ("http://127.0.0.1:5000/mcp", "/.well-known/oauth-protected-resource/mcp"),
            ("http://[::1]:5000/mcp", "/.well-known/oauth-protected-resource/mcp"),
        ],
    )
    def test_place(self, resource: str, url: str) -> None:
        """It stands between the host and the path, and names the resource as it is written."""
        assert metadata(url, JWT_RESOURCE=resource)["resource"] == resource

    def test_caching(self) -> None:
        """Pages of any origin may read it, and caches keep it and ask whether it has changed."""
        client = make_app().test_client()
        answer = client.get(URL, headers={"Origin": "https://elsewhere.example"})

        assert answer.content_type == "application/json"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cache-Control"] == "public, max-age=600"
        again = client.get(URL, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["Access-Control-Allow-Origin"] == "*"

    def test_open_under_default_deny(self) -> None:
        """Who has no token yet may read it where all views are guarded."""
        assert metadata(JWT_PROTECT_ALL=True)["resource"] == RESOURCE

    def test_without_a_resource(self) -> None:
        """Where none is configured there is no document, and challenges name none."""
        client = make_app(JWT_RESOURCE=None).test_client()

        assert client.get("/.well-known/oauth-protected-resource").status_code == 404
        assert client.get("/me").headers[CHALLENGE] == 'Bearer realm="Login Required"'


class TestChallenges:
    """How clients find it."""

    def test_each(self) -> None:
        """Each challenge says where the document is: without a token or with a bad one, in the
        realm of a view, at sign-in, and for want of a scope or of a fresh sign-in.
        """
        client = make_app().test_client()
        bearer = 'Bearer realm="Login Required"'

        assert client.get("/me").headers[CHALLENGE] == f"{bearer}, {METADATA}"
        bad = client.get("/me", headers={"Authorization": "Bearer bogus"})
        assert bad.headers[CHALLENGE] == f'{bearer}, error="invalid_token", {METADATA}'
        assert client.get("/few").headers[CHALLENGE] == f'Bearer realm="Few", {METADATA}'
        refused = client.post("/auth", json={"username": "ann", "password": "wrong"})
        assert refused.headers[CHALLENGE] == f"{bearer}, {METADATA}"
        sign_in(client, {"id": "ann"})
        refused = client.get("/read")
        assert refused.status_code == 403
        assert refused.headers[CHALLENGE] == (
            f'{bearer}, error="insufficient_scope", scope="tools:read", {METADATA}'
        )
        old = client.get("/fresh")
        assert old.status_code == 401
        assert old.headers[CHALLENGE].endswith(f'max_age="5", {METADATA}')

    @pytest.mark.parametrize("prefixes", [["JWT", "Bearer"], ["token", "bearer"], "BEARER"])
    def test_scheme(self, prefixes: Any) -> None:
        """The challenge is Bearer's wherever that stands among the schemes, and all are taken."""
        app = make_app(JWT_AUTH_HEADER_PREFIX=prefixes)
        client = app.test_client()

        assert client.get("/me").headers[CHALLENGE] == f'Bearer realm="Login Required", {METADATA}'
        with app.app_context():
            token = create_access_token({"id": "ann"})
        for scheme in ("Bearer", [prefixes, prefixes[0]][isinstance(prefixes, list)]):
            answer = client.get("/me", headers={"Authorization": f"{scheme} {token}"})
            assert answer.status_code == 200


class TestConfiguration:
    """What the keys may be."""

    @pytest.mark.parametrize(
        "value",
        [
            "http://api.example/v1",
            "https://api.example/v1?x=1",
            "https://api.example/v1?",
            "https://api.example/v1#top",
            "https://api.example/v1#",
            "https://ann@api.example/v1",
            "https://API.example/v1",
            "HTTPS://api.example/v1",
            "https://api.example:443/v1",
            "https://api.example/a//b",
            "https://api.example/a/../b",
            "https://api.example/a/.",
            "https://api.example/<int:id>",
            "https://api.example/a%2Fb",
            'https://api.example/a"b',
            "https://api.example/a\\b",
            "https://api.example/caf\u00e9",
            "https://api.example/v1\n",
            " https://api.example/v1",
            "https:///v1",
            "https://[::1/v1",
            "api.example/v1",
            "urn:example:api",
            "capacitor://localhost",
            "",
            7,
        ],
    )
    def test_unfit(self, value: Any) -> None:
        """What clients would not write so is an error at once."""
        with pytest.raises(ConfigurationError, match="JWT_RESOURCE"):
            make_app(JWT_RESOURCE=value)

    def test_no_bearer(self) -> None:
        """Without Bearer among the schemes, the error says what to write."""
        app = make_app(JWT_AUTH_HEADER_PREFIX="JWT")

        with app.app_context(), pytest.raises(ConfigurationError) as caught:
            create_access_token({"id": "ann"})
        assert "JWT_AUTH_HEADER_PREFIX" in str(caught.value)
        assert "['Bearer', 'JWT']" in str(caught.value)

    @pytest.mark.parametrize(
        ("configured", "audience"), [(None, RESOURCE), ("shop-api", "shop-api")]
    )
    def test_audience(self, configured: str | None, audience: str) -> None:
        """Tokens are made for this resource, and none for another is taken, unless the audience is
        configured.
        """
        app = make_app(JWT_AUDIENCE=configured)
        with app.app_context():
            token = create_access_token({"id": "ann"})

        assert parts_of(token)[1]["aud"] == audience
        for other in (RESOURCE, "shop-api"):
            client = make_app(JWT_AUDIENCE=other).test_client()
            answer = client.get("/me", headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == (200 if other == audience else 401)
