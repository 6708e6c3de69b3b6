"""Hashes that cost nothing, for one object and for as long as a test wants."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from flask_jwt import JWT
from flask_jwt.testing import cheap_hashing
from flask_jwt.users import Users
from tests.support.secret import secret
from tests.users.verifications import verified as verified


def test_users_are_hashed_cheaply(tmp_path: Path, verified: list[str]) -> None:
    """Users of the block can sign in after it, when their hashes become what they should be."""
    app = Flask(__name__, instance_path=str(tmp_path))
    app.secret_key = secret()
    users, others = Users("sqlite:///users.db"), Users("sqlite:///users.db")
    JWT(app, users=users)

    with app.app_context():
        with cheap_hashing(users):
            users.add("anna", "tr0mbones")
            assert users.verify("anna", "tr0mbones")
            others.verify("nobody", "tr0mbones")
        assert users.verify("anna", "tr0mbones")
        assert users.verify("anna", "tr0mbones")

    memory = [stored.partition("m=")[2].partition(",")[0] for stored in verified]
    assert memory == ["8", "19456", "8", "19456"]
