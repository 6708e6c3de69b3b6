"""A browser in which a user has signed in before has a count of its own."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flask_jwt import JWT
from flask_jwt.testing.cheap_hashing import cheap_hashing
from flask_jwt.users import Users
from tests.support.browsing import set_cookies
from tests.support.secret import secret
from tests.throttle.signing_in import BAD, GOOD, SITE, Directory, Site, User

NAME = "__Host-Http-device"
HOST = "shop.example"
DAYS_180 = 180 * 86_400


def make_site(store: str | None = "memory://", **config: Any) -> Site:
    """Return an application whose tokens are in cookies."""
    locations = ["headers", "cookies"]
    return Site(**{"JWT_TOKEN_LOCATION": locations, "JWT_SESSION_STORE": store, **config})


def device_of(client: FlaskClient, name: str = NAME, host: str = HOST) -> str:
    found = client.get_cookie(name, host)
    assert found is not None
    return found.value


def known_browser(site: Site, name: str = "ann", **how: Any) -> FlaskClient:
    """Return a browser in which somebody has signed in and out; the account then has to wait."""
    client = site.app.test_client()
    answer = site.sign_in(name, client=client, **how)
    assert answer.status_code == 200
    sign_out(client, answer)
    site.now += 1
    return client


def sign_out(client: FlaskClient, signed_in: TestResponse) -> None:
    headers = {"X-CSRF-TOKEN": signed_in.get_json()["csrf_token"]}
    assert client.post("/auth/logout", base_url=SITE, headers=headers).status_code == 204


def by_cookie(site: Site, *values: str, name: str = "ann", password: str = GOOD) -> int:
    """Return the status of a sign-in with device cookies and no others."""
    client = site.app.test_client(use_cookies=False)
    headers = {"Cookie": "; ".join(f"{NAME}={value}" for value in values)}
    return site.sign_in(name, password, client=client, headers=headers).status_code


def test_the_cookie() -> None:
    """A sign-in sets it: of this host and its server alone, for 180 days and the whole site."""
    site = make_site()
    answer = site.sign_in(client=site.app.test_client())
    found = set_cookies(answer)[NAME, "/"]

    assert len(found.pop("value")) == 119
    # For browsers that know no Max-Age.
    assert found.pop("Expires").endswith("GMT")
    assert found == {
        "Max-Age": str(DAYS_180),
        "Path": "/",
        "Secure": "",
        "HttpOnly": "",
        "SameSite": "Lax",
    }


@pytest.mark.parametrize(
    ("config", "attributes"),
    [
        ({"JWT_COOKIE_DOMAIN": "example"}, {}),
        ({"JWT_COOKIE_PARTITIONED": True}, {"Partitioned": ""}),
        (
            {"JWT_COOKIE_ORIGINS": ["https://app.test"], "JWT_COOKIE_SAMESITE": "None"},
            {"SameSite": "None"},
        ),
        ({"JWT_SESSION_STORE": None}, {}),
        ({"JWT_TOKEN_LOCATION": ["cookies"]}, {}),
    ],
    ids=str,
)
def test_attributes(config: dict[str, Any], attributes: dict[str, str]) -> None:
    """It is this host's alone whatever the others are, and is sent wherever they are sent."""
    site = make_site(**config)
    found = set_cookies(site.sign_in(client=site.app.test_client()))[NAME, "/"]

    assert "Domain" not in found
    assert found.items() >= {"Secure": "", "HttpOnly": "", "SameSite": "Lax", **attributes}.items()


def test_in_debug_on_this_machine() -> None:
    """There it has a plain name, without Secure, which production never reads."""
    site = make_site()
    site.app.debug = True
    client = site.app.test_client()
    found = set_cookies(site.sign_in(client=client, site="http://localhost"))["device", "/"]
    assert "Secure" not in found
    assert "HttpOnly" in found
    site.now += 1
    site.fail(5)
    assert site.wait(client=client, site="http://localhost") is None

    site.app.debug = False
    headers = {"Cookie": f"device={found['value']}"}
    assert site.wait(headers=headers) is not None


