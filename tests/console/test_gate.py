"""The gate, step by step: it says what the verifier says, and where."""

from __future__ import annotations

import logging
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt as pyjwt
import pytest
from flask import abort
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_jwt import JWTError
from flask_jwt.app_state import current_state
from flask_jwt.console.inspection import GATE
from flask_jwt.core import TokenError
from flask_jwt.keys import provider
from tests.compatibility.advisories.forging import (
    forge,
    mac,
)
from tests.support.key_files import new_key, write
from tests.support.malformed import Forge, good_token, malformed_tokens, unsendable_tokens
from tests.support.material import NOW, SECRET, claims

from .applications import ADMISSION, Bench

FORGE = Forge(SECRET, NOW)
GOOD = good_token(SECRET, NOW)
HEADER = {"typ": "JWT", "alg": "HS256"}
TABLE = {**malformed_tokens(SECRET, NOW), **unsendable_tokens(SECRET, NOW), "good": GOOD}


def expected(bench: Bench, token: str) -> str | None:
    """Return what the application's verifier says of a token, or None where it is good."""
    with bench.app.app_context():
        try:
            current_state().keys.snapshot().verifier.verify(token)
        except TokenError as error:
            return error.description
    return None


def gate_refusal(bench: Bench, token: str) -> tuple[str, str] | None:
    """Return what the console says of a token, short of what follows the gate."""
    refusal = bench.refusal(token)
    return None if refusal is None or refusal[0] in ADMISSION else refusal


def differences(bench: Bench, tokens: Mapping[str, str]) -> dict[str, Any]:
    """Return the tokens of which the console says something else than the verifier."""
    found = {name: gate_refusal(bench, token) for name, token in tokens.items()}
    texts = {name: refusal and refusal[1] for name, refusal in found.items()}
    return {
        name: texts[name] for name, token in tokens.items() if texts[name] != expected(bench, token)
    }


def test_malformed_tokens() -> None:
    """A token of the table is refused if and only if the verifier refuses it, in its words."""
    bench = Bench()

    assert differences(bench, TABLE) == {}
    assert [name for name, token in TABLE.items() if bench.refusal(token) is None] == ["good"]


def test_profile(tmp_path: Path) -> None:
    """Where only the access tokens of RFC 9068 are taken, the console says so of others."""
    key = new_key("1")
    write(tmp_path / "keys.json", key)
    bench = Bench(
        JWT_KEY_FILE=str(tmp_path / "keys.json"),
        JWT_ACCESS_TOKEN_PROFILE="rfc9068",
        JWT_ISSUER="https://shop.example",
        JWT_AUDIENCE="https://orders.example",
        JWT_CLIENT_ID="shop",
    )
    good = bench.sign_in()["access_token"]
    said = pyjwt.decode(good, options={"verify_signature": False})
    signer = pyjwt.PyJWK(key).key
    headers = {kind: {"typ": kind, "kid": "1"} for kind in ("JWT", "at+jwt")}
    tokens = {kind: pyjwt.encode(said, signer, "ES256", header) for kind, header in headers.items()}

    assert differences(bench, tokens) == {}
    assert gate_refusal(bench, tokens["at+jwt"]) is None
    assert gate_refusal(bench, tokens["JWT"]) is not None


def test_as_a_request() -> None:
    """A request with the same token is refused in the same words, or let in."""
    bench = Bench()
    sendable = {**malformed_tokens(SECRET, NOW), "good": GOOD}

    said = {name: bench.refusal(token) for name, token in sendable.items()}
    answers = {name: bench.private(token) for name, token in sendable.items()}

    for name, answer in answers.items():
        refusal = said[name]
        assert (answer.status_code == 200) == (refusal is None), name
        # A comma is where servers join two headers: such a request gets no further.
        if refusal is not None and "," not in sendable[name]:
            assert answer.get_json()["description"] == refusal[1], name


