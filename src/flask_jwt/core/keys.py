"""Keys, each for one algorithm, with the dates between which it is used."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from math import inf
from typing import Any

from .algorithms import ALGORITHMS, Algorithm
from .compact import MAX_KID_LENGTH, decode_base64url
from .errors import KeyMaterialError
from .jwk import JWKFields, read_jwk, thumbprint
from .weak_secrets import check_secret


class Key:
    """Key material bound to exactly one algorithm. Not to be changed once made.

    Made by :meth:`from_secret`, :meth:`from_pem` or :meth:`from_jwk`. Its ``repr`` shows no
    material.
    """

    __slots__ = (
        "_public",
        "_sign",
        "algorithm",
        "kid",
        "named",
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
        self.named = kid is not None
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
        return cls(
            row,
            loaded.verify,
            loaded.sign,
            kid,
            public=loaded.public,
            signs_from=signs_from,
            verifies_until=verifies_until,
        )

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
        if fields.algorithm.symmetric:
            key = cls.from_secret(
                decode_base64url(fields.material["k"].encode(), "k"),
                fields.algorithm.name,
                kid=fields.kid,
                allow_insecure=allow_insecure,
                signs_from=fields.signs_from,
                verifies_until=fields.verifies_until,
            )
        else:
            key = cls._from_fields(fields, allow_insecure=allow_insecure)
        return key if fields.may_sign else key.only_verifying()

    @classmethod
    def _from_fields(cls, fields: JWKFields, *, allow_insecure: bool) -> Key:
        # Not at the top: see from_pem.
        from .asymmetric import load_jwk

        loaded = load_jwk(fields.material, fields.algorithm, allow_insecure=allow_insecure)
        return cls(
            fields.algorithm,
            loaded.verify,
            loaded.sign,
            thumbprint(loaded.public) if fields.kid is None else fields.kid,
            public=loaded.public,
            signs_from=fields.signs_from,
            verifies_until=fields.verifies_until,
        )

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
        key = Key(self.algorithm, self.verify, None, self.kid, public=self._public)
        key.named = self.named
        key.signs_from, key.verifies_until = self.signs_from, self.verifies_until
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
