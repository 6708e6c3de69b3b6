"""Chromium, to which every host below ``.test`` is this machine."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.support.chromium import chromium as chromium
from tests.support.chromium import new_context as new_context

from .shopping import RESOLVER


@pytest.fixture(scope="module")
def chromium_arguments() -> Sequence[str]:
    """What its command line says beside the usual."""
    return (RESOLVER,)
