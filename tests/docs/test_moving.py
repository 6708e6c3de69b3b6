"""The table of what is refused all the same, beside Flask-JWT-Extended itself."""

from __future__ import annotations

import time
from typing import Any

import flask_jwt_extended
import pytest
from flask import Flask

import flask_jwt.extended
from tests.support.malformed import Forge
from tests.support.secret import secret
from tests.support.server import ROOT

from .pages import matches, rows

PAGE = ROOT / "docs" / "extended.md"
SECRET = secret("test_moving")
FORGE = Forge(SECRET.encode(), int(time.time()))
# Good for as long as all tests take: the tokens are made before the first one runs.
LATER = {f'"exp":{FORGE.now + 300}': f'"exp":{FORGE.now + 86400}', '"identity":1': '"sub":"anna"'}
for given, wanted in LATER.items():
    FORGE.payload = FORGE.payload.replace(given, wanted)
GOOD = FORGE.token()
ROWS = {row[0]: row[1:3] for row in rows(PAGE) if len(row) == 4}
#: Tokens by the beginning of the row that is about them.
TOKENS = {
    "A member twice": [
        FORGE.token(payload=FORGE.payload.replace("}", ',"sub":"bob"}')),
        FORGE.token(header=FORGE.header.replace("}", ',"typ":"JWT"}')),
    ],
    "Base64 with padding": [f"{GOOD}="],
    "`NaN`": [
        FORGE.with_claims(x="NaN"),
        FORGE.with_claims(x='"\\ud800"'),
        FORGE.with_claims(x="1" * 257),
        FORGE.token(payload=f"\ufeff{FORGE.payload}"),
    ],
    "A token over 8 KiB": [FORGE.with_claims(x=f'"{"x" * 9000}"')],
    "Claims nested deeper": [FORGE.with_claims(x="[" * 33 + "]" * 33)],
    "`alg: none`": [FORGE.with_header(alg='"none"').rpartition(".")[0] + "."],
    "An algorithm for another kind": [FORGE.with_header(alg='"RS256"')],
    "`crit`, `b64` or `zip`": [
        FORGE.with_header(crit='["b64"]', b64="false"),
        FORGE.with_header(b64="false"),
        FORGE.with_header(zip='"DEF"'),
    ],
    "`typ` other": [FORGE.with_header(typ='"refresh+jwt"')],
    "`typ` that is no text": [FORGE.with_header(typ="5")],
    "`exp`, `nbf` or `iat` as": [
        FORGE.with_claims(exp=f'"{FORGE.now + 300}"'),
        FORGE.with_claims(nbf="true"),
        FORGE.with_claims(iat="-5"),
        FORGE.with_claims(exp="-5"),
        FORGE.with_claims(exp="253402300800"),
    ],
    "`sub` as a boolean": [FORGE.with_claims(sub="true"), FORGE.with_claims(sub="1.5")],
}


def answer_of(package: Any, token: str) -> tuple[int, str]:
    """Return what a program answers to a token: the status, and its message."""
    app = Flask(__name__)
    app.config.update(JWT_SECRET_KEY=SECRET, PROPAGATE_EXCEPTIONS=False)
    app.config["JWT_DECODE_ALGORITHMS"] = ["HS256", "RS256"]
    package.JWTManager(app)
    app.add_url_rule("/", "index", package.jwt_required()(lambda: "in"))
    answer = app.test_client().get("/", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code, (answer.get_json(silent=True) or {}).get("msg", "")


def test_a_good_token_is_accepted() -> None:
    """The tokens of this test have a single thing wrong: without it both let them in."""
    assert answer_of(flask_jwt_extended, GOOD)[0] == 200
    assert answer_of(flask_jwt.extended, GOOD)[0] == 200


@pytest.mark.parametrize("title", TOKENS)
def test_refused_tokens(title: str) -> None:
    """What the page says of each of the two packages is what they answer."""
    (row,) = [cells for name, cells in ROWS.items() if name.startswith(title)]
    theirs, ours = row
    ours = theirs if ours == "the same" else ours
    shown = ours.removeprefix("422 `").partition("`")[0]

    for token in TOKENS[title]:
        before, now = answer_of(flask_jwt_extended, token), answer_of(flask_jwt.extended, token)
        assert ("accepted" if before[0] == 200 else str(before[0])) in theirs
        assert now[0] == 422
        if shown.endswith("duplicate member"):
            shown = shown.replace("payload", "…")
        assert matches(shown, now[1]), now
