"""Advisories about what is remembered between requests, by a server or by a cache before it.

A cache of verified tokens and key sets that are fetched come later. What is tested here is what
has to hold with them as without.
"""

from __future__ import annotations

import string
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from flask import Flask, Response, session
from flask.sessions import SecureCookieSessionInterface, SessionMixin

from flask_jwt import JWT, current_identity, jwt_required
from flask_jwt.core import ClaimsPolicy, Key, KeyRing, Verifier

from .applications import (
    assert_all_refused,
    assert_let_in,
    assert_refused,
    production,
    show,
    sign_in,
)
from .forging import (
    NOW,
    SECRET,
    SetClock,
    claims,
    forge,
    key_of,
    mac,
    public_pem,
    signature,
    successes,
)

HEADER = {"typ": "JWT", "alg": "HS256"}
ALPHABET = string.ascii_letters + string.digits + "-_"


def one_character_off(token: str) -> dict[str, str]:
    """Return every token that differs in one place: changed, left out, or put in."""
    tokens = {}
    for place, old in enumerate(token):
        rest = token[place + 1 :]
        # Neighbours of the old character, which differ from it in the lowest bits alone.
        near = ALPHABET.find(old)
        new = {ALPHABET[(near + step) % 64] for step in (-1, 1, 2, 16, 32)} | {".", old.swapcase()}
        for other in new - {old}:
            tokens[f"{other} at {place}"] = token[:place] + other + rest
        tokens[f"none at {place}"] = token[:place] + rest
        tokens[f"twice at {place}"] = token[:place] + old + token[place:]
    # Leaving out, or doubling, one of two equal neighbours may give the same text again.
    return {name: text for name, text in tokens.items() if text != token}


def resegmented(token: str) -> dict[str, str]:
    """Return the same characters with the two dots elsewhere."""
    letters = token.replace(".", "")
    first, second = token.index("."), token.rindex(".") - 1
    places = {(first + a, second + b) for a in (-4, -1, 0, 1, 4) for b in (-4, -1, 0, 1, 4)}
    return {
        f"dots at {a} and {b}": f"{letters[:a]}.{letters[a:b]}.{letters[b:]}"
        for a, b in places - {(first, second)}
    }


def test_cve_2026_35039_neighbours_of_an_accepted_token() -> None:
    """CVE-2026-35039: fast-jwt before 6.2.0 let an application build the keys of its cache, from
    the audience for example, and of two tokens with one key the second was answered with the claims
    of the first. There is no cache of tokens here yet; held to is that right after a token was
    accepted every neighbour of it is refused: one character off in any place, cut short, or with
    the dots moved.
    """
    judge = Verifier(KeyRing(Key.from_secret(SECRET)), clock=SetClock())
    token = forge(HEADER, claims(), mac(SECRET))
    neighbours = {
        **one_character_off(token),
        **resegmented(token),
        **{f"the first {length}": token[:length] for length in range(len(token))},
        **{f"the last {length}": token[-length:] for length in range(1, len(token))},
        "upper case": token.upper(),
        "twice": token + token,
        "reversed": token[::-1],
        "padded": token + "=",
    }
    assert judge.verify(token).claims == claims()

    assert successes(judge, neighbours) == []
    assert judge.verify(token).claims == claims()


def test_cve_2026_35039_tokens_that_share_parts() -> None:
    """Tokens that share header and payload, prefix, suffix or length with accepted ones are
    refused; accepted ones that share header, issuer, audience, subject and ``jti`` keep each their
    own claims, in whatever order they come.
    """
    policy = ClaimsPolicy(issuer="auth", audience="orders")
    judge = Verifier(KeyRing(Key.from_secret(SECRET)), policy, clock=SetClock())
    names = {"iss": "auth", "aud": "orders", "sub": "all", "jti": "1"}
    good = {user: forge(HEADER, claims(user, **names), mac(SECRET)) for user in range(10, 40)}
    foreign = mac("another secret of a sufficient length")
    parts = {user: token.split(".") for user, token in good.items()}

    for user in (*good, *reversed(good), *good):
        neighbour = user + 1 if user + 1 in good else 10
        (header, payload, signed), (_, other_payload, other_signed) = parts[user], parts[neighbour]
        assert judge.verify(good[user]).claims["identity"] == user
        forged = {
            "another's signature": f"{header}.{payload}.{other_signed}",
            "another's payload": f"{header}.{other_payload}.{signed}",
            "another key's signature": forge(HEADER, claims(user, **names), foreign),
            "same ends": f"{header}.{payload[:-8]}AAAA{payload[-4:]}.{signed}",
            "half a signature": f"{header}.{payload}.{signed[:22]}{other_signed[22:]}",
        }
        assert successes(judge, forged) == []


