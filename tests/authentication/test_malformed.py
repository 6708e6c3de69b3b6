"""Headers and tokens that are not what they should be, sent to a real server."""

from __future__ import annotations

import time
from functools import cache

import pytest

from tests.support.applications.recording import PASSWORD
from tests.support.applications.several import APPLICATIONS, SECRET
from tests.support.http_client import Answer, Header
from tests.support.malformed import MARKER, malformed_tokens
from tests.support.malformed import good_token as well_formed
from tests.support.serving import Recording
from tests.support.tokens import claims, compact

CHALLENGE = 'JWT realm="Login Required"'
INVALID = f'{CHALLENGE}, error="invalid_token"'
#: The parts that a bad header may have in the log: none.
FOREIGN = "x-marks-the-spot"

#: Headers that reach the application, one a line, with the description of the refusal.
REFUSED: dict[str, tuple[bytes, str]] = {
    # Nothing there.
    "empty": (b"", "Request does not contain an access token"),
    "spaces": (b"     ", "Request does not contain an access token"),
    "tabs": (b"\t\t", "Request does not contain an access token"),
    # Half of it.
    "scheme only": (b"JWT", "Token missing"),
    "scheme and spaces": (b"JWT    ", "Token missing"),
    "token only": (b"TOKEN", "Unsupported authorization type"),
    "no space": (b"JWTTOKEN", "Unsupported authorization type"),
    # Too much of it.
    "two tokens": (b"JWT TOKEN TOKEN", "Token contains spaces"),
    "scheme twice": (b"JWT JWT TOKEN", "Token contains spaces"),
    "tab inside": (b"JWT TOKEN\tTOKEN", "Token contains spaces"),
    # Twice: servers join the two with a comma.
    "twice the same": (b"JWT TOKEN\nJWT TOKEN", "Token contains spaces"),
    "good and bad": (b"JWT TOKEN\nJWT bogus", "Token contains spaces"),
    "bad and good": (b"JWT bogus\nJWT TOKEN", "Token contains spaces"),
    "three times": (b"\n".join([b"JWT TOKEN"] * 3), "Token contains spaces"),
    "good and basic": (b"JWT TOKEN\nBasic eDp5", "Token contains spaces"),
    "good and a bare word": (b"JWT TOKEN\nx", "Invalid crypto padding"),
    "good and empty": (b"JWT TOKEN\n", "Invalid crypto padding"),
    "empty and good": (b"\nJWT TOKEN", "Unsupported authorization type"),
    "scheme and good": (b"JWT\nJWT TOKEN", "Unsupported authorization type"),
    "basic and good": (b"Basic eDp5\nJWT TOKEN", "Unsupported authorization type"),
    "joined by the client": (b"JWT TOKEN, JWT TOKEN", "Token contains spaces"),
    "joined without a space": (b"JWT TOKEN,JWT", "Invalid crypto padding"),
    "comma before": (b",JWT TOKEN", "Unsupported authorization type"),
    "comma after": (b"JWT TOKEN,", "Invalid crypto padding"),
    "semicolon after": (b"JWT TOKEN;", "Invalid crypto padding"),
    # Another scheme, or what passes for one.
    "another scheme": (b"Bearer TOKEN", "Unsupported authorization type"),
    "basic": (b"Basic YWxpY2U6cHc=", "Unsupported authorization type"),
    "longer scheme": (b"JWTS TOKEN", "Unsupported authorization type"),
    "shorter scheme": (b"JW TOKEN", "Unsupported authorization type"),
    "colon": (b"JWT: TOKEN", "Unsupported authorization type"),
    "equals sign": (b"JWT=TOKEN", "Unsupported authorization type"),
    "tab for the space": (b"JWT\tTOKEN", "Unsupported authorization type"),
    "quoted": (b'"JWT TOKEN"', "Unsupported authorization type"),
    "fullwidth scheme": ("\uff2a\uff37\uff34 TOKEN".encode(), "Unsupported authorization type"),
    "quoted-pair": (b"J\\WT TOKEN", "Unsupported authorization type"),
    # A token with something around it.
    "token quoted": (b'JWT "TOKEN"', "Invalid header padding"),
    "token in brackets": (b"JWT <TOKEN>", "Invalid header padding"),
    "parameter": (b"JWT token=TOKEN", "Invalid header padding"),
    "percent encoding": (b"JWT %65TOKEN", "Invalid header padding"),
    "no-break space": (b"JWT \xa0TOKEN", "Token has invalid characters"),
    "next line": (b"JWT TOKEN\x85", "Token has invalid characters"),
    "Latin-1": (b"JWT TOKEN\xe9", "Token has invalid characters"),
    "UTF-8": ("JWT TOKEN\u00e9".encode(), "Token has invalid characters"),
    "byte-order mark": (b"JWT \xef\xbb\xbfTOKEN", "Token has invalid characters"),
    "bytes": (b"JWT \xff\xfe\xfd", "Token has invalid characters"),
    "emoji": ("JWT \U0001f511".encode(), "Token has invalid characters"),
    # Long ones.
    "token of 20 KB": (b"JWT " + b"a" * 20_000, "Token is too long"),
    "token and 20 KB": (b"JWT TOKEN" + b"A" * 20_000, "Token is too long"),
    "20 KB of dots": (b"JWT " + b"." * 20_000, "Token is too long"),
    "scheme of 20 KB": (b"a" * 20_000, "Unsupported authorization type"),
    "many words": (b"JWT" + b" a" * 10_000, "Token contains spaces"),
    "foreign text": (f"JWT {FOREIGN}".encode(), "Not enough segments"),
    "foreign scheme": (f"{FOREIGN} TOKEN".encode(), "Unsupported authorization type"),
    "injection": (f'JWT x"\\r\\nSet-Cookie: {FOREIGN}=1'.encode(), "Token contains spaces"),
}

