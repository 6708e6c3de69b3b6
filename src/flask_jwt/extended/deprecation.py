"""The warning for what is of version 3 of Flask-JWT-Extended."""

from __future__ import annotations

import warnings

#: How far the program is from who calls :func:`warn`: it has called that function.
CALLER = 3
#: As far, with a function of ours between.
CALLERS_CALLER = 4


def warn(former: str, today: str, level: int = CALLER) -> None:
    """Tell a program what to write instead of what it has written."""
    warnings.warn(
        f"{former} is of version 3 of Flask-JWT-Extended: write {today}",
        DeprecationWarning,
        stacklevel=level,
    )