def test_cve_2026_35039_time_goes_on_for_accepted_tokens() -> None:
    """A token that was just accepted is refused from the second in which it has expired."""
    clock = SetClock()
    app = production(clock, JWT_LEEWAY=0)
    token = forge(HEADER, claims(exp=NOW + 60), mac(SECRET))

    for now, accepted in ((NOW, True), (NOW + 59, True), (NOW + 60, False), (NOW + 61, False)):
        clock.now = now
        answer = show(app, token)
        assert_let_in(answer) if accepted else assert_refused(answer)


def test_cve_2026_35039_changed_claims() -> None:
    """What a program does to the claims and the header it was given does not reach the next one."""
    judge = Verifier(KeyRing(Key.from_secret(SECRET)), clock=SetClock())
    header = {**HEADER, "list": ["a"]}
    said = claims(roles=["user"], nested={"admin": False})
    token = forge(header, said, mac(SECRET))
    for _ in range(3):
        verified = judge.verify(token)
        assert verified.claims == said
        assert verified.header == header

        mine: Any = verified.claims
        mine["identity"] = "admin"
        mine["roles"].append("admin")
        mine["nested"]["admin"] = True
        theirs: Any = verified.header
        theirs["list"].append("b")


def test_cve_2026_35039_one_jwt_two_applications() -> None:
    """One ``JWT`` on two applications: what one has accepted, the other refuses."""
    jwt = JWT(None, None, lambda claims: {"id": claims["identity"]}, clock=SetClock())
    apps: list[tuple[Flask, str]] = []
    for secret in (SECRET, "another secret of a sufficient length"):
        app = Flask(f"app{len(apps)}", static_folder=None)
        app.debug = False
        app.config["SECRET_KEY"] = secret
        jwt.init_app(app)
        app.add_url_rule("/me", view_func=jwt_required()(lambda: {"id": current_identity["id"]}))
        apps.append((app, forge(HEADER, claims(), mac(secret))))
    (one, of_one), (two, of_two) = apps

    for _ in range(2):
        assert_let_in(show(one, of_one))
        assert_refused(show(two, of_one))
        assert_let_in(show(two, of_two))
        assert_refused(show(one, of_two))


def test_cve_2026_48524_file_of_the_key_disappears(rsa_key: RSAPrivateKey, tmp_path: Path) -> None:
    """CVE-2026-48524: a failed fetch made PyJWT's client before 2.13.0 forget the key set that it
    had, and a token with an unknown ``kid`` was enough to have it fetched. Nothing is fetched here
    yet; held to is that a key once loaded stays, whatever becomes of its file.
    """
    file = tmp_path / "public.pem"
    file.write_bytes(public_pem(rsa_key))
    app = production(JWT_ALGORITHM="RS256", JWT_PUBLIC_KEY=file)
    sign = signature("RS256", rsa_key)
    good = forge({"typ": "JWT", "alg": "RS256"}, claims(), sign)
    unknown = {
        str(number): forge({"alg": "RS256", "kid": f"unknown-{number}"}, claims(), mac(b""))
        for number in range(50)
    }
    assert_let_in(show(app, good))

    for change in (file.unlink, file.mkdir):
        change()
        assert_all_refused(app, unknown)
        assert_let_in(show(app, good))


def test_cve_2026_48524_failed_load_is_not_remembered(
    rsa_key: RSAPrivateKey, tmp_path: Path
) -> None:
    """A key that can't be loaded is a logged 500, and is there as soon as its file is."""
    file = tmp_path / "public.pem"
    app = production(JWT_ALGORITHM="RS256", JWT_PUBLIC_KEY=file)
    good = forge({"typ": "JWT", "alg": "RS256"}, claims(), signature("RS256", rsa_key))
    assert show(app, good).status_code == 500

    file.write_bytes(public_pem(rsa_key))

    assert_let_in(show(app, good))


