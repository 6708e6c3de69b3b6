"""What has failed in SQLite holds its one lock no longer, whoever keeps the error."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from time import time

import pytest

from flask_jwt.sessions import Revocation, StoreForgot
from tests.support.revoking import store_of
from tests.support.stores import empty


def test_a_transaction_that_failed(tmp_path: Path) -> None:
    """Others can write although the error of a failed write is still being looked at."""
    path = tmp_path / "sessions.db"
    url = f"sqlite:///{path}"
    store = store_of(url)
    store.open(300.0)
    empty(url)
    with pytest.raises(StoreForgot) as kept:
        store.revoke([Revocation("jti", "x", time() + 1000)])

    other = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
    finally:
        other.close()
    assert kept.value is not None
