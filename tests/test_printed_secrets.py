"""What we print ourselves: no secret or key of ours that somebody could take into production."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from flask_jwt.core import ALGORITHMS, KeyMaterialError, WeakKeyError
from flask_jwt.core.weak_keys import check_secret

ROOT = Path(__file__).parent.parent
FOLDERS = ("docs", "tests", "examples", "benchmarks")
KINDS = {".md", ".py", ".toml", ".html", ".js", ".json", ".pem", ".txt", ".yml", ".env"}
# What is assigned to a secret, in code or in an environment, and what stands beside one in quotes.
ASSIGNED = re.compile(
    r"""(?:SECRET\w*["'\])]*\s*[=:]|from_secret\()\s*b?(["'])((?:(?!\1)[^\n]){32,}?)\1"""
)
EXPORTED = re.compile(r"SECRET[A-Z_]*=([^\s\"'$(]{32,})$", re.MULTILINE)
QUOTED = re.compile(r"""secret.*?["']([\w+/=.!@#$%^&*-]{32,})["']""", re.IGNORECASE)
SYMMETRIC = re.compile(r"""["']k["']: ["']([\w-]{43,})["']""")
PEM = re.compile(r"-----BEGIN ([A-Z ]*)PRIVATE KEY-----[\s\S]*?-----END \1PRIVATE KEY-----")
PRIVATE_MEMBER = re.compile(r"""["']d["']: ["']([\w-]{43,})["']""")

MENDING = "make it: tests.support.secret.secret() in tests, secrets.token_hex(32) in documentation"


def files() -> list[Path]:
    """Return our texts, those of the package itself included."""
    found = [path for folder in (*FOLDERS, "src") for path in (ROOT / folder).rglob("*")]
    found += ROOT.glob("*.md")
    return sorted(
        path
        for path in found
        if path.suffix in KINDS and path.is_file() and "_build" not in path.parts
    )


def printed_secrets(text: str) -> Iterator[str]:
    """Yield what a reader could copy as a secret."""
    yield from (literal for _, literal in ASSIGNED.findall(text))
    yield from EXPORTED.findall(text)
    yield from (one for line in text.splitlines() for one in QUOTED.findall(line))
    yield from SYMMETRIC.findall(text)


def is_refused(secret: str) -> bool:
    """Tell whether production refuses a secret."""
    try:
        check_secret(secret.encode(), ALGORITHMS["HS256"], allow_insecure=False)
    except (WeakKeyError, KeyMaterialError):
        return True
    return False


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_to_be_copied(path: Path) -> None:
    """Each secret in our texts is one that production refuses, and no private key is in them."""
    text = path.read_text(encoding="utf-8")

    found = [*printed_secrets(text), *PRIVATE_MEMBER.findall(text)]
    assert [one for one in found if not is_refused(one)] == [], MENDING
    for block in PEM.finditer(text):
        with pytest.raises((ValueError, TypeError, UnsupportedAlgorithm)):
            load_pem_private_key(block.group().encode(), None)


def test_what_is_found() -> None:
    """The search finds secrets in the ways in which they are written."""
    for line in (
        'app.config["SECRET_KEY"] = "{}"',
        "SECRET = b'{}'",
        'make_app(JWT_SECRET_KEY="{}", DEBUG=True)',
        "export FLASK_SECRET_KEY={}",
        '{{"kty": "oct", "k": "{}"}}',
    ):
        secret = "0f8f1b0dc4a5e927" + "4d3c6b71a82e95f6" + "c4a5e9274d3"
        found = list(printed_secrets(line.format(secret)))
        assert set(found) == {secret}
