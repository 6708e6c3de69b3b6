"""``POST /auth/register``: a new user, who is signed in at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, jsonify
from flask.testing import FlaskClient

from flask_jwt import JWT, ConfigurationError, create_access_token
from flask_jwt.user_directory import DirectoryUnavailable
from tests.support.accounts import NEW, Accounts
from tests.support.browsing import ACCESS, CSRF, REFRESH, cookie, fault, set_cookies
from tests.support.dict_directory import DictDirectory
from tests.support.members import refusal
from tests.support.secret import secret
from tests.support.server import gunicorn
from tests.support.tokens import parts_of

RULE = {"JWT_REGISTER_URL_RULE": "/auth/register"}
COOKIES = {"JWT_TOKEN_LOCATION": ["cookies"]}
DEVICE = "__Host-Http-device"


def test_the_answer() -> None:
    """201, with tokens as sign-in gives them: they say when and how somebody has signed in."""
    accounts = Accounts(**RULE)

    answer = accounts.register(email="eve@example.com")

    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
    tokens = answer.get_json()
    assert tokens.keys() == accounts.sign_in().keys()
    claims = parts_of(tokens["access_token"])[1]
    assert (claims["auth_time"], claims["amr"]) == (int(accounts.now), ["pwd"])
    assert accounts.ask("GET", "/auth/me", tokens).get_json()["user"]["username"] == "eve"
    user = accounts.directory.by_name("eve")
    assert user is not None
    assert (user.email, user.roles) == ("eve@example.com", ())
    assert (
        accounts.client.post("/auth", json={"username": "eve", "password": NEW}).status_code == 200
    )


def test_without_sessions() -> None:
    """Without a store the answer is an access token."""
    accounts = Accounts(None, **RULE)

    tokens = accounts.register().get_json()

    assert tokens.keys() == {"access_token"}
    assert accounts.who(tokens) == 200


@pytest.mark.parametrize("store", ["memory://", None])
def test_in_a_browser(store: str | None) -> None:
    """A browser gets its cookies, the CSRF value, and is known from then on."""
    accounts = Accounts(store, **RULE, **COOKIES)

    answer = accounts.visit("POST", "/auth/register", json={"username": "eve", "password": NEW})

    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.get_json()
    assert body["csrf_token"] == accounts.value
    assert "access_token" not in body
    names = {ACCESS, CSRF, DEVICE} | ({REFRESH} if store else set())
    assert {name for name, _ in set_cookies(answer)} == names
    assert accounts.visit("GET", "/who").text == "eve"


def test_replaces_who_was_there() -> None:
    """A browser in which somebody had signed in is the new user's; the former session ends."""
    accounts = Accounts(**RULE, **COOKIES)
    accounts.enter()
    former = f"{ACCESS}={cookie(accounts, ACCESS)}"

    body = {"username": "eve", "password": NEW}
    assert accounts.visit("POST", "/auth/register", json=body).status_code == 201

    assert accounts.visit("GET", "/who").text == "eve"
    assert accounts.send("GET", "/who", former).status_code == 401


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_from_another_site(headers: dict[str, str]) -> None:
    """A page of another site registers nobody in its visitor's browser."""
    accounts = Accounts(**RULE, **COOKIES)
    body = {"username": "eve", "password": NEW}

    answer = accounts.visit("POST", "/auth/register", json=body, headers=headers)

    assert fault(answer)[0] == 403
    assert accounts.directory.by_name("eve") is None


def test_a_name_that_is_taken() -> None:
    """A name that somebody has, however it is written, is a 409, and nobody changes."""
    accounts = Accounts(**RULE)
    before = dict(accounts.directory.users)

    for name in ("ann", "ANN"):
        assert refusal(accounts.register(name)) == (
            409,
            "Username Taken",
            "There is a user of that name",
        )
    assert accounts.directory.users == before


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"password": "short"}, ("Weak Password", "A password has 8 characters at least")),
        ({"username": "e v e"}, ("Unfit Name", "A name has no spaces and no controls")),
        ({"email": "eve"}, ("Unfit Email", "An address has an @")),
    ],
)
def test_what_the_directory_refuses(members: dict[str, str], expected: tuple[str, str]) -> None:
    """A weak password, an unfit name or address is a 400 in the directory's words."""
    accounts = Accounts(**RULE)

    assert refusal(accounts.register(**members)) == (400, *expected)
    assert len(accounts.directory.users) == 2


