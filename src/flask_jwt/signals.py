"""Signals (blinker's) about sessions and the keys of trusted issuers.

Each is sent with the application as its sender.
"""

from __future__ import annotations

from typing import Any

from blinker import Namespace
from flask import Flask, current_app

_signals = Namespace()

#: A session began: ``sid``, ``subject``.
session_started = _signals.signal("session-started")
#: A refresh token was exchanged: ``sid``, ``subject``.
session_refreshed = _signals.signal("session-refreshed")
#: A refresh token was exchanged once more within the grace: the answer was lost, or a thief was
#: quick. ``sid``, ``subject``, ``address`` and ``last_address``.
refresh_repeated = _signals.signal("refresh-repeated")
#: A refresh token came back after the grace, and its session has ended: ``sid``, ``subject``,
#: ``address`` (from where it came) and ``last_address`` (from where the session was used before).
refresh_token_reused = _signals.signal("refresh-token-reused")
#: A session has ended: ``sid``, ``subject`` (None where it is not known) and ``because``:
#: "logout", "reuse", "unknown user", "ended by the user", "ended by the operator", "replaced" (its
#: browser has signed in anew), "ended", or what the application said.
session_ended = _signals.signal("session-ended")

#: The keys of a trusted issuer were fetched: ``issuer`` and ``keys``, how many can be used.
issuer_keys_fetched = _signals.signal("issuer-keys-fetched")
#: They could not be fetched: ``issuer`` and ``error``, one line. Those from before are used on.
issuer_keys_failed = _signals.signal("issuer-keys-failed")
#: They are too old to be used, and requests with tokens of the issuer are answered 503: ``issuer``
#: and ``age``, in seconds.
issuer_keys_stale = _signals.signal("issuer-keys-stale")


def send(name: str, /, **values: Any) -> None:
    """Call the receivers of a signal; the log says which signal one has failed at.

    Blinker stops at the first that raises: the others would not hear of it, and a request that was
    carried out would be answered with an error.
    """
    signal = _signals[name]
    if not signal.receivers or signal.is_muted:
        return
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    for receiver in signal.receivers_for(app):
        try:
            app.ensure_sync(receiver)(app, **values)
        except Exception:
            app.logger.exception("a receiver of the signal %s has failed", name)
