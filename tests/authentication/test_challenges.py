"""Challenges and credentials as RFC 6750 has them."""

from __future__ import annotations

import pytest

from tests.support.applications.several import SECRET
from tests.support.http_client import Header
from tests.support.server import Server
from tests.support.serving import sign_in
from tests.support.tokens import claims, compact

CHALLENGE = "WWW-Authenticate"


def token_of(identity: object = "ann") -> str:
    """Return a good token."""
    return compact(claims(identity), SECRET)


@pytest.mark.parametrize(
    ("name", "challenge"),
    [
        ("plain", 'JWT realm="Login Required"'),
        ("bearer", 'Bearer realm="Login Required"'),
        ("prefixes", 'Bearer realm="Login Required"'),
        ("quotes", 'JWT realm="The \\"Reading\\" Room \\\\ 2"'),
        ("latin", 'JWT realm="Caf\u00e9"'),
        ("no-realm", 'JWT realm=""'),
    ],
)
def test_challenge(several: Server, name: str, challenge: str) -> None:
    """Each names its scheme and its quoted realm, and an error where a token of the scheme is bad
    or of somebody who is gone; not to who sent none, or tried another scheme.
    """
    scheme, invalid = challenge.split()[0], f'{challenge}, error="invalid_token"'
    sent: dict[str | None, str] = {
        None: challenge,
        "Digest username=ann": challenge,
        f"{scheme} bogus": invalid,
        f"{scheme} {token_of('ghost')}": invalid,
    }
    for credentials, expected in sent.items():
        headers: list[Header] = [("Authorization", credentials)] if credentials else []
        answer = several.get(f"/{name}/me", *headers)
        assert (answer.status, answer.header(CHALLENGE)) == (401, expected), credentials


def test_realm_of_a_view(several: Server) -> None:
    """A realm that a view names is quoted too, in each of its challenges."""
    challenge = 'Bearer realm="Room \\"B\\" \\\\ 4"'

    assert several.get("/bearer/room").header(CHALLENGE) == challenge
    answer = several.get("/bearer/room", ("Authorization", "Bearer bogus"))
    assert answer.header(CHALLENGE) == f'{challenge}, error="invalid_token"'


@pytest.mark.parametrize(
    ("name", "scheme", "status"),
    [
        ("bearer", "Bearer", 200),
        ("bearer", "bearer", 200),
        ("bearer", "BEARER", 200),
        ("bearer", "JWT", 401),
        ("prefixes", "Bearer", 200),
        ("prefixes", "JWT", 200),
        ("prefixes", "token", 200),
        ("prefixes", "Basic", 401),
        ("plain", "Bearer", 401),
    ],
)
def test_schemes(several: Server, name: str, scheme: str, status: int) -> None:
    """Each configured scheme is accepted, in any case, and no other."""
    answer = several.get(f"/{name}/me", ("Authorization", f"{scheme} {token_of()}"))

    assert answer.status == status


@pytest.mark.parametrize("name", ["prefixes", "plain"])
def test_two_schemes_at_once(several: Server, name: str) -> None:
    """Two headers with two schemes are refused, although one of them would do."""
    good: Header = ("Authorization", f"JWT {token_of()}")
    basic: Header = ("Authorization", "Basic YW5uOnB3")

    assert several.get(f"/{name}/me", good, basic).status == 401
    assert several.get(f"/{name}/me", basic, good).status == 401


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/plain/me?access_token={}", []),
        ("/plain/me?jwt={}", []),
        ("/plain/me?token={}", []),
        ("/plain/me", [("Cookie", "access_token={0}; jwt={0}")]),
        ("/plain/me", [("X-Authorization", "JWT {}")]),
        ("/plain/me", [("Proxy-Authorization", "JWT {}")]),
    ],
)
def test_other_places(several: Server, path: str, headers: list[tuple[str, str]]) -> None:
    """A token in the query string, in a cookie or in another header is none."""
    token = token_of()
    sent: list[Header] = [(name, value.format(token)) for name, value in headers]
    answer = several.get(path.format(token), *sent)

    assert answer.status == 401
    assert answer.json["error"] == "Authorization Required"


def test_token_in_a_form(several: Server) -> None:
    """A token in a form's body is none."""
    body = f"access_token={token_of()}".encode()
    kind = ("Content-Type", "application/x-www-form-urlencoded")
    answer = several.request("GET", "/plain/me", [kind], body)

    assert answer.json["error"] == "Authorization Required"


def test_refusal_of_a_view(several: Server) -> None:
    """A ``JWTError`` with status 403 out of a view has no challenge."""
    answer = several.get("/plain/closed", token=token_of())

    assert answer.status == 403
    assert answer.header(CHALLENGE) is None
    assert answer.json["error"] == "Not Today"


def test_refused_sign_in(several: Server) -> None:
    """The 401 of a refused sign-in has a challenge without an error code."""
    answer = sign_in(several, "bearer", password="wrong")

    assert answer.status == 401
    assert answer.header(CHALLENGE) == 'Bearer realm="Login Required"'


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_other_methods(several: Server, method: str) -> None:
    """HEAD is protected as GET is; OPTIONS is Flask's own answer and runs no view."""
    answer = several.request(method, "/plain/me")

    assert answer.status == (401 if method == "HEAD" else 200)
    assert answer.body == b""
