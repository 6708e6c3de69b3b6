"""Names of users as they are compared."""

from __future__ import annotations

from unicodedata import normalize


def name_key(name: str) -> str:
    """Return what names are compared by: NFKC, case folding, and NFKC again."""
    return normalize("NFKC", normalize("NFKC", name).casefold())
