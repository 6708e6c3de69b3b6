"""How other servers are asked: in time, at one origin, no further than a length."""

from __future__ import annotations

import logging
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flask_jwt.issuers import FetchError, FetchRequest
from flask_jwt.issuers.http_client import HTTPClient
from flask_jwt.testing.factories import in_child, run_concurrently
from tests.support.http_proxy import HTTPProxy, http_proxy
from tests.support.misbehaving import (
    Behaviour,
    MisbehavingServer,
    answer,
    chunked,
    close,
    drip,
    head,
    raw,
    redirect,
    say_nothing,
)
from tests.support.tls import Certificate

SHORT = 0.3
LIMIT = 262_144


def ask(client: HTTPClient, url: str, **more: Any) -> bytes:
    """Ask for a page that is there, and return it."""
    response = client(FetchRequest(url, **more))
    assert response.status == 200
    return response.body


def fault(client: HTTPClient, url: str, timeout: float = 3.0) -> str:
    """Return what is said of a request that fails."""
    with pytest.raises(FetchError) as caught:
        client(FetchRequest(url, timeout=timeout))
    return str(caught.value)


def test_what_is_asked(client: HTTPClient, server: MisbehavingServer) -> None:
    """A request says who asks, and that it takes no compressed answer."""
    server.on["/"] = answer(b"in", 200, "X-One: a", "x-one: b")

    response = client(FetchRequest(f"{server.url}/?q=1", headers={"accept": "text/plain"}))

    assert (response.body, response.headers["x-one"]) == (b"in", "a, b")
    (visit,) = server.visits
    assert visit.path == "/?q=1"
    assert re.fullmatch(r"Flask-JWT-Reborn/[\w.+]+", visit.header("User-Agent") or "")
    assert visit.header("Accept-Encoding") == "identity"
    assert visit.header("Accept") == "text/plain"


def test_form(client: HTTPClient, server: MisbehavingServer) -> None:
    """A body is sent with its length."""
    server.on["/"] = answer(b"in")

    client(FetchRequest(f"{server.url}/", "POST", body=b"token=a"))

    assert server.visits[0].header("Content-Length") == "7"


@pytest.mark.parametrize(
    "behaviour",
    [
        say_nothing,
        drip(head(200, *(f"X-{number}: y" for number in range(100)))),
        drip(b"z" * 100, head(200, "Content-Length: 100")),
        drip(chunked(b"z") * 100, head(200, "Transfer-Encoding: chunked")),
        drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    ],
    ids=["silent", "head", "body", "chunks", "interim answers"],
)
def test_time_is_all_there_is(
    client: HTTPClient, server: MisbehavingServer, behaviour: Behaviour
) -> None:
    """One deadline holds for all of an answer, however much of it comes in time."""
    server.on["/"] = behaviour

    assert fault(client, f"{server.url}/", SHORT) == f"{server.url}/ has not answered in time"


def test_time_of_redirects(client: HTTPClient, server: MisbehavingServer) -> None:
    """Where a redirect leads has what is left of the time."""
    server.on["/"] = redirect("/slow")
    server.on["/slow"] = say_nothing

    assert fault(client, f"{server.url}/", SHORT) == f"{server.url}/ has not answered in time"


def test_silent_handshake(client: HTTPClient) -> None:
    """A server that never begins TLS is left in time, too."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"

        assert fault(client, url, SHORT) == f"{url} has not answered in time"


def test_address_that_swallows_everything(
    client: HTTPClient, server: MisbehavingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of several addresses, one that never answers leaves time for the next."""
    server.on["/"] = answer(b"in")
    with ExitStack() as stack:
        # Its queue is full: the kernel drops who comes next.
        full = stack.enter_context(closing(socket.socket()))
        full.bind(("127.0.0.2", server.port))
        full.listen(0)
        for _ in range(4):
            one = stack.enter_context(closing(socket.socket()))
            one.setblocking(False)
            one.connect_ex(("127.0.0.2", server.port))
        row = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        found = [(*row, (host, server.port)) for host in ("127.0.0.2", "127.0.0.1")]
        monkeypatch.setattr(socket, "getaddrinfo", lambda host, *a, **k: _found(found, host))

        assert ask(client, f"http://id.example:{server.port}/") == b"in"


def _found(rows: list[Any], host: str) -> list[Any]:
    return rows if host == "id.example" else [row for row in rows if row[4][0] == host]


@pytest.mark.parametrize(
    "behaviour",
    [
        raw(head(200, "Content-Length: 10000000")),
        raw(head(200, "Transfer-Encoding: chunked") + b"989680\r\n" + b"z" * 10_000_000),
        raw(head(200) + b"z" * 10_000_000),
        answer(b"z" * (LIMIT + 1)),
    ],
    ids=["announced", "chunked", "until it closes", "one too many"],
)
def test_too_long(client: HTTPClient, server: MisbehavingServer, behaviour: Behaviour) -> None:
    """Nothing is read beyond the limit, whatever the server says of the length."""
    server.on["/"] = behaviour

    assert fault(client, f"{server.url}/") == (
        f"{server.url}/: the answer is longer than {LIMIT} bytes"
    )