def test_whom_it_is_not_set_for() -> None:
    """Neither clients without cookies, nor pages elsewhere, nor failed sign-ins get one."""
    without = Site(JWT_SESSION_STORE="memory://")
    elsewhere = make_site()
    from_elsewhere = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    answers = [
        without.sign_in(),
        elsewhere.sign_in(headers=from_elsewhere),
        elsewhere.sign_in(password=BAD),
        make_site(JWT_THROTTLE=False).sign_in(),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 401, 200]
    for answer in answers:
        assert "device" not in str(answer.headers)


def test_front_ends_elsewhere() -> None:
    """A page of an origin that is named has its browser known."""
    site = make_site(JWT_COOKIE_ORIGINS=["https://app.test"], JWT_COOKIE_SAMESITE="None")
    headers = {"Origin": "https://app.test", "Sec-Fetch-Site": "cross-site"}
    client = site.app.test_client()
    assert site.sign_in(client=client, headers=headers).status_code == 200
    site.now += 1
    site.fail(5)

    assert site.sign_in(client=client, headers=headers).status_code == 200


def test_the_owner_is_not_locked_out() -> None:
    """While strangers make the account wait, and its address too, the owner's browser signs in."""
    site = make_site()
    client = known_browser(site)
    site.fail(5)
    for number in range(25):
        site.fail(1, f"n{number}", address="203.0.113.7")
    for number in range(5):
        site.fail(1, f"m{number}", address="203.0.113.7")
    assert site.wait() == 1

    for _ in range(10):
        assert site.sign_in(client=client).status_code == 200


def test_a_browser_has_five_free_failures_and_waits() -> None:
    """They are counted for it alone: neither account nor address know of them."""
    site = make_site()
    client = known_browser(site)
    waits = site.waits_of_one(client=client)

    assert waits == [1, 2, 4]
    site.fail(5)


def test_its_success_clears_its_own_count_alone() -> None:
    """What strangers have done to the account stays."""
    site = make_site()
    client = known_browser(site)
    site.fail(5)
    for _ in range(4):
        assert site.sign_in(password=BAD, client=client).status_code == 401
    assert site.sign_in(client=client).status_code == 200
    for _ in range(5):
        assert site.sign_in(password=BAD, client=client).status_code == 401

    assert site.wait(client=client) == 1
    assert site.wait() == 1


def test_a_browser_stays_the_same_device() -> None:
    """Each sign-in makes the cookie anew, and its failures stay those of one browser."""
    site = make_site()
    client = known_browser(site)
    former = device_of(client)
    for _ in range(4):
        assert site.sign_in(password=BAD, client=client).status_code == 401
    assert by_cookie(site, former) == 200
    site.now += 1
    site.sign_in(client=client)
    renewed = device_of(client)
    assert renewed != former

    for value in (former, renewed, former, renewed, former):
        assert by_cookie(site, value, password=BAD) == 401
    assert by_cookie(site, renewed) == 429


def test_it_lasts_180_days() -> None:
    """From the last sign-in on, whatever a client says."""
    site = make_site()
    value = device_of(known_browser(site))
    site.now += DAYS_180 - 2
    site.fail(5)
    assert by_cookie(site, value) == 200
    site.now += 1
    site.fail(1)

    assert by_cookie(site, value) == 429


def test_it_is_kept_at_sign_out() -> None:
    """Sign-out deletes the cookies with tokens, and not this one."""
    site = make_site()
    client = site.app.test_client()
    answer = site.sign_in(client=client)
    value = device_of(client)
    sign_out(client, answer)

    assert device_of(client) == value
    assert client.get_cookie("__Host-Http-access_token", HOST) is None


def test_it_lets_nobody_in() -> None:
    """It is no credential: not for views, and not at sign-in without the password."""
    site = make_site()
    client = known_browser(site)
    headers = {"Cookie": f"{NAME}={device_of(client)}"}

    assert client.get("/me", base_url=SITE).status_code == 401
    assert site.app.test_client().get("/me", base_url=SITE, headers=headers).status_code == 401
    assert site.sign_in(password=BAD, client=client).status_code == 401


