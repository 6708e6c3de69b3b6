"""Advisories about which key and which algorithm decide on a token."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from flask_jwt.core import (
    InvalidSignature,
    Key,
    KeyMaterialError,
    KeyRing,
    Signer,
    Verifier,
)
from tests.support.secret import secret

from .applications import assert_all_refused, assert_let_in, production, show, sign_in, token_of
from .forging import (
    SECRET,
    PrivateKey,
    SetClock,
    base64url,
    claims,
    compact_json,
    forge,
    key_of,
    mac,
    private_pem,
    public_jwk,
    public_pem,
    signature,
    successes,
)


class AttackersServer:
    """Serves the attacker's keys at any path, and remembers who asked."""

    def __init__(self, body: bytes) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Answering(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def attackers_server(attackers_rsa_key: rsa.RSAPrivateKey) -> Iterator[AttackersServer]:
    jwk = {**public_jwk("RS256", attackers_rsa_key), "kid": "attacker", "alg": "RS256"}
    server = AttackersServer(compact_json({"keys": [jwk]}))
    yield server
    server.stop()


def test_cve_2018_0114_embedded_jwk(
    rsa_key: rsa.RSAPrivateKey, attackers_rsa_key: rsa.RSAPrivateKey
) -> None:
    """CVE-2018-0114: node-jose before 0.11.0 verified a token with the key that its own header
    brought along; here a key in the header, public or secret, means nothing.
    """
    app = production(JWT_ALGORITHM="RS256", JWT_PRIVATE_KEY=private_pem(rsa_key))
    point, edwards = ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()
    attackers: dict[str, PrivateKey] = {
        "RS256": attackers_rsa_key, "ES256": point, "Ed25519": edwards
    }  # fmt: skip
    forged = {
        name: forge(
            {"typ": "JWT", "alg": name, "jwk": public_jwk(name, key)},
            claims("admin"),
            signature(name, key),
        )
        for name, key in attackers.items()
    }
    secret = {"kty": "oct", "alg": "HS256", "k": base64url(b"attacker" * 4)}
    header = {"typ": "JWT", "alg": "HS256", "jwk": secret}
    forged["HS256"] = forge(header, claims("admin"), mac(b"attacker" * 4))

    assert_all_refused(app, forged)
    with pytest.raises(InvalidSignature):
        Verifier(KeyRing(key_of("RS256", rsa_key)), clock=SetClock()).verify(forged["RS256"])
    # The forged token lacks nothing but a key that somebody trusts.
    attackers_own = Verifier(KeyRing(key_of("RS256", attackers_rsa_key)), clock=SetClock())
    assert successes(attackers_own, forged) == ["RS256"]
    assert_let_in(show(app, token_of(app)))


def test_cve_2018_0114_key_behind_an_address(
    rsa_key: rsa.RSAPrivateKey,
    attackers_rsa_key: rsa.RSAPrivateKey,
    attackers_server: AttackersServer,
) -> None:
    """Nor does the address of a key mean anything: nothing is fetched, although it answers."""
    app = production(JWT_ALGORITHM="RS256", JWT_PRIVATE_KEY=private_pem(rsa_key))
    url = f"{attackers_server.url}/keys.json"
    certificate = base64url(b"certificate")
    fields: dict[str, dict[str, Any]] = {
        "jku": {"jku": url, "kid": "attacker"},
        "x5u": {"x5u": url},
        "x5c": {"x5c": [certificate]},
        "kid": {"kid": url},
        "iss": {"iss": attackers_server.url},
        "all": {"jku": url, "x5u": url, "kid": url, "x5c": [certificate]},
    }
    forged = {
        name: forge(
            {"typ": "JWT", "alg": "RS256", **extra},
            claims("admin", iss=attackers_server.url),
            signature("RS256", attackers_rsa_key),
        )
        for name, extra in fields.items()
    }

    assert_all_refused(app, forged)
    assert attackers_server.asked == []
    assert_let_in(show(app, token_of(app)))


@pytest.mark.parametrize(
    "kid",
    [
        "/dev/null",
        "../../../../dev/null",
        "file:///dev/null",
        "' UNION SELECT '' --",
        "0 OR 1=1",
        "$(cat /etc/passwd)",
        "__class__",
        "a" * 255,
        "current",
    ],
)
def test_cve_2018_0114_key_chosen_by_name(kid: str) -> None:
    """A ``kid`` is a name to compare with: it opens no file and chooses no key that is known."""
    ring = KeyRing(Key.from_secret(SECRET, kid="current"))
    verifier = Verifier(ring, clock=SetClock())
    guesses = {"empty": b"", "NUL": b"\0" * 32, "its name": kid.encode()}
    forged = {
        name: forge({"alg": "HS256", "kid": kid}, claims("admin"), mac(guess))
        for name, guess in guesses.items()
    }

    assert successes(verifier, forged) == []
    assert verifier.verify(Signer(ring).sign(claims())).claims == claims()


@pytest.mark.parametrize("order", list(itertools.permutations(["newest", "older", "oldest"])))
def test_cve_2025_47278_role_of_each_key(order: tuple[str, ...]) -> None:
    """CVE-2025-47278: Flask 3.1.0 handed its list of secrets over the wrong way round, and signed
    with the oldest; here a ring names the key that signs, and the order of the others is nothing.
    """
    secrets = {name: f"{name} secret of a sufficient length" for name in order}
    keys = {name: Key.from_secret(secret) for name, secret in secrets.items()}
    ring = KeyRing(keys["newest"], [keys[name] for name in order if name != "newest"])
    made = Signer(ring).sign(claims())
    judges = {name: Verifier(KeyRing(key), clock=SetClock()) for name, key in keys.items()}
    old = {name: forge({"alg": "HS256"}, claims(), mac(secret)) for name, secret in secrets.items()}

    assert [name for name in order if successes(judges[name], {"made": made})] == ["newest"]
    assert set(successes(Verifier(ring, clock=SetClock()), old)) == set(order)


def test_cve_2025_47278_fallbacks_never_sign() -> None:
    """With ``SECRET_KEY_FALLBACKS`` set, tokens are signed with ``SECRET_KEY``."""
    old = [secret("old"), secret("older")]
    app = production(SECRET_KEY_FALLBACKS=old)
    made = token_of(app)
    judges = {
        secret: Verifier(KeyRing(Key.from_secret(secret)), clock=SetClock())
        for secret in [SECRET, *old]
    }

    assert [secret for secret, judge in judges.items() if successes(judge, {"made": made})] == [
        SECRET
    ]
    assert_let_in(show(app, made))


def test_cve_2025_47278_list_is_no_secret() -> None:
    """A list where one secret is expected is an error, not a choice of one end of it."""
    for key in ("SECRET_KEY", "JWT_SECRET_KEY"):
        app = production(**{key: [SECRET, secret("old")]})

        assert sign_in(app).status_code == 500


def test_cve_2025_47278_only_a_private_key_signs(rsa_key: rsa.RSAPrivateKey) -> None:
    """A public key is no signing key, and a ring without one signs nothing."""
    private = key_of("RS256", rsa_key, kid="current")
    public = Key.from_pem(public_pem(rsa_key), "RS256", kid="published")

    with pytest.raises(KeyMaterialError):
        KeyRing(public, [private])
    with pytest.raises(KeyMaterialError):
        Signer(KeyRing(None, [private, public]))
    assert Signer(KeyRing(private, [public])).sign(claims()).count(".") == 2
