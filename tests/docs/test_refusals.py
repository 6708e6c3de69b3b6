"""The tables of refusals in the documentation, compared with what a server answers."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import jwt as pyjwt
import pytest
from flask import Flask

from flask_jwt import JWT, JWTError, jwt_required
from flask_jwt.requirements import MaxAge, Role
from flask_jwt.testing import FakeIssuer
from tests.support.accounts import Accounts
from tests.support.browsing import ACCESS, HOST, Browsing
from tests.support.malformed import malformed_tokens
from tests.support.members import NOW, Members
from tests.support.members import SECRET as MEMBERS_SECRET
from tests.support.secret import secret
from tests.support.server import ROOT
from tests.support.tokens import claims, compact

from .pages import matches, rows

ERRORS = ROOT / "docs" / "errors.md"
SECRET = secret("test_refusals")
CREDENTIALS = {"username": "anna", "password": "wonderful"}

Row = tuple[str, str, str | None]
Headers = dict[str, str | bytes]


def make_app(seen: list[JWTError], **config: Any) -> Flask:
    """Make an application that notes each refusal."""
    app = Flask(__name__)
    app.config.update(SECRET_KEY=SECRET, MAX_CONTENT_LENGTH=300_000, **config)
    jwt = JWT(app, lambda username, password: None, lambda payload: payload["identity"])
    answer = jwt.jwt_error_callback

    @jwt.jwt_error_handler
    def note(error: JWTError) -> Any:
        seen.append(error)
        return answer(error)

    app.add_url_rule("/", "index", jwt_required()(lambda: "in"))
    return app


def with_claims(**changed: Any) -> str:
    return compact(claims("anna", **changed), SECRET)


def authorizations() -> Iterator[Headers]:
    """Yield headers of requests that are refused."""
    yield {}
    yield {"Authorization": "Basic YW5uYTpwdw=="}
    yield {"Authorization": f"Basic YW5uYTpwdw==, JWT {with_claims()}"}
    yield {"Authorization": "JWT"}
    yield {"Authorization": f"JWT {with_claims()}, JWT {with_claims()}"}
    tokens = malformed_tokens(SECRET.encode(), int(time.time()))
    # The page names ``typ`` for all parameters of a wrong type.
    del tokens["header changed"]
    for token in (*tokens.values(), "a b", "\u00e9.a"):
        yield {"Authorization": f"JWT {token}"}


class Broken(BytesIO):
    """A body that breaks off, with the server's own error."""

    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError("chunk")

    read1 = readinto = read  # type: ignore[assignment]


def sign_ins() -> Iterator[tuple[bytes, str]]:
    """Yield bodies, each with its type, that sign nobody in."""
    refused: list[Any] = [CREDENTIALS, {}, {**CREDENTIALS, "more": 1}, [], None, {"username": 1}]
    for value in refused:
        yield json.dumps(value).encode(), "application/json"
    yield from ((b"", "application/json"), (b"{", "application/json"), (b"a=b", "text/plain"))
    yield b"[" * 60_000, "application/json"
    yield b" " * 300_001, "application/json"


def documented() -> set[Row]:
    """Return error, description and code of each row on the page."""
    found: set[Row] = set()
    for error, description, code, _ in (row for row in rows(ERRORS) if len(row) == 4):
        if error not in ("`error`", "---"):
            named = None if code == "None" else code.strip("`")
            found.add((error.strip("`"), description.strip("`"), named))
    return found


def row_of(error: JWTError) -> Row:
    return error.error, error.description or "", error.error_code


def is_shown(row: Row, shown: Row) -> bool:
    return row[0] == shown[0] and row[2] == shown[2] and matches(shown[1], row[1])


def refuse_requirements(seen: list[JWTError]) -> None:
    app = make_app(seen)
    for name, requires in {"recent": MaxAge(60), "staff": Role("staff")}.items():
        app.add_url_rule(f"/{name}", name, jwt_required(requires=requires)(lambda: ""))
    good = {"Authorization": f"JWT {with_claims()}"}
    assert app.test_client().get("/recent", headers=good).status_code == 401
    assert app.test_client().get("/staff", headers=good).status_code == 403


