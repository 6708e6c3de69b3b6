"""``flask jwt migrate`` on programs of courses: all that is found, and what is written."""

from __future__ import annotations

import pytest

from tests.docs.pages import blocks, matches
from tests.support.server import ROOT

from .conftest import Tree
from .courses import COURSES, EXTENDED_3, EXTENDED_4, FLASK_JWT


def rows(tree: Tree, kind: str) -> dict[str, str]:
    """Return the findings of a kind that say what to write, by place and what was found."""
    return {
        f"{one['path']}:{one['line']} {one['what']}": one["write"]
        for one in tree.findings()
        if one["kind"] == kind and one["write"]
    }


def test_flask_jwt(tree: Tree) -> None:
    """A program of Flask-JWT works but for what went with Flask, and a name of before 0.3."""
    tree.add(FLASK_JWT)

    found = rows(tree, "decide")
    assert list(found) == [
        "app.py:10 app.secret_key in the source",
        "app.py:14 before_first_request",
        "app.py:22 error_handler",
        "security.py:1 from werkzeug.security import safe_str_cmp",
    ]
    secret, before, handler, comparing = found.values()
    assert "at least 32 bytes" in secret
    assert "secrets.token_hex(32)" in secret
    assert "app.app_context()" in before
    assert handler == "write jwt_error_handler"
    assert "hmac.compare_digest" in comparing
    assert not rows(tree, "changes")
    assert "jose" not in tree.run().output


def test_extended_3(tree: Tree) -> None:
    """A program of version 3 has its imports changed, and is told today's names."""
    tree.add(EXTENDED_3)

    assert rows(tree, "changes") == dict.fromkeys(
        [
            "app.py:3 from flask_jwt_extended",
            "resources/item.py:2 from flask_jwt_extended",
            "resources/user.py:2 from flask_jwt_extended",
        ],
        "from flask_jwt.extended",
    )
    takes_both = ", with a function of (jwt_header, jwt_payload)"
    told = {place.partition(" ")[2]: write for place, write in rows(tree, "works").items()}
    assert told == {
        "JWT_BLACKLIST_ENABLED (deprecated)": "nothing: the function of token_in_blocklist_loader "
        "is asked if given",
        "JWT_BLACKLIST_TOKEN_CHECKS (deprecated)": "a function of token_in_blocklist_loader "
        "that looks at jwt_payload['type']",
        "user_claims_loader (deprecated)": "additional_claims_loader",
        "token_in_blacklist_loader (deprecated)": f"token_in_blocklist_loader{takes_both}",
        "jwt_required (deprecated)": "jwt_required(), with parentheses",
        "fresh_jwt_required (deprecated)": "jwt_required(fresh=True)",
        "get_jwt_claims (deprecated)": "get_jwt(), which has these claims beside the others",
        "jwt_optional (deprecated)": "jwt_required(optional=True)",
        "expired_token_loader (deprecated)": f"expired_token_loader{takes_both}",
        "needs_fresh_token_loader (deprecated)": f"needs_fresh_token_loader{takes_both}",
        "get_raw_jwt (deprecated)": "get_jwt()",
        "jwt_refresh_token_required (deprecated)": "jwt_required(refresh=True)",
    }


def test_documented(tree: Tree) -> None:
    """The documentation shows what such a program is told."""
    tree.add(EXTENDED_3)
    shown = [
        block.text.partition("\n")[2]
        for block in blocks(ROOT / "docs" / "migrating.md")
        if block.text.startswith("$ python -m flask_jwt.migration ")
    ]

    assert [matches(text, tree.run().stdout) for text in shown] == [True]


def test_extended_4(tree: Tree) -> None:
    """A program of version 4 works once its imports are changed; what it dares is named."""
    tree.add(EXTENDED_4)

    assert list(rows(tree, "decide")) == ["shop/config.py:6 SECRET_KEY in the source"]
    assert "never-guess" not in tree.run().output
    assert rows(tree, "changes") == {
        "shop/auth.py:1 import flask_jwt_extended": "import flask_jwt.extended "
        "as flask_jwt_extended",
        "shop/auth.py:2 import flask_jwt_extended as fje": "import flask_jwt.extended as fje",
        "shop/auth.py:3 from flask_jwt_extended.exceptions": "from flask_jwt.extended.exceptions",
        "shop/auth.py:4 from flask_jwt_extended.utils": "from flask_jwt.extended",
        "shop/extensions.py:1 from flask_jwt_extended": "from flask_jwt.extended",
    }
    assert list(rows(tree, "works")) == [
        "shop/auth.py:26 expires_delta=False",
        "shop/config.py:13 JWT_COOKIE_CSRF_PROTECT = False",
        "shop/config.py:14 JWT_REFRESH_TOKEN_EXPIRES = False",
    ]


@pytest.mark.parametrize("course", COURSES)
def test_nothing_is_written_unasked(tree: Tree, course: str) -> None:
    """Without ``--write`` not a byte changes."""
    tree.add(COURSES[course])
    before = tree.contents()

    tree.run()
    tree.run("--json")

    assert tree.contents() == before


@pytest.mark.parametrize("course", COURSES)
def test_written_once(tree: Tree, course: str) -> None:
    """``--write`` changes imports and nothing else; a second run finds nothing to change."""
    tree.add(COURSES[course])
    changing = {one["path"] for one in tree.findings() if one["kind"] == "changes"}

    result = tree.run("--write")

    assert result.stderr == "".join(f"wrote {path}\n" for path in sorted(changing))
    assert result.stdout.endswith(f"files written: {len(changing)}\n")
    after = tree.contents()
    for name, text in COURSES[course].items():
        expected = text
        for old, new in (
            ("from flask_jwt_extended.utils ", "from flask_jwt.extended "),
            ("from flask_jwt_extended", "from flask_jwt.extended"),
            ("import flask_jwt_extended as", "import flask_jwt.extended as"),
            ("import flask_jwt_extended\n", "import flask_jwt.extended as flask_jwt_extended\n"),
        ):
            expected = expected.replace(old, new)
        assert after[name] == expected.encode()
    assert not rows(tree, "changes")
    assert "files written: 0" in tree.run("--write").stdout
    assert tree.contents() == after
