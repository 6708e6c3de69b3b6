"""A page that shows tokens at work, for development: 404 outside debug."""

from __future__ import annotations

from .blueprint import Console as Console
