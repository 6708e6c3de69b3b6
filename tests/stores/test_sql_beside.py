"""The tables among those of the application, and its migrations, which have to know them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from alembic.autogenerate import produce_migrations
from alembic.migration import MigrationContext
from alembic.operations.ops import DropTableOp
from flask import Flask
from flask_sqlalchemy import SQLAlchemy as FlaskSQLAlchemy
from flask_sqlalchemy_lite import SQLAlchemy as Lite
from sqlalchemy import MetaData, create_engine, inspect, text

from flask_jwt import JWT
from flask_jwt.stores.sql import SQLStore, add_tables
from flask_jwt.stores.sql_schema import metadata
from tests.support.members import SECRET
from tests.support.server import ROOT

TABLES = {"flask_jwt_sessions", "flask_jwt_revocations", "flask_jwt_store"}


@pytest.fixture
def url(sql_url: str) -> str:
    """The URL of an empty database of the application's."""
    return sql_url


def check(app: Flask, jwt: JWT) -> None:
    """Check that sessions work in an application."""
    client = app.test_client()
    tokens = client.post("/auth", json={"username": "ann", "password": "x"}).get_json()
    answer = client.post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert answer.status_code == 200
    with app.app_context():
        assert len(jwt.sessions.list("ann")) == 1
        assert jwt.sessions.end_all("ann") == 1


def application(store: Any, **config: Any) -> tuple[Flask, JWT]:
    app = Flask("beside")
    app.config.update({"SECRET_KEY": SECRET, "JWT_SESSION_STORE": store, **config})
    return app, JWT(app, lambda username, password: {"id": username}, dict)


def test_flask_sqlalchemy(url: str) -> None:
    """The engine of Flask-SQLAlchemy, and a transaction of the application's that stays its own."""
    db = FlaskSQLAlchemy()
    add_tables(db.metadata)
    app, jwt = application(SQLStore(lambda: db.engine), SQLALCHEMY_DATABASE_URI=url)
    db.init_app(app)
    with app.app_context():
        db.create_all()
        assert set(inspect(db.engine).get_table_names()) >= TABLES
        db.session.execute(text("CREATE TABLE notes (id INTEGER PRIMARY KEY)"))
        db.session.commit()
    check(app, jwt)
    with app.app_context():
        if not url.startswith("sqlite"):
            db.session.execute(text("INSERT INTO notes (id) VALUES (1)"))
            tokens = jwt.sessions.start({"id": "bob"})
            db.session.rollback()
            assert [one.sid for one in jwt.sessions.list("bob")] == [tokens.sid]
            assert db.session.execute(text("SELECT count(*) FROM notes")).scalar() == 0
        db.session.remove()
        db.engine.dispose()


def test_flask_sqlalchemy_session(url: str) -> None:
    """The scoped session will do as well."""
    db = FlaskSQLAlchemy()
    app, jwt = application(SQLStore(lambda: db.session), SQLALCHEMY_DATABASE_URI=url)
    db.init_app(app)
    check(app, jwt)
    with app.app_context():
        db.engine.dispose()


def test_flask_sqlalchemy_lite(url: str) -> None:
    """The same with Flask-SQLAlchemy-Lite."""
    db = Lite()
    app, jwt = application(SQLStore(lambda: db.engine), SQLALCHEMY_ENGINES={"default": url})
    db.init_app(app)
    check(app, jwt)
    with app.app_context():
        db.engine.dispose()


def test_tables_of_the_store_are_those_of_the_migration(url: str) -> None:
    """What the store makes by itself has nothing that a migration would change."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    engine = create_engine(url)
    store = SQLStore(engine)
    store.open(300.0)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
    engine.dispose()

    assert differences == []


def test_flask_migrate(url: str, tmp_path: Path) -> None:
    """Two lines in the application, and its migrations make the tables."""
    program = f"""
    from flask import Flask
    from flask_migrate import Migrate
    from flask_sqlalchemy import SQLAlchemy

    from flask_jwt import JWT
    from flask_jwt.stores.sql import SQLStore, add_tables

    db = SQLAlchemy()
    add_tables(db.metadata)

    app = Flask(__name__)
    app.config.update(
        SECRET_KEY={SECRET!r},
        SQLALCHEMY_DATABASE_URI={url!r},
        JWT_SESSION_STORE=SQLStore(lambda: db.engine),
    )
    db.init_app(app)
    Migrate(app, db)
    JWT(app, lambda username, password: {{"id": username}}, dict)
    """
    (tmp_path / "app.py").write_text(dedent(program))
    for command in (["init"], ["migrate", "-m", "sessions"], ["upgrade"], ["check"]):
        run = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app", "db", *command],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin"},
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, run.stderr
    engine = create_engine(url)
    assert set(inspect(engine).get_table_names()) >= TABLES
    engine.dispose()


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
