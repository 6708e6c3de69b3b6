"""Faults of a store that no waiting mends, and what all kinds of stores have of them in common."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from functools import wraps
from math import inf
from time import monotonic
from typing import NoReturn, ParamSpec, TypeVar

from ..errors import ConfigurationError

P = ParamSpec("P")
T = TypeVar("T")
E = TypeVar("E", bound=Exception)

KEY = "app.config['JWT_SESSION_STORE']"

#: What mends a certificate that the client does not accept, or a handshake that fails.
TLS = (
    "TLS with the server fails: its certificate is not trusted, is for another host, or asks for "
    "one of ours; correct the certificate, or the options of TLS in the URL"
)
#: What mends a file of a certificate or key that is not there.
TLS_FILE = "a file that the URL names for TLS is not there, or can't be read"
#: What mends an option that the driver does not have.
OPTION = "the driver does not take an option after the ? of the URL, or not with that value"

# The peer went away in the middle of a handshake: that says nothing of certificates.
_LOST = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


def misconfigured(mend: str, key: str = KEY) -> ConfigurationError:
    """Return the error that names the key and the mend. The URL is not shown: it has a password."""
    return ConfigurationError(f"{key}: {mend}")


def translating(
    kind: type[E],
    translate: Callable[[E], NoReturn],
    repeats: Callable[[E], bool] = lambda _error: False,
    *,
    attempts: int = 2,
    seconds: float = inf,
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Return a decorator that has a driver's error raise what it means to the caller of a store.

    Where ``repeats`` says that it may help, the call is made again, for so many seconds.
    """

    def decorate(call: Callable[P, T]) -> Callable[P, T]:
        @wraps(call)
        def attempt(*args: P.args, **kwargs: P.kwargs) -> T:
            until = monotonic() + seconds
            left = attempts
            while True:
                left -= 1
                try:
                    return call(*args, **kwargs)
                except kind as error:
                    if not (left and repeats(error)) or monotonic() > until:
                        translate(error)

        return attempt

    return decorate


def tls_mend(error: BaseException) -> str | None:
    """Return what mends a failure of TLS, or None where it is none."""
    # PyMySQL keeps what the system said in an attribute of its own.
    of_system = getattr(error, "original_exception", None) or error.__cause__ or error.__context__
    if isinstance(of_system, ssl.SSLError) and not isinstance(of_system, _LOST):
        return TLS
    return None
