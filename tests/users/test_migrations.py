"""Tables of users beside an application's own, which Alembic looks after."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import MetaData, create_engine

from flask_jwt import JWT
from flask_jwt.users import Users, add_tables
from tests.support.secret import secret
from tests.support.stores import SQL, empty_store


@pytest.mark.parametrize("ids", [int, UUID])
@pytest.mark.parametrize("kind", SQL)
def test_nothing_to_migrate(kind: str, ids: type[int] | type[UUID], tmp_path: Path) -> None:
    """What is made at first use is what add_tables describes: autogenerate finds no difference."""
    with empty_store(kind, tmp_path) as url:
        app = Flask(__name__)
        app.config["SECRET_KEY"] = secret("test_migrations")
        JWT(app, users=Users(url, ids=ids))
        app.test_client().post("/auth", json={"username": "anna", "password": "guess"})
        metadata = MetaData()
        add_tables(metadata, ids=ids)
        engine = create_engine(url)
        with engine.connect() as connection:
            options = {"compare_type": True, "compare_server_default": True}
            context = MigrationContext.configure(connection, opts=options)

            assert compare_metadata(context, metadata) == []
        engine.dispose()
        assert len(metadata.tables) == 2
