"""What a request is answered with, whose token does or does not satisfy a requirement."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flask_jwt import JWT, current_identity, jwt_required
from flask_jwt.requirements import Check, Claim, MaxAge, Requirement, Role, Scope
from tests.support.secret import secret
from tests.support.tokens import claims, compact

from .cases import CASES, REFUSED, Case, case_name

SECRET = secret("requirements")


def make_app(**config: Any) -> tuple[Flask, JWT[Any]]:
    """Make an application without views."""
    app = Flask(__name__)
    app.config.update(JWT_SECRET_KEY=SECRET, **config)
    return app, JWT(app, None, lambda token: token["identity"])


def guarded(requires: Requirement, **config: Any) -> FlaskClient:
    """Return a client of an application with one view."""
    app, _ = make_app(**config)

    @app.get("/")
    @jwt_required(requires=requires)
    def view() -> str:
        return str(current_identity)

    return app.test_client()


def bearing(more: dict[str, Any], **changed: Any) -> dict[str, str]:
    """Return the header with a token."""
    return {"Authorization": f"JWT {compact(claims('ann') | more, SECRET)}"}


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_answer(case: Case) -> None:
    """Status, challenge and description are those of the table, and tell nothing of the token."""
    token = case.fresh_claims()
    # The issuer is the application's own to require.
    answer = guarded(case.requires).get("/", headers=bearing(token))

    assert answer.status_code == case.status
    if case.challenge is None:
        assert answer.text == "ann"
    else:
        assert answer.headers["WWW-Authenticate"] == f'JWT realm="Login Required"{case.challenge}'
        body = answer.get_json()
        assert body["description"] == case.description
        assert set(body) == {"status_code", "error", "description"}


def test_no_token() -> None:
    """A requirement is asked of good tokens alone: no token, or a bad one, is the usual 401."""
    client = guarded(REFUSED[0].requires)

    assert client.get("/").get_json()["error"] == "Authorization Required"
    bad = client.get("/", headers={"Authorization": "JWT x.y.z"})
    assert bad.headers["WWW-Authenticate"] == 'JWT realm="Login Required", error="invalid_token"'


@pytest.mark.parametrize(("status", "has_challenge"), [(403, True), (404, False)])
def test_answer_of_a_hook(status: int, has_challenge: bool) -> None:
    """What ``jwt_error_handler`` answers has the challenge of the refusal, unless it hides that."""
    client = guarded(Scope("a"))
    jwt: JWT[Any] = client.application.extensions["jwt"]
    jwt.jwt_error_handler(lambda error: ({"message": error.description}, status))
    answer = client.get("/", headers=bearing({}))

    assert answer.status_code == status
    assert answer.get_json() == {"message": 'The request requires Scope("a")'}
    challenge = 'JWT realm="Login Required", error="insufficient_scope", scope="a"'
    assert answer.headers.get("WWW-Authenticate") == (challenge if has_challenge else None)


def test_shorthands() -> None:
    """What is given together is all required."""
    app, _ = make_app()

    @app.get("/")
    @jwt_required("Vault", scope="a b", role="admin", requires=MaxAge(60))
    def view() -> str:
        return ""

    answer = app.test_client().get("/", headers=bearing({"scope": "a"}))
    assert (
        answer.get_json()["description"]
        == 'The request requires Scope("a", "b") & Role("admin") & MaxAge(60)'
    )
    assert answer.headers["WWW-Authenticate"].startswith('JWT realm="Vault", ')


@pytest.mark.parametrize(
    "arguments",
    [
        {"scope": ""},
        {"scope": "a  b"},
        {"scope": 'a"b'},
        {"scope": ["a"]},
        {"role": ""},
        {"role": ["a"]},
        {"requires": "admin"},
        {"requires": Scope},
        {"optional": "yes"},
        {"optional": 1},
        {"optional": None},
        {"optional": True, "role": "admin"},
        {"optional": "lenient", "scope": "a"},
        {"optional": True, "requires": Role("a")},
    ],
    ids=repr,
)
def test_arguments_that_ask_for_nothing(arguments: dict[str, Any]) -> None:
    """A mistake is told when the view is decorated, before any request."""
    with pytest.raises((TypeError, ValueError)):
        jwt_required(**arguments)


def test_claim_elsewhere() -> None:
    """Roles are read where JWT_ROLES_CLAIM says: a dot is part of a name."""
    token = bearing({"realm_access": {"roles": ["admin"]}, "a.b": ["admin"], "roles": []})

    for place in (["realm_access", "roles"], "a.b", ["a.b"]):
        assert guarded(Role("admin"), JWT_ROLES_CLAIM=place).get("/", headers=token).text == "ann"
    nested = guarded(Role("admin"), JWT_ROLES_CLAIM="realm_access.roles")
    assert nested.get("/", headers=token).status_code == 403


def test_check_is_called_with_token_and_user() -> None:
    """A check has both, and is called once for a request that it lets in."""
    calls: list[tuple[Any, Any]] = []

    def check(token: Any, user: Any) -> bool:
        calls.append((token.claims["sub"], user))
        return True

    assert guarded(Check(check, "it")).get("/", headers=bearing({"sub": "s"})).text == "ann"
    assert calls == [("s", "ann")]


def test_coroutine_check() -> None:
    """A check may be a coroutine function."""

    async def check(token: Any, user: Any) -> bool:
        return bool(user == "bob")

    refused = guarded(Check(check, "being bob")).get("/", headers=bearing({}))

    assert refused.status_code == 403
    assert refused.get_json()["description"].endswith('check, "being bob")')


def test_failing_check(caplog: pytest.LogCaptureFixture) -> None:
    """An exception in a check is a logged 500, and never a pass, also not of its contrary."""

    def check(token: Any, user: Any) -> bool:
        raise KeyError("broken")

    for requires in (Check(check, "it"), ~Check(check, "it"), Role("a") | Check(check, "it")):
        caplog.clear()
        assert guarded(requires).get("/", headers=bearing({})).status_code == 500
        assert "KeyError: 'broken'" in caplog.text


def test_tokens_without_auth_time(caplog: pytest.LogCaptureFixture) -> None:
    """Where tokens don't say when their user signed in, the log names the mend, once."""
    client = guarded(MaxAge(60))

    with caplog.at_level(logging.WARNING):
        client.get("/", headers=bearing({}))
        client.get("/", headers=bearing({}))

    (record,) = caplog.records
    assert "auth_time" in record.message
    assert "JWT_SESSION_STORE" in record.message