@pytest.mark.parametrize(
    ("token", "step", "found"),
    [
        (TABLE["longer than the cap"], "length", "Token is too long"),
        (TABLE["two parts"], "parts", "Not enough segments"),
        (TABLE["Cyrillic letter"], "parts", "Token has invalid characters"),
        (TABLE["header padded"], "header letters", "Invalid header padding"),
        (TABLE["header: name twice"], "header JSON", "Invalid header string: duplicate member"),
        (TABLE['crit ["exp"]'], "parameters", "The crit header parameter is not supported"),
        (TABLE["alg missing"], "parameters", "The specified alg value is not allowed"),
        (TABLE['typ "refresh+jwt"'], "kind", "The token is of another kind"),
        (TABLE["claims padded"], "payload letters", "Invalid payload padding"),
        (TABLE["no signature"], "signature letters", "Invalid crypto padding"),
        (TABLE["alg none"], "algorithm", "The specified alg value is not allowed"),
        (TABLE["signature one bit wrong"], "signature", "Signature verification failed"),
        (TABLE["claims: NaN"], "payload JSON", "Invalid payload string: not a finite number"),
        (TABLE["exp missing"], "required claims", 'Token is missing the "exp" claim'),
        (TABLE["exp past"], "times", "Signature has expired"),
        (TABLE["nbf soon"], "times", "The token is not yet valid (nbf)"),
        (TABLE["exp true"], "times", "Expiration Time claim (exp) must be an integer."),
        (TABLE['aud "someone"'], "names", "Invalid audience"),
        (TABLE["sub 1"], "names", "Subject must be a string"),
        (GOOD, "revocation", "Token has been revoked"),
    ],
)
def test_where(token: str, step: str, found: str) -> None:
    """Each kind of fault is found at the step that is named after it."""
    bench = Bench(JWT_SESSION_STORE="memory://" if token == GOOD else None)
    if token == GOOD:
        token = FORGE.with_claims(sid='"gone"')

    assert bench.refusal(token) == (step, found)


def test_good_tokens_pass_all() -> None:
    """A token of the application's own passes every check, with and without sessions."""
    for store in (None, "memory://"):
        bench = Bench(JWT_SESSION_STORE=store)

        found = bench.inspect(bench.sign_in()["access_token"])

        assert found["accepted"]
        assert [step["name"] for step in found["steps"]] == [
            *(check.name for check in GATE),
            *ADMISSION,
        ]
        assert all(step["title"] and step["why"] for step in found["steps"])


def test_end_of_a_session() -> None:
    """After sign-out the token fails at revocation, as the guarded view says too."""
    bench = Bench(JWT_SESSION_STORE="memory://")
    tokens = bench.sign_in()
    token = tokens["access_token"]
    assert bench.refusal(token) is None

    bench.client.post("/auth/logout", json={"refresh_token": tokens["refresh_token"]})

    assert bench.refusal(token) == ("revocation", bench.private(token).get_json()["description"])


def test_refresh_token() -> None:
    """A refresh token is no access token: it is not even a JWS."""
    bench = Bench(JWT_SESSION_STORE="memory://")

    assert bench.refusal(bench.sign_in()["refresh_token"]) == ("parts", "Not enough segments")


def test_deleted_user() -> None:
    """Once the user is gone, every check passes but the last."""
    bench = Bench()
    token = bench.sign_in()["access_token"]

    bench.users.clear()

    assert bench.refusal(token) == ("identity", "User does not exist")


def test_expiry() -> None:
    """A token is good up to the last moment of its leeway, and then fails at its times."""
    bench = Bench(JWT_LEEWAY=10)
    token = bench.sign_in()["access_token"]

    bench.now = NOW + 309.5
    in_time = bench.refusal(token)
    bench.now = NOW + 310

    assert in_time is None
    assert bench.refusal(token) == ("times", "Signature has expired")


def test_new_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token by a key that was made a moment ago passes at once, as in a request."""
    monkeypatch.setattr(provider, "MIN_RELOAD_SECONDS", 0)
    here, elsewhere = (Bench(JWT_KEY_FILE=str(tmp_path / name)) for name in ("a", "b"))
    for one in (here, elsewhere):
        one.operate("jwt", "keys", "generate", "--algorithm", "ES256")
    token = elsewhere.sign_in()["access_token"]
    before = here.refusal(token)

    (tmp_path / "b").replace(tmp_path / "a")

    assert before == ("key", "Signature verification failed")
    assert here.refusal(token) is None


def test_store_out_of_reach() -> None:
    """Where nobody can tell whether the session goes on, that is what the step says."""
    bench = Bench(JWT_SESSION_STORE="redis://127.0.0.1:1")
    token = FORGE.with_claims(sid='"some"')

    assert bench.refusal(token) == ("revocation", "Sessions can't be looked up at the moment")


async def nobody(_claims: dict[str, Any]) -> None:
    """Find nobody, as a coroutine."""


def not_found(_claims: dict[str, Any]) -> None:
    abort(404)


def refuse(_claims: dict[str, Any]) -> None:
    raise JWTError("Gone", "The account was closed", 410)


@pytest.mark.parametrize(
    ("hook", "found"),
    [
        (lambda claims: claims["tenant"], "The identity handler raised KeyError; the log says"),
        (lambda claims: 1 / 0, "The identity handler raised ZeroDivisionError; the log says"),
        (not_found, "The identity handler raised NotFound; the log says"),
        (refuse, "The account was closed"),
        (nobody, "User does not exist"),
        (None, "The application has no identity handler"),
    ],
)
def test_hooks(hook: Any, found: str, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever the identity handler does at a pasted token is shown, and no 500."""
    bench = Bench()
    bench.jwt.identity_callback = hook

    step, text = bench.refusal(GOOD) or ("", "")

    assert step == "identity"
    assert text.startswith(found)
    assert ("Traceback" in caplog.text) == ("the log says" in found)
    assert not [part for part in GOOD.split(".") if part in caplog.text]


