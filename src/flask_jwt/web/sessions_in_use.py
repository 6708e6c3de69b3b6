"""The sessions of one application: the store, the revocations and the rules, put together."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..core.clock import Clock
from ..sessionconfig import SessionSettings
from ..sessions.lifetimes import MAX_LEEWAY, Lifetimes
from ..sessions.outage import Outage
from ..sessions.refresh_token import RefreshSecrets
from ..sessions.replica import RevocationReplica
from ..sessions.service import SessionService
from ..sessions.store import SessionStore
from ..sessions.subject import subject_key
from ..settings import ConfigurationError, Settings, refuse

#: Returns what names the user in the claims of a token, or None.
SubjectOf = Callable[[Mapping[str, Any]], Any]


class SessionsInUse:
    """What the request path asks about sessions."""

    def __init__(
        self,
        store: SessionStore,
        settings: Settings,
        session_settings: SessionSettings,
        subject: SubjectOf,
        clock: Clock,
        logger: logging.Logger,
    ) -> None:
        if settings.leeway > MAX_LEEWAY:
            refuse("JWT_LEEWAY", f"{MAX_LEEWAY:.0f} seconds at most where there are sessions")
        self._subject = subject
        self.lifetimes = Lifetimes(
            access=settings.expiration,
            idle=session_settings.idle,
            whole=session_settings.lifetime,
            short=session_settings.short_lifetime,
            grace=session_settings.grace,
        )
        outage = Outage(partial(logger.error, "%s"))
        self._replica = RevocationReplica(
            store,
            outage,
            refresh=session_settings.revocation_refresh,
            max_stale=session_settings.revocation_max_stale,
            longest=settings.expiration,
            subject_of=self.subject_or_none,
            clock=clock,
            warn=partial(logger.warning, "%s"),
        )
        #: Raises where the claims of a verified token were revoked; see
        #: :meth:`.RevocationReplica.check`.
        self.admit = self._replica.check
        #: Tells whether a session is known to have ended.
        self.is_revoked = self._replica.names
        self.service = SessionService(
            store,
            outage,
            self._replica,
            RefreshSecrets(session_settings.secrets),
            self.lifetimes,
            clock,
            session_settings.per_user,
        )

    def subject_of(self, claims: Mapping[str, Any]) -> str:
        """Return the key of the subject of claims."""
        named = self._subject(claims)
        try:
            return subject_key(named)
        except ValueError as error:
            raise ConfigurationError(
                "the claims name no user for a session: they have neither 'identity' nor 'sub' "
                f"({error}). Give JWT(…, subject=…) a function that finds the user in them"
            ) from None

    def is_subject(
        self, subject: str, claims: Mapping[str, Any], before: Mapping[str, Any]
    ) -> bool:
        """Tell whether claims name the subject of a session."""
        named, known = self._subject(claims), self._subject(before)
        # What is plainly the same needs no key to be made.
        if named is not None and type(named) is type(known) and type(named) in (int, str):
            return bool(named == known)
        return self.subject_of(claims) == subject

    def subject_or_none(self, claims: Mapping[str, Any]) -> str | None:
        """Return the key of the subject of claims, or None where nothing names one."""
        named = self._subject(claims)
        try:
            return subject_key(named)
        except ValueError:
            return None