#: Lines that the server refuses itself, or not, depending on its release.
LEFT_TO_THE_SERVER: dict[str, bytes] = {
    "NUL": b"Authorization: JWT \0TOKEN",
    "NUL after": b"Authorization: JWT TOKEN\0",
    "control character": b"Authorization: JWT \x01TOKEN",
    "form feed": b"Authorization: JWT \x0cTOKEN",
    "delete": b"Authorization: JWT TOKEN\x7f",
    "newline": b"Authorization: JWT TOKEN\n",
    "newline inside": b"Authorization: JWT\nTOKEN",
    "carriage return": b"Authorization: JWT\rTOKEN",
    "folded": b"Authorization: JWT\r\n TOKEN",
    "space before the colon": b"Authorization : JWT TOKEN",
    # Its log shows the whole line, and so a good token has no place here.
    "no colon": b"Authorization JWT bogus",
    "non-ASCII name": b"Authori\xe9zation: JWT TOKEN",
    "of 100 KB": b"Authorization: JWT " + b"a" * 100_000,
}

#: Characters that gunicorn of today refuses, and other servers let through.
CONTROLS = ["\0", "\x01", "\x0b", "\x0c", "\r", "\n", "\x1b[31m", "\x1c", "\x1f", "\x7f"]


def good_token(recording: Recording) -> bytes:
    """Return a token that opens the view."""
    return compact(claims(1), recording.secret).encode()


def send(recording: Recording, name: str) -> Answer:
    """Send one of the refused headers."""
    lines = REFUSED[name][0].replace(b"TOKEN", good_token(recording)).split(b"\n")
    headers: list[Header] = [("Authorization", line) for line in lines]
    return recording.server.request("GET", "/me", headers)


def send_line(recording: Recording, line: bytes) -> Answer:
    """Send a whole header line."""
    line = line.replace(b"TOKEN", good_token(recording))
    message = b"GET /me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + line + b"\r\n\r\n"
    return recording.server.raw("GET", message)


@pytest.mark.parametrize("name", REFUSED)
def test_refused(recording: Recording, name: str) -> None:
    """A malformed header is a 401 that says what is wrong with it, and repeats none of it."""
    answer = send(recording, name)

    assert answer.status == 401
    assert answer.json == {
        "description": REFUSED[name][1],
        "error": answer.json["error"],
        "status_code": 401,
    }
    assert answer.header("WWW-Authenticate") in (CHALLENGE, INVALID)
    assert not any(FOREIGN in value for _, value in answer.headers)


