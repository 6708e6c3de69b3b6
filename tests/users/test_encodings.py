"""A database whose encoding has few characters."""

from __future__ import annotations

from collections.abc import Iterator
from secrets import token_hex
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.orm import sessionmaker

from flask_jwt.users import UnfitName, Users
from tests.support.stores import connected, server_url

from .models import Base, Person

PASSWORD = "correct horse battery staple"
# Two letters that Latin-1 has, and two that it has not.
HELD, NOT_HELD = "\u00c4nn\u00e9", "\u017b\u00f3\u0142w"


@pytest.fixture
def url() -> Iterator[str]:
    """A database in Latin-1."""
    server, name = server_url("postgresql"), f"latin_{token_hex(8)}"
    with connected(server) as connection:
        connection.execute(
            text(
                f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' "
                "LC_COLLATE 'C' LC_CTYPE 'C'"
            )
        )
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    with connected(server) as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.mark.parametrize("is_own", [True, False])
def test_a_name_that_can_not_be_kept(
    url: str, is_own: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """A name that the database has no letters for is nobody's, and given to nobody."""
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    users: Users[Any] = Users(url) if is_own else Users(model=Person, session=sessionmaker(engine))

    assert users.add(HELD, PASSWORD).username == HELD
    assert users.verify(HELD.lower(), PASSWORD) is not None
    assert users.by_name(NOT_HELD) is None
    assert users.verify(NOT_HELD, PASSWORD) is None
    for name, email in ((NOT_HELD, None), ("bob", f"{NOT_HELD}@example.org")):
        with pytest.raises(UnfitName, match="no characters"):
            users.add(name, PASSWORD, email=email)
    assert not caplog.records
    engine.dispose()