@pytest.mark.parametrize(
    "behaviour",
    [
        answer(b"z" * LIMIT),
        raw(head(200, "Transfer-Encoding: chunked") + chunked(b"z" * LIMIT)),
        raw(head(200) + b"z" * LIMIT),
        raw(b"HTTP/1.0 200 OK\r\n\r\n" + b"z" * LIMIT),
    ],
    ids=["announced", "chunked", "until it closes", "HTTP/1.0"],
)
def test_as_long_as_it_may_be(
    client: HTTPClient, server: MisbehavingServer, behaviour: Behaviour
) -> None:
    """What is as long as the limit is read, in each way of HTTP to end a body."""
    server.on["/"] = behaviour

    assert ask(client, f"{server.url}/") == b"z" * LIMIT


@pytest.mark.parametrize(
    "behaviour",
    [
        close,
        raw(b"MARKER\r\n\r\n"),
        raw(b"HTTP/1.1 200 MARKER\r\nMARKER\r\n\r\n"),
        raw(head(200, "Transfer-Encoding: chunked") + b"MARKER\r\nz\r\n0\r\n\r\n"),
        raw(head(200, "Content-Length: 100") + b"MARKER"),
        raw(head(200, "Content-Length: " + "9" * 5000)),
        raw(head(200, "Content-Length: 1", "Content-Length: 2") + b"z"),
        raw(head(200, *(f"X-{number}: {'MARKER' * 100}" for number in range(400)))),
    ],
    ids=["closes", "text", "head", "chunk", "half", "length", "lengths", "headers"],
)
def test_no_http(client: HTTPClient, server: MisbehavingServer, behaviour: Behaviour) -> None:
    """An answer that is no HTTP, or breaks off, is none; nothing of it is quoted."""
    server.on["/"] = behaviour

    assert fault(client, f"{server.url}/") == (f"{server.url}/ has sent no HTTP that can be read")


def test_compressed(client: HTTPClient, server: MisbehavingServer) -> None:
    """A body that was compressed though nobody asked is not looked at: it could be any length."""
    server.on["/"] = answer(b"\x1f\x8b", 200, "Content-Encoding: gzip")

    assert fault(client, f"{server.url}/") == (
        f"{server.url}/: the answer is compressed, and nobody has asked for that"
    )


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_within_the_origin(
    client: HTTPClient, server: MisbehavingServer, status: int
) -> None:
    """A redirect to the same origin is followed, by a path or by the whole address."""
    server.on["/"] = redirect("one/two", status)
    server.on["/one/two"] = redirect(f"HTTP://127.0.0.1:{server.port}/there", status)
    server.on["/there"] = answer(b"in")

    assert ask(client, f"{server.url}/") == b"in"


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.2:{port}/MARKER",
        "http://localhost:{port}/MARKER",
        "https://127.0.0.1:{port}/MARKER",
        "http://127.0.0.1:1/MARKER",
        "//127.0.0.1/MARKER",
        "http://127.0.0.1:{port}@MARKER/",
        "file:///etc/passwd",
        "http://[MARKER",
        "http://127.0.0.1:MARKER/",
        "/\xfc",
    ],
)
def test_redirect_elsewhere(client: HTTPClient, server: MisbehavingServer, target: str) -> None:
    """A redirect to another host, port or scheme, or to no address, is the end."""
    server.on["/"] = redirect(target.format(port=server.port))

    assert fault(client, f"{server.url}/") == f"{server.url}/ redirects to another origin"
    assert server.paths() == ["/"]


def test_redirect_in_two_steps(client: HTTPClient, server: MisbehavingServer) -> None:
    """Where a redirect has led is not quoted when the next one is refused."""
    server.on["/"] = redirect("/MARKER")
    server.on["/MARKER"] = redirect("https://elsewhere.example/")

    assert fault(client, f"{server.url}/") == f"{server.url}/ redirects to another origin"


def test_redirect_to_itself(client: HTTPClient, server: MisbehavingServer) -> None:
    """A loop ends after four requests."""
    server.on["/"] = redirect("/")

    assert fault(client, f"{server.url}/") == f"{server.url}/ redirects again and again"
    assert len(server.visits) == 4


def test_redirect_to_nowhere(client: HTTPClient, server: MisbehavingServer) -> None:
    """A redirect that does not say where is an answer like any other."""
    server.on["/"] = answer(b"", 302)

    assert client(FetchRequest(f"{server.url}/")).status == 302
    assert len(server.visits) == 1


