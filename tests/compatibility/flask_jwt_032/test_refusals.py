"""The table of what a protected view refuses, row by row."""

from __future__ import annotations

import time

import pytest

from tests.support.http_client import Header
from tests.support.secret import secret
from tests.support.tokens import base64url, claims, compact, sign

from .conftest import Program

PATHS = ["/protected", "/api/v1/rehearsal"]
OTHER_SECRET = secret("other")

NO_TOKEN = ("Authorization Required", "Request does not contain an access token")

pytestmark = pytest.mark.parametrize("path", PATHS, ids=["function", "resource"])


def refusal(error: str, description: str) -> dict[str, object]:
    """Return the JSON value of a refusal."""
    return {"description": description, "error": error, "status_code": 401}


@pytest.mark.parametrize("value", [None, "", " ", "   ", " \t "])
def test_no_credentials(tutorial: Program, path: str, value: str | None) -> None:
    """A header that is absent, empty or blank gets a challenge without an error code."""
    headers: list[Header] = [] if value is None else [("Authorization", value)]
    answer = tutorial.server.get(path, *headers)

    assert answer.status == 401
    assert answer.json == refusal(*NO_TOKEN)
    assert answer.header("WWW-Authenticate") == 'JWT realm="Login Required"'


@pytest.mark.parametrize(
    ("value", "description"),
    [
        ("JWT", "Token missing"),
        ("jwt", "Token missing"),
        ("JWT a b", "Token contains spaces"),
        ("JWT a b c", "Token contains spaces"),
        ("Bearer x", "Unsupported authorization type"),
        ("Basic cm9zYTp2aW9saW4=", "Unsupported authorization type"),
        ("JWTT x", "Unsupported authorization type"),
        ("x", "Unsupported authorization type"),
    ],
)
def test_header_at_fault(tutorial: Program, path: str, value: str, description: str) -> None:
    """A header that is not ``JWT`` and one token says what is wrong with it, and more in debug."""
    answer = tutorial.server.get(path, ("Authorization", value))
    if tutorial.debug and description.startswith("Unsupported"):
        description += ": send Authorization: JWT <token>"

    assert answer.status == 401
    assert answer.json == refusal("Invalid JWT header", description)
    assert (answer.header("WWW-Authenticate") or "").startswith('JWT realm="Login Required"')


def changed(secret: str, **values: object) -> str:
    """Return a token of user 1 with changed claims."""
    return compact(claims(1, **values), secret)


def refused_tokens(secret: str) -> dict[str, tuple[str, str]]:
    """Return tokens and what is said of them, by what is wrong."""
    now = int(time.time())
    good = changed(secret)
    head, payload, signature = good.split(".")
    unsigned = compact(claims(1), secret, {"typ": "JWT", "alg": "none"})
    not_json = f"{head}.{base64url(b'{')}"
    a_list = f"{base64url(b'[]')}.{payload}"
    return {
        "bogus": ("bogus", "Not enough segments"),
        "two parts": (f"{head}.{payload}", "Not enough segments"),
        "another secret": (compact(claims(1), OTHER_SECRET), "Signature verification failed"),
        "another payload": (
            f"{head}.{compact(claims(2), secret).split('.')[1]}.{signature}",
            "Signature verification failed",
        ),
        "expired": (changed(secret, exp=now - 60, iat=now - 360, nbf=now - 360),
                    "Signature has expired"),
        "not before": (changed(secret, nbf=now + 60), "The token is not yet valid (nbf)"),
        "issued later": (changed(secret, iat=now + 60),
                         "Issued At claim (iat) cannot be in the future."),
        "no exp": (changed(secret, exp=None), 'Token is missing the "exp" claim'),
        "no iat": (changed(secret, iat=None), 'Token is missing the "iat" claim'),
        "no nbf": (changed(secret, nbf=None), 'Token is missing the "nbf" claim'),
        "exp of text": (changed(secret, exp="soon"),
                        "Expiration Time claim (exp) must be an integer."),
        "iat of text": (changed(secret, iat="now"),
                        "Issued At claim (iat) must be an integer."),
        "nbf of text": (changed(secret, nbf="now"),
                        "Not Before claim (nbf) must be an integer."),
        "for others": (changed(secret, aud="somebody"), "Invalid audience"),
        "alg none": (unsigned, "The specified alg value is not allowed"),
        "header padding": (f"a.{payload}.{signature}", "Invalid header padding"),
        "payload padding": (f"{head}.a.{signature}", "Invalid payload padding"),
        "signature padding": (f"{head}.{payload}.a", "Invalid crypto padding"),
        "header a list": (f"{a_list}.{sign(a_list, secret)}",
                          "Invalid header string: must be a json object"),
        "payload no JSON": (f"{not_json}.{sign(not_json, secret)}", "Invalid payload string: "),
    }  # fmt: skip


@pytest.mark.parametrize("kind", refused_tokens(OTHER_SECRET))
def test_token_at_fault(tutorial: Program, path: str, kind: str) -> None:
    """A refused token gets the words of old, and a challenge with ``invalid_token``."""
    token, description = refused_tokens(tutorial.secret)[kind]
    answer = tutorial.server.get(path, token=token)

    assert answer.status == 401
    if description.endswith(": "):
        # What follows is the JSON parser's own, and changes with it.
        assert answer.json["description"].startswith(description)
        description = answer.json["description"]
    assert answer.json == refusal("Invalid token", description)
    expected = 'JWT realm="Login Required", error="invalid_token"'
    assert answer.header("WWW-Authenticate") == expected


def test_nobody_there(tutorial: Program, path: str) -> None:
    """A good token whose user the identity handler does not find is refused."""
    answer = tutorial.server.get(path, token=compact(claims(99), tutorial.secret))

    assert answer.status == 401
    assert answer.json == refusal("Invalid JWT", "User does not exist")


def test_header_fields_of_a_refusal(tutorial: Program, path: str) -> None:
    """A refusal has the content type of JSON and one challenge."""
    answer = tutorial.server.get(path)

    assert answer.header("Content-Type") == "application/json"
    names = "connection content-length content-type date server www-authenticate"
    assert sorted(name.lower() for name, _ in answer.headers) == names.split()


@pytest.mark.parametrize("value", ["jwt {}", "jWt {}", "JWT  {}", "  JWT {}", "JWT     {} "])
def test_spelling_of_the_header(tutorial: Program, path: str, value: str) -> None:
    """The scheme is compared without case, and further spaces around it do no harm."""
    answer = tutorial.server.get(path, ("Authorization", value.format(tutorial.token())))

    assert answer.status == 200


@pytest.mark.parametrize(("late", "status"), [(5, 200), (15, 401)])
def test_leeway_is_ten_seconds(tutorial: Program, path: str, late: int, status: int) -> None:
    """A token is good for ten seconds more than it says."""
    token = changed(tutorial.secret, exp=int(time.time()) - late)

    assert tutorial.server.get(path, token=token).status == status


def test_token_without_an_end(tutorial: Program, path: str) -> None:
    """A token without ``exp`` is refused; in debug the log names the way to one that lives long."""
    before = tutorial.server.log.count("A token without exp was refused")
    answer = tutorial.server.get(path, token=changed(tutorial.secret, exp=None))
    log = tutorial.server.log

    assert (answer.status, answer.json["description"]) == (401, 'Token is missing the "exp" claim')
    assert log.count("A token without exp was refused") - before == int(tutorial.debug)
    assert ("create_access_token(user, expires=" in log) is tutorial.debug