def refuse_sessions(seen: list[JWTError]) -> None:
    """Have every request about sessions refused, for every reason there is."""
    away = noted(Members("redis://127.0.0.1:1"), seen)
    away.client.post("/auth", json={"username": "ann", "password": "x"})
    members = noted(Members(), seen)
    refuse_refreshes(members)
    here, other = members.sign_in(), members.sign_in("bob")
    members.client.post("/auth", json={**CREDENTIALS, "remember": 1})
    broken = Broken(b"{")
    members.client.post("/auth", input_stream=broken, content_type="application/json")
    members.ask("DELETE", "/auth/sessions/x", here)
    members.ask("DELETE", "/auth/sessions?all=2", here)
    for query in ("limit=0", "after=x"):
        members.ask("GET", f"/auth/sessions?{query}", here)
    body = {"refresh_token": other["refresh_token"]}
    members.ask("POST", "/auth/logout", here, json=body)
    members.ask("POST", "/auth/logout", without_session(NOW))
    members.ask("POST", "/auth/logout", here)
    members.ask("GET", "/me", here)
    members.now += 400
    members.ask("GET", "/me", without_session(members.now))


def refuse_browsers(seen: list[JWTError]) -> None:
    """Have requests refused that carry tokens elsewhere, or come from other sites."""
    browsing = Browsing(JWT_TOKEN_LOCATION=["headers", "cookies", "query_string", "json"])
    noted(browsing, seen)
    mine = browsing.enter().get_json()
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://x.example"}, {}):
        browsing.visit("POST", "/move", headers=headers)
    browsing.act(headers={"X-CSRF-TOKEN": "wrong"})
    browsing.visit("GET", "/move", headers={"Sec-WebSocket-Version": "13"})
    browsing.visit("GET", "/move?jwt=a&jwt=b", headers={})
    browsing.visit("POST", "/move", data={"x": "x" * 600_000})
    browsing.app.test_client().post("/move", json={"x": "x" * 100_000})
    other = browsing.sign_in("bob")["access_token"]
    browsing.visit("GET", f"/move?jwt={mine['access_token']}", headers=bearer(other))
    plain = Browsing(None, JWT_TOKEN_LOCATION=["headers"]).enter().get_json()["access_token"]
    stateless = Browsing(None)
    noted(stateless, seen)
    stateless.client.set_cookie(ACCESS, plain, domain=HOST)
    stateless.visit("POST", "/move")


def refuse_users(seen: list[JWTError]) -> None:
    """Have the routes of users refuse what they can."""
    accounts = Accounts(JWT_REGISTER_URL_RULE="/auth/register")
    noted(accounts, seen)
    tokens = accounts.sign_in()
    accounts.change(tokens, new="short")
    accounts.change(tokens, new="")
    for name in ("ann", "a b", ""):
        accounts.register(name)
    accounts.register(email="nobody")
    accounts.directory.is_down = True
    accounts.change(tokens)
    accounts.directory.is_down = False
    for _ in range(6):
        accounts.change(tokens, "guessed")
    uncounted = Accounts(JWT_THROTTLE_STORAGE="redis://127.0.0.1:1")
    noted(uncounted, seen)
    uncounted.client.post("/auth", json=CREDENTIALS)


def refuse_issuers(seen: list[JWTError]) -> None:
    """Have tokens of trusted issuers be refused as their providers' presets refuse them."""
    with FakeIssuer("entra") as entra, FakeIssuer("keycloak") as keycloak, FakeIssuer() as other:
        client_secret = {"client_id": other.client_id, "client_secret": other.client_secret}
        google = FakeIssuer("google")
        issuers = {
            entra.url: entra.options,
            keycloak.url: {**keycloak.options, "client_id": "client"},
            google.url: {**google.options, "hosted_domain": "example.com"},
            other.url: {**other.options, "introspection": client_secret},
            "https://127.0.0.1:1": {"audience": "api"},
        }
        client = make_app(seen, JWT_TRUSTED_ISSUERS=issuers).test_client()
        for token in (
            entra.token(azp=None),
            entra.token(tid="another"),
            entra.token(scp=None),
            keycloak.token(typ="ID"),
            keycloak.token(azp="another"),
            google.token(hd="evil.example"),
            keycloak.token(cnf={"jkt": "x"}),
            keycloak.token(events={}),
            entra.token(iss="https://127.0.0.1:1"),
            "a" * 43,
            "short",
        ):
            client.get("/", headers=bearer(token))


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"JWT {token}"}


