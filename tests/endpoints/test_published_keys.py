"""``/.well-known/jwks.json``: our keys for others, and others' keys for us."""

from __future__ import annotations

import json
import time
import urllib.request
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from flask import Flask
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

# Authlib's own JOSE, which people have in production, says at import that joserfc follows it.
with warnings.catch_warnings(record=True):
    from authlib.jose import JsonWebKey, JsonWebToken

from flask_jwt import JWT, ConfigurationError, jwt_required
from flask_jwt.core import ALGORITHMS
from flask_jwt.core.asymmetric import generate_jwk, public_pem
from flask_jwt.core.jwk import PRIVATE_MEMBERS
from tests.support.key_files import NOW, Site, new_key, write
from tests.support.secret import secret
from tests.support.server import Server, gunicorn

URL = "/.well-known/jwks.json"
MEMBERS = {"kty", "kid", "alg", "use", "n", "e", "crv", "x", "y"}


def make_app(**config: Any) -> Flask:
    """Make an application."""
    app = Flask("published")
    app.config.update({"SECRET_KEY": secret("s"), **config})
    JWT(app, lambda name, _: {"id": name}, dict)
    app.add_url_rule("/me", "me", jwt_required()(lambda: "hello"))
    return app


def pem_app(algorithm: str = "ES256", **config: Any) -> Flask:
    """Make an application that reads tokens with a public key."""
    pem = public_pem(generate_jwk(ALGORITHMS[algorithm]), ALGORITHMS[algorithm])
    return make_app(JWT_ALGORITHM=algorithm, JWT_PUBLIC_KEY=pem, **config)


