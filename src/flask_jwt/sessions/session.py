"""A session: one row, whatever the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Use(NamedTuple):
    """A use of a session: a sign-in or a refresh.

    :param access_until: the ``exp`` of the access token that was made for it.
    :param address: from where it came, or None.
    :param user_agent: by which program, or None.
    """

    access_until: float
    address: str | None
    user_agent: str | None


class NewSession(NamedTuple):
    """A session that begins. Its times are the store's to set.

    :param sid: its name.
    :param subject: the key of whose it is; see :func:`.subject_key`.
    :param salt: random bytes for its refresh tokens, as hexadecimal digits.
    :param idle_span: after how many seconds without a refresh it expires.
    :param life_span: after how many seconds it expires in any case.
    :param claims: what the application's hooks said of the user at sign-in.
    :param added: further claims for each access token of the session.
    :param methods: how the user authenticated (:rfc:`8176`).
    :param use: the sign-in.
    """

    sid: str
    subject: str
    salt: str
    idle_span: float
    life_span: float
    claims: Mapping[str, Any]
    added: Mapping[str, Any]
    methods: tuple[str, ...]
    use: Use

    def __repr__(self) -> str:
        return f"<NewSession {self.sid} of {self.subject}>"


class Session(NamedTuple):
    """A session as its store has it. Times are seconds since 1970 by the store's clock.

    :param sid: its name, which its access tokens carry.
    :param subject: the key of whose it is.
    :param counter: how many refresh tokens were made before the current one.
    :param salt: random bytes for its refresh tokens, as hexadecimal digits.
    :param began_at: when the user signed in.
    :param rotated_at: when the current refresh token was made.
    :param used_at: when it was last refreshed.
    :param idle_span: after how many seconds without a refresh it expires.
    :param idle_until: when that is.
    :param expires_at: when it expires in any case.
    :param access_until: the latest ``exp`` of its access tokens, by the application's clock.
    :param claims: what the application's hooks said of the user at sign-in.
    :param added: further claims for each access token of the session.
    :param methods: how the user authenticated (:rfc:`8176`).
    :param address: from where it was last used, or None.
    :param user_agent: by which program it was last used, or None.
    :param ended_at: when it was ended, or None.
    :param ended_because: why it was ended, or None.
    """

    sid: str
    subject: str
    counter: int
    salt: str
    began_at: float
    rotated_at: float
    used_at: float
    idle_span: float
    idle_until: float
    expires_at: float
    access_until: float
    claims: Mapping[str, Any]
    added: Mapping[str, Any]
    methods: tuple[str, ...]
    address: str | None
    user_agent: str | None
    ended_at: float | None
    ended_because: str | None

    def is_live(self, now: float) -> bool:
        """Tell whether it can be refreshed.

        :param now: seconds since 1970 by the store's clock.
        """
        return self.ended_at is None and now < self.idle_until and now < self.expires_at

    def __repr__(self) -> str:
        return f"<Session {self.sid} of {self.subject}>"