def test_older_than_the_sessions() -> None:
    """A token from before there were sessions passes, until its user's sessions are ended."""
    bench = Bench(JWT_SESSION_STORE="memory://")
    token = FORGE.with_claims(identity="7")
    before = bench.refusal(token)

    with bench.app.app_context():
        bench.jwt.sessions.end_all(7)

    assert before is None
    assert bench.refusal(token) == ("revocation", bench.private(token).get_json()["description"])


def test_subject_hook(caplog: pytest.LogCaptureFixture) -> None:
    """A function for the subject that fails at somebody's claims is shown, and no 500."""
    bench = Bench(JWT_SESSION_STORE="memory://")
    with bench.app.app_context():
        bench.jwt.sessions.end_all(7)
    bench.jwt.subject = lambda claims: claims["tenant"]

    assert bench.refusal(GOOD) == (
        "revocation", "The look at its session raised KeyError; the log says where",
    )  # fmt: skip
    assert "Traceback" in caplog.text


def with_pyjwt(token: str) -> dict[str, Any]:
    """Decode as an application of its own would."""
    found: dict[str, Any] = pyjwt.decode(
        token, SECRET, algorithms=["HS256"], options={"verify_exp": False, "verify_nbf": False,
                                                      "verify_iat": False}
    )  # fmt: skip
    return found


@pytest.mark.parametrize("secret", [SECRET.decode(), None])
def test_decode_hook(secret: str | None) -> None:
    """Where a hook decodes, the console asks it and nobody else, even without a key of ours."""
    bench = Bench(SECRET_KEY=secret)
    bench.jwt.jwt_decode_handler(with_pyjwt)

    good, padded = bench.inspect(GOOD), bench.inspect(GOOD + "=")

    assert [step["name"] for step in good["steps"]] == ["decode hook", *ADMISSION]
    assert good["accepted"]
    # Some releases of PyJWT are lenient there, and so is this application then.
    assert padded["accepted"] is (bench.private(GOOD + "=").status_code == 200)
    assert bench.refusal(GOOD[:-4]) == (
        "decode hook", bench.private(GOOD[:-4]).get_json()["description"],
    )  # fmt: skip
    found = bench.client.get("/_console/surroundings").get_json()
    assert found["algorithms"] == ([] if secret is None else ["HS256"])


@pytest.mark.parametrize(
    ("hook", "found"),
    [
        (lambda token: None, "The decode hook raised TypeError; the log says where"),
        (lambda token: 1 / 0, "The decode hook raised ZeroDivisionError; the log says where"),
        (refuse, "The account was closed"),
    ],
)
def test_broken_decode_hook(hook: Any, found: str, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever a decode hook does at a pasted token is shown, and no 500."""
    bench = Bench()
    bench.jwt.jwt_decode_handler(hook)

    assert bench.refusal("anything") == ("decode hook", found)
    assert len([one for one in caplog.records if one.levelno >= logging.ERROR]) == (
        1 if "the log" in found else 0
    )


JUDGED = Bench()
characters = st.sampled_from([*string.ascii_letters, *string.digits, *"-_.=+/ \n\0\xe9\ud800"])
edits = st.tuples(st.integers(0, len(GOOD)), st.integers(0, 3), st.text(characters, max_size=3))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
parameters = st.sampled_from(["alg", "typ", "kid", "cty", "crit", "b64", "zip", "jwk", "x5c", "x"])
names = st.sampled_from(["exp", "nbf", "iat", "iss", "aud", "sub", "jti", "sid", "identity", "x"])


@settings(max_examples=300)
@given(st.lists(edits, min_size=1, max_size=3))
def test_edited_tokens(changes: list[tuple[int, int, str]]) -> None:
    """A good token with characters changed is refused where, and as, the verifier refuses it."""
    token = GOOD
    for place, length, text in changes:
        token = token[:place] + text + token[place + length :]

    assert differences(JUDGED, {token: token}) == {}


@settings(max_examples=300)
@given(
    st.dictionaries(parameters, json_values, max_size=2),
    st.dictionaries(names, json_values, max_size=3),
)
def test_signed_nonsense(header: dict[str, Any], members: dict[str, Any]) -> None:
    """Whatever a good signature stands under, the console says what the verifier says."""
    token = forge({**HEADER, **header}, claims(**members), mac(SECRET))

    assert differences(JUDGED, {token: token}) == {}
