"""The tutorial application, as somebody who tries it meets it."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash

from tests.support.http_client import Answer
from tests.support.server import ROOT, Server, gunicorn

DEMO = ROOT / "examples" / "tutorial"
ADDRESS = re.compile(r"Serving on http://127\.0\.0\.1:(\d+)/")
CREDENTIALS = {"username": "masnun", "password": "abc123"}


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance folder that is not there yet."""
    return tmp_path_factory.mktemp("tutorial") / "instance"


@pytest.fixture(scope="module")
def demo(instance: Path) -> Iterator[Server]:
    """What ``make demo`` starts."""
    command = [sys.executable, str(DEMO / "serve.py"), "--port", "0"]
    environment = {"FLASK_INSTANCE_PATH": str(instance)}
    server = Server(command, instance.with_name("demo.log"), ADDRESS, DEMO, environment)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def production(instance: Path, demo: Server) -> Iterator[Server]:
    """The same application under gunicorn, with two workers, on the instance folder of the demo."""
    with gunicorn(
        "app:create_app()",
        instance.with_name("gunicorn.log"),
        workers=2,
        directory=DEMO,
        environment={"FLASK_INSTANCE_PATH": str(instance)},
    ) as server:
        yield server


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module of the application."""
    monkeypatch.syspath_prepend(str(DEMO))
    return import_module("app")


@pytest.fixture
def users(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module of its users."""
    monkeypatch.syspath_prepend(str(DEMO))
    return import_module("users")


def token_of(server: Server) -> str:
    token: str = server.post("/auth", CREDENTIALS).json["access_token"]
    return token


def test_lines_that_it_prints(demo: Server) -> None:
    """The three lines, pasted into a shell, sign in and show the user and the greeting."""
    if shutil.which("curl") is None and "CI" not in os.environ:
        pytest.skip("curl is not installed")
    lines = [line for line in demo.log.splitlines() if line.startswith(("TOKEN=", "curl "))]
    assert len(lines) == 3

    run = subprocess.run(["bash", "-c", "\n".join(lines)], capture_output=True, text=True)

    user, greeting = run.stdout.split("}")
    assert json.loads(user + "}") == {"user_id": 123}
    assert greeting.strip() == "Hello, masnun!"


def test_console(demo: Server) -> None:
    """The address that the demo prints opens on the console, which knows credentials and routes."""
    said = next(line for line in demo.log.splitlines() if "Serving on" in line)
    page = demo.get("/")
    settings = demo.get("/_console/surroundings").json

    assert f"http://127.0.0.1:{demo.port}/" in said
    assert "console" in said
    assert page.status == 200
    assert (page.header("Content-Type") or "").startswith("text/html")
    assert "There is one user, masnun, with the password abc123." in page.text
    assert settings["urls"]["sign_in"] == "/auth"
    assert settings["resource"] == "/api/v1/private"
    assert {"/api/v1/private", "/api/v1/me", "/hello"} <= set(settings["paths"])


def test_no_console_in_production(production: Server) -> None:
    """Under gunicorn nothing of the console is there, by whatever method and header."""
    paths = ["/", "/_console/surroundings", "/_console/gate", "/_console/static/script/page.js"]
    answers = [production.get(path, ("Sec-Fetch-Site", "same-origin")) for path in paths]
    answers += [production.post(path, {"token": "x"}) for path in paths]
    unknown = production.get("/unknown")

    assert {(answer.status, answer.body) for answer in answers} == {(404, unknown.body)}
    assert not [answer for answer in answers if answer.header("Content-Security-Policy")]


@pytest.mark.parametrize("name", ["demo", "production"])
@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/api/v1/private", {"meaning_of_life": 42}),
        ("/api/v1/me", {"user_id": 123}),
        ("/hello", "Hello, masnun!"),
    ],
)
def test_signed_in(name: str, path: str, answer: Any, request: pytest.FixtureRequest) -> None:
    """Whoever is signed in gets the resource, in debug and in production."""
    server: Server = request.getfixturevalue(name)

    shown = server.get(path, token=token_of(server))

    assert shown.status == 200
    assert (shown.text if isinstance(answer, str) else shown.json) == answer


@pytest.mark.parametrize("name", ["demo", "production"])
@pytest.mark.parametrize("path", ["/api/v1/private", "/api/v1/me", "/hello"])
def test_refused(name: str, path: str, request: pytest.FixtureRequest) -> None:
    """Without a good token each view answers 401, in debug and in production."""
    server: Server = request.getfixturevalue(name)

    nobody, bogus = server.get(path), server.get(path, token="bogus")

    assert [refusal(nobody), refusal(bogus)] == [
        ("Authorization Required", 'JWT realm="Login Required"'),
        ("Invalid token", 'JWT realm="Login Required", error="invalid_token"'),
    ]


def refusal(answer: Answer) -> tuple[str, str | None]:
    assert answer.status == 401
    assert sorted(answer.json) == ["description", "error", "status_code"]
    return answer.json["error"], answer.header("WWW-Authenticate")


def test_workers_share_the_secret(production: Server) -> None:
    """A token that one worker made is good at the other, and no log has it."""
    tokens = [token_of(production) for _ in range(8)]

    assert {production.get("/hello", token=token).status for token in tokens} == {200}
    assert not [token for token in tokens if token in production.log]
    assert "abc123" not in production.log
    assert "Traceback" not in production.log