def test_successes_are_counted() -> None:
    """An address registers thirty users and then has to wait, whoever it signs in meanwhile."""
    accounts = Accounts(**RULE)

    for number in range(30):
        assert accounts.register(f"user-{number}").status_code == 201
    answer = accounts.register("one-more")

    assert refusal(answer)[:2] == (429, "Too Many Requests")
    assert answer.headers["Retry-After"] == "1"
    assert accounts.directory.by_name("one-more") is None
    accounts.sign_in()
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    body = {"username": "one-more", "password": NEW}
    answer = accounts.client.post("/auth/register", json=body, environ_overrides=elsewhere)
    assert answer.status_code == 201


def test_what_is_counted_too() -> None:
    """Names that are taken count, so that nobody finds out thousands; an outage does not."""
    accounts = Accounts(**RULE)
    accounts.directory.is_down = True
    for _ in range(40):
        assert accounts.register("ann").status_code == 503
    accounts.directory.is_down = False

    assert [accounts.register("ann").status_code for _ in range(31)] == [409] * 30 + [429]


def test_without_a_throttle() -> None:
    """Where nothing is counted nobody waits."""
    accounts = Accounts(**RULE, JWT_THROTTLE=False)

    assert {accounts.register("ann").status_code for _ in range(40)} == {409}


@pytest.mark.parametrize(
    "more",
    [
        {"username": None}, {"username": ""}, {"username": ["eve"]}, {"username": "e" * 4097},
        {"password": None}, {"password": 12345678}, {"password": ""}, {"password": "é" * 2049},
        {"email": None}, {"email": 1}, {"email": ""}, {"email": "e" * 4097},
        {"remember": "yes"}, {"roles": ["staff"]}, {"refresh_token": "x"}, {"enabled": True},
    ],
)  # fmt: skip
def test_other_members(more: dict[str, Any]) -> None:
    """A body with other members, or with others in them, is a 400, and counts for nothing."""
    accounts = Accounts(**RULE)

    for _ in range(32):
        assert refusal(accounts.register(**more))[:2] == (400, "Bad Request")
    assert len(accounts.directory.users) == 2


def test_names_of_the_members() -> None:
    """The members are those of sign-in; users may sign in with their address."""
    names = {"JWT_AUTH_USERNAME_KEY": "email", "JWT_AUTH_PASSWORD_KEY": "secret"}
    accounts = Accounts(**RULE, **names)
    body = {"email": "eve@example.com", "secret": NEW}

    assert accounts.client.post("/auth/register", json=body).status_code == 201
    assert accounts.client.post("/auth", json=body).status_code == 200
    user = accounts.directory.by_name("eve@example.com")
    assert user is not None
    assert user.email is None


@pytest.mark.parametrize(("remember", "longest"), [(True, 7 * 86400), (False, 12 * 3600)])
def test_remember(remember: bool, longest: int) -> None:
    """Who does not want to be remembered has a short session."""
    accounts = Accounts(**RULE)
    (session,) = accounts.listed(accounts.register(remember=remember).get_json())

    assert session["expires_at"] - accounts.now <= longest
    assert session["expires_at"] - accounts.now > 0.9 * longest


def test_remember_without_sessions() -> None:
    """Without sessions there is nothing to remember."""
    assert Accounts(None, **RULE).register(remember=True).status_code == 400


def test_response_handler() -> None:
    """The application's own answer to a sign-in is that to a registration: 201, unless it says."""
    accounts = Accounts(**RULE)

    @accounts.jwt.auth_response_handler
    async def answer(access_token: str, user: Any) -> Any:
        return jsonify(token=access_token, name=user.username)

    registered = accounts.register()

    assert registered.status_code == 201
    assert registered.get_json()["name"] == "eve"


def test_the_session_that_cannot_begin() -> None:
    """Where the sessions are down the user is added all the same: a retry is told of the name."""
    accounts = Accounts("redis://127.0.0.1:1", **RULE)

    assert accounts.register().status_code == 503
    assert accounts.register().status_code == 409


def test_while_nothing_can_be_counted() -> None:
    """Nobody is added where that can't be counted."""
    accounts = Accounts(**RULE, JWT_THROTTLE_STORAGE="redis://127.0.0.1:1")

    answer = accounts.register()

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert accounts.directory.by_name("eve") is None


def test_add_that_fails() -> None:
    """A directory that is down is a 503 with the time to wait; a retry does what was asked."""
    accounts = Accounts(**RULE)
    add = accounts.directory.add

    def fails(*_args: Any, **_kwargs: Any) -> Any:
        raise DirectoryUnavailable

    accounts.directory.add = fails  # type: ignore[method-assign]
    answer = accounts.register()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    accounts.directory.add = add  # type: ignore[method-assign]

    assert accounts.register().status_code == 201


