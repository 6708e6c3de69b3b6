"""``python -m flask_jwt.migration``: ``flask jwt migrate`` where no application loads."""

from __future__ import annotations

from .command import migrate

if __name__ == "__main__":
    migrate(prog_name="python -m flask_jwt.migration")
