"""Whose token is it? The table of issuers, the application itself among them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ..core.cache import TokenCache
from ..core.errors import InvalidIssuer, MalformedToken
from ..core.verifier import ParsedToken, VerifiedToken, parse_token
from ..errors import ConfigurationError
from .options import IssuerOptions
from .policy import make_ours


class Row(Protocol):
    """An issuer whose tokens are accepted."""

    @property
    def options(self) -> IssuerOptions:
        """What is known of the issuer."""
        ...

    def verify(self, token: str, parsed: ParsedToken | None = None) -> VerifiedToken:
        """Verify a token of the issuer."""
        ...


class OwnTokens:
    """The tokens that the application makes itself."""

    __slots__ = ("are_made", "is_refresh_token", "issuer", "verify")

    def __init__(
        self,
        verify: Callable[[str, ParsedToken], VerifiedToken],
        issuer: str | None,
        are_made: Callable[[], bool],
        is_refresh_token: Callable[[str], bool],
    ) -> None:
        self.verify = verify
        #: Their ``iss``; None where they have none, or what a hook has put there.
        self.issuer = issuer
        #: Tells whether there are any: a handler may be set at any moment.
        self.are_made = are_made
        #: Tells whether a text is a secret between the application and a client.
        self.is_refresh_token = is_refresh_token

    def may_have(self, issuer: object) -> bool:
        """Tell whether a token that says so may be one of them."""
        return (self.issuer is None or issuer == self.issuer) and self.are_made()


class IssuerTable:
    """Finds the issuer of a token by its ``iss``, of which nothing else is believed until then."""

    def __init__(
        self,
        open_row: Callable[[str, Mapping[str, Any]], Row],
        own: OwnTokens,
        cache: TokenCache,
        max_bytes: int,
    ) -> None:
        self._open_row = open_row
        self._own = own
        self._max_bytes = max_bytes
        self._find = cache.find
        self._find_older = cache.find_older
        #: The issuers in the order in which they were named.
        self.rows: list[Row] = []
        self._rows: dict[str, Row] = {}
        # Tokens without an issuer that could be read are for it.
        self._introspected: Row | None = None

    def open(self, issuer: str, options: Mapping[str, Any]) -> Row:
        """Return the row of a further issuer; :meth:`add` has it count."""
        row = self._open_row(issuer, options)
        for name in _names(row):
            self._check_name(name)
        if row.options.introspection is not None and self._introspected is not None:
            raise ConfigurationError(
                "app.config['JWT_TRUSTED_ISSUERS'] has several issuers with introspection: an "
                "opaque token does not say whose it is, so that one at most may have it"
            )
        return row

    def add(self, row: Row) -> None:
        """Accept the tokens of a row from now on, in requests that are under way too."""
        self._rows.update(dict.fromkeys(_names(row), row))
        if row.options.introspection is not None:
            self._introspected = row
        self.rows.append(row)

    def verify(self, token: str) -> VerifiedToken:
        """Verify a token with the keys and rules of its issuer, and no other's."""
        known = self._find(token)
        if known is None:
            known = self._find_older(token)
            if known is None:
                return self._verify_new(token)
        verified: VerifiedToken = known[5].verify(token)
        return verified

    def are_theirs(self, claims: Mapping[str, Any]) -> bool:
        """Tell whether claims are those of a trusted issuer's token, which name nobody here."""
        issuer = claims.get("iss")
        return type(issuer) is str and issuer in self._rows

    def claimed(self, claims: Mapping[str, Any]) -> VerifiedToken | None:
        """Return the token of a trusted issuer whose claims somebody else has verified, or None."""
        if not self.are_theirs(claims):
            return None
        options, theirs = self._rows[claims["iss"]].options, dict(claims)
        make_ours(theirs, options)
        return VerifiedToken(theirs, {}, options.names)

    def _verify_new(self, token: str) -> VerifiedToken:
        if self._introspected is not None and token.count(".") != 2:
            if self._own.is_refresh_token(token):
                raise MalformedToken("A refresh token is no access token")
            return self._introspected.verify(token)
        parsed = parse_token(token, self._max_bytes)
        issuer = parsed.claims.get("iss")
        row = self._rows.get(issuer) if type(issuer) is str else None
        if row is not None:
            return row.verify(token, parsed)
        if self._own.may_have(issuer):
            return self._own.verify(token, parsed)
        raise InvalidIssuer

    def _check_name(self, name: str) -> None:
        if name == self._own.issuer:
            raise ConfigurationError(
                f"app.config['JWT_TRUSTED_ISSUERS'] has {name!r}, which app.config['JWT_ISSUER'] "
                "says is this application"
            )
        if name in self._rows:
            # Tokens that were accepted by its former options would be remembered.
            raise ConfigurationError(
                f"app.config['JWT_TRUSTED_ISSUERS'] has {name!r} already, perhaps in another "
                "spelling"
            )


def _names(row: Row) -> tuple[str, ...]:
    return (row.options.issuer, *row.options.aliases)