def test_one_name_in_four_processes(tmp_path: Path) -> None:
    """Of those who ask for a name at once one gets it, and the others are told: never a 500."""
    environment = {"ACCOUNTS": f"sqlite:///{tmp_path / 'users.db'}"}
    with gunicorn(
        "tests.support.applications.accounts:create_app()",
        tmp_path / "log.txt",
        workers=4,
        threads=2,
        preload=True,
        environment=environment,
    ) as server:
        for name in ("eve", "joe", "kim", "lee", "max"):
            spellings = [name, name.upper(), name.title(), name]
            with ThreadPoolExecutor(4) as pool:
                answers = list(
                    pool.map(
                        lambda spelling: server.post(
                            "/auth/register", {"username": spelling, "password": NEW}
                        ),
                        spellings,
                    )
                )
            assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]
            (tokens,) = (answer.json for answer in answers if answer.status == 201)
            who = server.get("/who", token=tokens["access_token"])
            assert who.text.lower() == name
        assert "Traceback" not in server.log
        assert NEW not in server.log


def app_of(users: Any, **config: Any) -> FlaskClient:
    app = Flask("users")
    app.config.update({"SECRET_KEY": secret("users"), **config})
    JWT(app, users=users)
    return app.test_client()


class Reader:
    """A directory that finds users, and no more."""

    def __init__(self) -> None:
        users = DictDirectory()
        self.by_id, self.by_name, self.verify = users.by_id, users.by_name, users.verify


@pytest.mark.parametrize("users", [None, Reader()])
def test_where_nobody_takes_users(users: Any) -> None:
    """A rule without a directory that takes users is an error when the application is set up."""
    with pytest.raises(ConfigurationError, match="JWT_REGISTER_URL_RULE"):
        app_of(users, **RULE)


def test_where_it_is_off() -> None:
    """Unless a rule is set nobody registers; without a directory none of the routes is there."""
    for path, users, status in (
        ("/auth/register", DictDirectory(), 404),
        ("/auth/password", Reader(), 404),
        ("/auth/password", DictDirectory(), 401),
        ("/auth/password", None, 404),
    ):
        assert app_of(users).post(path, json={}).status_code == status
    assert app_of(Reader()).get("/auth/me").status_code == 401
    assert app_of(None).get("/auth/me").status_code == 404
    assert app_of(DictDirectory(), JWT_ME_URL_RULE=None).get("/auth/me").status_code == 404


def test_a_front_end_on_another_origin() -> None:
    """A page of a named origin registers its visitor, and may read the answer."""
    front = "https://front.example"
    accounts = Accounts(**RULE, **COOKIES, JWT_COOKIE_ORIGINS=[front])
    body = {"username": "eve", "password": NEW}

    answer = accounts.visit("POST", "/auth/register", json=body, headers={"Origin": front})

    assert answer.status_code == 201
    assert answer.headers["Access-Control-Allow-Origin"] == front
    assert cookie(accounts, ACCESS) is not None


def test_what_the_commands_show() -> None:
    """``flask jwt routes`` and ``check`` know the routes of users as those of this package."""
    runner = Accounts(**RULE, JWT_PROTECT_ALL=True).app.test_cli_runner()

    shown = [line.split() for line in runner.invoke(args=["jwt", "routes"]).output.splitlines()]

    for rule, method, endpoint in (
        ("/auth/me", "GET", "jwt_me"),
        ("/auth/password", "POST", "jwt_password"),
        ("/auth/register", "POST", "jwt_register"),
    ):
        assert [rule, method, endpoint, "public", "(of", "Flask-JWT)"] in shown
        assert f"{rule}" in runner.invoke(args=["jwt", "check"]).output


@pytest.mark.parametrize("is_reader", [False, True])
def test_another_extension_in_its_place(is_reader: bool) -> None:
    """Where a JWT that can do less has taken the place of the first, the error says so."""
    accounts = Accounts(**RULE, TESTING=True)
    accounts.app.config["JWT_REGISTER_URL_RULE"] = None
    users: Any = None
    if is_reader:
        users = Reader()
        users.by_id = accounts.directory.by_id
    JWT(accounts.app, lambda username, password: None, dict, users=users)
    with accounts.app.app_context():
        tokens = {"access_token": create_access_token({"id": 1})}

    asked: list[Callable[[], object]] = [lambda: accounts.change(tokens), accounts.register]
    if users is None:
        asked.append(lambda: accounts.ask("GET", "/auth/me", tokens))
    for ask in asked:
        with pytest.raises(ConfigurationError, match="another JWT has taken its place"):
            ask()
