"""Sessions in Redis or Valkey: a hash for each, and a stream of revocations.

Every change is one Lua script, which touches keys of one slot only. Where an end takes two of them,
the feed is told first: both can be repeated, and what is half done denies. A server that is full
refuses new sessions; for those that it has, the scripts are let through (``allow-oom``).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Container, Sequence
from importlib.resources import files
from pathlib import Path
from secrets import token_hex
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from ..core.clock import Clock
from ..sessions.errors import StoreForgot, StoreUnavailable
from ..sessions.session import NewSession, Session, Use
from ..sessions.store import CALL_SECONDS, MAX_USER_AGENT, Feed, Reading, Revocation
from .faults import OPTION, TLS_FILE, misconfigured
from .redis_faults import is_answer, refuse
from .redis_port import mend_of_port

T = TypeVar("T")

# What a row's life is longer than that of its last access token, in seconds.
_KEPT = 3600.0
_MICROSECONDS = 1_000_000
_ENTRIES = 10_000
_TIMES = (
    *("began_at", "rotated_at", "used_at"),
    *("idle_span", "idle_until", "expires_at", "access_until"),
)
_TLS_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
_logger = logging.getLogger("flask_jwt")
_NO_POLICY = (
    "app.config['JWT_SESSION_STORE']: the server does not tell its maxmemory-policy, which has to "
    "be noeviction: with another one it may forget who has signed out"
)
_SCRIPTS = ("insert", "read", "move", "end", "open", "revoke", "feed")


def from_url(url: str, _instance_path: Path, _clock: Clock) -> RedisStore:
    """Return the store that a URL names; see :func:`flask_jwt.stores.open_store`.

    :param url: of redis-py's kind; ``?prefix=`` is ours.
    :raises ConfigurationError: it is none.
    """
    address, _, text = url.partition("?")
    query = dict(parse_qsl(text))
    prefix = query.pop("prefix", "flask_jwt")
    if "ssl_cert_reqs" in query:
        # As Celery has it, and so many a URL: CERT_REQUIRED.
        query["ssl_cert_reqs"] = query["ssl_cert_reqs"].lower().removeprefix("cert_")
    if not all(Path(query[name]).is_file() for name in _TLS_FILES if name in query):
        raise misconfigured(TLS_FILE)
    try:
        client = Redis.from_url(
            f"{address}?{urlencode(query)}",
            socket_timeout=CALL_SECONDS,
            socket_connect_timeout=CALL_SECONDS,
            # What may be done twice, the store itself knows.
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError:
        # Without the URL, which may hold a password.
        raise misconfigured("it is no URL of a Redis server") from None
    try:
        # It is not connected: only now are its options looked at.
        client.connection_pool.make_connection()
    except (TypeError, ValueError, RedisError):
        raise misconfigured(OPTION) from None
    return RedisStore(client, prefix)


class RedisStore:
    """Keeps sessions in Redis 7 or Valkey.

    :param client: of redis-py, which does not decode responses. Its time limits are yours to set.
    :param prefix: begins the names of all keys.
    :raises ConfigurationError: the client decodes responses.
    """

    issued: Container[str] | None = None

    def __init__(self, client: Redis, prefix: str = "flask_jwt") -> None:
        if client.get_encoder().decode_responses:
            raise misconfigured(
                "the client decodes responses, and the store reads bytes; make it without "
                "decode_responses"
            )
        self._client = client
        self._prefix = prefix
        # Whether the server has ever answered.
        self._reached = False
        # One slot for the feed, and one for each session.
        self._feed_keys = [f"{prefix}:{{feed}}", f"{prefix}:{{feed}}:memory"]
        folder = files("flask_jwt.stores") / "lua"
        self._script = {
            name: client.register_script((folder / f"{name}.lua").read_text()) for name in _SCRIPTS
        }

    def open(self, now: float, longest: float) -> None:
        """Make the epoch, if it is not there; see :class:`.SessionStore`.

        :raises ConfigurationError: the server may evict keys.
        """
        self._check_policy()
        values = [token_hex(16), _micro(now), _micro(longest)]
        self._again(lambda: self._script["open"](self._feed_keys[1:], values))

    def insert(self, session: NewSession) -> None:
        """Keep a new session."""
        use = session.use
        fields = {
            "sid": session.sid,
            "subject": session.subject,
            "salt": session.salt,
            "claims": json.dumps(session.claims),
            "added": json.dumps(session.added),
            "methods": " ".join(session.methods),
            "address": use.address or "",
            "user_agent": (use.user_agent or "")[:MAX_USER_AGENT],
        }
        spans = [_micro(session.idle_span), _micro(session.life_span)]
        values = [*spans, _micro(use.access_until), _micro(_KEPT)]
        for name, value in fields.items():
            values += [name, value]
        ends = int(self._again(lambda: self._script["insert"](self._row(session.sid), values)))
        self._again(lambda: self._index(session, ends // _MICROSECONDS + 1))

    def read(self, sid: str) -> Reading | None:
        """Return a session, live or not, or None."""
        now, row = self._again(lambda: self._script["read"](self._row(sid), list(Session._fields)))
        return None if row[0] is None else Reading(_session(row), _seconds(now))

    def rotate(self, sid: str, counter: int, use: Use) -> bool:
        """Move the counter on by one."""
        # Never a second time: the first may have been carried out, although no answer came.
        return self._once(lambda: self._move(sid, str(counter), "rotate", use))

    def repeat(self, sid: str, counter: int, use: Use) -> bool:
        """Note one more access token."""
        return self._again(lambda: self._move(sid, str(counter), "repeat", use))

    def extend(self, sid: str, use: Use) -> bool:
        """Note an access token that was made without a refresh."""
        return self._again(lambda: self._move(sid, "", "extend", use))

    def end(self, sid: str, because: str, margin: float) -> list[Revocation]:
        """End a session, and revoke its access tokens."""
        reading = self.read(sid)
        if reading is None or reading.session.ended_at is not None:
            return []
        revocation = Revocation("sid", sid, reading.session.access_until + margin)
        self.revoke([revocation])
        ended = self._again(lambda: self._script["end"](self._row(sid), [because]))
        if ended is None:
            return []
        until, ended_now = _seconds(ended[0]) + margin, bool(ended[1])
        if until > revocation.expires_at:
            # A refresh came in between, and its access token lives longer.
            revocation = revocation._replace(expires_at=until)
            self.revoke([revocation])
        return [revocation] if ended_now else []

    def end_all(
        self, subject: str, except_sid: str | None, because: str, margin: float
    ) -> list[Revocation]:
        """End the sessions of a subject, but for one."""
        return [
            revocation
            for sid in self._sids_of(subject)
            if sid != except_sid
            for revocation in self.end(sid, because, margin)
        ]

    def sessions_of(self, subject: str) -> list[Session]:
        """Return the live sessions of a subject, the newest first."""
        sids = self._sids_of(subject)
        readings = [reading for sid in sids if (reading := self.read(sid)) is not None]
        found = [one.session for one in readings if one.session.is_live(one.now)]
        return sorted(found, key=lambda session: session.began_at, reverse=True)

    def revoke(self, revocations: Sequence[Revocation]) -> None:
        """Keep revocations."""
        values: list[str] = []
        for kind, value, expires_at, not_before in revocations:
            values += [kind, value, _micro(expires_at), _micro(not_before)]
        self._again(lambda: self._script["revoke"](self._feed_keys, values))

    def feed(self, position: object | None) -> Feed:
        """Return the revocations that were committed after a position."""
        seen = position if isinstance(position, str) else "0-0"
        found: list[Revocation] = []
        while True:
            after = seen
            known, entries = self._again(
                lambda: self._script["feed"](self._feed_keys, [after, _ENTRIES])  # noqa: B023
            )
            epoch, began, longest = known
            if epoch is None or began is None:
                raise StoreForgot("the store is empty")
            found += [_revocation(fields) for _, fields in entries]
            if entries:
                seen = entries[-1][0].decode()
            if len(entries) < _ENTRIES:
                return Feed(epoch.decode(), _seconds(began), _seconds(longest), seen, found)

    def prune(self, most: int) -> int:  # noqa: ARG002
        """Delete nothing: each row has its time to live, and the stream is trimmed as it grows."""
        return 0

    def _move(self, sid: str, counter: str, how: str, use: Use) -> bool:
        values = [
            *(counter, how, _micro(use.access_until), use.address or ""),
            *((use.user_agent or "")[:MAX_USER_AGENT], _micro(_KEPT)),
        ]
        return bool(self._script["move"](self._row(sid), values))

    def _index(self, session: NewSession, ends: int) -> None:
        key = self._subject(session.subject)
        with self._client.pipeline(transaction=False) as pipeline:
            pipeline.zadd(key, {session.sid: ends})
            # Two seconds on the server's clock are no matter: the rows know better.
            pipeline.zremrangebyscore(key, "-inf", ends - int(session.life_span) - 2)
            pipeline.expireat(key, ends, gt=True)
            # A key without a time to live counts as one that lives for ever.
            pipeline.expireat(key, ends, nx=True)
            pipeline.execute()

    def _sids_of(self, subject: str) -> list[str]:
        key = self._subject(subject)
        sids: list[Any] = self._again(lambda: self._client.zrange(key, 0, -1))
        return [sid.decode() for sid in sids]

    def _row(self, sid: str) -> list[str]:
        return [f"{self._prefix}:session:{{{sid}}}"]

    def _subject(self, subject: str) -> str:
        return f"{self._prefix}:subject:{subject}"

    def _check_policy(self) -> None:
        try:
            policy = self._again(self._policy)
        except StoreUnavailable:
            mend = None if self._reached else mend_of_port(self._client)
            if mend is not None:
                raise misconfigured(mend) from None
            raise
        if policy is None:
            if not self._reached:
                _logger.warning(_NO_POLICY)
        elif policy != "noeviction":
            raise misconfigured(
                f"the server's maxmemory-policy is {policy!r}, with which it may forget who has "
                "signed out; set it to noeviction"
            )
        self._reached = True

    def _policy(self) -> str | None:
        try:
            policy: str | None = self._client.info("memory").get("maxmemory_policy")
        except ResponseError:
            # Who hires a server out may keep INFO for himself.
            return None
        return policy

    def _again(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except RedisConnectionError as error:
            if is_answer(error):
                refuse(error)
        except RedisError as error:
            refuse(error)
        # After a restart, a connection of the pool may be dead.
        return self._once(work)

    def _once(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except RedisError as error:
            refuse(error)


def _micro(seconds: float) -> str:
    return str(round(seconds * _MICROSECONDS))


def _seconds(text: bytes | str) -> float:
    return int(text) / _MICROSECONDS


def _session(row: Sequence[bytes]) -> Session:
    values: dict[str, Any] = {
        name: text.decode() for name, text in zip(Session._fields, row, strict=True)
    }
    for name in _TIMES:
        values[name] = _seconds(values[name])
    values["counter"] = int(values["counter"])
    for name in ("claims", "added"):
        values[name] = json.loads(values[name])
    values["methods"] = tuple(values["methods"].split())
    for name in ("address", "user_agent", "ended_because"):
        values[name] = values[name] or None
    values["ended_at"] = _seconds(values["ended_at"]) if values["ended_at"] else None
    return Session(**values)


def _revocation(fields: Sequence[bytes]) -> Revocation:
    named = dict(zip(fields[::2], fields[1::2], strict=True))
    kind: Any = named[b"kind"].decode()
    return Revocation(
        kind,
        named[b"value"].decode(),
        _seconds(named[b"expires_at"]),
        _seconds(named[b"not_before"]),
    )
