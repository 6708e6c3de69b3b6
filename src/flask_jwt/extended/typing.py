"""The types that Flask-JWT-Extended's module of this name has."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

#: How long a token lives; False is for ever.
ExpiresDelta = Literal[False] | timedelta
#: Whether a token is fresh, for how long it will be, or until when (seconds since 1970).
Fresh = bool | float | timedelta