def test_it_is_good_for_one_name() -> None:
    """Mallory's cookie, or a stolen one of hers, makes no guess at ann's password free."""
    site = make_site()
    client = known_browser(site, "mallory")
    site.fail(5)

    assert site.wait(client=client) == 1
    assert site.wait("mallory", client=client) is None


def test_a_name_that_has_passed_to_somebody_else() -> None:
    """Whoever had a name before makes no free guesses at its new owner, in however many browsers.

    An application may rename or delete a row of its own model without a word to the directory.
    """
    site = make_site(users=Directory("boss", "ann"))
    browsers = [known_browser(site, "boss") for _ in range(5)]
    del site.users.users["boss"]
    assert site.sign_in("boss", BAD, client=browsers[0]).status_code == 401
    site.users.users["boss"] = User(3, "boss")
    site.fail(5, "boss")

    assert [site.wait("boss", client=client) for client in browsers] == [1] * 5
    site.now += 1
    owner = known_browser(site, "boss")
    site.fail(5, "boss")
    assert site.wait("boss", client=owner) is None


def test_the_name_may_be_typed_otherwise() -> None:
    """The same user in other letters is the same user."""
    site = make_site()
    client = known_browser(site)
    site.fail(5)

    assert site.sign_in("\uff21NN", client=client).status_code == 200


def tampered(value: str, place: int) -> str:
    raw = bytearray(urlsafe_b64decode(value + "="))
    raw[place] ^= 1
    return urlsafe_b64encode(raw).decode().rstrip("=")


def test_cookies_that_are_not_ours() -> None:
    """Tampered with anywhere, cut, lengthened, or no text of ours: as if it were not there."""
    site = make_site()
    value = device_of(known_browser(site))
    site.fail(5)
    # One of each part: version, time, device, name, subject and MAC.
    others = [tampered(value, place) for place in (0, 1, 8, 9, 25, 41, 57, 88)]
    others += [value[:-1], value + "A", value + "=", value[:-1] + "%", "", "\u00e9", "A" * 119]
    for other in others:
        assert other != value
        assert by_cookie(site, other.encode().decode("latin-1")) == 429

    assert by_cookie(site, value) == 200


def test_another_secret() -> None:
    """A browser that is known by a former secret is a stranger, and signs in as strangers do."""
    value = device_of(known_browser(make_site()))
    site = make_site(SECRET_KEY=secret("another"))
    site.now += 1
    assert by_cookie(site, value) == 200
    site.fail(5)

    assert by_cookie(site, value) == 429


def test_several_cookies_of_one_name() -> None:
    """The newest four are looked at: one among them is enough, and a fifth is one too many."""
    site = make_site()
    value = device_of(known_browser(site))
    junk = [f"{number}" * 119 for number in range(1, 5)]
    site.fail(5)

    assert by_cookie(site, *junk[:3], value) == 200
    assert by_cookie(site, value, *junk[:3]) == 200
    assert by_cookie(site, value, *junk) == 429
    assert by_cookie(site, *junk, value) == 200


def end_by_endpoint(site: Site, client: FlaskClient) -> None:
    headers = {"X-CSRF-TOKEN": site.sign_in(client=client).get_json()["csrf_token"]}
    site.now += 1
    path = "/auth/sessions?all=1"
    assert client.delete(path, base_url=SITE, headers=headers).status_code == 204


def end_by_call(site: Site, _client: FlaskClient) -> None:
    with site.app.app_context():
        site.jwt.sessions.end_all(1)


def end_by_command(site: Site, _client: FlaskClient) -> None:
    result = site.app.test_cli_runner().invoke(args=["jwt", "sessions", "end", "1", "--all"])
    assert result.exit_code == 0, result.output


def replay(site: Site, client: FlaskClient) -> None:
    tokens = site.sign_in().get_json()
    for status in (200, 401):
        body = {"refresh_token": tokens["refresh_token"]}
        assert client.post("/auth/refresh", json=body, base_url=SITE).status_code == status
        site.now += 600


