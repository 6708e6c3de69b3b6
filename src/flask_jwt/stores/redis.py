"""Sessions in Redis or Valkey: a hash for each, and a stream of revocations.

Every change is one Lua script, which touches keys of one slot only. An end takes three of them: the
feed is told first, and the index of the user last. Each can be repeated, and an end that is half
done denies already. A server that is full refuses new sessions; for those that it has, the scripts
are let through (``allow-oom``).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Container, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from secrets import token_hex
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from ..core.clock import Clock
from ..sessions.errors import StoreForgot, StoreUnavailable
from ..sessions.models import (
    CALL_SECONDS,
    KEPT_SECONDS,
    MAX_USER_AGENT,
    MOST_ENDED,
    Feed,
    NewSession,
    Reading,
    Revocation,
    Session,
    Use,
)
from .faults import OPTION, TLS_FILE, misconfigured
from .redis_faults import mend_of_port, retrying, single_attempt

# Times and durations are kept in microseconds, as text.
_MICROSECONDS = 1_000_000
_KEPT = str(KEPT_SECONDS * _MICROSECONDS)
# Revocations that are read in one go.
_ENTRIES = 10_000
_TLS_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
_logger = logging.getLogger("flask_jwt")
_NO_POLICY = (
    "app.config['JWT_SESSION_STORE']: the server does not tell its maxmemory-policy, which has to "
    "be noeviction: with another one it may forget who has signed out"
)
# How many sessions of an index are read in one round trip.
_ROWS = 500
_ENDING = ("sid", "access_until", "idle_until", "expires_at")
_LUA = files("flask_jwt.stores") / "lua"
_SCRIPTS = ("insert", "index", "read", "move", "end", "open", "revoke", "feed")


class _Listed(NamedTuple):
    """A session in the index of its user, and the microsecond in which it began."""

    sid: str
    began: int


def from_url(url: str, _instance_path: Path, _clock: Clock) -> RedisStore:
    """Return the store that a URL names; see :func:`flask_jwt.stores.open_store`."""
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
    :raises ConfigurationError: the client decodes responses, or has one connection for all.
    """

    issued: Container[str] | None = None

    def __init__(self, client: Redis, prefix: str = "flask_jwt") -> None:
        if client.get_encoder().decode_responses:
            raise misconfigured(
                "the client decodes responses, and the store reads bytes; make it without "
                "decode_responses"
            )
        if client.connection is not None:
            # redis-py's pools notice a fork; this one would be shared with the parent process.
            raise misconfigured(
                "the client has one connection for all, which would cross a fork; make it without "
                "single_connection_client"
            )
        self._client = client
        self._prefix = prefix
        # Whether the server has ever answered.
        self._reached = False
        # One slot for the feed, and one for each session.
        self._feed_keys = [f"{prefix}:{{feed}}", f"{prefix}:{{feed}}:memory"]
        # The server learns each script once.
        self._scripts = {
            name: client.register_script((_LUA / f"{name}.lua").read_text()) for name in _SCRIPTS
        }

    def open(self, longest: float) -> float:
        """Make the epoch, if it is not there; see :class:`.SessionStore`."""
        self._check_policy()
        values = [token_hex(16), _micro(longest)]
        return _seconds(self._run("open", self._feed_keys[1:], values))

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
        values = [*spans, _micro(use.access_until), _KEPT]
        for name, value in fields.items():
            values += [name, value]
        began, ends = self._run("insert", self._row(session.sid), values)
        # In the index for as long as the row is there, at least.
        leaves = str(int(ends) + KEPT_SECONDS * _MICROSECONDS)
        named = [session.sid, began.decode(), leaves]
        self._run("index", self._index(session.subject), named)

    def read(self, sid: str) -> Reading | None:
        """Return a session, live or not, or None."""
        now, row = self._run("read", self._row(sid), Session._fields)
        return None if row[0] is None else Reading(_session(row), _seconds(now))

    def rotate(self, sid: str, counter: int, use: Use) -> bool:
        """Move the counter on by one."""
        values = _move_values(str(counter), "rotate", use)
        return bool(self._run_once("move", self._row(sid), values))

    def repeat(self, sid: str, counter: int, use: Use) -> bool:
        """Note one more access token."""
        values = _move_values(str(counter), "repeat", use)
        return bool(self._run("move", self._row(sid), values))

    def extend(self, sid: str, use: Use) -> bool:
        """Note an access token that was made without a refresh."""
        values = _move_values("", "extend", use)
        return bool(self._run("move", self._row(sid), values))

    def end(self, sid: str, because: str, margin: float) -> list[Revocation]:
        """End a session, and revoke its access tokens."""
        reading = self.read(sid)
        if reading is None or reading.session.ended_at is not None:
            return []
        until = {sid: reading.session.access_until + margin}
        return self._end(reading.session.subject, until, because, margin)

    def end_batch(
        self, subject: str, except_sid: str | None, because: str, margin: float, newest: int
    ) -> list[Revocation]:
        """End some sessions of a subject; see :class:`.SessionStore`."""
        ended: list[Revocation] = []
        # Another call may be ending the same ones: then there may be more.
        while most := MOST_ENDED - len(ended):
            until = self._endable(subject, except_sid, margin, newest, most)
            if until:
                ended += self._end(subject, until, because, margin)
            if len(until) < most:
                break
        return ended

    def sessions_of(self, subject: str, most: int, after: Session | None) -> list[Session]:
        """Return live sessions of a subject, the newest first."""
        sessions: list[Session] = []
        last = None if after is None else _Listed(after.sid, round(after.began_at * _MICROSECONDS))
        while len(sessions) < most:
            page = self._listed(subject, last, min(most - len(sessions), _ROWS))
            if not page:
                break
            now, rows = self._rows(subject, page, Session._fields)
            sessions += [session for session in map(_session, rows) if session.is_live(now)]
            last = page[-1]
        return sessions

    def revoke(self, revocations: Sequence[Revocation]) -> None:
        """Keep revocations."""
        values = [_KEPT]
        for kind, value, expires_at, not_before in revocations:
            values += [kind, value, _micro(expires_at), _micro(not_before)]
        self._run("revoke", self._feed_keys, values)

    def feed(self, position: object | None) -> Feed:
        """Return the revocations that were committed after a position."""
        seen = position if isinstance(position, str) else "0-0"
        revocations: list[Revocation] = []
        while True:
            memory, entries = self._run("feed", self._feed_keys, [seen, _ENTRIES])
            epoch, began, longest, now = memory
            if epoch is None or began is None:
                raise StoreForgot("the store is empty")
            revocations += [_revocation(fields) for _, fields in entries]
            if entries:
                seen = entries[-1][0].decode()
            if len(entries) < _ENTRIES:
                times = (_seconds(began), _seconds(now), _seconds(longest))
                return Feed(epoch.decode(), *times, seen, revocations)

    def prune(self, most: int) -> int:  # noqa: ARG002
        """Delete nothing: each row has its time to live, and the stream is trimmed as it grows."""
        return 0

    @retrying
    def _run(self, script: str, keys: Sequence[str], values: Sequence[Any]) -> Any:
        return self._scripts[script](keys, values)

    # For what may have been carried out although no answer came, and is not to be done twice.
    @single_attempt
    def _run_once(self, script: str, keys: Sequence[str], values: Sequence[Any]) -> Any:
        return self._scripts[script](keys, values)

    def _end(
        self, subject: str, until: Mapping[str, float], because: str, margin: float
    ) -> list[Revocation]:
        revocations = [Revocation("sid", sid, expires_at) for sid, expires_at in until.items()]
        self.revoke(revocations)
        answers = self._end_rows(list(until), because)
        ended, longer = [], []
        for revocation, (access_until, ended_now) in zip(revocations, answers, strict=True):
            # A refresh may have come in between, and its access token lives longer.
            expires_at = max(revocation.expires_at, _seconds(access_until) + margin)
            prolonged = revocation._replace(expires_at=expires_at)
            if prolonged != revocation:
                longer.append(prolonged)
            if ended_now:
                ended.append(prolonged)
        if longer:
            self.revoke(longer)
        self._unlist(subject, list(until))
        return ended

    @retrying
    def _end_rows(self, sids: Sequence[str], because: str) -> list[tuple[bytes, int]]:
        script = self._scripts["end"]
        if len(sids) == 1:
            answers = [script(self._row(sids[0]), [because])]
        else:
            with self._client.pipeline(transaction=False) as pipeline:
                for sid in sids:
                    script(self._row(sid), [because], client=pipeline)
                answers = pipeline.execute()
        # Where the row has gone meanwhile, so have its tokens.
        return [(b"0", 0) if answer is None else tuple(answer) for answer in answers]

    def _endable(
        self, subject: str, except_sid: str | None, margin: float, newest: int, most: int
    ) -> dict[str, float]:
        """Return until when the tokens of some sessions have to be revoked, by their names."""
        endable: dict[str, float] = {}
        if newest and self._count(subject) <= newest:
            return endable
        skipped, last = 0, None
        while len(endable) < most:
            wanted = newest - skipped + most - len(endable) + 1
            page = self._listed(subject, last, min(wanted, _ROWS))
            if not page:
                break
            last = page[-1]
            now, rows = self._rows(subject, page, _ENDING)
            for sid, access_until, idle_until, expires_at in rows:
                if newest and now >= min(_seconds(idle_until), _seconds(expires_at)):
                    continue
                if skipped < newest:
                    skipped += 1
                elif sid.decode() != except_sid and len(endable) < most:
                    endable[sid.decode()] = _seconds(access_until) + margin
        return endable

    @retrying
    def _count(self, subject: str) -> int:
        count: int = self._client.zcard(self._index(subject)[0])
        return count

    @retrying
    def _listed(self, subject: str, after: _Listed | None, most: int) -> list[_Listed]:
        # No two sessions of a user begin in one microsecond: to begin one takes longer.
        highest = "+inf" if after is None else f"({after.began}"
        key = self._index(subject)[0]
        listed: list[Any] = self._client.zrevrangebyscore(
            key, highest, "-inf", start=0, num=most, withscores=True
        )
        return [_Listed(sid.decode(), int(began)) for sid, began in listed]

    def _rows(
        self, subject: str, listed: Sequence[_Listed], fields: Sequence[str]
    ) -> tuple[float, list[list[bytes]]]:
        """Return the store's time and the rows that have not ended; the others leave the index."""
        (seconds, microseconds), *rows = self._fetch_rows(listed, ["ended_at", *fields])
        gone = [entry.sid for entry, row in zip(listed, rows, strict=True) if row[0] != b""]
        if gone:
            self._unlist(subject, gone)
        return seconds + microseconds / _MICROSECONDS, [row[1:] for row in rows if row[0] == b""]

    @retrying
    def _fetch_rows(self, listed: Sequence[_Listed], fields: Sequence[str]) -> list[Any]:
        with self._client.pipeline(transaction=False) as pipeline:
            pipeline.time()
            for entry in listed:
                pipeline.hmget(self._row(entry.sid)[0], fields)
            answers: list[Any] = pipeline.execute()
            return answers

    @retrying
    def _unlist(self, subject: str, sids: Sequence[str]) -> None:
        with self._client.pipeline(transaction=False) as pipeline:
            for key in self._index(subject):
                pipeline.zrem(key, *sids)
            pipeline.execute()

    def _row(self, sid: str) -> list[str]:
        return [f"{self._prefix}:session:{{{sid}}}"]

    def _index(self, subject: str) -> list[str]:
        key = f"{self._prefix}:subject:{{{subject}}}"
        return [key, f"{key}:leaving"]

    def _check_policy(self) -> None:
        try:
            policy = self._policy()
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

    @retrying
    def _policy(self) -> str | None:
        try:
            policy: str | None = self._client.info("memory").get("maxmemory_policy")
        except ResponseError:
            # Providers may keep INFO for themselves.
            return None
        return policy


def _move_values(counter: str, action: str, use: Use) -> list[str]:
    agent = (use.user_agent or "")[:MAX_USER_AGENT]
    return [counter, action, _micro(use.access_until), use.address or "", agent, _KEPT]


def _micro(seconds: float) -> str:
    return str(round(seconds * _MICROSECONDS))


def _seconds(text: bytes | str) -> float:
    return int(text) / _MICROSECONDS


def _session(row: Sequence[bytes]) -> Session:
    # In the order of its fields; the seven in the middle are times.
    sid, subject, counter, salt, *times, claims, added, methods, address, agent, ended, because = [
        text.decode() for text in row
    ]
    return Session._make(
        (
            *(sid, subject, int(counter), salt),
            *[_seconds(time) for time in times],
            *(json.loads(claims), json.loads(added), tuple(methods.split())),
            *(address or None, agent or None),
            *(_seconds(ended) if ended else None, because or None),
        )
    )


def _revocation(fields: Sequence[bytes]) -> Revocation:
    named = dict(zip(fields[::2], fields[1::2], strict=True))
    kind: Any = named[b"kind"].decode()
    return Revocation(
        kind,
        named[b"value"].decode(),
        _seconds(named[b"expires_at"]),
        _seconds(named[b"not_before"]),
    )
