"""The verifier: which key decides, which kind of token passes, and what is handed out."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from flask_jwt.core import (
    ALGORITHMS,
    ClaimsPolicy,
    ExpiredToken,
    InvalidAudience,
    InvalidHeader,
    InvalidIssuer,
    InvalidSignature,
    Key,
    KeyRing,
    MalformedToken,
    MissingClaim,
    Signer,
    Verifier,
)
from tests.support.malformed import Forge, base64url, encoded
from tests.support.material import (
    NOW,
    SECRET,
    claims,
    header_of,
    pem,
    signing_key,
    verifier,
    verifying_key,
)

FORGE = Forge(SECRET, NOW)
OTHER_SECRET = SECRET[::-1]


def token_by(key: Key, header: dict[str, Any] | None = None, **changed: Any) -> str:
    """Return a token that a key signed."""
    # Made long ago: some have expired since.
    return Signer(KeyRing(key), clock=lambda: 0).sign(claims(**changed), header)


OTHER_KEYS = {
    "HS256": Key.from_secret(OTHER_SECRET),
    "HS512": Key.from_secret(OTHER_SECRET, "HS512"),
    "RS256": Key.from_pem(pem("rsa-other"), "RS256"),
    "PS384": Key.from_pem(pem("rsa-other"), "PS384"),
    "ES256": Key.from_pem(pem("p256-parameters"), "ES256"),
}


class TestAlgorithms:
    """Each algorithm, and no other."""

    @pytest.mark.parametrize("algorithm", ALGORITHMS)
    def test_round_trip(self, algorithm: str) -> None:
        """A token passes with the public half and with the private one."""
        token = token_by(signing_key(algorithm))

        for key in (signing_key(algorithm), verifying_key(algorithm)):
            verified = verifier(key).verify(token)
            assert verified.claims == claims()
            assert verified.header == header_of(algorithm)

    @pytest.mark.parametrize("algorithm", OTHER_KEYS)
    def test_wrong_key(self, algorithm: str) -> None:
        """Another key of the same kind makes no difference to the ring."""
        with pytest.raises(InvalidSignature) as caught:
            verifier(verifying_key(algorithm)).verify(token_by(OTHER_KEYS[algorithm]))
        assert str(caught.value) == "Signature verification failed"

    @pytest.mark.parametrize("algorithm", ALGORITHMS)
    def test_not_in_the_ring(self, algorithm: str) -> None:
        """An algorithm that no key of the ring is for is refused, though the key would fit."""
        judge = verifier(*(verifying_key(name) for name in ALGORITHMS if name != algorithm))

        with pytest.raises(InvalidHeader, match="The specified alg value is not allowed"):
            judge.verify(token_by(signing_key(algorithm)))

    def test_ed25519_and_its_older_name(self) -> None:
        """``EdDSA`` and ``Ed25519`` are two names: a key for one does not answer to the other."""
        for mine, other in (("EdDSA", "Ed25519"), ("Ed25519", "EdDSA")):
            token = token_by(signing_key(mine))
            assert verifier(verifying_key(mine)).verify(token)
            with pytest.raises(InvalidHeader):
                verifier(verifying_key(other)).verify(token)

    def test_signature_comes_before_claims(self) -> None:
        """Of a token with a bad signature nothing is told but that."""
        header, payload, _ = FORGE.with_claims(exp="1").split(".")
        for part in (payload, encoded('{"exp":1,"exp":2}'), encoded("not JSON")):
            with pytest.raises(InvalidSignature):
                verifier().verify(f"{header}.{part}.{base64url(bytes(32))}")


class TestKindsOfToken:
    """``typ``."""

    @pytest.mark.parametrize(
        "kind",
        ["JWT", "jwt", "Jwt", "at+jwt", "AT+JWT", "application/at+jwt", "application/jwt",
         "APPLICATION/AT+JWT"],
    )  # fmt: skip
    def test_access_token(self, kind: str) -> None:
        """An access token calls itself JWT or at+jwt, in any case, with or without application/."""
        token = FORGE.with_header(typ=f'"{kind}"')

        assert verifier().verify(token).header["typ"] == kind

    def test_absent(self) -> None:
        """A token that does not say what it is passes, as those of 0.3.2 do."""
        assert "typ" not in verifier().verify(FORGE.with_header(typ="")).header

    @pytest.mark.parametrize(
        "kind",
        ["", " ", "JWT ", " JWT", "JWTs", "jw", "refresh+jwt", "rt+jwt", "reset+jwt", "id_token",
         "logout+jwt", "dpop+jwt", "secevent+jwt", "JOSE", "JOSE+JSON", "at+jwt+x", "at jwt",
         "text/at+jwt", "application/", "application/application/jwt", "application/refresh+jwt",
         "\uff2a\uff37\uff34"],
    )  # fmt: skip
    def test_other_kinds(self, kind: str) -> None:
        """A token of any other kind is refused, however good its signature."""
        with pytest.raises(InvalidHeader, match=r"^The token is of another kind$"):
            verifier().verify(FORGE.with_header(typ=f'"{kind}"'))

    def test_configured(self) -> None:
        """A verifier for one kind refuses the others, however often it has seen them."""
        judge = Verifier(
            KeyRing(signing_key("HS256")), types=frozenset({"at+jwt"}), clock=lambda: NOW
        )

        for _ in range(2):
            assert judge.verify(FORGE.with_header(typ='"at+jwt"'))
            for kind in ('"JWT"', '"reset+jwt"'):
                with pytest.raises(InvalidHeader, match="another kind"):
                    judge.verify(FORGE.with_header(typ=kind))
            with pytest.raises(InvalidHeader, match="another kind"):
                judge.verify(FORGE.token('{"alg":"HS256"}'))


class TestKeySelection:
    """``kid``, and several keys."""

    def test_several(self) -> None:
        """Tokens of every key of the ring pass, in whatever order they stand."""
        keys = [signing_key(name) for name in ("HS256", "HS512", "ES256", "EdDSA")]
        keys.append(Key.from_secret(OTHER_SECRET))

        for ring in (keys, keys[::-1]):
            judge = verifier(*ring)
            for key in keys:
                assert judge.verify(token_by(key)).claims == claims()

    def test_name(self) -> None:
        """A token that names a key is held to that key."""
        a, b = Key.from_secret(SECRET, kid="a"), Key.from_secret(OTHER_SECRET, kid="b")
        judge = verifier(a, b)

        assert judge.verify(token_by(a)).header["kid"] == "a"
        assert judge.verify(token_by(b)).header["kid"] == "b"
        with pytest.raises(InvalidSignature):
            judge.verify(token_by(signing_key("HS256"), {"kid": "b"}))

    @pytest.mark.parametrize("kid", ["c", "A", "a ", "", "aa", "../a", "a' OR 1=1 --"])
    def test_unknown_name(self, kid: str) -> None:
        """A token that names a key that isn't there is refused, good as its signature may be."""
        with pytest.raises((InvalidSignature, InvalidHeader)):
            verifier(Key.from_secret(SECRET, kid="a")).verify(FORGE.with_header(kid=f'"{kid}"'))

    def test_no_name(self) -> None:
        """A token without a name may be of any key, named or not."""
        a, b = Key.from_secret(OTHER_SECRET, kid="a"), Key.from_secret(SECRET, kid="b")

        assert verifier(a, b).verify(FORGE.token()).claims["identity"] == 1

    def test_key_without_name(self) -> None:
        """A key without a name answers to any."""
        judge = verifier(signing_key("HS256"), Key.from_secret(OTHER_SECRET, kid="b"))

        assert judge.verify(FORGE.with_header(kid='"whatever"'))
        assert judge.verify(FORGE.with_header(kid='"b"'))

    def test_name_of_a_key_for_another_algorithm(self) -> None:
        """The name of a key does not make it serve an algorithm that is not its own."""
        judge = verifier(verifying_key("RS256", "a"), Key.from_secret(OTHER_SECRET, kid="b"))

        with pytest.raises(InvalidSignature):
            judge.verify(FORGE.with_header(kid='"a"'))

    @pytest.mark.parametrize(
        "member",
        [
            {"jwk": '{"kty":"oct","k":"AAAA"}'},
            {"jku": '"http://127.0.0.1:9/keys"'},
            {"x5u": '"http://127.0.0.1:9/x"'},
            {"x5c": '["AAAA"]'},
            {"x5t": '"AAAA"', "x5t#S256": '"AAAA"'},
        ],
        ids=["jwk", "jku", "x5u", "x5c", "x5t"],
    )
    def test_keys_in_the_token(self, member: dict[str, str]) -> None:
        """Keys that a token brings along, or points at, make no difference."""
        good = FORGE.with_header(**member)
        forged = Forge(OTHER_SECRET, NOW).with_header(**member)

        assert verifier().verify(good).claims["identity"] == 1
        with pytest.raises(InvalidSignature):
            verifier().verify(forged)

    def test_embedded_key_that_fits(self) -> None:
        """A token that is signed with the very key it brings along is refused."""
        member = {"jwk": f'{{"kty":"oct","alg":"HS256","k":"{base64url(OTHER_SECRET)}"}}'}

        with pytest.raises(InvalidSignature):
            verifier().verify(Forge(OTHER_SECRET, NOW).with_header(**member))