def test_form_is_sent_once(client: HTTPClient, server: MisbehavingServer) -> None:
    """What is posted goes nowhere else, not even within the origin."""
    server.on["/"] = redirect("/there", 307)

    assert client(FetchRequest(f"{server.url}/", "POST", body=b"token=a")).status == 307
    assert len(server.visits) == 1


def test_nobody_there(client: HTTPClient, server: MisbehavingServer) -> None:
    """A server that is down, and a name that nobody has, are told by the system's words."""
    server.stop()

    assert fault(client, f"{server.url}/") == (
        f"{server.url}/ can't be reached: [Errno 111] Connection refused"
    )
    assert "https://id.invalid/ can't be reached: " in fault(client, "https://id.invalid/")
    assert "can't be reached: " in fault(client, f"https://{'a' * 64}.example/")


def test_connections_are_kept(client: HTTPClient, server: MisbehavingServer) -> None:
    """A connection is used again, unless the server has closed it or an answer was not read."""
    server.on["/"] = answer(b"in")
    server.on["/long"] = answer(b"z" * 300_000)
    server.on["/bye"] = answer(b"in", keep=False)

    assert [ask(client, f"{server.url}/") for _ in range(3)] == [b"in"] * 3
    assert server.connections == 1
    fault(client, f"{server.url}/long")
    assert ask(client, f"{server.url}/") == b"in"
    assert server.connections == 2
    assert [ask(client, f"{server.url}/bye") for _ in range(20)] == [b"in"] * 20


def test_threads(client: HTTPClient, server: MisbehavingServer) -> None:
    """Each thread has its own answer and its own time."""
    for place in range(8):
        server.on[f"/{place}"] = answer(str(place).encode())
    server.on["/slow"] = say_nothing

    def run(place: int) -> str:
        if place % 2:
            return fault(client, f"{server.url}/slow", SHORT)
        return ask(client, f"{server.url}/{place}").decode()

    slow = f"{server.url}/slow has not answered in time"
    assert run_concurrently(8, run) == ["0", slow, "2", slow, "4", slow, "6", slow]


def test_fork(client: HTTPClient, server: MisbehavingServer) -> None:
    """A child of a fork opens its own connection, and its parent's goes on."""
    server.on["/"] = answer(b"parent")
    server.on["/child"] = answer(b"child")
    ask(client, f"{server.url}/")

    def work() -> None:
        for _ in range(20):
            assert ask(client, f"{server.url}/child") == b"child"

    with in_child(work):
        for _ in range(20):
            assert ask(client, f"{server.url}/") == b"parent"

    assert server.connections == 2


def test_greenlets(server: MisbehavingServer) -> None:
    """Each greenlet has its own time, though gevent comes after the client as with a preload."""
    server.on["/slow"] = say_nothing
    server.on["/drip"] = drip(b"z" * 10, head(200, "Content-Length: 10"))
    program = f"""
import flask_jwt.issuers.http_client as http_client
from gevent import monkey; monkey.patch_all()
import gevent
from flask_jwt.issuers import FetchError, FetchRequest
client = http_client.HTTPClient()
def ask(path, timeout):
    try:
        return client(FetchRequest("{server.url}" + path, timeout=timeout)).body
    except FetchError as error:
        return str(error)
drip = gevent.spawn(ask, "/drip", 20.0)
gevent.sleep(0.1)
slow = gevent.spawn(ask, "/slow", 0.1)
print(drip.get(), slow.get())
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, timeout=30
    )

    assert done.stdout == f"b'zzzzzzzzzz' {server.url}/slow has not answered in time\n", done.stderr


def test_certificate(
    make_client: Callable[[], HTTPClient], tls_server: MisbehavingServer, certificate: Certificate
) -> None:
    """A certificate that nobody vouches for, or for another name, is refused."""
    url = f"{tls_server.url}/"

    assert "certificate verify failed: self-signed certificate" in fault(make_client(), url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(certificate.certificate))
        assert "IP address mismatch" in fault(make_client(), url)
    assert tls_server.visits == []


def test_roots_that_were_chosen_are_all(
    make_client: Callable[[], HTTPClient],
    tls_server: MisbehavingServer,
    certificate: Certificate,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the environment says which roots are trusted, those of certifi are not added."""
    empty = tmp_path / "roots"
    empty.mkdir()
    monkeypatch.setattr("certifi.where", lambda: str(certificate.certificate))
    with http_proxy(tls_server.port) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        # As an image without roots has it.
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        monkeypatch.delenv("SSL_CERT_DIR", raising=False)
        nothing = SimpleNamespace(capath=None)
        monkeypatch.setattr("ssl.get_default_verify_paths", lambda: nothing)
        monkeypatch.setattr("ssl.SSLContext.load_default_certs", lambda *_: None)
        assert ask(make_client(), "https://id.example/") == b"in"
        for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
            with monkeypatch.context() as patch:
                patch.setenv(name, str(empty))
                assert "certificate verify failed" in fault(make_client(), "https://id.example/")


