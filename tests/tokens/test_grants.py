"""``JWT(app, …, scopes=…, roles=…)``: what the tokens of a user may be used for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum, StrEnum
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flask_jwt import (
    JWT,
    ConfigurationError,
    JWTError,
    _jwt_required,
    create_access_token,
    current_token,
)
from flask_jwt.core import ClaimsError
from tests.support.secret import secret
from tests.support.tokens import parts_of


class Color(StrEnum):
    RED = "red"


class Shade(str, Enum):  # noqa: UP042 (as people wrote it before)
    DARK = "dark"


class Desk:
    """An application whose users have scopes and roles."""

    def __init__(self, scopes: Any = None, roles: Any = None, **config: Any) -> None:
        self.app = Flask("desk")
        self.app.config.update({"SECRET_KEY": secret("desk"), **config})
        functions = {"scopes": scopes, "roles": roles}
        self.jwt = JWT(self.app, lambda name, _: {"id": name}, lambda claims: claims, **functions)
        self.client: FlaskClient = self.app.test_client()

    def claims(self) -> dict[str, Any]:
        """Return what the token of a sign-in says."""
        body = {"username": "ann", "password": "x"}
        answer = self.client.post("/auth", json=body)
        assert answer.status_code == 200
        found: dict[str, Any] = parts_of(answer.get_json()["access_token"])[1]
        return found

    def made(self, **wishes: Any) -> dict[str, Any]:
        """Return what a token says that a program makes."""
        with self.app.app_context():
            found: dict[str, Any] = parts_of(create_access_token({"id": "ann"}, **wishes))[1]
        return found


def giving(value: Any) -> Callable[[Any], Any]:
    """Return a function that gives each user the same."""

    def given(_user: Any) -> Any:
        return value

    return given


def some(*names: Any) -> Iterator[Any]:
    """Yield names, one after the other."""
    yield from names


class TestScopes:
    """What ``scopes=`` returns is the claim ``scope``: one string."""

    @pytest.mark.parametrize(
        ("returned", "claim"),
        [
            ("read", "read"),
            ("read write", "read write"),
            ("  read  write read ", "read write"),
            (["write", "read"], "write read"),
            (("read", "read"), "read"),
            ({"write", "read", "admin"}, "admin read write"),
            (some("read", "write"), "read write"),
            ([Color.RED, Shade.DARK], "red dark"),
            (["https://api.example/orders.read"], "https://api.example/orders.read"),
        ],
    )
    def test_forms(self, returned: Any, claim: str) -> None:
        """A string with spaces, and whatever can be gone through."""
        assert Desk(giving(returned)).claims()["scope"] == claim

    @pytest.mark.parametrize("returned", [None, "", "  ", [], frozenset(), some()])
    def test_none(self, returned: Any) -> None:
        """A user without scopes has a token without the claim."""
        assert "scope" not in Desk(giving(returned)).claims()

    @pytest.mark.parametrize(
        "returned",
        [
            7,
            True,
            b"read",
            object(),
            {"read": False},
            ["read write"],
            ["read", ""],
            ["read", None],
            [b"read"],
            [["read"]],
            'say "hi"',
            "back\\slash",
            "tab\tbed",
            "naïve",
        ],
    )
    def test_garbage(self, returned: Any) -> None:
        """Nothing else is ever in a token: the error names the function."""
        with pytest.raises(ConfigurationError, match=r"scopes=giving\.<locals>\.given"):
            Desk(giving(returned)).made()


class TestRoles:
    """What ``roles=`` returns is a list, where ``JWT_ROLES_CLAIM`` says."""

    @pytest.mark.parametrize(
        ("returned", "claim"),
        [
            ("owner", ["owner"]),
            ("shop owner", ["shop owner"]),
            (["owner", "clerk", "owner"], ["owner", "clerk"]),
            ({"owner", "clerk"}, ["clerk", "owner"]),
            (some("owner"), ["owner"]),
            ([Color.RED], ["red"]),
        ],
    )
    def test_forms(self, returned: Any, claim: list[str]) -> None:
        """One string is one role, spaces and all."""
        assert Desk(roles=giving(returned)).claims()["roles"] == claim

    @pytest.mark.parametrize("returned", [None, "", [], set()])
    def test_none(self, returned: Any) -> None:
        """A user without roles has a token without the claim."""
        assert "roles" not in Desk(roles=giving(returned)).claims()

    @pytest.mark.parametrize("returned", [7, b"a", {"owner": False}, [""], [None], [{"name": "a"}]])
    def test_garbage(self, returned: Any) -> None:
        """Nothing else is ever in a token."""
        with pytest.raises(ConfigurationError, match=r"roles=giving\.<locals>\.given"):
            Desk(roles=giving(returned)).made()

    @pytest.mark.parametrize(
        ("path", "claims"),
        [
            ("groups", {"groups": ["owner"]}),
            ("https://shop.example/roles", {"https://shop.example/roles": ["owner"]}),
            (["realm_access", "roles"], {"realm_access": {"roles": ["owner"]}}),
            (["a", "b", "c"], {"a": {"b": {"c": ["owner"]}}}),
        ],
    )
    def test_places(self, path: Any, claims: dict[str, Any]) -> None:
        """They are written where they are read."""
        desk = Desk(roles=giving(["owner"]), JWT_ROLES_CLAIM=path)

        assert desk.claims().items() >= claims.items()
        with desk.app.app_context():
            token = create_access_token({"id": "ann"})
        with desk.app.test_request_context(headers={"Authorization": f"JWT {token}"}):
            _jwt_required()
            assert current_token.roles == {"owner"}

    def test_beside_a_hook(self) -> None:
        """A payload hook may have other things in the object that holds the roles."""
        desk = Desk(roles=giving(["owner"]), JWT_ROLES_CLAIM=["realm_access", "roles"])
        hooked(desk, realm_access={"verified": True})

        assert desk.claims()["realm_access"] == {"verified": True, "roles": ["owner"]}


def hooked(desk: Desk, **claims: Any) -> None:
    """Give an application a payload hook that sets further claims."""
    default = desk.jwt.jwt_payload_callback
    desk.jwt.jwt_payload_handler(lambda user: {**default(user), **claims})


@pytest.mark.parametrize(
    ("given", "path", "claims"),
    [
        ("scopes", "roles", {"scope": "admin"}),
        ("scopes", "roles", {"scp": ["admin"]}),
        ("roles", "roles", {"roles": []}),
        ("roles", ["realm_access", "roles"], {"realm_access": {"roles": ["owner"]}}),
        ("roles", ["realm_access", "roles"], {"realm_access": "owner"}),
    ],
)
@pytest.mark.parametrize("returned", ["read", None])
def test_said_twice(given: str, path: Any, claims: dict[str, Any], returned: Any) -> None:
    """A payload hook that sets what the function is for is an error: it may mean less."""
    desk = Desk(**{given: giving(returned)}, JWT_ROLES_CLAIM=path)
    hooked(desk, **claims)

    with pytest.raises(ConfigurationError, match=f"jwt_payload_handler .* {given}="):
        desk.made()


def test_a_hook_alone() -> None:
    """A payload hook sets the scope beside roles=, and roles beside scopes=."""
    one, other = Desk(scopes=giving("read")), Desk(roles=giving("owner"))
    hooked(one, roles=["clerk"])
    hooked(other, scope="write")

    assert (one.claims()["scope"], one.claims()["roles"]) == ("read", ["clerk"])
    assert (other.claims()["scope"], other.claims()["roles"]) == ("write", ["owner"])


def test_a_part_of_the_scope() -> None:
    """A program may ask for a token with some of the user's scopes."""
    desk = Desk(giving("read write admin"))

    assert desk.made(claims={"scope": "read"})["scope"] == "read"
    assert desk.made(claims={"scope": ["admin", "read"]})["scope"] == ["admin", "read"]
    assert desk.made(claims={"scope": ""})["scope"] == ""


