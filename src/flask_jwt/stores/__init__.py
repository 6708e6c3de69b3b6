"""Where sessions live: in memory, in a database, or in Redis."""

from __future__ import annotations

from .opening import open_store as open_store
