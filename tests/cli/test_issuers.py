"""``flask jwt issuers`` as an operator uses it, against servers that are right, wrong or away."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from unittest.mock import ANY

import pytest
from click.testing import Result
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from flask import Flask
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from flask_jwt import JWT
from tests.docs.pages import blocks
from tests.support.secret import secret
from tests.support.server import ROOT

METADATA = "/.well-known/openid-configuration"
SECOND = "/.well-known/oauth-authorization-server"


class Provider(ThreadingHTTPServer):
    """Answers each path with what a test has put there; with 404 where there is nothing."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.asked: list[str] = []
        self.answers: dict[str, tuple[int, bytes]] = {}

    def put(self, path: str, document: Any, status: int = 200) -> None:
        """Answer a path with a document."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.answers[path] = status, body

    def publish(self, *keys: dict[str, Any], issuer: str | None = None, **more: Any) -> None:
        """Publish metadata and keys."""
        named = {"issuer": issuer or self.url, "jwks_uri": f"{self.url}/keys", **more}
        self.put(METADATA, named)
        self.put("/keys", {"keys": keys})


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        provider = cast("Provider", self.server)
        provider.asked.append(self.path)
        status, body = provider.answers.get(self.path, (404, b"nothing"))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A server that publishes nothing yet."""
    with Provider() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def p256(kid: str = "p256", **members: Any) -> dict[str, Any]:
    """Return a public key for ES256."""
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    return {**ECAlgorithm.to_jwk(public, as_dict=True), "kid": kid, **members}


def rsa_key(kid: str = "rsa", **members: Any) -> dict[str, Any]:
    """Return a public key of RSA, for any of its algorithms."""
    public = rsa.generate_private_key(65537, 2048).public_key()
    return {**RSAAlgorithm.to_jwk(public, as_dict=True), "kid": kid, **members}


class Operator:
    """Runs the commands for an application that trusts issuers."""

    def __init__(self, trusted: dict[str, dict[str, Any]], **config: Any) -> None:
        self.app = Flask("api")
        entries = {issuer: {"audience": "api", **given} for issuer, given in trusted.items()}
        self.app.config.update(JWT_TRUSTED_ISSUERS=entries, **config)
        JWT(self.app)

    def run(self, *arguments: str) -> Result:
        """Run a command."""
        return self.app.test_cli_runner().invoke(args=["jwt", *arguments])

    def steps(self, *arguments: str, status: int = 0) -> list[tuple[str, str, str]]:
        """Check the issuers; return each step."""
        result = self.run("issuers", "check", *arguments)
        assert (result.exit_code, result.stderr) == (status, "")
        lines = result.stdout.splitlines()
        found = [tuple(line.split(maxsplit=2)) for line in lines if line.startswith("  ")]
        return [(one[0], one[1], one[2]) for one in found]

    def fault(self, *arguments: str) -> tuple[str, str]:
        """Check the issuers, of which one is at fault; return the step and its text."""
        steps = self.steps(*arguments, status=1)
        ((name, text),) = [(name, text) for name, result, text in steps if result == "FAULT"]
        return name, text


def test_issuers(provider: Provider) -> None:
    """Each is shown with the keys that it publishes now, and when they are renewed."""
    provider.publish(p256("a"), rsa_key("b"))

    result = Operator({provider.url: {"algorithms": ["ES256", "RS256", "PS256"]}}).run("issuers")

    assert (result.exit_code, result.stderr) == (0, "")
    title, *lines = result.stdout.splitlines()
    shown = {line[2:14].strip(): line[14:] for line in lines}
    assert title == provider.url
    assert shown.pop("renewal") in {"in 3 minutes", "in 4 minutes"}
    assert shown == {
        "preset": "-",
        "keys": "a (ES256), b (RS256, PS256)",
        "age": "0 seconds",
        "last error": "-",
    }


def test_issuers_as_json(provider: Provider) -> None:
    """With ``--json`` each is an object in a line of its own, those that fail among them."""
    provider.publish(p256(), rsa_key(alg="RS512"))
    operator = Operator(
        {
            provider.url: {},
            f"{provider.url}/away": {},
            "the cellar": {"keys": {"keys": [p256("cold")]}},
            f"{provider.url}/opaque": {
                "introspection": {"client_id": "me", "client_secret": secret("client")}
            },
        }
    )

    result = operator.run("issuers", "--json")

    assert result.exit_code == 0
    first, away, given, opaque = map(json.loads, result.stdout.splitlines())
    assert 200 < first.pop("renewed_in") <= 240
    assert first == {
        "issuer": provider.url,
        "preset": None,
        "introspection": None,
        "keys": [
            {"kid": "p256", "algorithms": ["ES256"]},
            {"kid": "rsa", "algorithms": ["RS512"]},
        ],
        "age": 0,
        "error": None,
    }
    assert (away["keys"], away["age"]) == ([], None)
    assert "answered 404" in away["error"]
    assert given["keys"] == [{"kid": "cold", "algorithms": ["ES256"]}]
    assert given["renewed_in"] is None
    assert opaque["introspection"] == {"endpoint": None, "client_id": "me"}
    assert secret("client") not in result.output