class TestPolicy:
    """Claims are held to the policy of the verifier."""

    def test_default(self) -> None:
        """Without a policy ``exp`` is required, and no audience is accepted."""
        ring = KeyRing(signing_key("HS256"))
        judge = Verifier(ring, clock=lambda: NOW)

        assert judge.verify(FORGE.token())
        with pytest.raises(MissingClaim):
            judge.verify(FORGE.with_claims(exp=""))
        with pytest.raises(InvalidAudience):
            judge.verify(FORGE.with_claims(aud='"someone"'))

    def test_two_verifiers_of_one_ring(self) -> None:
        """Each verifier has its own rules, though the ring is one."""
        strict = ClaimsPolicy(issuer="a", audience=["x", "y"], required=["jti"])
        token = FORGE.with_claims(iss='"a"', aud='["z","y"]', jti='"1"')

        assert verifier(policy=strict).verify(token).claims["aud"] == ["z", "y"]
        with pytest.raises(InvalidAudience):
            verifier().verify(token)
        with pytest.raises(InvalidIssuer):
            verifier(policy=strict).verify(FORGE.with_claims(iss='"b"', aud='"x"', jti='"1"'))
        with pytest.raises(MissingClaim):
            verifier(policy=strict).verify(FORGE.with_claims(iss='"a"', aud='"x"'))

    def test_the_machines_clock(self) -> None:
        """Without a clock the machine's time counts."""
        judge = Verifier(KeyRing(signing_key("HS256")))

        assert judge.verify(FORGE.with_claims(exp="253402300799", nbf="1", iat="1"))
        with pytest.raises(ExpiredToken):
            judge.verify(FORGE.with_claims(exp="2", nbf="1", iat="1"))