def test_cve_2026_48524_flood_of_unknown_names(rsa_key: RSAPrivateKey) -> None:
    """Thousands of tokens with names that no key has, badly or well signed, displace nothing."""
    key = key_of("RS256", rsa_key, kid="current")
    judge = Verifier(KeyRing(key), clock=SetClock())
    good = forge({"alg": "RS256", "kid": "current"}, claims(), signature("RS256", rsa_key))
    flood = {
        str(number): forge({"alg": "RS256", "kid": f"{number}"}, claims(), mac(SECRET))
        for number in range(2000)
    }
    well_signed = forge({"alg": "RS256", "kid": "x"}, claims(), signature("RS256", rsa_key))

    assert successes(judge, {**flood, "well signed": well_signed, "good": good}) == ["good"]

    # The names of good tokens may differ too, where the key has none: still nobody is displaced.
    unnamed = Verifier(KeyRing(Key.from_secret(SECRET)), clock=SetClock())
    named = {
        str(number): forge({"alg": "HS256", "kid": f"{number}"}, claims(), mac(SECRET))
        for number in range(500)
    }
    assert successes(unnamed, named) == list(named)


class ObservedSessions(SecureCookieSessionInterface):
    """Flask's sessions, with a note of each that was looked at."""

    def __init__(self) -> None:
        self.accessed: list[bool] = []

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Note whether the session was looked at or changed, and save it."""
        self.accessed.append(session.accessed or session.modified)
        super().save_session(app, session, response)


def with_sessions(**config: Any) -> tuple[Flask, ObservedSessions]:
    """Return an application with permanent sessions, which ``/visit`` begins."""
    app = production(**config)
    sessions = app.session_interface = ObservedSessions()
    app.add_url_rule("/open", view_func=lambda: "open")

    @app.get("/visit")
    def visit() -> str:
        session.permanent = True
        session["name"] = "ann"
        return "welcome"

    return app, sessions


def test_cve_2023_30861_token_is_not_stored() -> None:
    """CVE-2023-30861: Flask before 2.3.2 sent a session cookie again without ``Vary: Cookie``, and
    a cache gave it to the next client. An answer that carries a token says ``no-store``, whatever
    the application's own hook says, and sets no cookie.
    """
    app, sessions = with_sessions()
    shared = production()

    @shared.extensions["jwt"].auth_response_handler
    def answer(access_token: str, identity: Any) -> tuple[dict[str, str], dict[str, str]]:
        return {"access_token": access_token}, {"Cache-Control": "public, max-age=600"}

    for signed_in in (sign_in(app), sign_in(shared)):
        assert signed_in.status_code == 200
        assert signed_in.headers.getlist("Cache-Control") == ["no-store"]
        assert "Set-Cookie" not in signed_in.headers
    assert sessions.accessed == [False]


@pytest.mark.parametrize("kind", ["good", "expired", "none"])
def test_cve_2023_30861_guard_leaves_the_session_alone(kind: str) -> None:
    """A guarded view neither looks at the session nor sets a cookie, whether it lets in or refuses;
    a client that has a session of the application gets what an open view would send it.
    """
    app, sessions = with_sessions()
    token = {"good": claims(), "expired": claims(exp=NOW - 60)}.get(kind)
    headers = {} if token is None else {"Authorization": f"JWT {forge(HEADER, token, mac(SECRET))}"}

    def cookies_after(path: str, *, visited: bool) -> dict[str, list[str]]:
        client = app.test_client()
        if visited:
            client.get("/visit")
        answer = client.get(path, headers=headers)
        return {
            name: [value.partition(";")[0] for value in answer.headers.getlist(name)]
            for name in ("Set-Cookie", "Vary", "Cache-Control")
        }

    assert cookies_after("/me", visited=False) == {
        "Set-Cookie": [],
        "Vary": [],
        "Cache-Control": [],
    }
    assert sessions.accessed == [False]
    assert cookies_after("/me", visited=True) == cookies_after("/open", visited=True)
    # The visits look at it, and so it is seen that the note is taken.
    assert sessions.accessed == [False, True, False, True, False]
