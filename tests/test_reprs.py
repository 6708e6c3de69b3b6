"""What goes into a log by mistake: no record of the package shows what is a secret."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest

import flask_jwt

#: What may be shown: names of things, and what a program or its configuration says of itself.
#: Everything else that may hold text counts as a secret.
SHOWN = frozenset(
    {
        # Sessions, users and revocations, by name.
        *("sid", "subject", "kind", "value", "kid", "epoch", "position", "because", "methods"),
        *("address", "user_agent", "place", "session", "revocations"),
        # Settings.
        *("default", "expected", "unit", "copied_from", "verify_claims"),
        *("realm", "username_key", "password_key", "schemes", "required_claims", "issuer"),
        *("audience", "query_name", "json_key", "access_cookie", "refresh_cookie", "csrf_cookie"),
        *("domain", "same_site", "origins", "csrf_header", "csrf_field", "url_options"),
        *("auth_url_rule", "auth_endpoint", "auth_url_options", "key_file", "jwks_url_rule"),
        *("refresh_url_rule", "logout_url_rule", "sessions_url_rule", "token_location"),
        *("me_url_rule", "password_url_rule", "register_url_rule", "throttle", "device"),
        *("csrf_url_rule", "script_url_rule", "rule", "endpoint", "method", "options", "routes"),
        # Those of Flask-JWT-Extended.
        *("access_expires", "refresh_expires", "decode_algorithms", "encode_audience"),
        *("decode_audience", "encode_issuer", "decode_issuer", "identity_claim", "message_key"),
        *("locations", "header_name", "header_type", "query_prefix", "refresh_json_key"),
        *("access_cookie_path", "refresh_cookie_path", "cookie_domain", "cookie_same_site"),
        *("csrf_methods", "access_csrf_cookie", "access_csrf_cookie_path", "access_csrf_header"),
        *("access_csrf_field", "refresh_csrf_cookie", "refresh_csrf_cookie_path"),
        *("refresh_csrf_header", "refresh_csrf_field", "blacklist_kinds", "user_claims"),
        "csrf_path",
        # What was found in a program: names, and what to write.
        *("what", "write", "path", "reason", "groups", "defaults", "replaced"),
        # Algorithms, checks, cookies and tokens, by name and kind.
        *("algorithm", "name", "key_type", "hash_name", "curve", "types", "title", "why", "run"),
        *("check", "state", "access", "refresh", "csrf", "token_type", "handed_out", "public"),
        *("told", "iss", "resource", "profile", "client_id", "roles_claim", "scopes", "roles"),
        *("acr_values", "description"),
        # Issuers and their servers, whose addresses hold no credentials.
        *("url", "jwks_uri", "introspection_endpoint", "error", "notes", "content", "result"),
        # Views and what guards them.
        *("guard", "missing", "opened_by", "fault", "outer", "inner", "own", "view_class"),
        *("methods", "protection", "scheme", "csrf_scheme"),
        # What has a repr of its own, or none.
        *("key", "keys", "connection", "cursor", "response_class", "headers", "status", "text"),
    }
)
#: Under these names one record keeps what another may show.
SECRET = {("Renewed", "access"), ("_Access", "token"), ("Inspection", "token")}


def records() -> Iterator[type[Any]]:
    """Yield the dataclasses and named tuples of the package."""
    for found in pkgutil.walk_packages(flask_jwt.__path__, "flask_jwt."):
        module = importlib.import_module(found.name)
        for one in vars(module).values():
            # A base is looked at in each of its kinds.
            if inspect.isclass(one) and one.__module__ == found.name and not one.__subclasses__():
                yield from [one] if fields_of(one) else []


def fields_of(record: type[Any]) -> dict[str, str]:
    """Return the annotations of a record's fields, by their names."""
    if dataclasses.is_dataclass(record):
        return {field.name: str(field.type) for field in dataclasses.fields(record)}
    if not issubclass(record, tuple) or not hasattr(record, "_fields"):
        return {}
    annotations = inspect.get_annotations(record)
    return {name: annotations[name].__forward_arg__ for name in record._fields}


def filled(record: type[Any], marks: dict[str, str]) -> Any:
    """Return a record whose fields are marked."""
    if issubclass(record, tuple):
        return record(**marks)
    one = object.__new__(record)
    for name, mark in marks.items():
        object.__setattr__(one, name, mark)
    return one


RECORDS = sorted(records(), key=lambda record: (record.__module__, record.__name__))


@pytest.mark.parametrize("record", RECORDS, ids=lambda one: f"{one.__module__}.{one.__name__}")
def test_record(record: type[Any]) -> None:
    """Tokens, keys, claims, passwords and URLs do not show; nor does what is added some day."""
    marks = {name: f"<mark of {name}>" for name in fields_of(record)}
    shown = repr(filled(record, marks))

    for name, mark in marks.items():
        may_show = name in SHOWN and (record.__name__, name) not in SECRET
        assert may_show or not holds_text(fields_of(record)[name]) or mark not in shown, name


def holds_text(annotation: str) -> bool:
    """Tell whether a field of a type may hold text, bytes or anything."""
    kinds = ("str", "bytes", "Any", "Mapping", "dict", "object", "Sequence", "tuple")
    return not annotation.startswith("Callable") and any(kind in annotation for kind in kinds)


def test_they_are_all_looked_at() -> None:
    """The records that hold the most are among them."""
    names = {record.__name__ for record in RECORDS}

    assert names >= {"SessionTokens", "RefreshToken", "RouteConfig", "Session", "KeyMaterial"}
