"""Silent renewal of access tokens in cookies."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import make_response, request

from flask_jwt import JWTError, current_token, jwt_required, unset_jwt_cookies
from flask_jwt.sessions import StoreUnavailable
from tests.support.browsing import (
    ACCESS,
    CSRF,
    HEADER,
    HOST,
    REFRESH,
    Browsing,
    configuration_fault,
    cookie,
    entered,
    old_store,
    set_cookies,
)
from tests.support.members import SECRET
from tests.support.secret import secret
from tests.support.tokens import parts_of

BEFORE = timedelta(seconds=60)


def renewing(**config: Any) -> Browsing:
    """Return somebody who is signed in, and whose tokens are renewed in their last minute."""
    return Browsing(JWT_COOKIE_AUTO_REFRESH=BEFORE, **config)


def claims_of(token: str | None) -> dict[str, Any]:
    found: dict[str, Any] = parts_of(token or "")[1]
    return found


def test_near_expiry() -> None:
    """A guarded request in the last minute brings a new access token; nothing rotates."""
    browsing = renewing()
    browsing.enter()
    first, refresh = cookie(browsing, ACCESS), cookie(browsing, REFRESH, "/auth/refresh")
    browsing.now += 200
    assert set_cookies(browsing.visit("GET", "/move")) == {}
    browsing.now += 50
    answer = browsing.visit("GET", "/move")

    assert set_cookies(answer).keys() == {(ACCESS, "/")}
    assert answer.headers["Cache-Control"] == "no-store"
    renewed = claims_of(cookie(browsing, ACCESS))
    assert renewed["exp"] == browsing.now + 300
    assert renewed["sid"] == claims_of(first)["sid"]
    assert cookie(browsing, REFRESH, "/auth/refresh") == refresh
    assert browsing.act("/auth/refresh").status_code == 200


def test_for_weeks() -> None:
    """Whoever comes back now and then stays signed in until the session's end, and no longer."""
    browsing = Browsing(
        JWT_EXPIRATION_DELTA=timedelta(days=1),
        JWT_LEEWAY=0,
        JWT_COOKIE_AUTO_REFRESH=timedelta(hours=20),
    )
    browsing.enter()
    days = 0.0
    while browsing.visit("GET", "/move").status_code == 200:
        browsing.now += 43_200
        days += 0.5

    assert 28 < days <= 30.5
    assert browsing.act("/auth/refresh").status_code == 401


def test_roles_are_fresh() -> None:
    """The hooks run again, as at a refresh; a user who is gone gets nothing."""
    browsing = renewing()
    browsing.add_claims(lambda user: user)
    browsing.enter()
    browsing.users["ann"]["role"] = "admin"
    browsing.now += 280
    browsing.visit("GET", "/move")

    assert claims_of(cookie(browsing, ACCESS))["role"] == "admin"