def test_secret_file(demo: Server, production: Server, instance: Path) -> None:
    """File and folder of the secret are its owner's alone; a second start keeps the tokens."""
    file = instance / "secret_key"

    assert stat.S_IMODE(instance.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(file.read_text()) == 64
    assert production.get("/hello", token=token_of(demo)).status == 200


def secret_of_a_start(instance: Path, **variables: str) -> str:
    """Make the application in a process of its own, and return its secret."""
    command = [sys.executable, "-c", "from app import create_app; print(create_app().secret_key)"]
    environment = {"FLASK_INSTANCE_PATH": str(instance), "PATH": "/usr/bin:/bin", **variables}
    run = subprocess.run(command, cwd=DEMO, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def test_starts_at_once(tmp_path: Path) -> None:
    """Eight processes that start at the same moment agree on one secret and one user."""
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(secret_of_a_start, [tmp_path / "instance"] * 8))

    assert len(secrets) == 1
    assert names_in(tmp_path / "instance" / "users.sqlite") == ["masnun"]
    assert sorted(path.name for path in (tmp_path / "instance").iterdir()) == [
        "secret_key",
        "users.sqlite",
    ]


def test_secret_from_the_environment(tmp_path: Path) -> None:
    """With SECRET_KEY set no file is written."""
    secret = "an-environment-secret-of-forty-characters"

    assert secret_of_a_start(tmp_path, SECRET_KEY=secret) == secret
    assert not (tmp_path / "secret_key").exists()


def test_killed_start(app: ModuleType, tmp_path: Path) -> None:
    """A draft that a killed process left is in nobody's way, whatever its name."""
    for name in (f"secret_key.{os.getpid()}", "secret_key.draft"):
        (tmp_path / name).touch(0o600)

    assert len(app.kept_secret(tmp_path / "secret_key")) == 64


def test_failed_start(app: ModuleType, tmp_path: Path) -> None:
    """A start that can't keep its secret leaves no draft of it."""
    file = tmp_path / "secret_key"
    file.symlink_to(tmp_path / "nowhere")

    with pytest.raises(FileNotFoundError):
        app.kept_secret(file)
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("text", ["", " \n"])
def test_empty_secret(text: str, tmp_path: Path) -> None:
    """A secret file with nothing in it is one line that says what to do, and stays as it is."""
    file = tmp_path / "secret_key"
    file.write_text(text)

    run = subprocess.run(
        [sys.executable, str(DEMO / "serve.py"), "--port", "0"],
        env={"FLASK_INSTANCE_PATH": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert run.returncode == 1
    assert run.stderr == f"{file} is empty: remove it, and a new secret is made\n"
    assert file.read_text() == text


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o666])
def test_readable_secret(app: ModuleType, mode: int, tmp_path: Path) -> None:
    """A secret that others could read is kept, for its owner alone from then on."""
    file = tmp_path / "secret_key"
    file.write_text("s" * 64)
    file.chmod(mode)

    assert app.kept_secret(file) == "s" * 64
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_host_on_the_page(app: ModuleType, tmp_path: Path) -> None:
    """What a client gives as the host is no markup on the page, nor among what it is told."""
    tutorial = app.create_app(str(tmp_path))
    tutorial.debug = True
    client = tutorial.test_client()

    for path in ("/", "/_console/surroundings"):
        answer = client.get(path, headers={"Host": "<script>alert(1)</script>"})
        assert answer.status_code in (400, 403)
        assert "alert(1)" not in answer.text
    assert client.get("/").text.count("<script") == 1
    tutorial.extensions["users"].dispose()


def test_deleted_users(users: ModuleType, tmp_path: Path) -> None:
    """Once all users are deleted, a further start brings none of them back."""
    file = tmp_path / "users.sqlite"
    with closing_engine(file) as engine:
        users.fill(engine)
        with Session(engine) as session:
            session.delete(session.get(users.User, 123))
            session.commit()
        users.fill(engine)

    assert names_in(file) == []


def test_interrupted_filling(
    users: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A start that breaks off before the first user is there leaves it to the next one."""
    file = tmp_path / "users.sqlite"
    with closing_engine(file) as engine:
        with monkeypatch.context() as broken:
            broken.setattr(users, "generate_password_hash", mock.Mock(side_effect=MemoryError))
            with pytest.raises(MemoryError):
                users.fill(engine)
        users.fill(engine)

    assert names_in(file) == ["masnun"]


def names_in(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return [name for (name,) in connection.execute("SELECT username FROM users")]


@contextmanager
def closing_engine(file: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{file}")
    yield engine
    engine.dispose()


def test_port_in_use(demo: Server) -> None:
    """A port that is taken is one line that says what to do."""
    port = str(demo.port)

    run = subprocess.run(
        [sys.executable, str(DEMO / "serve.py"), "--port", port],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    assert run.returncode == 1
    assert run.stderr.startswith(f"Port {port} is in use: choose another")
    assert len(run.stderr.splitlines()) == 1


def test_unknown_user_costs_as_much(users: ModuleType, tmp_path: Path) -> None:
    """As many passwords are hashed for a name that nobody has as for one that somebody has."""

    def hashed(username: str, password: str) -> int:
        with mock.patch.object(
            users, "check_password_hash", side_effect=check_password_hash
        ) as check:
            users.user_with_password(engine, username, password)
        return check.call_count

    with closing_engine(tmp_path / "users.sqlite") as engine:
        users.fill(engine)
        calls = [hashed("masnun", "abc123"), hashed("masnun", "wrong"), hashed("nobody", "x")]
    assert calls == [1] * 3