class TestTheRoute:
    """Where it is, and what the answer says."""

    @pytest.mark.parametrize(
        ("config", "there"),
        [
            ({}, False),
            ({"JWT_JWKS_URL_RULE": ""}, False),
            ({"JWT_JWKS_URL_RULE": "/keys"}, False),
            ({"JWT_KEY_FILE": "/nowhere.json"}, True),
            ({"JWT_KEY_FILE": "/nowhere.json", "JWT_JWKS_URL_RULE": ""}, False),
            ({"JWT_PUBLIC_KEY": "/nowhere.pem"}, True),
            ({"JWT_PRIVATE_KEY": "/nowhere.pem", "JWT_JWKS_URL_RULE": "/keys"}, False),
        ],
    )
    def test_default(self, config: dict[str, Any], there: bool) -> None:
        """It is there once there are keys to publish, unless another place, or none, is named."""
        rules = {rule.rule for rule in make_app(**config).url_map.iter_rules()}

        assert (URL in rules) is there
        assert ("/keys" in rules) is (config.get("JWT_JWKS_URL_RULE") == "/keys")

    @pytest.mark.parametrize("value", ["keys", 7, b"/keys"])
    def test_no_path(self, value: Any) -> None:
        """What is no path is an error at once."""
        with pytest.raises(ConfigurationError, match="JWT_JWKS_URL_RULE"):
            make_app(JWT_JWKS_URL_RULE=value)

    def test_caching(self) -> None:
        """Anybody may keep it for ten minutes, and ask whether it has changed."""
        client = pem_app().test_client()
        answer = client.get(URL)

        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=600"
        assert answer.content_type == "application/json"
        assert "Set-Cookie" not in answer.headers
        assert "Vary" not in answer.headers
        again = client.get(URL, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert client.get(URL, headers={"If-None-Match": '"other"'}).status_code == 200
        assert client.head(URL).headers["ETag"] == answer.headers["ETag"]

    def test_nothing_public(self) -> None:
        """A shared secret is published in no form."""
        app = make_app(JWT_JWKS_URL_RULE="/keys")

        assert app.test_client().get("/keys").get_json() == {"keys": []}


@pytest.mark.parametrize("algorithm", ["HS256", "RS256", "PS384", "ES256", "ES512", "EdDSA"])
def test_no_private_member(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, algorithm: str) -> None:
    """Whatever lies in the file, only public members go out (K1)."""
    site = Site(tmp_path, monkeypatch)
    key = new_key("k", algorithm, secret_note="s3cret", key_ops=["sign", "verify"])
    write(site.file, key)
    answer = site.app.test_client().get(URL)

    private = [key[name] for name in PRIVATE_MEMBERS[key["kty"]] if name in key]
    assert private
    assert not [value for value in [*private, "s3cret"] if value in answer.text]
    found = answer.get_json()["keys"]
    assert len(found) == (0 if algorithm == "HS256" else 1)
    assert all(set(one) <= MEMBERS for one in found)
    assert all(one["use"] == "sig" and one["alg"] == algorithm for one in found)


def test_course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next key is published before it signs, and a retired one is not."""
    site = Site(tmp_path, monkeypatch)
    write(
        site.file,
        new_key("gone", signs_from=1, verifies_until=NOW),
        new_key("present", signs_from=2),
        new_key("next", signs_from=NOW + 1200),
    )

    assert sorted(site.published()) == ["next", "present"]


ALGORITHMS_OF_ALL = ["RS256", "PS256", "ES256", "EdDSA"]


@pytest.fixture(params=ALGORITHMS_OF_ALL)
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Server, str]]:
    """Serve an application with a key of one algorithm."""
    write(tmp_path / "keys.json", new_key("k1", request.param))
    environment = {"ROTATING_INSTANCE": str(tmp_path), "ROTATING_LIFETIME": "300"}
    app = "tests.support.applications.rotating:app"
    with gunicorn(app, tmp_path / "log.txt", environment=environment) as server:
        yield server, request.param


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
def test_others_verify_with_nothing_but_the_address(served: tuple[Server, str]) -> None:
    """PyJWT's PyJWKClient, joserfc and Authlib verify our tokens from the published address."""
    server, algorithm = served
    token = server.post("/auth", {"username": "ann", "password": "ann"}).json["access_token"]
    address = f"http://127.0.0.1:{server.port}{URL}"

    key = jwt.PyJWKClient(address).get_signing_key_from_jwt(token)
    assert jwt.decode(token, key, [algorithm])["identity"] == "ann"
    with urllib.request.urlopen(address) as answer:
        published = json.load(answer)
    keys = KeySet.import_key_set(published)
    assert joserfc_jwt.decode(token, keys, algorithms=[algorithm]).claims["identity"] == "ann"
    authlib_keys = JsonWebKey.import_key_set(published)
    assert JsonWebToken([algorithm]).decode(token, authlib_keys)["identity"] == "ann"


def foreign_keys() -> dict[str, dict[str, Any]]:
    """Return private keys that others have made."""
    keys: dict[str, Any] = {
        "joserfc RS256": RSAKey.generate_key(2048, {"alg": "RS256", "kid": "r"}),
        "joserfc ES256": ECKey.generate_key("P-256", {"alg": "ES256", "kid": "e"}),
        "joserfc ES512": ECKey.generate_key("P-521", {"alg": "ES512", "use": "sig"}),
        "joserfc Ed25519": OKPKey.generate_key("Ed25519", {"alg": "Ed25519", "kid": "o"}),
    }
    made: dict[str, dict[str, Any]] = {
        name: dict(key.as_dict(private=True)) for name, key in keys.items()
    }
    made["Authlib ES384"] = authlib_key()
    return made


def authlib_key() -> dict[str, Any]:
    """Return a key of Authlib's with members of the full length (RFC 7518 section 6.2.1.2).

    Authlib leaves leading zeros out, which no strict reader takes: of a hundred keys, one has such.
    """
    while True:
        made = JsonWebKey.generate_key("EC", "P-384", {"alg": "ES384"}, is_private=True)
        key = dict(made.as_dict(is_private=True))
        if {len(key[member]) for member in ("x", "y", "d")} == {64}:
            return key


def test_their_tokens_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens that joserfc, Authlib and PyJWT sign with keys of their own pass from a key file."""
    claims = {"exp": NOW + 300, "iat": NOW, "nbf": NOW, "identity": "ann"}
    for name, key in foreign_keys().items():
        site = Site(tmp_path, monkeypatch)
        write(site.file, key)
        header = {"alg": key["alg"], **({"kid": key["kid"]} if "kid" in key else {})}
        if name.startswith("joserfc"):
            types: dict[str, Any] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
            imported = types[key["kty"]].import_key(key)
            token = joserfc_jwt.encode(header, claims, imported, algorithms=[key["alg"]])
        else:
            token = JsonWebToken([key["alg"]]).encode(header, claims, key).decode()
        assert site.status(token) == 200, name
        if key["alg"] != "Ed25519":
            by_pyjwt = jwt.encode(claims, jwt.PyJWK(key).key, key["alg"], header)
            assert site.status(by_pyjwt) == 200, name
        assert time.time() < NOW, "the claims of this test have to lie ahead of the real clock"