def test_no_issuer_can_be_shown() -> None:
    """The one line says how an issuer is trusted, or what is wrong with its options."""
    none = Operator({}, SECRET_KEY=secret("api"))
    faulty = Operator({"https://id.example": {"leeway": "long"}})

    for operator in (none, faulty):
        for command in (["issuers"], ["issuers", "check"]):
            result = operator.run(*command)
            assert result.exit_code == 1
            assert "JWT_TRUSTED_ISSUERS" in result.stderr
            assert result.stderr.count("\n") == 1


def test_check_of_a_good_issuer(provider: Provider) -> None:
    """Each step is told, and keys of no use to the API are no fault."""
    provider.publish(p256(), rsa_key("enc", use="enc"))

    assert Operator({provider.url: {}}).steps() == [
        ("discovery", "ok", f"{provider.url}{METADATA} answered 200"),
        ("issuer", "ok", "the document names it, byte for byte"),
        ("jwks_uri", "ok", f"{provider.url}/keys"),
        ("keys", "ok", "p256 (ES256); kept for 5 minutes"),
        ("keys", "warning", ANY),
        ("algorithms", "ok", "ES256"),
    ]


def test_check_by_the_second_address(provider: Provider) -> None:
    """An issuer that publishes its metadata by RFC 8414 alone is found there."""
    provider.publish(p256())
    provider.answers[SECOND] = provider.answers.pop(METADATA)

    discovery = [
        text for name, _, text in Operator({provider.url: {}}).steps() if name == "discovery"
    ]
    assert discovery == [
        f"{provider.url}{METADATA} answered 404",
        f"{provider.url}{SECOND} answered 200",
    ]


def test_check_of_an_issuer_by_another_name(provider: Provider) -> None:
    """The slash that is too many, or missing, is named."""
    provider.publish(p256(), issuer=f"{provider.url}/")

    name, text = Operator({provider.url: {}}).fault()

    assert name == "issuer"
    assert f"the document names {provider.url}/:" in text


def test_check_without_discovery(provider: Provider) -> None:
    """Where there is no metadata, ``jwks_uri`` mends that."""
    provider.put("/keys", {"keys": [p256()]})

    name, text = Operator({provider.url: {}}).fault()

    assert name == "discovery"
    assert f"{provider.url}{METADATA} answered 404" in text
    assert "'jwks_uri'" in text
    mended = Operator({provider.url: {"jwks_uri": f"{provider.url}/keys"}})
    assert [step[:2] for step in mended.steps()] == [
        ("jwks_uri", "ok"),
        ("keys", "ok"),
        ("algorithms", "ok"),
    ]


@pytest.mark.parametrize(
    ("path", "body", "status", "step"),
    [
        (METADATA, b"<html>", 200, "discovery"),
        (METADATA, b"", 503, "discovery"),
        (METADATA, b'{"issuer": "x", "issuer": "x"}', 200, "discovery"),
        ("/keys", b"<html>", 200, "keys"),
        ("/keys", b"", 500, "keys"),
        ("/keys", b'{"keys": []}', 200, "keys"),
    ],
)
def test_check_of_answers_of_no_use(
    path: str, body: bytes, status: int, step: str, provider: Provider
) -> None:
    """The step at which an issuer can't be used is named, with the address."""
    provider.publish(p256())
    provider.answers[path] = status, body

    name, text = Operator({provider.url: {}}).fault()

    assert name == step
    assert f"{provider.url}{path}" in text
    assert "it is the issuer's to mend" in text


def test_check_of_metadata_without_keys(provider: Provider) -> None:
    """A document that names no address of keys is told, and which option does."""
    provider.put(METADATA, {"issuer": provider.url})

    assert Operator({provider.url: {}}).fault() == (
        "jwks_uri",
        "the document has no jwks_uri: the option 'jwks_uri' names it",
    )


def test_check_of_an_issuer_that_is_away() -> None:
    """A server that can't be reached is told from one that answers."""
    with Provider() as provider:
        url = provider.url

    name, text = Operator({url: {}}).fault()

    assert name == "discovery"
    assert f"{url}{METADATA} can't be reached" in text
    assert "the network and HTTPS_PROXY" in text


