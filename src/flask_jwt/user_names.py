"""Names of users as they are compared."""

from __future__ import annotations

from unicodedata import category, normalize

# Marks, blanks, controls and what is not seen.
_OVERLOOKED = "MZC"


def name_key(name: str) -> str:
    """Return what names are compared by: NFKC, case folding, and NFKC again."""
    return normalize("NFKC", normalize("NFKC", name).casefold())


def name_likeness(name: str) -> str:
    """Return what all names have in common that some database may take for one."""
    letters = normalize("NFKD", name_key(name))
    return "".join(letter for letter in letters if category(letter)[0] not in _OVERLOOKED)
