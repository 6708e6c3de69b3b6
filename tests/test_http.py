"""Which hosts are this machine."""

from __future__ import annotations

import pytest

from flask_jwt.http import is_loopback


@pytest.mark.parametrize("host", ["localhost:80:80", "localhost:x", "", "[::1"])
def test_hosts_that_are_none(host: str) -> None:
    """They are not this machine."""
    assert not is_loopback(host)
