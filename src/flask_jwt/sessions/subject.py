"""Whose session it is: one text for each subject, whatever type the application's ids have."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID

from ..core.compact import encode_base64url

#: The longest key of a subject, in ASCII characters: databases put it into an index.
MAX_SUBJECT_KEY = 191


def subject_key(subject: Any) -> str:
    """Return the key of a subject: its canonical JSON, or a hash of that where it is long.

    JSON keeps types apart: ``1``, ``"1"`` and ``true`` are three subjects.

    :param subject: what the ``identity`` claim holds (or ``sub``, or whatever the application says
        names the user).
    :return: at most 191 ASCII characters.
    :raises ValueError: it is None, or can't be written as JSON.
    """
    if subject is None:
        raise ValueError("None is nobody: a session needs a subject")
    try:
        text = json.dumps(
            subject, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_as_text
        )
    except (TypeError, RecursionError) as error:
        raise ValueError(f"a subject has to be JSON: {error}") from None
    return bounded(text)


def bounded(text: str) -> str:
    """Return a text of ASCII that is short enough for an index, or a hash in its place."""
    if text.isascii() and text.isprintable() and len(text) <= MAX_SUBJECT_KEY:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return "sha256-" + encode_base64url(digest).decode()


def _as_text(value: Any) -> str:
    # As the signer writes it into the claim.
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")
