"""OpenAPI documents that say what the guards require."""

from __future__ import annotations

from .documents import secured as secured
from .frameworks import document as document
