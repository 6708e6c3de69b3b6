"""What can be wrong with a token, with a key, or with the claims of a token about to be made.

The text of a :class:`TokenError` may be shown to the client: it never holds the token, a claim's
value or key material. Its ``code`` is for programs and does not change between releases.
"""

from __future__ import annotations

from typing import Any


class TokenError(Exception):
    """A token is refused.

    :param description: one line that may be shown to the client.
    """

    #: Stable name of what is wrong, for programs.
    code = "invalid_token"

    def __init__(self, description: str) -> None:
        super().__init__(description)
        #: One line that says what is wrong.
        self.description = description

    def __reduce__(self) -> tuple[Any, ...]:
        # The children make their own text: pickle, which calls them with it, is given another way.
        return _restored, (type(self), self.args), self.__dict__


def _restored(kind: type[TokenError], args: tuple[Any, ...]) -> TokenError:
    return kind.__new__(kind, *args)


class MalformedToken(TokenError):
    """The text is not a strict compact JWS (:rfc:`7515` section 7.1)."""

    code = "malformed_token"


class InvalidHeader(TokenError):
    """The JOSE header names an algorithm, a kind or an extension that is not accepted."""

    code = "invalid_header"


class InvalidSignature(TokenError):
    """No key of the ring made the signature."""

    code = "invalid_signature"

    def __init__(self, description: str = "Signature verification failed") -> None:
        super().__init__(description)


class InvalidClaim(TokenError):
    """A registered claim has the wrong type or value.

    :param description: one line that may be shown to the client.
    :param claim: the name of the claim at fault.
    """

    code = "invalid_claim"

    def __init__(self, description: str, claim: str) -> None:
        super().__init__(description)
        #: Name of the claim at fault.
        self.claim = claim


class MissingClaim(InvalidClaim):
    """A required claim is absent."""

    code = "missing_claim"

    def __init__(self, claim: str) -> None:
        super().__init__(f'Token is missing the "{claim}" claim', claim)


class ExpiredToken(InvalidClaim):
    """The time in ``exp`` has passed."""

    code = "expired_token"

    def __init__(self) -> None:
        super().__init__("Signature has expired", "exp")


class ImmatureToken(InvalidClaim):
    """The time in ``nbf`` or ``iat`` has not come yet."""

    code = "immature_token"


class InvalidIssuer(InvalidClaim):
    """``iss`` is not the issuer that is required."""

    code = "invalid_issuer"

    def __init__(self) -> None:
        super().__init__("Invalid issuer", "iss")


class InvalidAudience(InvalidClaim):
    """``aud`` does not name an audience that is accepted here."""

    code = "invalid_audience"

    def __init__(self) -> None:
        super().__init__("Invalid audience", "aud")


class KeyMaterialError(ValueError):
    """Key material that can't be loaded, or does not fit its algorithm."""


class WeakKeyError(KeyMaterialError):
    """Key material that an attacker would find: short, guessable, printed somewhere."""


class ClaimsError(ValueError):
    """Claims or header fields that can't be put into a token."""
