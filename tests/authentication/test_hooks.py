"""What hooks may return and raise, and whose error it is when they do something else."""

from __future__ import annotations

import asyncio
import concurrent.futures
import types
from collections.abc import AsyncIterator, Generator, Iterator
from typing import Any

import jwt as pyjwt
import pytest
from flask import Flask, Response
from werkzeug.local import LocalProxy

from flask_jwt import (
    JWT,
    JWTError,
    _jwt_required,
    create_access_token,
    current_identity,
    jwt_required,
)
from flask_jwt.core import ExpiredToken
from tests.support.secret import secret
from tests.support.tokens import claims, compact, parts_of

SECRET = secret("test_hooks")


@pytest.fixture
def jwt() -> JWT:
    """Make a JWT with hooks that believe everything."""
    return JWT(None, lambda username, password: {"id": username}, lambda claims: claims)


@pytest.fixture
def app(jwt: JWT) -> Flask:
    """Make an application in production."""
    app = Flask(__name__)
    app.config["SECRET_KEY"] = SECRET
    jwt.init_app(app)

    @app.get("/me")
    @jwt_required()
    def me() -> dict[str, str]:
        return {"identity": repr(current_identity._get_current_object())}

    return app


def get(app: Flask, **headers: str) -> Any:
    """Ask for the protected view with a good token."""
    authorization = {"Authorization": f"JWT {compact(claims(1), SECRET)}"}
    return app.test_client().get("/me", headers={**authorization, **headers})


def sign_in(app: Flask) -> Any:
    """Sign in."""
    return app.test_client().post("/auth", json={"username": "ann", "password": "pw"})


@pytest.mark.parametrize("identity", [0, False, "", {}, []], ids=repr)
def test_false_identity_is_somebody(jwt: JWT, app: Flask, identity: object) -> None:
    """Only None is nobody: an identity that is false is somebody."""
    jwt.identity_handler(lambda claims: identity)

    assert get(app).get_json() == {"identity": repr(identity)}


HOOKS = ["identity_callback", "jwt_decode_callback", "request_callback"]


@pytest.mark.parametrize("error", [KeyError, ValueError, LookupError, RuntimeError, OSError])
@pytest.mark.parametrize("hook", HOOKS)
def test_exception_of_a_hook(jwt: JWT, app: Flask, hook: str, error: type[Exception]) -> None:
    """An exception in a hook is a 500 of the application, never a refusal."""

    def fail(*args: object) -> None:
        raise error("in the hook")

    setattr(jwt, hook, fail)

    assert get(app).status_code == 500


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/me"), ("GET", "/auth/csrf"), ("POST", "/auth/logout")]
)
def test_token_error_of_a_request_hook(jwt: JWT, method: str, path: str) -> None:
    """It is the hook's own, where a session could be signed out of as well."""
    app = Flask(__name__)
    app.config.update(SECRET_KEY=SECRET, JWT_TOKEN_LOCATION=["headers", "cookies"])
    app.config["JWT_SESSION_STORE"] = "memory://"
    jwt.init_app(app)
    app.add_url_rule("/me", "me", jwt_required()(lambda: "hello"))

    @jwt.request_handler
    def fail() -> None:
        raise ExpiredToken

    assert app.test_client().open(path, method=method).status_code == 500


@pytest.mark.parametrize("hook", HOOKS)
def test_refusal_of_a_hook(jwt: JWT, app: Flask, hook: str) -> None:
    """A ``JWTError`` out of any hook is the refusal."""

    def refuse(*args: object) -> None:
        raise JWTError("Moved", "Ask next door", 403, {"X-Door": "next"})

    setattr(jwt, hook, refuse)
    answer = get(app)
    assert (answer.status_code, answer.headers["X-Door"]) == (403, "next")
    assert answer.get_json()["error"] == "Moved"


@pytest.mark.parametrize(
    ("error", "description"),
    [
        (pyjwt.InvalidTokenError("own words"), "own words"),
        (pyjwt.ExpiredSignatureError("Signature has expired"), "Signature has expired"),
        (pyjwt.DecodeError("Not enough segments"), "Not enough segments"),
        (pyjwt.InvalidAudienceError("Audience doesn't match"), "Audience doesn't match"),
        (ExpiredToken(), "Signature has expired"),
    ],
    ids=["token", "expired", "decode", "audience", "core"],
)
def test_refusals_of_a_decode_hook(
    jwt: JWT, app: Flask, error: Exception, description: str
) -> None:
    """A token that a decode hook refuses, as PyJWT or this package does, is a 401."""

    def refuse(token: str) -> None:
        raise error

    jwt.jwt_decode_handler(refuse)

    answer = get(app)
    assert answer.status_code == 401
    assert answer.get_json()["description"] == description
    assert answer.headers["WWW-Authenticate"].endswith('error="invalid_token"')