class TestWhatIsHandedOut:
    """Claims and header of a verified token."""

    def test_header_cannot_be_changed(self) -> None:
        """The header can be read only, and what is inside it belongs to one caller."""
        judge = verifier()
        for token in (FORGE.token(), FORGE.with_header(list='["x"]')):
            header: Any = judge.verify(token).header
            with pytest.raises(TypeError):
                header["alg"] = "none"
        header["list"].append("y")
        assert judge.verify(token).header["list"] == ["x"]

    def test_many_headers(self) -> None:
        """However many headers were seen, each token is read as what it is."""
        judge = verifier()
        for _ in range(2):
            for number in range(200):
                token = FORGE.with_header(kid=f'"{number}"')
                assert judge.verify(token).header["kid"] == str(number)

    def test_headers_do_not_pile_up(self) -> None:
        """However many headers were seen, and however long, few of them are kept."""
        judge = Verifier(KeyRing(signing_key("HS256")), clock=lambda: NOW, cache_tokens=0)
        tokens = [FORGE.with_header(x=f'"{number:04000}"') for number in range(500)]
        judge.verify(tokens[0])
        tracemalloc.start()
        try:
            for token in tokens:
                judge.verify(token)
            kept, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

        # All of them would be 4.5 MB.
        assert kept < 1_500_000

    def test_a_header_seen_before_is_no_pass(self) -> None:
        """A header that was good once does not help a bad signature, nor another ring."""
        judge = verifier()
        text, _, _ = FORGE.token().rpartition(".")
        judge.verify(FORGE.token())

        with pytest.raises(InvalidSignature):
            judge.verify(f"{text}.{base64url(bytes(32))}")
        with pytest.raises(MalformedToken):
            judge.verify(f"{text}.")
        with pytest.raises(InvalidHeader):
            verifier(verifying_key("ES256")).verify(FORGE.token())
