"""What goes wrong between the application and an issuer."""

from __future__ import annotations


class FetchError(Exception):
    """A server can't be asked, or its answer is of no use.

    :param description: one line for the log: no token, no secret, nothing that the server has said.
    """


class IssuerUnavailable(Exception):
    """Nobody can tell whether an issuer has made a token: the request is answered 503."""
