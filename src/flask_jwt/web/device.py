"""From where a request comes, as a session keeps it."""

from __future__ import annotations

from flask import has_request_context

from ..sessions.store import MAX_ADDRESS, MAX_USER_AGENT
from .context import current_request


def device() -> tuple[str | None, str | None]:
    """Return from where this request comes, and by which program; None where it is not known."""
    if not has_request_context():
        return None, None
    this = current_request()
    return (
        _shown(this.remote_addr, MAX_ADDRESS),
        _shown(this.headers.get("User-Agent"), MAX_USER_AGENT),
    )


def _shown(text: str | None, longest: int) -> str | None:
    if text is None:
        return None
    # Not every database has letters beyond ASCII.
    plain = text[:longest].encode("ascii", "replace").decode()
    if not plain.isprintable():
        plain = "".join(one for one in plain if one.isprintable())
    return plain or None
