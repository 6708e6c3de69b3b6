"""A fixture for pytest: ``pytest_plugins = ["flask_jwt.testing.plugin"]`` in ``conftest.py``.

It builds on the ``client`` fixture that an application's tests have, by pytest-flask or their own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from flask.testing import FlaskClient

from . import client as kit


@pytest.fixture
def sign_in(client: FlaskClient) -> Callable[..., FlaskClient]:
    """Give :func:`flask_jwt.testing.sign_in` for the client of this test: it takes the user."""
    return partial(kit.sign_in, client)
