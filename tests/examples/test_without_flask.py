"""Tokens without Flask: the script and the service, as somebody who tries them meets them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.support.http_client import Header
from tests.support.secret import secret
from tests.support.server import ROOT, Server
from tests.support.tokens import base64url, claims, compact, parts_of

EXAMPLE = ROOT / "examples" / "without_flask"
ADDRESS = re.compile(r"Serving on http://127\.0\.0\.1:(\d+)/")
SECRET = secret("test_without_flask")
NAMES = {"iss": "https://accounts.example", "aud": "https://reports.example", "sub": "anna"}


def run(*arguments: str, secret: str = SECRET, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run the script, with a secret in the environment and a text on standard input."""
    return subprocess.run(
        [sys.executable, str(EXAMPLE / "service.py"), *arguments],
        input=text,
        env={"TOKEN_SECRET": secret, "PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """What ``python service.py serve`` starts."""
    command = [sys.executable, str(EXAMPLE / "service.py"), "serve", "--port", "0"]
    log = tmp_path_factory.mktemp("without_flask") / "service.log"
    server = Server(command, log, ADDRESS, EXAMPLE, {"TOKEN_SECRET": SECRET})
    yield server
    server.stop()


def bearer(token: str) -> Header:
    return "Authorization", f"Bearer {token}"


class TestScript:
    """``python service.py issue`` and ``verify``."""

    def test_issue_and_verify(self) -> None:
        """What one run issues another run verifies, and prints what the token says."""
        issued = run("issue", "anna")
        verified = run("verify", text=issued.stdout)

        said = json.loads(verified.stdout)
        assert {name: said[name] for name in NAMES} == NAMES
        assert said["exp"] - said["iat"] == 300
        assert (issued.stderr, verified.stderr, verified.returncode) == ("", "", 0)

    def test_token_of_another_secret(self) -> None:
        """A token that was signed with another secret is one line, without a traceback."""
        issued = run("issue", "anna", secret=SECRET[::-1])
        refused = run("verify", text=issued.stdout)

        assert refused.returncode == 1
        assert (refused.stdout, refused.stderr) == ("", "refused: Signature verification failed\n")

    @pytest.mark.parametrize("secret", ["", "super-secret"])
    @pytest.mark.parametrize("arguments", [("issue", "anna"), ("verify",), ("serve",)])
    def test_no_secret_to_speak_of(self, secret: str, arguments: tuple[str, ...]) -> None:
        """Without a secret that is long enough nothing is issued, verified or served."""
        refused = run(*arguments, secret=secret)

        assert refused.returncode == 1
        assert refused.stdout == ""
        assert refused.stderr.startswith("TOKEN_SECRET: ")
        assert len(refused.stderr.splitlines()) == 1

    def test_nobody(self) -> None:
        """A token for nobody is not issued."""
        assert run("issue", "").stderr == (
            "not issued: the claims would be refused: Subject must be a string\n"
        )


class TestService:
    """``python service.py serve``."""

    def test_good_token(self, service: Server) -> None:
        """Whoever has a token of the script gets the report."""
        answer = service.get("/", bearer(run("issue", "anna").stdout.strip()))

        assert answer.status == 200
        assert answer.json == {"report": "all is well", "reader": "anna"}

    def test_scheme_in_any_case(self, service: Server) -> None:
        """The scheme is compared without case."""
        token = compact(claims(None, **NAMES), SECRET)

        assert service.get("/", ("Authorization", f"bEARER {token}")).status == 200

    @pytest.mark.parametrize("headers", [[], [("Authorization", "Basic YW5uYTpwdw==")]])
    def test_without_a_token(self, service: Server, headers: list[Header]) -> None:
        """Without credentials for it, the challenge has no error."""
        answer = service.get("/", *headers)

        assert answer.status == 401
        assert answer.header("WWW-Authenticate") == 'Bearer realm="reports"'

    @pytest.mark.parametrize(
        ("changed", "description"),
        [
            ({"exp": 1000000000}, "Signature has expired"),
            ({"exp": None}, 'Token is missing the "exp" claim'),
            ({"iss": "https://accounts.example.evil"}, "Invalid issuer"),
            ({"aud": "https://another.example"}, "Invalid audience"),
            ({"aud": None}, 'Token is missing the "aud" claim'),
            ({"sub": None}, 'Token is missing the "sub" claim'),
            ({"sub": 7}, "Subject must be a string"),
        ],
    )
    def test_claims(self, service: Server, changed: dict[str, object], description: str) -> None:
        """Each rule of its policy is enforced."""
        answer = service.get("/", bearer(compact(claims(None, **{**NAMES, **changed}), SECRET)))

        assert (answer.status, answer.json) == (401, {"error": description})
        assert answer.header("WWW-Authenticate") == 'Bearer realm="reports", error="invalid_token"'

    def test_forgeries(self, service: Server) -> None:
        """No signature, another key's, and a token sent twice are refused."""
        good = compact(claims(None, **NAMES), SECRET)
        none = f"{base64url(json.dumps({'alg': 'none'}).encode())}.{good.split('.')[1]}."
        assert parts_of(good)[1]["sub"] == "anna"

        for sent in (
            [bearer(none)],
            [bearer(compact(claims(None, **NAMES), SECRET[::-1]))],
            [bearer(good), bearer(good)],
            [bearer("")],
        ):
            assert service.get("/", *sent).status == 401
        assert "Traceback" not in service.log