@pytest.mark.parametrize("auth_time", [float("nan"), float("-inf"), -1.0, 10**400])
def test_times_of_a_decode_hook(auth_time: float) -> None:
    """A time that no token of ours could hold proves neither a requirement nor its contrary."""
    app, jwt = make_app()
    jwt.jwt_decode_handler(lambda token: {"identity": "ann", "auth_time": auth_time})
    app.get("/fresh", endpoint="fresh")(jwt_required(requires=MaxAge(60))(lambda: "in"))
    app.get("/old", endpoint="old")(jwt_required(requires=~MaxAge(60))(lambda: "in"))
    client = app.test_client()

    assert client.get("/fresh", headers={"Authorization": "JWT t"}).status_code == 401
    assert client.get("/old", headers={"Authorization": "JWT t"}).status_code == 403


def test_clock_of_a_test() -> None:
    """A clock that has just begun asks for a sign-in as any other does."""
    app = Flask(__name__)
    app.config["JWT_SECRET_KEY"] = SECRET
    jwt = JWT(app, None, lambda token: token["identity"], clock=lambda: 1000)
    jwt.jwt_decode_handler(lambda token: {"identity": "ann"})
    app.get("/")(jwt_required(requires=MaxAge(3600))(lambda: "in"))

    answer = app.test_client().get("/", headers={"Authorization": "JWT t"})
    assert answer.headers["WWW-Authenticate"].endswith('max_age="3600"')


def test_guard_in_guard() -> None:
    """A view under two guards is reached by who satisfies both."""
    app, _ = make_app()
    app.before_request(jwt_required(requires=Claim("tenant", "acme"))(lambda: None))
    app.get("/")(jwt_required(role="admin")(lambda: "in"))
    client = app.test_client()

    assert client.get("/", headers=bearing({"tenant": "acme"})).status_code == 403
    assert client.get("/", headers=bearing({"roles": ["admin"]})).status_code == 403
    assert client.get("/", headers=bearing({"tenant": "acme", "roles": ["admin"]})).text == "in"