@pytest.mark.parametrize(
    "claims",
    [
        {"scope": "read root"},
        {"scope": None},
        {"scope": 7},
        {"scp": "read"},
        {"roles": ["owner"]},
        {"roles": []},
    ],
)
def test_no_more_than_the_user_has(claims: dict[str, Any]) -> None:
    """A program makes no token that allows what the functions don't."""
    desk = Desk(giving("read"), giving(None))

    with pytest.raises(ClaimsError, match=r"scope|roles"):
        desk.made(claims=claims)


def test_coroutines() -> None:
    """Either function may be a coroutine function."""

    async def scopes(user: dict[str, Any]) -> list[str]:
        return [f"read:{user['id']}"]

    async def roles(_user: dict[str, Any]) -> set[str]:
        return {"owner"}

    claims = Desk(scopes, roles).claims()

    assert (claims["scope"], claims["roles"]) == ("read:ann", ["owner"])


def test_a_refusal() -> None:
    """A function may refuse a sign-in in words of its own."""

    def roles(_user: Any) -> None:
        raise JWTError("Forbidden", "No desk today", 403)

    desk = Desk(roles=roles)
    answer = desk.client.post("/auth", json={"username": "ann", "password": "x"})

    assert (answer.status_code, answer.get_json()["description"]) == (403, "No desk today")


def test_an_encode_hook() -> None:
    """Tokens that the application makes itself can't be given scopes: that is said."""
    desk = Desk(giving("read"))
    desk.jwt.jwt_encode_handler(lambda user: "a.b.c")

    with pytest.raises(ConfigurationError, match=r"jwt_encode_handler .* scopes and roles"):
        desk.made()


@pytest.mark.parametrize("name", ["scopes", "roles"])
def test_no_function(name: str) -> None:
    """A string in a function's place is an error at once."""
    with pytest.raises(TypeError, match=f"{name} is a function of the user"):
        Desk(**{name: "read write"})


def test_when_and_how() -> None:
    """With either function a sign-in says when it was, and how; a program says so if it wants."""
    for desk in (Desk(giving(None)), Desk(roles=giving(None))):
        claims = desk.claims()
        assert (claims["auth_time"], claims["amr"]) == (claims["iat"], ["pwd"])
        assert desk.made().keys() & {"auth_time", "amr"} == set()
        claims = desk.made(methods=["pwd", "otp"])
        assert (claims["auth_time"], claims["amr"]) == (claims["iat"], ["pwd", "otp"])


def test_a_hook_that_knows_better() -> None:
    """What a payload hook says of the sign-in counts."""
    desk = Desk(giving("read"))
    hooked(desk, auth_time=1_700_000_000, amr=["face"], acr="gold")
    claims = desk.claims()

    assert (claims["auth_time"], claims["amr"], claims["acr"]) == (1_700_000_000, ["face"], "gold")


def test_without_them() -> None:
    """A token says no more than that of Flask-JWT 0.3.2."""
    assert Desk().claims().keys() == {"exp", "iat", "nbf", "identity"}
