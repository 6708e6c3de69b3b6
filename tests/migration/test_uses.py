"""What ``flask jwt migrate`` knows, one use at a time."""

from __future__ import annotations

import pytest

from tests.support.secret import secret

from .conftest import Tree

MANAGER = "from flask_jwt.extended import JWTManager\njwt = JWTManager(app)\n"
HOOKS = "from flask_jwt import JWT\nauth = JWT(app, None, None)\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from flask.ext.jwt import JWT", "from flask_jwt import JWT"),
        ("from flask.ext.restful import Api", "from flask_restful import Api"),
        ("from flask import Markup, escape", "from markupsafe import Markup, escape"),
        (
            "from werkzeug import secure_filename as safe",
            "from werkzeug.utils import secure_filename as safe",
        ),
        (
            "from werkzeug import generate_password_hash, check_password_hash",
            "from werkzeug.security import generate_password_hash, check_password_hash",
        ),
        ("from collections import Mapping", "from collections.abc import Mapping"),
    ],
)
def test_moved(tree: Tree, before: str, after: str) -> None:
    """What only stands elsewhere today is imported from there, and then it imports."""
    with pytest.raises(ImportError):
        exec(before, {})

    assert tree.rewritten(f"{before}  # so\n") == f"{after}  # so\n".encode()
    exec(after, {})


@pytest.mark.parametrize("module", ["flask.ext.jwt_extended", "flask_jwt_extended.view_decorators"])
def test_ways_to_the_package(tree: Tree, module: str) -> None:
    """Whichever way a program imports Flask-JWT-Extended, it comes from here in one step."""
    program = f"from {module} import jwt_required\n"
    assert tree.rewritten(program) == b"from flask_jwt.extended import jwt_required\n"


@pytest.mark.parametrize(
    ("statement", "today", "write"),
    [
        (
            "from werkzeug.security import safe_str_cmp",
            "from hmac import compare_digest",
            "hmac.compare_digest",
        ),
        ("from flask import Flask, Markup", "from markupsafe import Markup", "markupsafe"),
        ("from flask._compat import text_type", "str", "str for text_type"),
        ("from flask import _request_ctx_stack", "import flask; flask.g", "flask.g"),
        (
            "from flask.json import JSONEncoder",
            "from flask.json.provider import DefaultJSONProvider",
            "flask.json.provider.DefaultJSONProvider",
        ),
        ("from flask.ext import restful", "import flask_restful", "flask_restful"),
        ("import flask.ext.restful", "import flask_restful", "flask_restful"),
        (
            "from werkzeug.contrib.fixers import ProxyFix",
            "from werkzeug.middleware.proxy_fix import ProxyFix",
            "werkzeug.middleware.proxy_fix",
        ),
        ("from werkzeug.contrib.cache import SimpleCache", "", "cachelib"),
        ("import werkzeug; werkzeug.contrib.atom", "", "no more"),
        (
            "import werkzeug.security as s; s.safe_str_cmp",
            "from hmac import compare_digest",
            "hmac.compare_digest",
        ),
        ("import flask; flask.Markup", "import markupsafe; markupsafe.Markup", "markupsafe.Markup"),
        ("import flask; flask._compat.text_type", "str", "str for text_type"),
        (
            "from werkzeug.urls import url_parse",
            "from urllib.parse import urlsplit",
            "urllib.parse.urlsplit",
        ),
        ("from flask import safe_join", "from werkzeug.utils import safe_join", "safe_join"),
        (
            "from werkzeug.wrappers import BaseResponse",
            "from werkzeug.wrappers import Response",
            "werkzeug.wrappers.Response",
        ),
        ("from flask_jwt import generate_token", "", "create_access_token(identity)"),
        ("import flask_jwt; flask_jwt.verify_jwt", "", "_jwt_required()"),
        ("from flask_jwt import JWTManager", "", "from flask_jwt.extended import JWTManager"),
    ],
)
def test_gone(tree: Tree, statement: str, today: str, write: str) -> None:
    """What is no longer there is a decision that says what is, and nothing is changed."""
    with pytest.raises((ImportError, AttributeError)):
        exec(statement, {})
    exec(today, {})

    ((line, kind, _, told),) = [one for one in tree.of(statement) if one[1] != "works"]

    assert (line, kind) == (1, "decide")
    assert write in told
    assert tree.rewritten(statement) == statement.encode()


@pytest.mark.parametrize(
    "statement",
    [
        "from flask_restful import reqparse",
        "from flask import Flask, jsonify, request",
        "from werkzeug.security import generate_password_hash",
        "import flask; flask.json.dumps({})",
        "from collections import OrderedDict",
        "from .flask_jwt_extended import own",
        "import flask_jwt_extended_own",
        "app.error_handler = app.identity_handler",
        "JWT_OWN = JWT_TOKENS_OF_MINE = 1",
        "SECRET_KEY = open('secret').read()",
    ],
)
def test_no_business_of_ours(tree: Tree, statement: str) -> None:
    """What works and is of others is not listed."""
    assert tree.of(statement) == []


