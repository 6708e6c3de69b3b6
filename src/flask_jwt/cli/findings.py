"""What a check has found, in the order in which it is shown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..settings import ROUTE_KEYS

_SECTIONS = ("settings", "keys", "routes", "store")
_KEY = re.compile(r"app\.config\['(\w+)'\]")
_OF_KEYS = frozenset(
    {
        *("SECRET_KEY", "SECRET_KEY_FALLBACKS", "JWT_SECRET_KEY", "JWT_SECRET_KEY_FALLBACKS"),
        *("JWT_REFRESH_SECRET", "JWT_REFRESH_SECRET_FALLBACKS"),
        *("JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY", "JWT_KEY_FILE"),
    }
)


def key_in(text: str) -> str | None:
    """Return the configuration key that an error quotes first, or None."""
    found = _KEY.search(text)
    return None if found is None else found[1]


class Findings:
    """Faults, warnings and what is good, by section."""

    def __init__(self) -> None:
        self._rows: dict[str, list[tuple[str, str]]] = {section: [] for section in _SECTIONS}
        #: The sections that have a fault.
        self.faulty: set[str] = set()

    def fault(self, section: str, text: str) -> None:
        """Note what requests would fail of."""
        self.faulty.add(section)
        self._add(section, "FAULT", text)

    def warning(self, section: str, text: str) -> None:
        """Note what works, and should not be so."""
        self._add(section, "warning", text)

    def good(self, section: str, text: str) -> None:
        """Note that a section has passed, unless it has not."""
        if section not in self.faulty:
            self._rows[section].insert(0, ("ok", text))

    def section_of(self, text: str) -> str:
        """Return the section that an error or a warning about the configuration belongs to."""
        key = key_in(text)
        if key == "JWT_SESSION_STORE":
            return "store"
        if key in _OF_KEYS:
            return "keys"
        return "routes" if key in ROUTE_KEYS else "settings"

    def rows(self) -> Sequence[tuple[str, str, str]]:
        """Return a row for each: its section, its kind and its text, on one line."""
        return [
            (section, kind, " ".join(text.split()))
            for section in _SECTIONS
            for kind, text in self._rows[section] or [("not checked", "")]
        ]

    def _add(self, section: str, kind: str, text: str) -> None:
        if (kind, text) not in self._rows[section]:
            self._rows[section].append((kind, text))
