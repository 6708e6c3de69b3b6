"""What a request costs in work: counted, not timed."""

from __future__ import annotations

import gc
import weakref
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from flask import Flask, Request, Response
from flask.config import Config
from flask.json.provider import DefaultJSONProvider
from flask.sessions import SecureCookieSessionInterface
from werkzeug.exceptions import HTTPException

from flask_jwt import JWT, JWTError, create_access_token, jwt_required
from flask_jwt.http import current_request
from tests.support.secret import secret
from tests.support.tokens import claims, compact

SECRET = secret("s")
NO_TOKEN = "Request does not contain an access token"


class Counting(DefaultJSONProvider):
    """An application's JSON provider, with a style of its own, that counts."""

    sort_keys = False

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        self.dumped: list[Any] = []

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """Write JSON, and note of what."""
        self.dumped.append(obj)
        return super().dumps(obj, **{"indent": 3, **kwargs})


class Watched(Config):
    """A configuration that counts which of our keys are read."""

    read: Counter[str]

    def __getitem__(self, key: str) -> Any:
        """Return a value."""
        self.note(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        """Return a value, or a default."""
        self.note(key)
        return super().get(key, default)

    def note(self, key: str) -> None:
        """Count a key of ours."""
        if key.startswith("JWT_") and hasattr(self, "read"):
            self.read[key] += 1


class Application(Flask):
    """An application whose configuration counts."""

    config_class = Watched


@pytest.fixture
def app() -> Flask:
    """Return an application that has answered a first request."""
    made = Application("counted")
    made.json = Counting(made)
    made.config["SECRET_KEY"] = SECRET
    JWT(made, lambda name, _: {"id": name}, lambda claims: claims["identity"])
    made.add_url_rule("/me", "me", jwt_required()(lambda: "hello"))

    @made.route("/own/<text>")
    def own(text: str) -> str:
        raise JWTError("Own", text, 418, {"X-Own": text})

    return made


def test_a_refusal_is_serialised_once(app: Flask) -> None:
    """Each error is written once, by the JSON provider of the application."""
    client = app.test_client()
    answers = [client.get("/me") for _ in range(5)]
    answers += [client.get("/me", headers={"Authorization": "JWT a.b"}) for _ in range(5)]

    assert isinstance(app.json, Counting)
    written = [one for one in app.json.dumped if "description" in one]
    assert [one["description"] for one in written] == [NO_TOKEN, "Not enough segments"]
    assert answers[0].data == answers[4].data
    assert answers[0].data.startswith(b'{\n   "status_code":401,\n   "error":')


class Noting(Response):
    """A response of the application's own, with something of its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.notes: list[object] = [{}]


class Hanging(DefaultJSONProvider):
    """A JSON provider that hangs something on its responses."""

    def response(self, *args: Any, **kwargs: Any) -> Any:
        made = super().response(*args, **kwargs)
        vars(made)["notes"] = [{}]
        return made


@pytest.mark.parametrize("own", ["nothing", "class", "provider"])
def test_nobody_shares_a_response(app: Flask, own: str) -> None:
    """What is done to one refusal's response shows in no other: not its headers, cookies, body and
    calls at its end, nor what its class or the JSON provider of the application have added.
    """
    if own == "class":
        app.response_class = Noting
    elif own == "provider":
        app.json = Hanging(app)
    seen: list[Response] = []
    noted: list[int] = []
    closed: list[int] = []

    @app.after_request
    def change(response: Response) -> Response:
        response.call_on_close(partial(closed.append, len(seen)))
        response.headers["X-Number"] = str(len(seen))
        response.set_cookie("number", str(len(seen)))
        response.set_data(response.get_data() + b"\n")
        notes = getattr(response, "notes", [{}])
        noted.append(len(notes))
        notes.append(None)
        seen.append(response)
        return response

    client = app.test_client()
    answers = [client.get("/me") for _ in range(3)]

    assert [one.headers.getlist("X-Number") for one in answers] == [["0"], ["1"], ["2"]]
    assert [len(one.headers.getlist("Set-Cookie")) for one in answers] == [1, 1, 1]
    assert {(one.status_code, len(one.data)) for one in answers} == {(401, len(answers[0].data))}
    assert len({id(one) for one in seen}) == 3
    assert noted == [1, 1, 1]
    for answer in answers:
        answer.close()
    assert closed == [0, 1, 2]


@pytest.mark.parametrize(
    ("token", "status"),
    [
        (None, 401),
        ("a.b", 401),
        (compact(claims("ann", exp=1), SECRET), 401),
        (compact({**claims("ann"), "identity": None}, SECRET), 401),
        (compact(claims("ann", exp=2**33), SECRET), 200),
    ],
    ids=["no token", "malformed", "expired", "nobody", "good"],
)
def test_a_request_is_freed_when_it_is_answered(app: Flask, token: str | None, status: int) -> None:
    """Neither a request nor the error that refused it waits for the collector of cycles."""
    seen: list[weakref.ref[Request]] = []

    @app.before_request
    def look() -> None:
        seen.append(weakref.ref(current_request()))

    client = app.test_client()
    headers = {} if token is None else {"Authorization": f"JWT {token}"}
    gc.disable()
    try:
        statuses = [client.get("/me", headers=headers).status_code for _ in range(2)]
        alive = [one for one in seen if one() is not None]
    finally:
        gc.enable()

    assert statuses == [status, status]
    assert not alive


def test_an_error_lacks_nothing_of_werkzeugs() -> None:
    """An error has each attribute that Werkzeug's constructor gives one, which is not called."""
    of_werkzeug = vars(HTTPException("why"))

    assert all(hasattr(JWTError("Own", "why"), name) for name in of_werkzeug)


def test_an_error_of_the_application(app: Flask) -> None:
    """Errors of the application's own keep their headers apart, although they say the same."""
    client = app.test_client()
    answers = [client.get(f"/own/{text}") for text in ("a", "b", "a")]

    assert [one.status_code for one in answers] == [418, 418, 418]
    assert [one.headers["X-Own"] for one in answers] == ["a", "b", "a"]
    assert [one.get_json()["description"] for one in answers] == ["a", "b", "a"]


def test_there_may_be_many(app: Flask) -> None:
    """However many texts there are, each is answered with its own."""
    client = app.test_client()
    for number in range(600):
        assert client.get(f"/own/{number}").get_json()["description"] == str(number)


def test_the_configuration_is_read_once(app: Flask) -> None:
    """After the first requests none reads a key of ours."""
    assert isinstance(app.config, Watched)
    with app.app_context():
        token = create_access_token({"id": "ann"})
    client = app.test_client()
    credentials = {"username": "ann", "password": "pw"}
    requests: list[Callable[[], Any]] = [
        lambda: client.get("/me", headers={"Authorization": f"JWT {token}"}),
        lambda: client.get("/me"),
        lambda: client.get("/me", headers={"Authorization": f"JWT {token}x"}),
        lambda: client.post("/auth", json=credentials),
    ]
    for request in requests:
        request()
    app.config.read = Counter()
    statuses = [request().status_code for request in requests * 3]

    assert statuses == [200, 401, 401, 200] * 3
    assert not app.config.read


def test_no_session_is_opened(app: Flask) -> None:
    """Neither a guarded request nor a refusal touches Flask's session."""

    class Untouched(SecureCookieSessionInterface):
        def save_session(self, app: Flask, session: Any, response: Response) -> None:
            assert not session.accessed
            super().save_session(app, session, response)

    app.session_interface = Untouched()
    with app.app_context():
        token = create_access_token({"id": "ann"})
    client = app.test_client()

    for headers in ({"Authorization": f"JWT {token}"}, {}, {"Authorization": "JWT x"}):
        assert "Vary" not in client.get("/me", headers=headers).headers
    assert "Set-Cookie" not in client.post("/auth", json={"username": "a", "password": "b"}).headers