@pytest.mark.parametrize(
    ("caught", "kinds"),
    [
        ("", ["changes"]),
        (" ImportError", ["changes"]),
        (" (ValueError, ModuleNotFoundError)", ["changes"]),
        (" KeyError", ["decide", "changes", "decide", "changes"]),
    ],
)
def test_imports_with_a_substitute(tree: Tree, caught: str, kinds: list[str]) -> None:
    """Where a program takes what else there is, nothing has to change but our own packages."""
    found = tree.of(
        f"try:\n    from werkzeug.security import safe_str_cmp as same\nexcept{caught}:\n"
        "    from hmac import compare_digest as same\n"
        f"try:\n    from collections.abc import Mapping\nexcept{caught}:\n"
        "    from collections import Mapping\n"
        f"try:\n    import flask.ext.restful as rest\nexcept{caught}:\n    import flask_restful\n"
        f"try:\n    import flask_jwt_extended as f\nexcept{caught}:\n    f = None\n"
    )

    assert [row[1] for row in found] == kinds


def test_gone_in_flask(tree: Tree) -> None:
    """Attributes of an application that Flask has taken away are decisions, wherever they stand."""
    found = tree.of(
        "@app.before_first_request\ndef first(): ...\n\n"
        "bp.before_app_first_request(first)\napp.json_encoder = Encoder\n"
    )

    assert [(line, kind, what) for line, kind, what, _ in found] == [
        (1, "decide", "before_first_request"),
        (4, "decide", "before_app_first_request"),
        (5, "decide", "json_encoder"),
    ]


@pytest.mark.parametrize("name", ["user_handler", "payload_callback", "error_handler"])
def test_hooks_of_before(tree: Tree, name: str) -> None:
    """A hook's name of before 0.3 is a decision; one of 0.3 works, under any name of the JWT."""
    kind = name.partition("_")[2]

    found = tree.of(f"{HOOKS}auth.{name}(f)\nauth.authentication_{kind}(g)\nself.jwt.{name}(f)\n")

    today = {"user": "identity", "payload": "jwt_payload", "error": "jwt_error"}
    write = f"write {today[name.partition('_')[0]]}_{kind}"
    assert found[2:] == [
        (3, "decide", name, write),
        (4, "works", f"authentication_{kind}", ""),
        (5, "decide", name, write),
    ]


def test_loaders(tree: Tree) -> None:
    """Callbacks of version 4 work; one that takes too little does where version 3 had it so."""
    found = tree.of(
        MANAGER + "@jwt.user_lookup_loader\ndef a(header, payload): ...\n"
        "@jwt.revoked_token_loader\ndef b(*both): ...\n"
        "@jwt.revoked_token_loader\ndef c(): ...\n"
        "@jwt.user_lookup_loader\ndef c(identity): ...\n"
        "@jwt.user_loader_error_loader\ndef d(identity): ...\n"
    )

    assert found[2:] == [
        (3, "works", "user_lookup_loader", ""),
        (5, "works", "revoked_token_loader", ""),
        (
            7,
            "works",
            "revoked_token_loader (deprecated)",
            "revoked_token_loader, with a function of (jwt_header, jwt_payload)",
        ),
        (
            9,
            "decide",
            "user_lookup_loader",
            "write it with a function of (jwt_header, jwt_payload)",
        ),
        (
            11,
            "works",
            "user_loader_error_loader (deprecated)",
            "user_lookup_error_loader, with a function of (jwt_header, jwt_payload)",
        ),
    ]


def test_bare_guard(tree: Tree) -> None:
    """``jwt_required`` without parentheses is told of, as decorator and in lists of them."""
    found = tree.of(
        "from flask_jwt.extended import jwt_required as needed\n"
        "import flask_jwt.extended as fje\n"
        "@needed()\ndef a(): ...\n@needed\ndef b(): ...\n"
        "class C(Resource):\n    decorators = [fje.jwt_required]\n"
    )

    told = {line: write for line, _, what, write in found if what.startswith("jwt_required")}
    assert told == {
        3: "",
        5: "jwt_required(), with parentheses",
        8: "jwt_required(), with parentheses",
    }


def test_star(tree: Tree) -> None:
    """What a program takes all of at once is known by its names."""
    found = tree.of("from flask_jwt import *\njwt_required()\n_jwt_required()\n")
    assert found == [(1, "works", "from flask_jwt", ""), (2, "works", "jwt_required", "")]

    found = tree.of("from flask_jwt_extended import *\njwt_required()\njwt_optional(view)\n")
    assert [row[:3] for row in found[:2]] == [
        (1, "changes", "from flask_jwt_extended"),
        (2, "works", "jwt_required"),
    ]
    assert [row[:3] for row in found[2:]] == [(3, "decide", "jwt_optional")]
    assert "import jwt_optional" in found[2][3]