class TestNeverRevived:
    """A session that has ended stays so."""

    def test_sign_out(self) -> None:
        """The answer to sign-out deletes the cookies, near expiry too."""
        browsing = renewing()
        browsing.enter()
        browsing.now += 280
        browsing.act("/auth/logout")

        assert cookie(browsing, ACCESS) is None

    def test_a_view_that_ends_the_session(self) -> None:
        """By whatever means an application signs out."""
        browsing = renewing()

        @browsing.app.before_request
        def leave() -> None:
            if request.args.get("leave"):
                token = claims_of(request.cookies[ACCESS])
                browsing.jwt.sessions.end(token["sid"])

        browsing.enter()
        browsing.now += 280
        answer = browsing.visit("GET", "/move?leave=1")

        assert (answer.status_code, set_cookies(answer)) == (401, {})

    @pytest.mark.parametrize("how", ["end", "revoke", "unset", "delete"])
    def test_a_view_that_leaves(self, how: str) -> None:
        """The row is looked at when the answer is made; what a view has deleted stays deleted."""
        browsing = renewing()

        def leave() -> Any:
            response = make_response("left")
            if how == "end":
                browsing.jwt.sessions.end(current_token.claims["sid"])
            elif how == "revoke":
                # The token alone, and not its session.
                browsing.jwt.sessions.revoke(current_token)
            elif how == "unset":
                unset_jwt_cookies(response)
            else:
                response.delete_cookie(ACCESS, secure=True, httponly=True)
            return response

        browsing.app.view_functions["move"] = jwt_required()(leave)
        browsing.enter()
        browsing.now += 280
        answer = browsing.visit("GET", "/move")

        renewed = [one for one in set_cookies(answer).values() if one["value"]]
        assert (answer.text, renewed) == ("left", [])
        if how in ("unset", "delete"):
            assert cookie(browsing, ACCESS) is None

    def test_ended_by_another_process(self) -> None:
        """The row says so, although this worker has not heard of it yet."""
        store = old_store()
        browsing = entered(store, JWT_COOKIE_AUTO_REFRESH=BEFORE, JWT_REVOCATION_REFRESH=3600)
        browsing.visit("GET", "/move")
        store.end(claims_of(cookie(browsing, ACCESS))["sid"], "elsewhere", 360)
        browsing.now += 280
        answer = browsing.visit("GET", "/move")

        assert (answer.text, set_cookies(answer)) == ("moved", {})


def test_another_user_signs_in_while_an_answer_is_under_way() -> None:
    """A renewed token that comes late is refused, as its session has ended; refresh mends that."""
    browsing = Browsing(JWT_COOKIE_AUTO_REFRESH=60)
    browsing.enter("ann")
    browsing.now += 280
    late = browsing.visit("GET", "/move")
    browsing.enter("bob")
    value = browsing.value
    token = set_cookies(late)[ACCESS, "/"]["value"]
    browsing.client.set_cookie(ACCESS, token, domain=HOST, secure=True)

    assert set_cookies(late).keys() == {(ACCESS, "/")}
    assert browsing.act(headers={HEADER: value}).status_code == 401
    assert browsing.act("/auth/refresh").status_code == 200
    assert browsing.act().text == "moved"
    assert browsing.moved == ["ann", "bob"]


def test_a_hook_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    """What was done is answered; what is wrong with the hook stands in the log, and no token."""
    browsing = renewing()
    browsing.enter()
    calls: list[str] = []

    @browsing.jwt.identity_handler
    def fails_at_the_second(claims: dict[str, Any]) -> dict[str, Any]:
        calls.append("asked")
        if len(calls) > 1:
            raise RuntimeError("the database is locked")
        return browsing.users[claims["identity"]]

    browsing.now += 280
    answer = browsing.act()

    assert (answer.text, set_cookies(answer)) == ("moved", {})
    assert "the database is locked" in caplog.text
    assert str(cookie(browsing, ACCESS)) not in caplog.text


def test_a_hook_that_refuses_near_expiry() -> None:
    """A suspended user is told so, and gets neither a new token nor a 500."""
    browsing = entered(JWT_COOKIE_AUTO_REFRESH=60)

    @browsing.jwt.identity_handler
    def suspended(claims: dict[str, Any]) -> None:
        raise JWTError("Forbidden", "suspended", 403)

    browsing.now += 280
    answer = browsing.visit("GET", "/move")

    assert (answer.status_code, set_cookies(answer)) == (403, {})


def test_the_store_is_away() -> None:
    """A request that was let in is answered, and the token is as it was."""
    store: Any = old_store()
    browsing = entered(store, JWT_COOKIE_AUTO_REFRESH=BEFORE, JWT_REVOCATION_MAX_STALE=3600)
    browsing.visit("GET", "/move")

    def away(sid: str) -> None:
        raise StoreUnavailable("away")

    store.read = away
    browsing.now += 280
    answer = browsing.visit("GET", "/move")

    assert (answer.text, set_cookies(answer)) == ("moved", {})


