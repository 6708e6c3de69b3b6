"""Stores and servers that tests of several folders use, and Hypothesis."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.serving import recording as recording
from tests.support.serving import several as several
from tests.support.stores import KINDS, SHARED, SQL, empty_store

# The same run, repeated, tries the same examples; and a busy machine is no failure.
settings.register_profile(
    "deterministic",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("deterministic")


@pytest.fixture(params=KINDS)
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty store, of each kind in turn."""
    with empty_store(request.param, tmp_path) as url:
        yield url


@pytest.fixture(params=SHARED)
def shared_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty store that processes can share, of each kind in turn."""
    with empty_store(request.param, tmp_path) as url:
        yield url


@pytest.fixture(params=SQL)
def sql_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, of each kind in turn."""
    with empty_store(request.param, tmp_path) as url:
        yield url
