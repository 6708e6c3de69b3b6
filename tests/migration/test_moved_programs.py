"""Programs after ``--write``: what was said to work does, without the package they came from."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import warnings

import pytest
from flask import Flask

from tests.support.secret import secret

from .conftest import Tree
from .courses import EXTENDED_3, FLASK_JWT

#: The decisions of the courses, taken as the command says.
DECISIONS = [
    (
        "from werkzeug.security import safe_str_cmp",
        "from hmac import compare_digest as safe_str_cmp",
    ),
    ("@app.before_first_request\n", ""),
    ("@jwt.error_handler", "@jwt.jwt_error_handler"),
    ("'jose'", repr(secret("course"))),
]
IN_FLASK_JWT = """
from app import app
from models.user import UserModel

UserModel.users.append(UserModel(1, 'anna', 'abc'))
client = app.test_client()
token = client.post('/login', json={'username': 'anna', 'password': 'abc'}).json['access_token']
answer = client.get('/item/chair', headers={'Authorization': f'JWT {token}'})
assert answer.json == {'name': 'chair', 'owner': 'anna'}
assert client.get('/item/chair').status_code == 401
assert 'message' in client.get('/item/chair').json
"""
IN_EXTENDED_3 = """
from app import app

client = app.test_client()
tokens = client.post('/login').json


def ask(method, path, token):
    headers = {'Authorization': f'Bearer {tokens[token]}'}
    return client.open(path, method=method, headers=headers)


assert ask('GET', '/item/chair', 'access_token').json == {'name': 'chair'}
assert ask('POST', '/item/chair', 'access_token').status_code == 201
assert ask('DELETE', '/item/chair', 'access_token').json == {'message': 'of admins alone'}
assert client.get('/items').json == {'items': []}
tokens['stale'] = ask('POST', '/refresh', 'refresh_token').json['access_token']
assert ask('POST', '/item/chair', 'stale').json == {'error': 'fresh_token_required'}
assert ask('POST', '/logout', 'access_token').status_code == 200
assert ask('GET', '/item/chair', 'access_token').status_code == 401
assert ask('GET', '/item/chair', 'stale').status_code == 200
"""


def decided(text: str) -> str:
    """Return a file of a course after what is to be decided."""
    for before, after in DECISIONS:
        text = text.replace(before, after)
    return text


@pytest.mark.parametrize(
    ("course", "visit"),
    [(FLASK_JWT, IN_FLASK_JWT), (EXTENDED_3, IN_EXTENDED_3)],
    ids=["Flask-JWT", "FJE 3"],
)
def test_courses(tree: Tree, course: dict[str, str], visit: str) -> None:
    """A course's program runs once it is written and decided, and nothing is left to decide."""
    tree.add({name: decided(text) for name, text in course.items()})

    written = tree.run("--write")
    assert written.exit_code == 0, written.stdout
    tree.add({"visit.py": visit + "import sys\nassert 'flask_jwt_extended' not in sys.modules\n"})
    run = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "visit.py"],
        cwd=tree.root,
        capture_output=True,
        text=True,
    )

    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("module", ["", ".config", ".exceptions", ".internal_utils", ".utils"])
def test_names(tree: Tree, module: str) -> None:
    """Every name of Flask-JWT-Extended's own, module by module, is imported as it is rewritten."""
    theirs = importlib.import_module(f"flask_jwt_extended{module}")
    own = theirs.__name__ if module else r"flask_jwt_extended\..*"
    names = sorted(
        name
        for name, value in vars(theirs).items()
        if re.fullmatch(own, getattr(value, "__module__", "")) and name[0] != "_"
        # What its JWTManager gives to templates, and no program imports.
        if name != "current_user_context_processor"
    )
    program = f"from flask_jwt_extended{module} import {', '.join(names)}\n"

    found = tree.of(program)
    exec(tree.rewritten(program), {})

    assert {kind for _, kind, _, _ in found} == {"changes"}


@pytest.mark.parametrize(
    "name",
    [
        "fresh_jwt_required",
        "get_jwt_claims",
        "get_raw_jwt",
        "get_raw_jwt_header",
        "jwt_optional",
        "jwt_refresh_token_required",
        "verify_fresh_jwt_in_request",
        "verify_jwt_in_request_optional",
        "verify_jwt_refresh_token_in_request",
    ],
)
def test_names_of_version_3(tree: Tree, name: str) -> None:
    """A name of version 3 is imported, and the warning says what the command does."""
    program = f"import flask_jwt_extended as fje\nfje.{name}\n"
    ((_, _, _, today),) = tree.of(program)[1:]

    with pytest.warns(DeprecationWarning, match=name) as warned:
        exec(tree.rewritten(program), {})

    assert str(warned[0].message).endswith(f": write {today}")


def test_keys(tree: Tree) -> None:
    """Each key of Flask-JWT-Extended works, and is listed where a program sets it."""
    app = Flask("theirs")
    importlib.import_module("flask_jwt_extended").JWTManager(app)
    keys = {key for key in app.config if key.startswith("JWT_")}

    found = tree.of("".join(f"{key} = value\n" for key in keys))

    # What is said of secrets is said of those in the source.
    assert {(kind, what) for _, kind, what, _ in found} == {
        ("works", key) for key in keys - {"JWT_SECRET_KEY"}
    }


def test_loaders(tree: Tree) -> None:
    """What decorates callbacks is there under its name of either version."""
    from_version_3 = [
        "claims_verification_failed_loader",
        "claims_verification_loader",
        "token_in_blacklist_loader",
        "user_claims_loader",
        "user_loader_callback_loader",
        "user_loader_error_loader",
    ]
    theirs = importlib.import_module("flask_jwt_extended").JWTManager
    names = [*from_version_3, *(name for name in vars(theirs) if name.endswith("_loader"))]
    ours = importlib.import_module("flask_jwt.extended").JWTManager(Flask("moved"))

    found = tree.of("".join(f"jwt.{name}\n" for name in names))

    assert [what.partition(" ")[0] for _, kind, what, _ in found if kind == "works"] == names
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        assert all(callable(getattr(ours, name)) for name in names)