def test_by_header_nothing_is_renewed() -> None:
    """Cookies are for browsers that sent one."""
    browsing = renewing(JWT_TOKEN_LOCATION=["headers", "cookies"])
    token = browsing.enter().get_json()["access_token"]
    browsing.now += 280
    answer = browsing.visit("GET", "/move", headers={"Authorization": f"JWT {token}"})

    assert (answer.text, set_cookies(answer)) == ("moved", {})


def test_a_decode_hook_without_an_expiry() -> None:
    """Its tokens last as it likes: cookies until the browser is closed, and no renewal."""
    browsing = entered(old_store(), JWT_COOKIE_AUTO_REFRESH=60)
    verify = browsing.jwt.jwt_decode_callback

    @browsing.jwt.jwt_decode_handler
    def decode(token: str) -> dict[str, Any]:
        return {name: value for name, value in verify(token).items() if name != "exp"}

    answer = browsing.visit("GET", "/move")
    assert (answer.text, set_cookies(answer)) == ("moved", {})


@pytest.mark.parametrize("value", [0, -1, "soon"])
def test_durations(value: Any) -> None:
    """What is no duration is an error that names the key."""
    assert "JWT_COOKIE_AUTO_REFRESH" in configuration_fault(JWT_COOKIE_AUTO_REFRESH=value)


def test_without_sessions() -> None:
    """Nobody could tell who has signed out: an error, and not a token for ever."""
    assert "JWT_COOKIE_AUTO_REFRESH" in configuration_fault(None, JWT_COOKIE_AUTO_REFRESH=60)


def test_another_user_has_signed_in_since() -> None:
    """A renewed token that came late is not renewed again: refresh brings the right user back.

    Here the sign-in had not seen it, and so could not end its session.
    """
    browsing = renewing()
    browsing.enter("ann")
    browsing.now += 280
    late = set_cookies(browsing.visit("GET", "/move"))[ACCESS, "/"]["value"]
    browsing.client.delete_cookie(ACCESS, domain=HOST)
    browsing.enter("bob")
    browsing.client.set_cookie(ACCESS, late, domain=HOST, secure=True)
    assert browsing.act().status_code == 403
    browsing.now += 280
    answer = browsing.visit("GET", "/me")
    assert (answer.text, set_cookies(answer)) == ("ann", {})
    browsing.now += 60

    assert browsing.visit("GET", "/me").status_code == 401
    assert browsing.act("/auth/refresh").status_code == 200
    assert browsing.visit("GET", "/me").text == "bob"


def test_a_secret_that_will_be_retired() -> None:
    """The CSRF value is made anew in time, so that nobody is left with one of a former secret."""
    store, new = old_store(), secret("another")

    def moved_on(before: Browsing, **config: Any) -> Browsing:
        after = Browsing(store, SECRET_KEY=new, JWT_COOKIE_AUTO_REFRESH=BEFORE, **config)
        after.take_over(before)
        return after

    first = entered(store, JWT_COOKIE_AUTO_REFRESH=BEFORE)
    second = moved_on(first, SECRET_KEY_FALLBACKS=[SECRET])
    second.now += 270
    assert set_cookies(second.visit("GET", "/move")).keys() == {(ACCESS, "/"), (CSRF, "/")}
    third = moved_on(second)

    assert third.act().text == "moved"
    assert third.act("/auth/logout").status_code == 204


def test_a_csrf_cookie_that_is_gone() -> None:
    """It is set again: its name was changed, perhaps, while somebody was signed in."""
    store = old_store()
    before = entered(store)
    browsing = Browsing(store, JWT_CSRF_COOKIE_NAME="other", JWT_COOKIE_AUTO_REFRESH=BEFORE)
    browsing.take_over(before)
    browsing.now += 270
    found = set_cookies(browsing.visit("GET", "/move"))

    assert found.keys() == {(ACCESS, "/"), ("__Host-other", "/")}