def test_check_of_algorithms(provider: Provider) -> None:
    """The list of algorithms is compared with the keys: without any that fits it is a fault."""
    provider.publish(p256(alg="ES256"))

    steps = Operator({provider.url: {"algorithms": ["ES256", "PS256"]}}).steps()
    assert steps[-1] == ("algorithms", "warning", "there is no key for PS256")
    name, text = Operator({provider.url: {"algorithms": ["PS256"]}}).fault()
    assert name == "keys"
    assert "the keys are for ES256, and the option 'algorithms' has PS256" in text


def test_check_of_given_keys(tmp_path: Path) -> None:
    """Keys that are given are looked at where they are, as a file is now."""
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"keys": [p256("cold")]}))
    operator = Operator({"the cellar": {"keys": str(path)}})
    assert operator.steps() == [
        ("keys", "ok", "cold (ES256); kept for 30 seconds"),
        ("algorithms", "ok", "ES256"),
    ]

    path.write_text("{}")
    name, text = operator.fault()
    assert name == "keys"
    assert str(path) in text
    path.unlink()
    (shown,) = map(json.loads, operator.run("issuers", "--json").stdout.splitlines())
    assert str(path) in shown["error"]


def test_check_of_one_issuer(provider: Provider) -> None:
    """The issuer that is named is asked, and no other; one that is not trusted is told."""
    provider.publish(p256())
    operator = Operator({provider.url: {}, f"{provider.url}/away": {}})

    assert operator.run("issuers", "check", provider.url).exit_code == 0
    assert provider.asked == [METADATA, "/keys"]
    assert operator.run("issuers", "check").exit_code == 1
    unknown = operator.run("issuers", "check", f"{provider.url}/awry")
    assert unknown.exit_code == 1
    assert f"{provider.url}/away" in unknown.stderr


def test_check_as_json(provider: Provider) -> None:
    """With ``--json`` each issuer is an object in a line of its own."""
    provider.publish(p256())
    result = Operator({provider.url: {}, f"{provider.url}/away": {}}).run(
        "issuers", "check", "--json"
    )

    assert result.exit_code == 1
    good, away = map(json.loads, result.stdout.splitlines())
    assert (good["issuer"], good["usable"]) == (provider.url, True)
    assert good["steps"][1] == {
        "name": "issuer",
        "result": "ok",
        "text": "the document names it, byte for byte",
    }
    assert (away["issuer"], away["usable"]) == (f"{provider.url}/away", False)


def test_check_shows_nothing_that_a_terminal_obeys(provider: Provider) -> None:
    """What an issuer says is shown escaped, and shortened."""
    named, keys = f"{provider.url}/named", f"{provider.url}/keys"
    provider.publish(p256("\x1b[31m"), issuer="\x1b[2J" + "x" * 1000)
    operator = Operator({provider.url: {}, named: {"jwks_uri": keys}})

    for command in (["issuers"], ["issuers", "check"]):
        result = operator.run(*command)
        assert "\x1b" not in result.stdout
        assert "[31m' (ES256)" in result.stdout
        assert "x" * 300 not in result.stdout


def test_check_of_introspection(provider: Provider) -> None:
    """It is asked about a token that nobody has made: client and secret are checked so."""
    asked = {"client_id": "me", "client_secret": secret("client")}
    operator = Operator({provider.url: {"introspection": asked}})
    provider.publish()
    assert operator.fault()[0] == "endpoint"

    provider.publish(introspection_endpoint=f"{provider.url}/introspect")
    provider.put("/introspect", {"active": False})
    assert operator.steps()[-2:] == [
        ("endpoint", "ok", f"{provider.url}/introspect"),
        ("introspection", "ok", "a token that nobody has made is not active"),
    ]
    provider.put("/introspect", {"active": True})
    assert operator.fault()[0] == "introspection"
    provider.put("/introspect", b"", 401)
    name, text = operator.fault()
    assert (name, secret("client") in text) == ("introspection", False)
    assert "client_id" in text


def test_what_the_page_shows(provider: Provider) -> None:
    """What is shown of both commands is what they print."""
    issuer, shown_as = f"{provider.url}/realms/shop", "https://id.example/realms/shop"
    operator = Operator({issuer: {"algorithms": ["ES256", "RS256", "PS256"]}})
    metadata = {"issuer": issuer, "jwks_uri": f"{provider.url}/keys"}
    provider.put(f"/realms/shop{METADATA}", metadata)
    provider.put("/keys", {"keys": [p256("2026-11"), rsa_key("2026-10")]})
    listed, checked = (
        block.text.partition("\n")[2]
        for block in blocks(ROOT / "docs" / "issuers.md")
        if "jwt issuers" in block.text
    )

    printed = operator.run("issuers").stdout.replace("in 4 minutes", "in 3 minutes")
    assert printed.replace(issuer, shown_as) == listed
    provider.put(f"/realms/shop{METADATA}", {**metadata, "issuer": f"{issuer}/"})
    printed = operator.run("issuers", "check").stdout
    assert printed.replace(issuer, shown_as) == checked
