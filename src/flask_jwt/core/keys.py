"""Keys, each for one algorithm, with the dates between which it is used."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from copy import copy
from math import inf
from typing import Any

from .algorithms import ALGORITHMS, Algorithm
from .compact_jws import MAX_KID_LENGTH, decode_base64url
from .errors import KeyMaterialError
from .jwk import read_jwk, thumbprint
from .weak_keys import check_secret

# Each byte of the secret is combined with 36 for the inner hash, and with 5C for the outer one.
_INNER_PADDING = bytes(byte ^ 0x36 for byte in range(256))
_OUTER_PADDING = bytes(byte ^ 0x5C for byte in range(256))


class Key:
    """Key material bound to exactly one algorithm. Not to be changed once made.

    Made by :meth:`from_secret`, :meth:`from_pem` or :meth:`from_jwk`. Its ``repr`` shows no
    material.
    """

    # No __dict__: what prints the attributes of an object finds no secret here.
    __slots__ = (
        "_public",
        "_sign",
        "algorithm",
        "has_explicit_kid",
        "kid",
        "signs_from",
        "verifies_until",
        "verify",
    )

    def __init__(
        self,
        algorithm: Algorithm,
        verify: Callable[[bytes, bytes], bool],
        sign: Callable[[bytes], bytes] | None,
        kid: str | None = None,
        *,
        public: Mapping[str, str] | None = None,
        signs_from: float | None = None,
        verifies_until: float | None = None,
    ) -> None:
        if kid is not None and not _is_kid(kid):
            raise KeyMaterialError(f"a kid is a string of 1 to {MAX_KID_LENGTH} characters")
        #: The row of :data:`~flask_jwt.core.ALGORITHMS` that the key is for.
        self.algorithm = algorithm
        #: What tokens call the key, or None. An asymmetric key without a given name is called by
        #: its thumbprint (:rfc:`7638`).
        self.kid = thumbprint(public) if kid is None and public is not None else kid
        #: Whether the name was given: then tokens that name another key are not tried with it.
        self.has_explicit_kid = kid is not None
        #: The second since 1970 from which it may sign; ``-inf`` where it always may.
        self.signs_from = -inf if signs_from is None else signs_from
        #: The second since 1970 from which its tokens are refused; ``inf`` where there is no end.
        self.verifies_until = inf if verifies_until is None else verifies_until
        #: Called with a signing input and a signature; tells whether this key made it.
        self.verify = verify
        self._sign = sign
        self._public = public

    @classmethod
    def from_secret(
        cls,
        secret: str | bytes,
        algorithm: str = "HS256",
        *,
        kid: str | None = None,
        allow_insecure: bool = False,
        signs_from: float | None = None,
        verifies_until: float | None = None,
    ) -> Key:
        """Make a key of a shared secret (HMAC, :rfc:`7518` section 3.2).

        :param secret: the secret; text is encoded as UTF-8.
        :param algorithm: ``HS256``, ``HS384`` or ``HS512``.
        :param kid: what tokens call the key, 1 to 255 characters; None writes no ``kid``.
        :param allow_insecure: take a secret that is too short, guessable or printed
            somewhere, for development.
        :param signs_from: the second since 1970 from which it may sign; None: always.
        :param verifies_until: the second from which its tokens are refused; None: never.
        :raises WeakKeyError: the secret has fewer bytes than the hash, can be guessed whatever
            its length, or is printed somewhere.
        :raises KeyMaterialError: it is empty, or looks like a public key; the algorithm or the
            ``kid`` is not one.
        """
        row = _row(algorithm, symmetric=True)
        material = _encoded(secret)
        check_secret(material, row, allow_insecure=allow_insecure)
        sign, verify = _hmac_functions(material, row.hash_name)
        return cls(row, verify, sign, kid, signs_from=signs_from, verifies_until=verifies_until)

    @classmethod
    def from_pem(
        cls,
        pem: str | bytes,
        algorithm: str,
        *,
        kid: str | None = None,
        allow_insecure: bool = False,
        signs_from: float | None = None,
        verifies_until: float | None = None,
    ) -> Key:
        """Make a key of a PEM text: a private one signs and verifies, a public one verifies.

        :param pem: one PEM block: PKCS#8, PKCS#1, SEC 1 or SubjectPublicKeyInfo, not encrypted.
        :param algorithm: any of ``RS``, ``PS``, ``ES`` with 256, 384, 512; ``Ed25519``; ``EdDSA``.
        :param kid: what tokens call the key, 1 to 255 characters; None takes its thumbprint, and
            then tokens that name another key are tried too.
        :param allow_insecure: take a key that is weak, for development.
        :param signs_from: the second since 1970 from which it may sign; None: always.
        :param verifies_until: the second from which its tokens are refused; None: never.
        :raises WeakKeyError: an RSA key of less than 2048 bits or with the ROCA fingerprint
            (CVE-2017-15361), or a key whose private half is printed somewhere.
        :raises KeyMaterialError: the text holds no key, an encrypted one, or one that does not fit
            the algorithm, or that is for another (:rfc:`4055`); ``cryptography`` is not installed.
        """
        row = _row(algorithm, symmetric=False)
        # Not at the top: an application with a shared secret never pays for cryptography.
        from .asymmetric import load_pem

        loaded = load_pem(_encoded(pem), row, allow_insecure=allow_insecure)
        dates = {"signs_from": signs_from, "verifies_until": verifies_until}
        return cls(row, loaded.verify, loaded.sign, kid, public=loaded.public, **dates)

    @classmethod
    def from_jwk(
        cls, jwk: Mapping[str, Any], algorithm: str | None = None, *, allow_insecure: bool = False
    ) -> Key:
        """Make a key of a JSON Web Key (:rfc:`7517`, :rfc:`8037`).

        Its ``use``, ``key_ops``, ``alg`` and ``kid`` are honoured. Without ``kid``, an asymmetric
        key is called by its thumbprint, and a symmetric one has no name. Two members of our own
        are its dates, in seconds since 1970: ``signs_from`` and ``verifies_until``.

        :param jwk: the key, private or public, as parsed from JSON.
        :param algorithm: what a key without ``alg`` is for, where its type leaves a choice.
        :param allow_insecure: take a key that is weak, for development.
        :raises WeakKeyError: see :meth:`from_secret` and :meth:`from_pem`.
        :raises KeyMaterialError: it is no key for signatures, or a member is not what it may be;
            ``cryptography`` is not installed.
        """
        fields = read_jwk(jwk, algorithm)
        row, kid = fields.algorithm, fields.kid
        dates = {"signs_from": fields.signs_from, "verifies_until": fields.verifies_until}
        if row.symmetric:
            secret = decode_base64url(fields.material["k"].encode(), "k")
            key = cls.from_secret(secret, row.name, kid=kid, allow_insecure=allow_insecure, **dates)
        else:
            # Not at the top: see from_pem.
            from .asymmetric import load_jwk

            loaded = load_jwk(fields.material, row, allow_insecure=allow_insecure)
            kid = thumbprint(loaded.public) if kid is None else kid
            key = cls(row, loaded.verify, loaded.sign, kid, public=loaded.public, **dates)
        return key if fields.may_sign else key.only_verifying()

    @property
    def public_jwk(self) -> dict[str, str] | None:
        """The public half as a JSON Web Key, ready to be published; None where there is none."""
        if self._public is None or self.kid is None:
            return None
        return {
            **self._public,
            "kid": self.kid,
            "alg": self.algorithm.name,
            "use": "sig",
        }

    def only_verifying(self) -> Key:
        """Return the same key without the ability to sign."""
        key = copy(self)
        key._sign = None
        return key

    def is_same_for_another_algorithm(self, other: Key) -> bool:
        """Tell whether two keys are one, or one pair that serves two algorithms.

        :param other: the other key.
        """
        if self is other:
            return True
        same = self._public is not None and self._public == other._public
        return same and self.algorithm is not other.algorithm

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


def _hmac_functions(
    secret: bytes, hash_name: str
) -> tuple[Callable[[bytes], bytes], Callable[[bytes, bytes], bool]]:
    """Return the functions that sign and verify with a secret (HMAC, :rfc:`2104` section 2).

    Both hash states have taken the secret in: to copy them takes half as long as to copy an object
    of the hmac module.
    """
    empty = hashlib.new(hash_name)
    if len(secret) > empty.block_size:
        secret = hashlib.new(hash_name, secret).digest()
    block = secret.ljust(empty.block_size, b"\0")
    copy_inner = hashlib.new(hash_name, block.translate(_INNER_PADDING)).copy
    copy_outer = hashlib.new(hash_name, block.translate(_OUTER_PADDING)).copy

    def sign(signing_input: bytes) -> bytes:
        inner, outer = copy_inner(), copy_outer()
        inner.update(signing_input)
        outer.update(inner.digest())
        return outer.digest()

    def verify(signing_input: bytes, signature: bytes) -> bool:
        return hmac.compare_digest(sign(signing_input), signature)

    return sign, verify


def _row(name: str, *, symmetric: bool) -> Algorithm:
    row = ALGORITHMS.get(name)
    if row is None:
        # The name is not shown: where two arguments are mixed up, it is a secret.
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
