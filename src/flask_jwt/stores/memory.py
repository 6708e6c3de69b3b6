"""Sessions in the memory of one process: for tests, and for a server with a single worker."""

from __future__ import annotations

import os
import threading
from bisect import bisect_left
from collections.abc import Container, Iterable, Sequence
from itertools import islice

from flask import current_app

from ..core.clock import Clock, system_clock
from ..errors import ConfigurationError
from ..http import current_request
from ..sessions.errors import StoreForgot
from ..sessions.models import (
    KEPT_SECONDS,
    MOST_ENDED,
    Feed,
    NewSession,
    Reading,
    Revocation,
    Session,
    Use,
)

# How many rows are looked at for each that may be deleted.
_EXAMINED = 10


class MemoryStore:
    """Keeps sessions in a dict of one process: a restart signs everybody out.

    A request is refused where WSGI says that there are several processes, outside debug and
    testing; and so is every call after a fork.
    """

    def __init__(self, clock: Clock = system_clock) -> None:
        self._clock = clock
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._rows: dict[str, Session] = {}
        # The sessions in the order in which they began, which no clock changes.
        self._numbers: dict[str, int] = {}
        self._begun = 0
        # By subject the sessions that have not ended, in the order of their numbers.
        self._by_subject: dict[str, list[tuple[int, str]]] = {}
        self._began: float | None = None
        self._longest = 0.0
        # Revocations by their numbers, in order.
        self._revocations: dict[int, Revocation] = {}
        self._number = 0
        # What a round of pruning has not looked at yet.
        self._unexamined: list[str] = []
        #: The sessions that this process has begun: there are no others.
        self.issued: Container[str] | None = self

    def __contains__(self, sid: object) -> bool:
        _check_server()
        return sid in self._rows

    def open(self, longest: float) -> float:
        """Note when the memory began; see :class:`.SessionStore`."""
        with self._turn():
            now = self._clock()
            before = now if self._began is None else self._began
            self._began = min(before, now)
            self._longest = max(self._longest, longest)
            return before - self._began

    def insert(self, session: NewSession) -> None:
        """Keep a new session."""
        with self._turn():
            if session.sid in self._rows:
                return
            now = self._clock()
            ends = now + session.life_span
            self._rows[session.sid] = Session(
                sid=session.sid,
                subject=session.subject,
                counter=0,
                salt=session.salt,
                began_at=now,
                rotated_at=now,
                used_at=now,
                idle_span=session.idle_span,
                idle_until=min(now + session.idle_span, ends),
                expires_at=ends,
                access_until=session.use.access_until,
                claims=session.claims,
                added=session.added,
                methods=session.methods,
                address=session.use.address,
                user_agent=session.use.user_agent,
                ended_at=None,
                ended_because=None,
            )
            self._begun += 1
            self._numbers[session.sid] = self._begun
            self._by_subject.setdefault(session.subject, []).append((self._begun, session.sid))

    def read(self, sid: str) -> Reading | None:
        """Return a session, live or not, or None."""
        self._turn()
        session = self._rows.get(sid)
        return None if session is None else Reading(session, self._clock())

    def rotate(self, sid: str, counter: int, use: Use) -> bool:
        """Move the counter on by one."""
        with self._turn():
            now = self._clock()
            session = self._live(sid, now, counter)
            if session is not None:
                used = _used(session, use, now)
                self._rows[sid] = used._replace(counter=counter + 1, rotated_at=now)
            return session is not None

    def repeat(self, sid: str, counter: int, use: Use) -> bool:
        """Note one more access token."""
        with self._turn():
            now = self._clock()
            session = self._live(sid, now, counter)
            if session is not None:
                until = max(session.access_until, use.access_until)
                self._rows[sid] = session._replace(used_at=now, access_until=until)
            return session is not None

    def extend(self, sid: str, use: Use) -> bool:
        """Note an access token that was made without a refresh."""
        with self._turn():
            now = self._clock()
            session = self._live(sid, now)
            if session is not None:
                self._rows[sid] = _used(session, use, now)
            return session is not None

    def end(self, sid: str, because: str, margin: float) -> list[Revocation]:
        """End a session, and revoke its access tokens."""
        with self._turn():
            return self._end([sid], because, margin)

    def end_batch(
        self, subject: str, except_sid: str | None, because: str, margin: float, newest: int
    ) -> list[Revocation]:
        """End some sessions of a subject; see :class:`.SessionStore`."""
        with self._turn():
            if newest and len(self._by_subject.get(subject, ())) <= newest:
                return []
            now = self._clock()
            sessions = self._newest_first(subject)
            if newest:
                live = (session for session in sessions if session.is_live(now))
                sessions = islice(live, newest, None)
            sids = (session.sid for session in sessions if session.sid != except_sid)
            return self._end(list(islice(sids, MOST_ENDED)), because, margin)

    def sessions_of(self, subject: str, most: int, after: Session | None) -> list[Session]:
        """Return live sessions of a subject, the newest first."""
        with self._turn():
            now = self._clock()
            sessions = self._newest_first(subject, after)
            return list(islice((session for session in sessions if session.is_live(now)), most))

    def revoke(self, revocations: Sequence[Revocation]) -> None:
        """Keep revocations."""
        with self._turn():
            self._keep(revocations)

    def feed(self, position: object | None) -> Feed:
        """Return the revocations after a position."""
        with self._turn():
            if self._began is None:
                raise StoreForgot("the store was not opened")
            seen = position if isinstance(position, int) else 0
            # Numbers rise without gaps but for what was pruned.
            new = [
                self._revocations[n]
                for n in range(seen + 1, self._number + 1)
                if n in self._revocations
            ]
            now = self._clock()
            return Feed("memory", self._began, now, self._longest, self._number, new)

    def prune(self, most: int) -> int:
        """Delete sessions and revocations whose last access token has expired."""
        with self._turn():
            now = self._clock()
            sessions = self._expired(now, most)
            for session in sessions:
                del self._rows[session.sid]
                if session.ended_at is None:
                    self._unlist(session)
                del self._numbers[session.sid]
            last = now - KEPT_SECONDS
            old = [
                number
                for number, revocation in self._revocations.items()
                if revocation.expires_at < last
            ][:most]
            for number in old:
                del self._revocations[number]
            return len(sessions) + len(old)

    def _turn(self) -> threading.Lock:
        """Return the lock for a call, which has to be of the process that made the store."""
        if os.getpid() != self._process:
            raise _for_one_process("this one was forked from the one that made it")
        _check_server()
        return self._lock

    def _live(self, sid: str, now: float, counter: int | None = None) -> Session | None:
        session = self._rows.get(sid)
        if session is None or counter not in (None, session.counter):
            return None
        return session if session.is_live(now) else None

    def _end(self, sids: Sequence[str], because: str, margin: float) -> list[Revocation]:
        now = self._clock()
        ended = []
        for sid in sids:
            session = self._rows.get(sid)
            if session is not None and session.ended_at is None:
                self._rows[sid] = session._replace(ended_at=now, ended_because=because)
                self._unlist(session)
                ended.append(Revocation("sid", sid, session.access_until + margin))
        self._keep(ended)
        return ended

    def _keep(self, revocations: Sequence[Revocation]) -> None:
        for revocation in revocations:
            self._number += 1
            self._revocations[self._number] = revocation

    def _expired(self, now: float, most: int) -> list[Session]:
        # Some at a time: with a million of them, a call that looked at all would take too long.
        self._unexamined = self._unexamined or list(self._rows)
        examined = self._unexamined[-_EXAMINED * most :]
        del self._unexamined[-_EXAMINED * most :]
        sessions = [self._rows[sid] for sid in examined if sid in self._rows]
        last = now - KEPT_SECONDS
        return [
            session
            for session in sessions
            if max(session.access_until, session.ended_at or session.idle_until) < last
        ][:most]

    def _newest_first(self, subject: str, after: Session | None = None) -> Iterable[Session]:
        listed = self._by_subject.get(subject, [])
        last = len(listed)
        if after is not None:
            last = bisect_left(listed, (self._numbers.get(after.sid, 0), after.sid))
        return (self._rows[listed[place][1]] for place in range(last - 1, -1, -1))

    def _unlist(self, session: Session) -> None:
        listed = self._by_subject[session.subject]
        del listed[bisect_left(listed, (self._numbers[session.sid], session.sid))]
        if not listed:
            del self._by_subject[session.subject]


def _used(session: Session, use: Use, now: float) -> Session:
    return session._replace(
        used_at=now,
        idle_until=min(now + session.idle_span, session.expires_at),
        access_until=max(session.access_until, use.access_until),
        address=use.address,
        user_agent=use.user_agent,
    )


def _check_server() -> None:
    try:
        several = current_request().environ.get("wsgi.multiprocess")
    except RuntimeError:
        # A script, or a command.
        return
    if several and not (current_app.debug or current_app.testing):
        raise _for_one_process("this server has several, each of which would have its own")


def _for_one_process(but: str) -> ConfigurationError:
    return ConfigurationError(
        f"app.config['JWT_SESSION_STORE'] is memory://, which is for one process, and {but}: use "
        "sqlite:///sessions.db, or one worker with threads"
    )