def noted(members: Members, seen: list[JWTError]) -> Members:
    answer = members.jwt.jwt_error_callback

    @members.jwt.jwt_error_handler
    def note(error: JWTError) -> Any:
        seen.append(error)
        return answer(error)

    return members


def refuse_refreshes(members: Members) -> None:
    for token in (None, 1, "x"):
        members.refresh(token)
    tokens = [members.sign_in()["refresh_token"]]
    for _ in range(2):
        tokens.append(members.refreshed(tokens[-1])["refresh_token"])
    members.refresh(tokens[0])
    members.refresh(tokens[0])
    idle = members.sign_in()["refresh_token"]
    members.now += 40 * 86400
    members.refresh(idle)


def without_session(now: float) -> dict[str, Any]:
    issued = int(now)
    given = {"iat": issued, "nbf": issued, "exp": issued + 300, "identity": "ann"}
    return {"access_token": compact(given, MEMBERS_SECRET)}


@pytest.fixture(scope="module")
def refusals() -> list[JWTError]:
    """Every kind of refusal there is."""
    seen: list[JWTError] = []
    app = make_app(seen)
    client = app.test_client()
    for headers in authorizations():
        assert client.get("/", headers=headers).status_code == 401, headers
    nobody = {"Authorization": f"JWT {compact({**claims(1), 'identity': None}, SECRET)}"}
    assert client.get("/", headers=nobody).status_code == 401
    for body, kind in sign_ins():
        assert client.post("/auth", data=body, content_type=kind).status_code in range(400, 416)
    strict = make_app(seen, JWT_ISSUER="https://accounts.example").test_client()
    issued = {"Authorization": f"JWT {with_claims(iss='https://accounts.example.evil')}"}
    assert strict.get("/", headers=issued).status_code == 401
    refuse_requirements(seen)
    refuse_sessions(seen)
    refuse_browsers(seen)
    refuse_users(seen)
    refuse_issuers(seen)
    return seen


def test_every_refusal_is_documented(refusals: list[JWTError]) -> None:
    """No refusal is answered in words that the page does not show."""
    shown = documented()

    for row in {row_of(error) for error in refusals}:
        assert any(is_shown(row, one) for one in shown), row


def test_every_documented_refusal_is_met(refusals: list[JWTError]) -> None:
    """The page shows nothing that is never answered."""
    met = {row_of(error) for error in refusals}
    of_a_hook = ("Invalid token", "PyJWT's own text", "invalid_token")

    for row in documented() - {of_a_hook}:
        assert any(is_shown(one, row) for one in met), row


def test_refusal_of_a_decode_hook() -> None:
    """What PyJWT says in a decode hook is the description, with the code of the page."""
    seen: list[JWTError] = []
    app = make_app(seen)
    app.extensions["jwt"].jwt_decode_handler(
        lambda token: pyjwt.decode(token, SECRET, algorithms=["HS256"])
    )

    app.test_client().get("/", headers={"Authorization": f"JWT {with_claims(exp=1)}"})

    assert [row_of(error) for error in seen] == [
        ("Invalid token", "Signature has expired", "invalid_token")
    ]


def test_status_in_the_sign_in_table(refusals: list[JWTError]) -> None:
    """A row about sign-in names the status that is answered."""
    for error, description, code, when in (row for row in rows(ERRORS) if len(row) == 4):
        if when[:3].isdigit():
            row = (error.strip("`"), description.strip("`"), None if code == "None" else code[1:-1])
            met = {one.status_code for one in refusals if is_shown(row_of(one), row)}
            assert met == {int(when[:3])}


def test_challenges(refusals: list[JWTError]) -> None:
    """The two rows above the others have a challenge without an error, the others with theirs."""
    own = {"insufficient_scope", "insufficient_user_authentication"}
    plain = {"authorization_required", "invalid_credentials", "store_unavailable", None}
    plain |= {"throttled", "users_unavailable", "wrong_password", "weak_password"}
    plain |= {"issuer_unavailable"}
    plain |= {"username_taken", "unfit_name", "unfit_email"}
    plain |= {"csrf_origin", "csrf_missing", "csrf_wrong", "csrf_unbound", "several_tokens"}

    for error in refusals:
        challenge = (error.headers or {}).get("WWW-Authenticate", "")
        expected = error.error_code not in plain
        if error.description == "Unsupported authorization type":
            expected = False
        named = error.error_code if error.error_code in own else "invalid_token"
        assert (f'error="{named}"' in challenge) is expected, error