def test_tunnel(client: HTTPClient, proxy: HTTPProxy) -> None:
    """Https goes through a tunnel of the proxy, which sees the name of the server alone."""
    assert ask(client, "https://id.example/") == b"in"
    (visit,) = proxy.visits
    assert visit.head.startswith("CONNECT id.example:443 HTTP/1.1\r\n")
    assert "User-Agent" not in visit.head


def test_proxy_that_is_down(client: HTTPClient, proxy: HTTPProxy) -> None:
    """Where it is not the server that is down, the error says so."""
    proxy.stop()

    assert fault(client, "https://id.example/") == (
        "https://id.example/ can't be reached through the environment's proxy: "
        "[Errno 111] Connection refused"
    )


def test_tunnel_to_another_name(client: HTTPClient, proxy: HTTPProxy) -> None:
    """The certificate is looked at through a tunnel as well."""
    assert "Hostname mismatch" in fault(client, "https://other.example/")


@pytest.mark.parametrize("names", ["id.example", ".example", "a.example, id.example:443", "*"])
def test_no_proxy(
    client: HTTPClient, proxy: HTTPProxy, monkeypatch: pytest.MonkeyPatch, names: str
) -> None:
    """Names in NO_PROXY are asked without one, and so is this machine."""
    monkeypatch.setenv("NO_PROXY", names)

    fault(client, "https://id.example/")
    fault(client, "https://127.0.0.1:1/")

    assert proxy.visits == []


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (close, "has sent no HTTP that can be read"),
        (raw(b"HTTP/1.1 502 MARKER\r\n\r\n"), "can't be reached: the proxy answered 502"),
        (redirect("https://MARKER/"), "can't be reached: the proxy answered 302"),
        (say_nothing, "has not answered in time"),
    ],
    ids=["closes", "502", "redirect", "silent"],
)
def test_proxy_that_misbehaves(
    client: HTTPClient,
    proxy: HTTPProxy,
    monkeypatch: pytest.MonkeyPatch,
    behaviour: Behaviour,
    said: str,
) -> None:
    """What is wrong with a proxy is told, and not in its words."""
    monkeypatch.setattr(proxy, "react", behaviour)

    seconds = SHORT if behaviour is say_nothing else 3.0
    assert fault(client, "https://id.example/", seconds) == f"https://id.example/ {said}"


def test_proxy_with_a_password(
    client: HTTPClient,
    tls_server: MisbehavingServer,
    trusted: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A proxy may ask for a password; no text has it."""
    with http_proxy(tls_server.port, "me:p@ßword") as proxy:
        host = proxy.url.removeprefix("http://")
        monkeypatch.setenv("https_proxy", f"http://me:p%40%C3%9Fword@{host}")
        assert ask(client, "https://id.example/") == b"in"
        for wrong in ("", "me:wrong@"):
            monkeypatch.setenv("https_proxy", f"http://{wrong}{host}")
            assert fault(client, "https://id.example/") == (
                "https://id.example/ can't be reached: the proxy answered 407"
            )


@pytest.mark.parametrize(
    "address",
    [
        "socks5://me:MARKER@127.0.0.1:1",
        "https://me:MARKER@127.0.0.1:1",
        "http://127.0.0.1:MARKER",
        "http://",
        "http://[",
    ],
)
def test_proxy_of_another_kind(
    client: HTTPClient, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """A proxy that can't be used is told; it is not passed by."""
    monkeypatch.setenv("all_proxy", address)

    assert fault(client, "https://id.example/") == (
        "https://id.example/ can't be reached through the environment's proxy: its address is none "
        "by http"
    )


def test_proxy_for_http(
    client: HTTPClient, server: MisbehavingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plain http is forwarded by the proxy; its address may be without a scheme."""
    server.on["/page"] = answer(b"in")
    with http_proxy(server.port) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.removeprefix("http://"))

        assert ask(client, "http://id.example/page") == b"in"
        assert proxy.paths() == ["http://id.example/page"]


def test_what_the_log_of_the_library_has(
    client: HTTPClient, server: MisbehavingServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Even with everything logged, neither credentials nor a token are."""
    server.on["/"] = answer(b"in")
    headers = {"authorization": "Basic MARKER"}
    with caplog.at_level(logging.DEBUG):
        client(FetchRequest(f"{server.url}/", "POST", headers, b"token=MARKER"))

    assert "MARKER" not in caplog.text


def test_import() -> None:
    """The package needs no HTTP client until an issuer has to be asked."""
    program = (
        "import sys, flask_jwt, flask_jwt.issuers; "
        "print([name for name in ('httpcore', 'h11', 'certifi') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert done.stdout == "[]\n"