@pytest.mark.parametrize("end", [end_by_endpoint, end_by_call, end_by_command, replay])
def test_when_it_is_void(end: Any) -> None:
    """When a user's sessions are all ended, all browsers are strangers; a new sign-in is not."""
    site = make_site()
    client, others = known_browser(site), device_of(known_browser(site, "mallory"))
    end(site, client)
    value = device_of(client)
    site.fail(5)
    assert by_cookie(site, value) == 429
    site.fail(5, "mallory")
    assert by_cookie(site, others, name="mallory") == 200

    site.now += 1
    assert by_cookie(site, value) == 200
    assert by_cookie(site, device_of(known_browser(site))) == 200


def test_a_stranger_cannot_void_it() -> None:
    """An old refresh token that is sent again, after its session has ended, ends nothing more."""
    site = make_site()
    tokens = site.sign_in().get_json()
    body = {"refresh_token": tokens["refresh_token"]}
    for _ in range(2):
        site.client.post("/auth/refresh", json=body, base_url=SITE)
        site.now += 600
    value = device_of(known_browser(site))
    assert site.client.post("/auth/refresh", json=body, base_url=SITE).status_code == 401
    site.fail(5)

    assert by_cookie(site, value) == 200


def test_an_answer_of_the_application() -> None:
    """Where a hook answers with an error, nobody is signed in, and no browser is known."""
    site = make_site()

    @site.jwt.auth_response_handler
    def refuse(_token: str, _user: Any) -> tuple[str, int]:
        return "a second factor is missing", 403

    answer = site.sign_in(client=site.app.test_client())

    assert answer.status_code == 403
    assert "device" not in str(answer.headers)


def times(now: float) -> dict[str, int]:
    return {"iat": int(now), "nbf": int(now), "exp": int(now) + 300}


def test_users_without_a_directory() -> None:
    """A handler of the application's own, and hooks for its tokens, serve as well."""
    app = Flask("own")
    app.config.update(SECRET_KEY=secret(), JWT_TOKEN_LOCATION=["cookies"], JWT_THROTTLE=True)
    now = [1_800_000_000.0]
    users = Directory("ann")
    jwt = JWT(app, users.verify, lambda claims: claims["user"], clock=lambda: now[0])
    jwt.subject = lambda claims: claims["user"]
    made = []

    @jwt.jwt_payload_handler
    def payload(user: Any) -> dict[str, Any]:
        made.append(user)
        return {"user": user.username, **times(now[0])}

    client = app.test_client()

    def sign_in(password: str, client: FlaskClient) -> int:
        body = {"username": "ann", "password": password}
        return client.post("/auth", json=body, base_url=SITE).status_code

    assert sign_in(GOOD, client) == 200
    assert len(made) == 1
    now[0] += 1
    assert [sign_in(BAD, app.test_client()) for _ in range(6)] == [401] * 5 + [429]
    assert sign_in(GOOD, client) == 200


def by_call(site: Site) -> None:
    with site.app.app_context():
        users = site.app.extensions["jwt"].users
        users.set_password(users.by_name("ann"), GOOD)


def by_command(site: Site) -> None:
    command = ["jwt", "users", "passwd", "ann", "--password-stdin"]
    result = site.app.test_cli_runner().invoke(args=command, input=f"{GOOD}\n")
    assert result.exit_code == 0, result.output


def disabled_for_a_while(site: Site) -> None:
    with site.app.app_context():
        users = site.app.extensions["jwt"].users
        users.disable(users.by_name("ann"))
        users.enable(users.by_name("ann"))


@pytest.mark.parametrize("store", ["memory://", None])
@pytest.mark.parametrize("change", [by_call, by_command, disabled_for_a_while])
def test_a_change_of_the_user(change: Any, store: str | None) -> None:
    """Another password, or a time of being disabled, makes strangers of all the user's browsers."""
    users = Users("sqlite:///:memory:")
    with cheap_hashing(users):
        site = make_site(store, users=users)
        with site.app.app_context():
            users.add("ann", GOOD)
        client = site.app.test_client()
        assert site.sign_in(client=client).status_code == 200
        value = device_of(client)
        site.now += 1
        change(site)
        site.now += 1
        site.fail(5)
        assert by_cookie(site, value) == 429
        site.now += 1
        known = device_of(known_browser(site))
        site.fail(5)

        assert by_cookie(site, known) == 200
