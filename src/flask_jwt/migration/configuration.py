"""The keys of ``app.config`` that a program sets, and the secrets that are written in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..core.algorithms import ALGORITHMS
from ..core.errors import KeyMaterialError, WeakKeyError
from ..core.weak_keys import check_secret
from .extended_names import FORMER_KEYS, GONE_KEYS, KEYS, words
from .findings import Finding

#: Keys of Flask-JWT 0.3.2.
_OF_FLASK_JWT = words(
    """
    JWT_AUTH_ENDPOINT JWT_AUTH_HEADER_PREFIX JWT_AUTH_PASSWORD_KEY JWT_AUTH_URL_OPTIONS
    JWT_AUTH_URL_RULE JWT_AUTH_USERNAME_KEY JWT_DEFAULT_REALM JWT_EXPIRATION_DELTA JWT_LEEWAY
    JWT_NOT_BEFORE_DELTA JWT_REQUIRED_CLAIMS JWT_VERIFY_CLAIMS
    """
)
_SECRETS = frozenset({"JWT_REFRESH_SECRET", "JWT_SECRET_KEY", "SECRET_KEY", "app.secret_key"})
_KNOWN = _OF_FLASK_JWT | _SECRETS | KEYS | FORMER_KEYS.keys() | GONE_KEYS.keys()
_ENDLESS = "a timedelta: who steals such a token has it forever, and the log says so"
# What is granted as it is asked for, with the value that asks for it.
_GRANTED = {
    ("JWT_ACCESS_TOKEN_EXPIRES", False): _ENDLESS,
    ("JWT_COOKIE_CSRF_PROTECT", False): "True: any page that a user visits sends requests in their "
    "name, and the log says so",
    ("JWT_COOKIE_SECURE", False): "True in production: cookies go through networks in clear, and "
    "the log says so",
    ("JWT_REFRESH_TOKEN_EXPIRES", False): _ENDLESS,
}
_ALGORITHM_KEYS = ("JWT_ALGORITHM", "JWT_DECODE_ALGORITHMS")
_KEY_AND_VALUE = 2
_READERS = ("get", "getenv")
_WITHOUT_EXP = "exp is required all the same: make tokens that live long with create_access_token"


def findings_of_settings(tree: ast.Module) -> Iterator[Finding]:
    """Yield what there is to say of each key that a program sets."""
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        for place, key, value in _settings(node):
            if key in _SECRETS:
                named = constants.get(value.id) if isinstance(value, ast.Name) else None
                yield from _of_secret(place, key, named or value)
            elif key in _KNOWN:
                yield _of_key(place, key, value)


def _settings(node: ast.AST) -> Iterator[tuple[ast.expr, str, ast.expr]]:
    """Yield each key that a node of the tree sets: where, which, and to what."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if (key := _key_of_target(target)) is not None:
                yield target, key, node.value
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        if (key := _key_of_target(node.target)) is not None:
            yield node.target, key, node.value
    elif isinstance(node, ast.Dict):
        for name, value in zip(node.keys, node.values, strict=True):
            if (key := _text(name)) is not None and name is not None:
                yield name, key, value
    elif isinstance(node, ast.Call):
        for keyword in node.keywords:
            if keyword.arg is not None:
                yield keyword.value, keyword.arg, keyword.value
        is_setdefault = isinstance(node.func, ast.Attribute) and node.func.attr == "setdefault"
        if is_setdefault and len(node.args) == _KEY_AND_VALUE and (key := _text(node.args[0])):
            yield node.args[0], key, node.args[1]


def _key_of_target(target: ast.expr) -> str | None:
    if isinstance(target, ast.Name):
        return target.id
    if isinstance(target, ast.Attribute):
        return "app.secret_key" if target.attr == "secret_key" else target.attr
    return _text(target.slice) if isinstance(target, ast.Subscript) else None


def _text(node: ast.expr | None) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def _of_secret(place: ast.expr, key: str, value: ast.expr) -> Iterator[Finding]:
    for literal in _literals(value):
        material = literal.encode("utf-8", "surrogatepass") if isinstance(literal, str) else literal
        try:
            check_secret(material, ALGORITHMS["HS256"], allow_insecure=False)
        except (KeyMaterialError, WeakKeyError) as error:
            # The text has the length at most.
            write = f"{error}; have the environment hand it over, and in tests set TESTING = True"
            yield Finding.at(place, "decide", f"{key} in the source", write)


def _literals(value: ast.expr) -> Iterator[str | bytes]:
    """Yield the secrets that are written in a value: itself, or what stands in for another."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str | bytes):
        yield value.value
    elif isinstance(value, ast.BoolOp):
        for part in value.values:
            yield from _literals(part)
    elif isinstance(value, ast.Call):
        named = [keyword.value for keyword in value.keywords if keyword.arg == "default"]
        for part in [*(value.args[1:2] if _reads(value.func) else ()), *named]:
            yield from _literals(part)


def _reads(function: ast.expr) -> bool:
    name = getattr(function, "attr", getattr(function, "id", None))
    return name in _READERS


def _of_key(place: ast.expr, key: str, value: ast.expr) -> Finding:
    constant = value.value if isinstance(value, ast.Constant) else None
    if key in GONE_KEYS:
        return Finding.at(place, "decide", key, GONE_KEYS[key])
    if key in FORMER_KEYS:
        return Finding.at(place, "works", f"{key} (deprecated)", FORMER_KEYS[key])
    if key in _ALGORITHM_KEYS:
        unknown = sorted(set(_texts(value)) - ALGORITHMS.keys())
        if unknown:
            return Finding.at(place, "decide", key, f"no {', '.join(unknown)}: {_algorithms()}")
    if key == "JWT_REQUIRED_CLAIMS" and (names := [*_texts(value)]) and "exp" not in names:
        return Finding.at(place, "decide", key, _WITHOUT_EXP)
    if key == "JWT_TOKEN_LOCATION" and "query_string" in _texts(value):
        write = "no query_string: URLs are kept in logs and histories, and the log says so"
        return Finding.at(place, "works", f"{key} = query_string", write)
    if key == "JWT_VERIFY_CLAIMS":
        return Finding.at(
            place, "works", key, "nothing: what it leaves out is verified all the same"
        )
    if isinstance(constant, bool) and (key, constant) in _GRANTED:
        return Finding.at(place, "works", f"{key} = {constant}", _GRANTED[key, constant])
    return Finding.at(place, "works", key)


def _algorithms() -> str:
    return f"write one of {', '.join(ALGORITHMS)}"


def _texts(value: ast.expr) -> Iterator[str]:
    """Yield the texts that a literal is, or is a collection of."""
    parts = value.elts if isinstance(value, ast.List | ast.Tuple | ast.Set) else [value]
    for part in parts:
        if (text := _text(part)) is not None:
            yield text