@pytest.mark.parametrize("returned", [None, [], "claims", 1], ids=repr)
def test_decode_hook_without_claims(jwt: JWT, app: Flask, returned: object) -> None:
    """A decode hook that returns no mapping is an error: it lets nobody in."""
    jwt.jwt_decode_handler(lambda token: returned)

    assert get(app).status_code == 500


@pytest.mark.parametrize("returned", [None, "", "bogus", b"\xff\xfe.\x00.\x80"])
def test_request_hook(jwt: JWT, app: Flask, returned: Any) -> None:
    """A request hook that finds no token, or no good one, is a refusal; it may be text or bytes."""
    jwt.request_handler(lambda: returned)
    assert get(app).status_code == 401

    for kind in (str, str.encode):
        jwt.request_callback = lambda kind=kind: kind(compact(claims(1), SECRET))
        assert get(app).status_code == 200


@pytest.mark.parametrize("made", ["text", b"bytes"])
def test_token_of_an_encode_hook(jwt: JWT, app: Flask, made: str | bytes) -> None:
    """An encode hook may return text or bytes, and the client gets text."""
    jwt.jwt_encode_handler(lambda identity: made)

    expected = made if isinstance(made, str) else made.decode()
    assert sign_in(app).get_json() == {"access_token": expected}
    with app.app_context():
        assert create_access_token({"id": 1}) == expected


@pytest.mark.parametrize("returned", [None, 5, {"token": "x"}], ids=repr)
def test_encode_hook_without_a_token(jwt: JWT, app: Flask, returned: object) -> None:
    """An encode hook that returns no token is an error, and no answer says "None"."""
    jwt.jwt_encode_handler(lambda identity: returned)

    assert sign_in(app).status_code == 500


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, "x") for name in ("alg", "crit", "b64", "zip", "jwk", "jku", "x5u", "x5c", "x5t")),
        *(("typ", kind) for kind in ("refresh+jwt", "dpop+jwt", "", 5)),
    ],
)
def test_reserved_header_fields(jwt: JWT, app: Flask, name: str, value: object) -> None:
    """A headers hook can't set what decides how a token is read, nor make another kind of it."""
    jwt.jwt_headers_handler(lambda identity: {name: value})

    assert sign_in(app).status_code == 500


def test_access_token_kind(jwt: JWT, app: Flask) -> None:
    """A headers hook may call an access token one (RFC 9068)."""
    jwt.jwt_headers_handler(lambda identity: {"typ": "at+jwt", "lang": "de"})

    token = sign_in(app).get_json()["access_token"]
    assert parts_of(token)[0] == {"typ": "at+jwt", "alg": "HS256", "lang": "de"}
    assert get(app, Authorization=f"JWT {token}").status_code == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": "soon"},
        {"exp": None},
        {"exp": float("inf")},
        {"iat": True},
        {"sub": ""},
        {"sub": 5},
        {"iss": 1},
        {"aud": []},
        {"note": object()},
        {"note": float("nan")},
        {"note": "\ud800"},
        {"note": "nul\0"},
        {"note": "long" * 5000},
    ],
    ids=lambda changed: repr(changed)[:20],
)
def test_claims_that_would_be_refused(jwt: JWT, app: Flask, changed: dict[str, Any]) -> None:
    """Claims that no request could come back with are an error when the token is made."""
    jwt.jwt_payload_handler(lambda identity: {**claims(1), **changed})

    assert sign_in(app).status_code == 500


