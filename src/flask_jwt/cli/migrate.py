"""``flask jwt migrate``: what in a program's sources works here, changes, or needs a decision."""

from __future__ import annotations

from ..migration.command import migrate as migrate
