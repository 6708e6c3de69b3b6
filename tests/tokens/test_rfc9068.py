"""``JWT_ACCESS_TOKEN_PROFILE``: access tokens as other resource servers read them (RFC 9068)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt as pyjwt
import pytest
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from flask import Flask
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import KeySet

from flask_jwt import JWT, ConfigurationError, create_access_token, jwt_required
from flask_jwt.core import ClaimsError
from flask_jwt.tokens.access_tokens import default_jwt_payload_callback
from tests.support.key_files import new_key, signed_by, write
from tests.support.secret import secret
from tests.support.tokens import parts_of

ISSUER = "https://shop.example"
AUDIENCE = "https://orders.example"
PROFILE = {
    "JWT_ACCESS_TOKEN_PROFILE": "rfc9068",
    "JWT_ISSUER": ISSUER,
    "JWT_AUDIENCE": AUDIENCE,
    "JWT_CLIENT_ID": "shop",
}
KEY = new_key("k1")


class Shop:
    """An application with a key file."""

    def __init__(self, folder: Path, *keys: dict[str, Any], **config: Any) -> None:
        self.file = folder / "keys.json"
        write(self.file, *(keys or (KEY,)))
        self.app = Flask("shop", instance_path=str(folder))
        configured = {"SECRET_KEY": secret("shop"), "JWT_KEY_FILE": "keys.json", **PROFILE}
        self.app.config.update({**configured, **config})
        self.jwt = JWT(self.app, lambda name, _: {"id": name}, lambda claims: claims["identity"])
        self.app.add_url_rule("/me", "me", jwt_required()(lambda: {"id": self.jwt.identity}))

    def token(self, identity: object = 7, **options: Any) -> str:
        """Return a token."""
        with self.app.app_context():
            return create_access_token({"id": identity}, **options)

    def refusal(self) -> str:
        """Return what making a token raises."""
        with pytest.raises(ConfigurationError) as caught:
            self.token()
        return str(caught.value)

    def answer(self, token: str) -> tuple[int, Any]:
        """Return the answer of the guarded view."""
        headers = {"Authorization": f"JWT {token}"}
        answer = self.app.test_client().get("/me", headers=headers)
        return answer.status_code, answer.get_json()

    def published(self) -> Any:
        """Return the published keys."""
        return self.app.test_client().get("/.well-known/jwks.json").get_json()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """An application that makes such tokens."""
    return Shop(tmp_path)


def tokens_of_all_ways(folder: Path) -> Iterator[tuple[str, Shop, str]]:
    """Yield a token of each way in which one is made, and its application."""
    plain = Shop(folder)
    yield "alone", plain, plain.token()
    yield "of a sign-in", plain, sign_in(plain)["access_token"]
    with_sessions = Shop(folder, JWT_SESSION_STORE="memory://")
    first = sign_in(with_sessions)
    yield "of a session", with_sessions, first["access_token"]
    client = with_sessions.app.test_client()
    later = client.post("/auth/refresh", json={"refresh_token": first["refresh_token"]})
    yield "of a refresh", with_sessions, later.get_json()["access_token"]
    with_cookies = Shop(folder, JWT_TOKEN_LOCATION=["headers", "cookies"])
    yield "beside cookies", with_cookies, with_cookies.token()


def sign_in(shop: Shop) -> Any:
    """Return the answer to a sign-in."""
    client = shop.app.test_client()
    answer = client.post("/auth", json={"username": "7", "password": "pw"})
    assert answer.status_code == 200
    return answer.get_json()


def test_each_way(tmp_path: Path) -> None:
    """A token that is made alone, at sign-in, with a session, or by a refresh has all claims of the
    profile and its kind, and is taken here.
    """
    seen: set[str] = set()
    for way, shop, token in tokens_of_all_ways(tmp_path):
        header, claims = parts_of(token)[:2]
        assert header == {"typ": "at+jwt", "alg": "ES256", "kid": "k1"}, way
        assert (claims["iss"], claims["aud"], claims["sub"]) == (ISSUER, AUDIENCE, "7"), way
        assert claims["client_id"] == "shop", way
        assert claims["iat"] < claims["exp"], way
        assert shop.answer(token)[0] == 200, way
        seen.add(claims["jti"])
    assert len(seen) == 5


class Validator(JWTBearerTokenValidator):
    """How a resource server with Authlib looks at tokens."""

    def __init__(self, keys: Any) -> None:
        super().__init__(issuer=ISSUER, resource_server=AUDIENCE)
        self._keys = keys

    def get_jwks(self) -> Any:
        """Return the keys of the issuer."""
        return KeySet.import_key_set(self._keys)


def test_other_resource_servers(tmp_path: Path) -> None:
    """Authlib's validator of the profile, joserfc and PyJWT take each of them by the published
    keys.
    """
    for way, shop, token in tokens_of_all_ways(tmp_path):
        published = shop.published()
        validator = Validator(published)
        by_authlib = validator.authenticate_token(token)
        validator.validate_token(by_authlib, [], None)
        assert by_authlib["sub"] == "7", way
        keys = KeySet.import_key_set(published)
        by_joserfc = joserfc_jwt.decode(token, keys, algorithms=["ES256"])
        rules = joserfc_jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": AUDIENCE},
            client_id={"essential": True, "value": "shop"},
            jti={"essential": True},
        )
        rules.validate(by_joserfc.claims)
        assert by_joserfc.header["typ"] == "at+jwt", way
        (key,) = pyjwt.PyJWKSet.from_dict(published).keys
        by_pyjwt = pyjwt.decode(token, key, ["ES256"], issuer=ISSUER, audience=AUDIENCE)
        assert by_pyjwt["client_id"] == "shop", way


class TestTheSubject:
    """``sub``, beside ``identity``."""

    @pytest.mark.parametrize(
        ("identity", "sub"),
        [
            ("ann", "ann"),
            (0, "0"),
            (UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        ],
    )
    def test_of_the_identity(self, shop: Shop, identity: object, sub: str) -> None:
        """It is the id as text; identity handlers read what they always did."""
        token = shop.token(identity)
        claims = parts_of(token)[1]

        assert claims["sub"] == sub
        assert shop.answer(token) == (200, {"id": claims["identity"]})
        assert claims["identity"] == (sub if isinstance(identity, UUID) else identity)

    @pytest.mark.parametrize("identity", [None, "", True, 1.5, ["ann"], {"name": "ann"}])
    def test_none(self, shop: Shop, identity: object) -> None:
        """What is no name is an error that says what to do."""
        with pytest.raises(ConfigurationError, match=r"JWT_ACCESS_TOKEN_PROFILE.*needs a sub"):
            shop.token(identity)

    def test_of_a_hook(self, shop: Shop) -> None:
        """What the payload hook or the caller says stays: the subject, the client, the audience."""
        assert parts_of(shop.token("ann", claims={"sub": "42"}))[1]["sub"] == "42"

        @shop.jwt.jwt_payload_handler
        def payload(identity: Any) -> dict[str, Any]:
            times = {"exp": 4_000_000_000, "nbf": 5}
            own = {"sub": "a|1", "client_id": "phone", "aud": [AUDIENCE, "x"], "iat": 5}
            return {**times, **own, "identity": identity["id"]}

        claims = parts_of(shop.token("ann"))[1]
        assert (claims["sub"], claims["client_id"], claims["iat"]) == ("a|1", "phone", 5)
        assert claims["aud"] == [AUDIENCE, "x"]


class TestTheOtherKinds:
    """What is no token of the profile is refused."""

    @pytest.mark.parametrize("typ", ["at+jwt", "application/at+jwt", "AT+JWT"])
    def test_spellings(self, shop: Shop, typ: str) -> None:
        """Both spellings of the kind are read, in any case."""
        assert shop.answer(self.forged(shop, typ))[0] == 200

    @pytest.mark.parametrize("typ", ["JWT", "jwt", "id+jwt", "application/jwt", "at+jwt ", None])
    def test_others(self, shop: Shop, typ: str | None) -> None:
        """A token of another kind, and one from before the switch, is refused."""
        assert shop.answer(self.forged(shop, typ))[0] == 401

    def forged(self, shop: Shop, typ: str | None) -> str:
        """Return a token of the application's own key, with another kind."""
        claims = parts_of(shop.token())[1]
        return pyjwt.encode(claims, pyjwt.PyJWK(KEY).key, "ES256", {"typ": typ, "kid": "k1"})

    @pytest.mark.parametrize("claim", ["iss", "aud", "sub", "client_id", "jti", "iat"])
    def test_incomplete(self, shop: Shop, claim: str) -> None:
        """A token that lacks a claim of the profile is refused, whoever signed it."""
        claims = parts_of(shop.token())[1]
        del claims[claim]
        key = pyjwt.PyJWK(KEY).key

        token = pyjwt.encode(claims, key, "ES256", {"typ": "at+jwt", "kid": "k1"})
        assert shop.answer(token)[0] == 401

    def test_headers_hook(self, shop: Shop) -> None:
        """No hook makes a token of another kind."""
        shop.jwt.jwt_headers_handler(lambda _identity: {"typ": "JWT"})

        with pytest.raises(ClaimsError, match="another kind"):
            shop.token()

    def test_before_the_switch(self, tmp_path: Path) -> None:
        """A headers hook and a payload hook make the tokens of the profile a release before."""
        before = Shop(tmp_path, JWT_ACCESS_TOKEN_PROFILE=None)
        before.jwt.jwt_headers_handler(lambda _identity: {"typ": "at+jwt"})

        @before.jwt.jwt_payload_handler
        def payload(identity: Any) -> dict[str, Any]:
            named = {"sub": str(identity["id"]), "client_id": "shop", "jti": "1"}
            return {**default_jwt_payload_callback(identity), **named}

        token = before.token()
        assert before.answer(token)[0] == 200
        assert Shop(tmp_path).answer(token)[0] == 200