@pytest.mark.parametrize("name", LEFT_TO_THE_SERVER)
def test_left_to_the_server(recording: Recording, name: str) -> None:
    """What is no HTTP header at all is refused by the server or by the application."""
    answer = send_line(recording, LEFT_TO_THE_SERVER[name])

    assert answer.status in (400, 401, 431)


@pytest.mark.parametrize("character", CONTROLS)
@pytest.mark.parametrize("template", ["JWT {}TOKEN", "JWT TOKEN{}", "JWT{}TOKEN", "{}JWT TOKEN"])
def test_control_characters(template: str, character: str) -> None:
    """A control character that a server lets through is refused by the application."""
    value = template.format(character).replace("TOKEN", compact(claims(1), SECRET))
    client = APPLICATIONS["plain"].test_client()
    answer = client.get("/me", environ_overrides={"HTTP_AUTHORIZATION": value})

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] in (CHALLENGE, INVALID)


def test_good_header(recording: Recording) -> None:
    """The token that is wrapped up in all of these is good by itself."""
    token = good_token(recording)
    answer = recording.server.request("GET", "/me", [("Authorization", b"JWT " + token)])

    assert (answer.status, answer.json) == (200, {"id": 1})


def test_name_of_the_header(recording: Recording) -> None:
    """The header's own name is compared without case, and twice is twice in any case."""
    value = b"JWT " + good_token(recording)

    assert recording.server.request("GET", "/me", [("aUTHORIZATION", value)]).status == 200
    twice: list[Header] = [("authorization", value), ("AUTHORIZATION", value)]
    assert recording.server.request("GET", "/me", twice).status == 401


def test_log_is_clean(recording: Recording) -> None:
    """No malformed header leaves a traceback, a token or the secret in the log."""
    for name in REFUSED:
        send(recording, name)
    for line in LEFT_TO_THE_SERVER.values():
        send_line(recording, line)

    log = recording.server.log
    signature = good_token(recording).decode().split(".")[2]
    for private in ("Traceback", signature, recording.secret, PASSWORD, "aaaaaaaa"):
        assert private not in log


#: The first token of each kind of fault; ``tests/core/test_malformed.py`` has all of them.
KINDS = {
    name.split()[0]: name for name in reversed(malformed_tokens(SECRET.encode(), int(time.time())))
}


@cache
def made_at(now: int) -> dict[str, str]:
    """Return the malformed tokens, as of a time."""
    return malformed_tokens(SECRET.encode(), now)


def send_token(recording: Recording, token: str) -> Answer:
    """Send a token as it is."""
    return recording.server.request("GET", "/me", [("Authorization", f"JWT {token}".encode())])


@pytest.mark.parametrize("kind", KINDS)
def test_token(recording: Recording, kind: str) -> None:
    """A 401 with ``invalid_token`` and three members; nothing of the token is in it or the log."""
    token = made_at(int(time.time()))[KINDS[kind]]
    before = len(recording.server.log)
    answer = send_token(recording, token)

    assert answer.status == 401
    assert answer.header("WWW-Authenticate") == INVALID
    assert sorted(answer.json) == ["description", "error", "status_code"]
    assert answer.json["status_code"] == 401
    assert answer.json["error"] in ("Invalid token", "Invalid JWT header")
    assert 0 < len(answer.json["description"]) < 200
    assert MARKER not in f"{answer.headers} {answer.text}"
    parts = {part for part in token.split(".") if len(part) > 15}
    for private in ("Traceback", MARKER, recording.secret, PASSWORD, *parts):
        assert private not in recording.server.log[before:]


def test_well_formed_token(recording: Recording) -> None:
    """The token of which all of these were made is good."""
    answer = send_token(recording, well_formed(SECRET.encode(), int(time.time())))

    assert (answer.status, answer.json) == (200, {"id": 1})