def test_arguments_of_before(tree: Tree) -> None:
    """Arguments that are called otherwise today work, as does ``False`` for no end."""
    found = tree.of(
        "from flask_jwt.extended import create_access_token as make\n"
        "make(7, user_claims={}, headers={}, expires_delta=False)\n"
    )

    assert [row[1:] for row in found if row[0] == 2 and row[3]] == [
        ("works", "create_access_token(user_claims=…) (deprecated)", "additional_claims="),
        ("works", "create_access_token(headers=…) (deprecated)", "additional_headers="),
        ("works", "expires_delta=False", "a timedelta: who steals it has it forever"),
    ]


def test_unknown_names(tree: Tree) -> None:
    """A name or a module that is not here stays where it is, and is a decision."""
    program = (
        "from flask_jwt_extended.tokens import _encode_jwt\nimport flask_jwt_extended.tokens\n"
        'patch("flask_jwt_extended.utils.get_jwt")\n'
    )

    assert [row[:2] for row in tree.of(program)] == [(1, "decide"), (2, "decide"), (3, "decide")]
    assert tree.rewritten(program) == program.encode()
    ((_, _, _, write), _) = tree.of("from flask_jwt_extended.utils import get_jwt, nonsense")
    assert write == "write from flask_jwt.extended import get_jwt"
    ((_, kind, what, _),) = tree.of("from flask_jwt.extended import nonsense")[1:]
    assert (kind, what) == ("decide", "from flask_jwt.extended import nonsense")


def test_error_of_before(tree: Tree) -> None:
    """An error's name of version 3 works, with today's told where it is caught."""
    found = tree.of(
        "from flask_jwt_extended.exceptions import UserLoadError\n"
        "try: f()\nexcept UserLoadError: pass\n"
    )

    assert found[1][:3] == (3, "works", "exceptions.UserLoadError (deprecated)")
    assert found[1][3] == "UserLookupError"


def test_patched(tree: Tree) -> None:
    """What a program replaces in Flask-JWT-Extended is a decision: guards here don't call it."""
    found = tree.of(
        "import flask_jwt_extended as fje\n"
        "fje.view_decorators.verify_jwt_in_request = lambda: None\n"
    )

    assert found[1][:3] == (2, "decide", "verify_jwt_in_request is replaced")


def test_borrowed_names(tree: Tree) -> None:
    """What Flask-JWT had only imported itself works; the line says where it lives."""
    found = tree.of("from flask_jwt import timedelta\n")

    assert found[1][:3] == (1, "works", "from flask_jwt import timedelta")
    assert found[1][3].startswith("from datetime import timedelta")


@pytest.mark.parametrize(
    "setting",
    [
        "SECRET_KEY = {}",
        "app.secret_key = {}",
        "app.config['JWT_SECRET_KEY'] = {}",
        "app.config.update(SECRET_KEY={})",
        "app.config.from_mapping({{'SECRET_KEY': {}}})",
        "app.config.setdefault('SECRET_KEY', {})",
        "class Config:\n    JWT_SECRET_KEY: str = {}",
        "KEY = {}\napp.config['SECRET_KEY'] = KEY",
        "SECRET_KEY = os.environ.get('SECRET_KEY', {})",
        "SECRET_KEY = os.getenv('SECRET_KEY') or {}",
        "SECRET_KEY = config('SECRET_KEY', default={})",
    ],
)
def test_secrets(tree: Tree, setting: str) -> None:
    """A bad secret in the source is a decision wherever it is set, and is shown nowhere."""
    for bad in ("hunter2", "changeme-" * 5, ""):
        ((_, kind, what, write),) = tree.of(setting.format(repr(bad)))
        assert kind == "decide"
        assert what.endswith("in the source")
        assert "environment" in write
        assert not bad or bad not in tree.run().output
    assert tree.of(setting.format(repr(secret("migrated")))) == []


@pytest.mark.parametrize(
    ("setting", "kind"),
    [
        ("JWT_ACCESS_TOKEN_EXPIRES = False", "works"),
        ("JWT_COOKIE_CSRF_PROTECT = False", "works"),
        ("JWT_TOKEN_LOCATION = ['headers', 'query_string']", "works"),
        ("JWT_VERIFY_CLAIMS = ['signature']", "works"),
        ("JWT_USER_CLAIMS = 'claims'", "works"),
        ("JWT_BLACKLIST_STORE = store", "decide"),
        ("JWT_VERIFY_AUDIENCE = False", "decide"),
        ("JWT_REQUIRED_CLAIMS = ['iat']", "decide"),
        ("JWT_ALGORITHM = 'none'", "decide"),
        ("JWT_DECODE_ALGORITHMS = ['HS256', 'ES256K']", "decide"),
    ],
)
def test_settings(tree: Tree, setting: str, kind: str) -> None:
    """A key that is granted or has no effect is told of, with what to write instead."""
    ((_, found, _, write),) = tree.of(setting)

    assert found == kind
    assert write


@pytest.mark.parametrize(
    "setting",
    ["JWT_ALGORITHM = 'RS256'", "JWT_COOKIE_CSRF_PROTECT = True", "JWT_REQUIRED_CLAIMS = ['exp']"],
)
def test_settings_that_stay(tree: Tree, setting: str) -> None:
    """A key that means the same here works as it is."""
    assert tree.of(setting) == [(1, "works", setting.partition(" ")[0], "")]
