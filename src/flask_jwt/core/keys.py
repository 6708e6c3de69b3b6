"""Keys, each for one algorithm, and the ring that holds them: one signs, any number verify."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable

from .algorithms import ALGORITHMS, Algorithm
from .compact import MAX_KID_LENGTH
from .errors import KeyMaterialError, WeakKeyError
from .unsafe_secrets import is_key_text, is_well_known


class Key:
    """Key material bound to exactly one algorithm.

    Made by :meth:`from_secret` or :meth:`from_pem`. Its ``repr`` shows no material.
    """

    __slots__ = ("_sign", "algorithm", "kid", "verify")

    def __init__(
        self,
        algorithm: Algorithm,
        verify: Callable[[bytes, bytes], bool],
        sign: Callable[[bytes], bytes] | None,
        kid: str | None = None,
    ) -> None:
        if kid is not None and not _is_kid(kid):
            raise KeyMaterialError(f"a kid is a string of 1 to {MAX_KID_LENGTH} characters")
        #: The row of :data:`~flask_jwt.core.ALGORITHMS` that the key is for.
        self.algorithm = algorithm
        #: What tokens call the key, or None.
        self.kid = kid
        #: Called with a signing input and a signature; tells whether this key made it.
        self.verify = verify
        self._sign = sign

    @classmethod
    def from_secret(
        cls,
        secret: str | bytes,
        algorithm: str = "HS256",
        *,
        kid: str | None = None,
        allow_insecure: bool = False,
    ) -> Key:
        """Make a key of a shared secret (HMAC, :rfc:`7518` section 3.2).

        :param secret: the secret; text is encoded as UTF-8.
        :param algorithm: ``HS256``, ``HS384`` or ``HS512``.
        :param kid: what tokens call the key, 1 to 255 characters; None writes no ``kid``.
        :param allow_insecure: take a secret that is too short or well known, for development.
        :raises WeakKeyError: the secret has fewer bytes than the hash, or is well known.
        :raises KeyMaterialError: it is empty, or looks like a public key; the algorithm or the
            ``kid`` is not one.
        """
        row = _row(algorithm, symmetric=True)
        material = _encoded(secret)
        _check_secret(material, row, allow_insecure=allow_insecure)
        keyed = hmac.new(material, digestmod=row.hash_name)

        def sign(signing_input: bytes) -> bytes:
            # A copy spares the two hash blocks that take the key in.
            state = keyed.copy()
            state.update(signing_input)
            return state.digest()

        def verify(signing_input: bytes, signature: bytes) -> bool:
            state = keyed.copy()
            state.update(signing_input)
            return hmac.compare_digest(state.digest(), signature)

        return cls(row, verify, sign, kid)

    @classmethod
    def from_pem(
        cls,
        pem: str | bytes,
        algorithm: str,
        *,
        kid: str | None = None,
        allow_insecure: bool = False,
    ) -> Key:
        """Make a key of a PEM text: a private one signs and verifies, a public one verifies.

        :param pem: one PEM block: PKCS#8, PKCS#1, SEC 1 or SubjectPublicKeyInfo, not encrypted.
        :param algorithm: any of ``RS``, ``PS``, ``ES`` with 256, 384, 512; ``Ed25519``; ``EdDSA``.
        :param kid: what tokens call the key, 1 to 255 characters; None writes no ``kid``.
        :param allow_insecure: take an RSA key that is too short, for development.
        :raises WeakKeyError: an RSA key of less than 2048 bits.
        :raises KeyMaterialError: the text holds no key, an encrypted one, or one that does not fit
            the algorithm; ``cryptography`` is not installed.
        """
        row = _row(algorithm, symmetric=False)
        # Not at the top: an application with a shared secret never pays for cryptography.
        from .asymmetric import load_pem

        loaded = load_pem(_encoded(pem), row, allow_insecure=allow_insecure)
        return cls(row, loaded.verify, loaded.sign, kid)

    @property
    def can_sign(self) -> bool:
        """Whether the private half is here."""
        return self._sign is not None

    def sign(self, signing_input: bytes) -> bytes:
        """Return the signature of a signing input.

        :raises KeyMaterialError: only the public half is here.
        """
        if self._sign is None:
            raise KeyMaterialError("a public key verifies; only a private one signs")
        return self._sign(signing_input)

    def __repr__(self) -> str:
        return f"<Key {self.algorithm.name} kid={self.kid!r}>"


class KeyRing:
    """The keys of one issuer: exactly one signs, any number verify. Not to be changed once made.

    :param signing: the key that signs (and verifies), or None where tokens are only read.
    :param verifying: further keys whose tokens are accepted; their order means nothing.
    :raises KeyMaterialError: there is no key at all, the signing one can't sign, or two keys have
        one ``kid``.
    """

    __slots__ = ("_by_algorithm", "signing")

    def __init__(self, signing: Key | None, verifying: Iterable[Key] = ()) -> None:
        keys = [*(() if signing is None else (signing,)), *verifying]
        named = [key.kid for key in keys if key.kid is not None]
        if not keys:
            raise KeyMaterialError("a key ring needs a key")
        if signing is not None and not signing.can_sign:
            raise KeyMaterialError("the signing key is a public key; signing needs a private one")
        if len(named) != len(set(named)):
            raise KeyMaterialError("two keys of a ring have one kid")
        #: The key that signs, or None.
        self.signing = signing
        self._by_algorithm: dict[str, tuple[Key, ...]] = {}
        for key in keys:
            name = key.algorithm.name
            self._by_algorithm[name] = (*self._by_algorithm.get(name, ()), key)

    def candidates(self, algorithm: str, kid: str | None) -> tuple[Key, ...]:
        """Return the keys that may have signed a token; the token chooses none outside the ring.

        :param algorithm: the token's ``alg``.
        :param kid: the token's ``kid``, or None. A key without a name answers to any.
        """
        keys = self._by_algorithm.get(algorithm, ())
        if kid is None:
            return keys
        return tuple(key for key in keys if key.kid is None or key.kid == kid)

    @property
    def algorithms(self) -> frozenset[str]:
        """The ``alg`` names that are accepted."""
        return frozenset(self._by_algorithm)

    def __repr__(self) -> str:
        return f"<KeyRing signing={self.signing!r} algorithms={sorted(self._by_algorithm)}>"


def _row(name: str, *, symmetric: bool) -> Algorithm:
    row = ALGORITHMS.get(name)
    if row is None:
        # The name is not shown: whoever mixes up two arguments gives a secret here.
        raise KeyMaterialError(f"there is no such algorithm; known are {', '.join(ALGORITHMS)}")
    if row.symmetric and not symmetric:
        raise KeyMaterialError(f"{name} signs with a shared secret, not with a PEM key")
    if symmetric and not row.symmetric:
        raise KeyMaterialError(f"{name} signs with a private key, not with a shared secret")
    return row


def _is_kid(kid: str) -> bool:
    try:
        kid.encode()
    except UnicodeEncodeError:
        return False
    return 0 < len(kid) <= MAX_KID_LENGTH and "\0" not in kid


def _encoded(material: object) -> bytes:
    if isinstance(material, bytes | bytearray):
        return bytes(material)
    if not isinstance(material, str):
        # bytes() would make a key of so many zeros of a number.
        raise KeyMaterialError(f"a key is str or bytes, and this is {type(material).__name__}")
    try:
        return material.encode()
    except UnicodeEncodeError:
        # Without its cause, which quotes the character.
        raise KeyMaterialError("the key is text with a lone surrogate; give bytes") from None


def _check_secret(material: bytes, row: Algorithm, *, allow_insecure: bool) -> None:
    least = row.least_bits // 8
    if not material:
        raise KeyMaterialError("the secret is empty")
    if is_key_text(material):
        raise KeyMaterialError(
            f"the secret looks like a public key or a certificate, and {row.name} needs a secret"
        )
    if allow_insecure:
        return
    if len(material) < least:
        raise WeakKeyError(
            f"{row.name} needs a secret of at least {least} bytes, and this one has "
            f"{len(material)}; make another: "
            f"python -c 'import secrets; print(secrets.token_hex({least}))'"
        )
    if is_well_known(material):
        raise WeakKeyError("the secret is printed in public documentation; make one of your own")
