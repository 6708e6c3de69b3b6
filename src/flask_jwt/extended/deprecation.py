"""The warning for a name of version 3 of Flask-JWT-Extended."""

from __future__ import annotations

import warnings


def warn(former: str, today: str) -> None:
    """Tell the program that calls one of our functions what to write instead."""
    warnings.warn(
        f"{former} is of version 3 of Flask-JWT-Extended: write {today}",
        DeprecationWarning,
        stacklevel=3,
    )
