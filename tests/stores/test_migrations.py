"""Migrations of the application's drop tables that they don't know: the log says so before."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import produce_migrations
from alembic.migration import MigrationContext
from alembic.operations.ops import DropTableOp
from sqlalchemy import MetaData, create_engine

from flask_jwt.stores.sql import SQLStore, add_tables
from flask_jwt.stores.sql_schema import metadata
from tests.support.members import SECRET
from tests.support.server import ROOT

PROGRAM = f"""
import sys
from flask import Flask
from sqlalchemy import MetaData, create_engine, text
from flask_jwt import JWT
from flask_jwt.stores.sql import SQLStore, add_tables

url, *words = sys.argv[1:]
engine = create_engine(url)
if "migrated" in words:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
if "known" in words:
    add_tables(MetaData())
for name in ("one", "another"):
    app = Flask(name)
    app.config.update(SECRET_KEY={SECRET!r}, JWT_SESSION_STORE=SQLStore(engine))
    JWT(app, lambda username, password: {{"id": username}}, dict)
    for _ in range(2):
        answer = app.test_client().post("/auth", json={{"username": "ann", "password": "x"}})
        assert answer.status_code == 200
engine.dispose()
"""


@pytest.mark.parametrize(
    ("words", "lines"), [(["migrated"], 1), (["migrated", "known"], 0), ([], 0)]
)
def test_warning(sql_url: str, words: list[str], lines: int) -> None:
    """Beside the table of Alembic, an application that has not added ours hears of it once."""
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, sql_url, *words],
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert len(run.stderr.splitlines()) == lines, run.stderr
    assert run.stderr.count("alembic_version") == run.stderr.count("add_tables(") == lines


def left_out(name: str | None, type_: str, parent_names: Any) -> bool:
    """Tell which tables are none of ours, as docs/sessions.md has it."""
    return type_ != "table" or not str(name).startswith("flask_jwt_")


def test_what_autogenerate_does(tmp_path: Path) -> None:
    """It drops each table of ours, unless they are added, or left out in ``env.py``."""
    engine = create_engine(f"sqlite:///{tmp_path / 'app.db'}")
    SQLStore(engine).open(300.0)
    added = MetaData()
    add_tables(added)
    dropped = []
    with engine.connect() as connection:
        for target, options in (
            (MetaData(), {}),
            (added, {}),
            (MetaData(), {"include_name": left_out}),
        ):
            context = MigrationContext.configure(connection, opts=options)
            script = produce_migrations(context, target)
            assert script.upgrade_ops is not None
            operations = script.upgrade_ops.ops
            dropped.append({one.table_name for one in operations if isinstance(one, DropTableOp)})
    engine.dispose()

    assert dropped == [set(metadata.tables), set(), set()]