def test_hooks_are_handed_what_they_were(jwt: JWT, app: Flask) -> None:
    """Each hook gets the arguments it always had."""
    seen: dict[str, tuple[Any, ...]] = {}

    def recorded(name: str, hook: Any) -> Any:
        def recording(*args: Any, **kwargs: Any) -> Any:
            assert kwargs == {}
            seen[name] = args
            return hook(*args)

        return recording

    names = ["auth_response", "jwt_encode", "jwt_headers", "jwt_payload", "jwt_decode", "identity"]
    for name in [*names, "authentication", "request", "jwt_error"]:
        hook = getattr(jwt, f"{name}_callback")
        getattr(jwt, f"{name}_handler")(recorded(name, hook))
    token = sign_in(app).get_json()["access_token"]
    get(app, Authorization=f"JWT {token}")
    get(app, Authorization="JWT bogus")

    assert seen["authentication"] == ("ann", "pw")
    assert seen["jwt_encode"] == seen["jwt_payload"] == seen["jwt_headers"] == ({"id": "ann"},)
    assert seen["auth_response"] == (token, {"id": "ann"})
    assert seen["request"] == ()
    assert seen["jwt_decode"] == ("bogus",)
    assert seen["identity"] == (parts_of(token)[1],)
    (error,) = seen["jwt_error"]
    assert str(error) == "Invalid token. Not enough segments"


@types.coroutine
def of_the_old_kind(*_args: object) -> Generator[Any, Any, None]:
    """A coroutine as it was written before ``async def``."""
    yield


def generator(*_args: object) -> Iterator[str]:
    """What a slip of a hook becomes."""
    yield ""


async def async_generator(*_args: object) -> AsyncIterator[None]:
    """The same of a coroutine hook."""
    yield None


def task(*_args: object) -> asyncio.Future[None]:
    """What runs in a loop that nobody waits for."""
    loop = asyncio.new_event_loop()
    loop.close()
    return asyncio.Future(loop=loop)


def job(*_args: object) -> concurrent.futures.Future[None]:
    """What a pool of threads gives."""
    return concurrent.futures.Future()


def cursor(*_args: object) -> Iterator[str]:
    """What a query gives before anything is fetched of it, found or not."""
    return iter([])


NO_RESULTS = [of_the_old_kind, generator, async_generator, task, job, cursor]


@pytest.mark.parametrize("hook", NO_RESULTS)
def test_a_result_that_is_still_to_come(jwt: JWT, app: Flask, hook: Any) -> None:
    """It is not None, and so would pass for an identity: the request fails, in words for us."""
    app.config["PROPAGATE_EXCEPTIONS"] = True
    jwt.identity_handler(hook)

    with pytest.raises(TypeError, match=r"a hook returned a .*: it has to return its result"):
        get(app)


@pytest.mark.parametrize(
    "name",
    [
        *("authentication_callback", "jwt_payload_callback", "jwt_headers_callback"),
        *("jwt_encode_callback", "auth_response_callback", "auth_request_callback"),
    ],
)
def test_no_hook_yields(jwt: JWT, app: Flask, name: str) -> None:
    """That goes for every hook; a stream is an answer inside a Response."""
    setattr(jwt, name, generator)
    assert sign_in(app).status_code == 500

    jwt.auth_request_callback = lambda: Response(generator())
    assert sign_in(app).status_code == 200


def test_identity_that_is_a_proxy_for_nobody(jwt: JWT, app: Flask) -> None:
    """An identity hook that returns a proxy standing for None lets nobody in."""
    jwt.identity_handler(lambda claims: LocalProxy(lambda: None))
    answer = get(app)

    assert (answer.status_code, answer.get_json()["error"]) == (401, "Invalid JWT")


@pytest.mark.parametrize("how", ["get_response", "response", "itself"])
def test_error_hook_that_starts_from_the_default_answer(jwt: JWT, app: Flask, how: str) -> None:
    """An error hook may take the default answer and change it."""

    @jwt.jwt_error_handler
    def refused(error: JWTError) -> Any:
        if how == "itself":
            return error
        answer = error.get_response() if how == "get_response" else error.response
        assert answer is not None
        answer.headers["X-Refused"] = "yes"
        return answer

    answer = app.test_client().get("/me")

    assert (answer.status_code, answer.get_json()["error"]) == (401, "Authorization Required")
    assert answer.headers["WWW-Authenticate"] == 'JWT realm="Login Required"'
    assert answer.headers.get("X-Refused") == (None if how == "itself" else "yes")


@pytest.mark.parametrize("realm", ["a\0b", "a\r\nSet-Cookie: x=1", "\a", "\u20ac"], ids=ascii)
def test_realm_that_can_not_stand_in_a_header(app: Flask, realm: str) -> None:
    """The manual call refuses such a realm as the decorator does."""
    with app.test_request_context("/"), pytest.raises(ValueError, match="realm"):
        _jwt_required(realm)