class TestConfiguration:
    """What it needs."""

    @pytest.mark.parametrize("key", ["JWT_ISSUER", "JWT_AUDIENCE", "JWT_CLIENT_ID"])
    def test_missing(self, tmp_path: Path, key: str) -> None:
        """What is missing is named at first use."""
        assert Shop(tmp_path, **{key: None}).refusal().startswith(f"app.config['{key}'] must be")

    def test_resource(self, tmp_path: Path) -> None:
        """``JWT_RESOURCE`` is an audience."""
        resource = {"JWT_RESOURCE": AUDIENCE, "JWT_AUTH_HEADER_PREFIX": ["JWT", "Bearer"]}
        shop = Shop(tmp_path, JWT_AUDIENCE=None, **resource)

        assert parts_of(shop.token())[1]["aud"] == AUDIENCE

    @pytest.mark.parametrize("profile", ["RFC9068", "at+jwt", "", True])
    def test_profile(self, tmp_path: Path, profile: Any) -> None:
        """There is one profile."""
        shop = Shop(tmp_path, JWT_ACCESS_TOKEN_PROFILE=profile)

        assert "JWT_ACCESS_TOKEN_PROFILE" in shop.refusal()

    def test_client_id_alone(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """A client id without the profile is one warning."""
        Shop(tmp_path, JWT_ACCESS_TOKEN_PROFILE=None).token()

        assert caplog.text.count("JWT_CLIENT_ID") == 1

    def test_shared_secret(self, tmp_path: Path) -> None:
        """A secret can't sign, by its setting or from a file: nobody else could verify."""
        by_setting = Shop(tmp_path, JWT_KEY_FILE=None, SECRET_KEY=secret("long" * 9))
        assert by_setting.refusal().startswith("app.config['JWT_ALGORITHM']")
        from_file = Shop(tmp_path, new_key("s", "HS256", signs_from=1))
        assert from_file.refusal().startswith("app.config['JWT_KEY_FILE']")

    def test_secret_at_another_time(self, tmp_path: Path) -> None:
        """Neither can one that signs later, or may sign again; one that is retired is no matter."""
        key = {**KEY, "signs_from": 2}
        for signs_from in (1, 4_000_000_000):
            other = new_key("s", "HS256", signs_from=signs_from)
            assert "JWT_KEY_FILE" in Shop(tmp_path, key, other).refusal()
        retired = new_key("s", "HS256", signs_from=1, verifies_until=3)
        assert Shop(tmp_path, key, retired).token()

    def test_check(self, shop: Shop) -> None:
        """``flask jwt check`` makes such a token, and finds no fault with it."""
        checked = shop.app.test_cli_runner().invoke(args=["jwt", "check"])

        assert (checked.exit_code, "FAULT" in checked.output) == (0, False), checked.output

    def test_encode_hook(self, shop: Shop) -> None:
        """An application with an encode hook can't have it."""
        shop.jwt.jwt_encode_handler(lambda identity: signed_by(KEY, identity=identity["id"]))

        assert "jwt_encode_handler" in shop.refusal()
