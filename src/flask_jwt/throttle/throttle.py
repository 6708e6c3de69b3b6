"""What sign-in asks before a password is looked at, and tells afterwards."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from http import HTTPStatus
from math import ceil
from typing import NamedTuple, TypeVar

from flask import Request

from ..authentication.cookies import DEVICE_SECONDS
from ..authentication.errors import JWTError, unavailable
from ..core.clock import Clock
from ..core.compact_jws import encode_base64url
from ..sessions.circuit_breaker import CircuitBreaker
from ..sessions.errors import StoreUnavailable
from ..user_names import folded, name_likeness
from .addresses import Addresses
from .attempts import FREE_PER_ACCOUNT, FREE_PER_ADDRESS, FREE_PER_LIKENESS, AttemptCounts
from .device_cookie import Device, DeviceCookies, microseconds
from .memory import MemoryCounts

T = TypeVar("T")

#: What is counted, each under keys of its own.
ACCOUNT, ADDRESS, DEVICE, LIKENESS = "account", "address", "device", "likeness"
REGISTRATION, PASSWORD = "registration", "password"
# Under it stands since when the devices of a subject are known.
_FORGOTTEN = "devices-of"
_BY_ADDRESS = ADDRESS, REGISTRATION
_FREE = {**dict.fromkeys(_BY_ADDRESS, FREE_PER_ADDRESS), LIKENESS: FREE_PER_LIKENESS}
_LABEL = b"flask_jwt attempts"


class Counted(NamedTuple):
    """Where and when an attempt was counted."""

    key: str
    free: int
    at: float


#: An attempt under way, as it was counted. The count that a success clears is the last.
Attempt = tuple[Counted, ...]


class Throttle:
    """Counts the attempts of one application.

    :param accounts: where accounts and devices are counted, and devices forgotten.
    :param addresses: where addresses are counted.
    :param secrets: what keys and cookies are made with.
    :param clock: gives seconds since 1970.
    :param logger: the application's.
    :param has_directory: whether names are compared as a directory of users compares them. Where it
        is not known how they are, no success and no device of a name is one of another, and all
        names that may be one are counted together as well.
    """

    def __init__(
        self,
        accounts: AttemptCounts,
        addresses: AttemptCounts,
        secrets: Sequence[bytes],
        clock: Clock,
        logger: logging.Logger,
        *,
        has_directory: bool,
    ) -> None:
        log = partial(logger.error, "%s")
        self._accounts = accounts, CircuitBreaker(log)
        is_same = addresses is accounts
        self._addresses = self._accounts if is_same else (addresses, CircuitBreaker(log))
        # What was counted under a former secret is forgotten with it.
        self._key_of_names = hmac.digest(secrets[0], _LABEL, "sha256")
        self._cookies = DeviceCookies(secrets[0])
        self._clock = clock
        self._has_directory = has_directory
        self._networks = Addresses(logger)

    @property
    def is_of_one_process(self) -> bool:
        """Whether each worker counts accounts for itself."""
        counts = self._accounts[0]
        # Those beside users are where the users are, which may be in memory.
        return isinstance(counts, MemoryCounts) or getattr(counts, "is_of_one_process", False)

    def probe(self) -> None:
        """Ask each place that keeps counts something.

        :raises StoreUnavailable: one can't be asked at the moment.
        :raises ConfigurationError: one can't be asked, and no waiting mends that.
        """
        for counts, _ in {self._accounts, self._addresses}:
            counts.marked(self._key(ACCOUNT, ""))

    def begin_sign_in(self, name: str, request: Request, device: str | None) -> Attempt:
        """Count a sign-in: by its device where that is known, else by address and account."""
        if device is not None:
            return self._begin((DEVICE, device))
        account = ACCOUNT, self._account(name)
        if self._has_directory:
            return self._begin_by_address(ADDRESS, request, account)
        return self._begin_by_address(ADDRESS, request, (LIKENESS, name_likeness(name)), account)

    def begin_registration(self, request: Request) -> Attempt:
        """Count a registration, which stays counted, by its address."""
        return self._begin_by_address(REGISTRATION, request)

    def begin_password_check(self, whose: str) -> Attempt:
        """Count a check of the password of somebody who is signed in, by session or subject."""
        return self._begin((PASSWORD, whose))

    def succeed(self, attempt: Attempt) -> None:
        """Forget the failures of the account or device, and give the address its attempt back."""
        *others, own = attempt
        with suppress(JWTError):
            self._ask(own.key, lambda counts, key: counts.clear(key))
        self._give_back(others)

    @contextmanager
    def counting(self, attempt: Attempt) -> Generator[None]:
        """Let an attempt count, unless it ends in a 503: then no password was looked at."""
        try:
            yield
        except JWTError as error:
            if error.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
                self._give_back(attempt)
            raise

    def device_of_cookies(self, values: Iterable[str], name: str) -> Device | None:
        """Return the first good device of some cookies that is known for a name, or None."""
        key, now = self._account(name), self._clock()
        for value in values:
            device = self._cookies.read(value, key, now)
            if device is not None and self._knows(device.subject, device.made_at):
                return device
        return None

    def is_of(self, device: Device, subject: str) -> bool:
        """Tell whether it is a subject that has signed in by a device."""
        return hmac.compare_digest(device.subject, self._cookies.subject_mac(subject))

    def device_cookie(
        self, name: str, subject: str, known: Device | None = None, after: float | None = None
    ) -> str:
        """Return the cookie of a browser in which a user has signed in; newer than a moment."""
        now = self._clock()
        # Two readings of a clock may be the same.
        moment = now if after is None or now > after else after + 1e-6
        return self._cookies.make(self._account(name), subject, moment, known)

    def knows(self, subject: str, moment: float) -> bool:
        """Tell whether the devices of a subject are known that were used at a moment."""
        return self._knows(self._cookies.subject_mac(subject), microseconds(moment))

    def forget_devices(self, subject: str) -> None:
        """Make all devices of a subject unknown from now on."""
        key, now = _forgotten_key(self._cookies.subject_mac(subject)), self._clock()
        counts, breaker = self._accounts
        # Whoever ends sessions has an answer of their own for a store that is down.
        breaker.call(counts.mark, key, now, DEVICE_SECONDS)

    def _account(self, name: str) -> str:
        """Return what stands for the account that is typed."""
        return folded(name) if self._has_directory else name

    def _knows(self, subject_mac: bytes, used_at: int) -> bool:
        key = _forgotten_key(subject_mac)
        moment = self._ask(key, lambda counts, key: counts.marked(key))
        return moment is None or microseconds(moment) < used_at

    def _begin_by_address(self, kind: str, request: Request, *further: tuple[str, str]) -> Attempt:
        network = self._networks.network_of(request)
        if network is None:
            return self._begin(*further)
        return self._begin((kind, network), *further, request=request)

    def _begin(self, *counted: tuple[str, str], request: Request | None = None) -> Attempt:
        attempt: list[Counted] = []
        try:
            for kind, text in counted:
                one = Counted(
                    self._key(kind, text), _FREE.get(kind, FREE_PER_ACCOUNT), self._clock()
                )
                wait = self._wait(one)
                if wait:
                    if request is not None and not attempt:
                        self._networks.tell_of_refused(request)
                    raise _throttled(wait)
                attempt.append(one)
        except JWTError:
            self._give_back(attempt)
            raise
        return tuple(attempt)

    def _wait(self, one: Counted) -> float:
        return self._ask(one.key, lambda counts, _: counts.begin(*one))

    def _give_back(self, attempt: Iterable[Counted]) -> None:
        for one in attempt:
            # A count that can't be changed makes the next failure wait, and no more.
            with suppress(JWTError):
                self._undo(one)

    def _undo(self, one: Counted) -> None:
        self._ask(one.key, lambda counts, _: counts.give_back(*one))

    def _key(self, kind: str, text: str) -> str:
        named = f"{kind}:{text}".encode("utf-8", "surrogatepass")
        mac = hmac.digest(self._key_of_names, named, "sha256")
        return f"{kind}:{encode_base64url(mac).decode()}"

    def _ask(self, key: str, question: Callable[[AttemptCounts, str], T]) -> T:
        by_address = key.startswith(_BY_ADDRESS)
        counts, breaker = self._addresses if by_address else self._accounts
        try:
            return breaker.call(question, counts, key)
        except StoreUnavailable as error:
            raise unavailable("Sign-ins can't be counted at the moment") from error


def _forgotten_key(subject_mac: bytes) -> str:
    return f"{_FORGOTTEN}:{encode_base64url(subject_mac).decode()}"


def _throttled(wait: float) -> JWTError:
    return JWTError(
        "Too Many Requests",
        "There were too many failed attempts: wait before the next one",
        429,
        {"Retry-After": str(ceil(wait))},
        error_code="throttled",
    )
