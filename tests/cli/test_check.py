"""``flask jwt check``, as a container's start runs it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import time
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from flask_jwt import JWT, jwt_required
from flask_jwt.core.errors import InvalidSignature
from flask_jwt.keys.provider import KeyProvider
from flask_jwt.users import DirectoryUnavailable, Users
from tests.support.app import SECRET, make_app
from tests.support.material import pem
from tests.support.stores import SHARED, empty_store
from tests.users.models import Base, Person

from .conftest import Operator

PASSWORD = "hunter2-of-the-database"
SESSIONS = "/auth/refresh, /auth/sessions, /auth/sessions/<sid>, /auth/logout"


def run(app: Flask) -> Result:
    """Run the command."""
    return app.test_cli_runner().invoke(args=["jwt", "check"])


def lines_of(result: Result) -> list[tuple[str, str, str]]:
    """Return what was printed: the section, the kind, and the text of each line."""
    found = [tuple(line.split(maxsplit=2)) for line in result.stdout.splitlines()]
    return [(one[0], one[1], one[2] if len(one) > 2 else "") for one in found]


def faults_of(app: Flask) -> list[tuple[str, str]]:
    """Return the section and the text of each fault."""
    result = run(app)
    assert result.exit_code == 1, result.output
    assert PASSWORD not in result.output
    return [(section, text) for section, kind, text in lines_of(result) if kind == "FAULT"]


def test_all_is_well(tmp_path: Path) -> None:
    """One line for each, and a status that lets a server start."""
    result = run(make_app(tmp_path))

    assert result.exit_code == 0
    assert lines_of(result) == [
        ("settings", "ok", "as in production"),
        ("keys", "ok", "HS256, 1 key signs"),
        ("routes", "ok", "/auth"),
        ("store", "ok", "none: there are no sessions"),
    ]


def test_lost_guards(tmp_path: Path) -> None:
    """A view that would answer nothing is a fault, a bare one beside its guarded form no fault."""
    app = make_app(tmp_path)

    @jwt_required()
    @app.get("/lost")
    def lost() -> str:
        return "lost"

    def twice() -> str:
        return "twice"

    app.add_url_rule("/guarded", "guarded", jwt_required()(twice))
    app.add_url_rule("/bare", "bare", twice)

    ((section, text),) = faults_of(app)
    assert section == "routes"
    assert "lost has a guard, and endpoint 'lost' has it without" in text
    assert "none at 'bare'" in run(app).stdout


@pytest.mark.parametrize("kind", SHARED)
def test_a_store(kind: str, tmp_path: Path) -> None:
    """The store is opened, and its clock compared."""
    with empty_store(kind, tmp_path) as url:
        result = run(make_app(tmp_path, JWT_SESSION_STORE=url))

    assert result.exit_code == 0, result.output
    assert lines_of(result)[2:] == [
        ("routes", "ok", f"/auth, {SESSIONS}"),
        ("store", "ok", f"{kind}, open, clocks 0.0 s apart"),
    ]


def test_a_store_in_memory(tmp_path: Path) -> None:
    """One that workers can't share is warned of: which server comes is not known here."""
    result = run(make_app(tmp_path, JWT_SESSION_STORE="memory://"))

    assert result.exit_code == 0
    assert [one[:2] for one in lines_of(result)[3:]] == [("store", "ok"), ("store", "warning")]


def test_everything_at_once(tmp_path: Path) -> None:
    """All faults are found in one run, each in its section, and the application is as it was."""
    app = make_app(
        tmp_path,
        SECRET_KEY="short",
        JWT_SESSION_STORE=f"redis://:{PASSWORD}@127.0.0.1:1",
        JWT_LEEWAY="long",
        JWT_DEFAULT_REALM=5,
        JWT_SESSION_IDLE_DELTA=-1,
        JWT_EXPIRATON_DELTA=300,
    )
    app.extensions["jwt"].authentication_callback = None
    app.extensions["jwt"].identity_callback = None
    app.config["JWT_LOGOUT_URL_RULE"] = "/elsewhere"
    before = dict(app.config)

    faults = faults_of(app)

    for section, word in [
        ("settings", "JWT_LEEWAY"),
        ("settings", "JWT_DEFAULT_REALM"),
        ("settings", "JWT_SESSION_IDLE_DELTA"),
        ("keys", "SECRET_KEY"),
        ("store", "does not answer"),
    ]:
        assert [one for one in faults if one[0] == section and word in one[1]], (section, word)
    result = run(app)
    assert "did you mean 'JWT_EXPIRATION_DELTA'" in result.stdout
    # The registered route goes on.
    assert [one[:2] for one in lines_of(result) if "JWT_LOGOUT_URL_RULE" in one[2]] == [
        ("routes", "warning")
    ]
    assert "'short'" not in result.output
    assert app.config == before


def test_missing_hooks(tmp_path: Path) -> None:
    """A sign-in that asks nobody is a fault, and so is a refresh that does."""
    app = make_app(tmp_path, JWT_SESSION_STORE="memory://")
    app.extensions["jwt"].authentication_callback = None
    app.extensions["jwt"].identity_callback = None

    found = faults_of(app)
    assert [section for section, _ in found] == ["routes", "routes"]
    assert all("JWT(app, users=" in text for _, text in found)


def test_nobody_guards(tmp_path: Path) -> None:
    """Without sessions an application may do without an identity handler: it is warned."""
    app = make_app(tmp_path)
    app.extensions["jwt"].identity_callback = None
    result = run(app)

    assert result.exit_code == 0
    (warning,) = [text for _, kind, text in lines_of(result) if kind == "warning"]
    assert "identity handler" in warning


@pytest.mark.parametrize(
    "store",
    [
        f"oracle://user:{PASSWORD}@host/x",
        f"postgresql+psycopg://user:{PASSWORD}@127.0.0.1:1/x",
        f"mariadb+pymysql://user:{PASSWORD}@127.0.0.1:1/x",
        "sqlite://",
    ],
)
def test_a_store_that_is_not_there(store: str, tmp_path: Path) -> None:
    """Whether it waits for a mend or for a server: the one line is the store's."""
    (fault,) = faults_of(make_app(tmp_path, JWT_SESSION_STORE=store))

    assert fault[0] == "store"


def test_weak_in_debug(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What debug lets pass is warned of, as the running application would be."""
    monkeypatch.setenv("FLASK_DEBUG", "1")
    result = run(make_app(tmp_path, SECRET_KEY="short"))

    assert result.exit_code == 0
    found = lines_of(result)
    assert ("settings", "ok", "in debug") in found
    (warning,) = [one for one in found if one[1] == "warning"]
    assert warning[0] == "keys"
    assert "SECRET_KEY" in warning[2]


def test_a_key_file(operate: Callable[..., Operator], tmp_path: Path) -> None:
    """One that is not there is a fault; one with a key makes and verifies a token."""
    operator = operate()
    (fault,) = faults_of(operator.app)
    assert fault[0] == "keys"
    assert "JWT_KEY_FILE" in fault[1]
    operator.does("generate")

    result = run(operator.app)

    assert result.exit_code == 0, result.output
    assert ("keys", "ok", "ES256, 1 key signs") in lines_of(result)


def test_a_public_key_alone(tmp_path: Path) -> None:
    """Tokens that are only read need no key that signs; a sign-in does."""
    public = pem("p256-public")
    config: dict[str, Any] = {"JWT_ALGORITHM": "ES256", "JWT_PUBLIC_KEY": public}
    reader = run(make_app(tmp_path, JWT_AUTH_URL_RULE=None, **config))

    assert reader.exit_code == 0, reader.output
    assert ("keys", "ok", "ES256, no key signs, 1 more verifies") in lines_of(reader)
    ((section, text),) = faults_of(make_app(tmp_path, **config))
    assert section == "keys"
    assert "JWT_PRIVATE_KEY" in text


def test_a_token_that_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that do not verify what they sign are a fault, whatever the reason."""

    def refuse(keys: KeyProvider, token: str) -> None:
        raise InvalidSignature

    monkeypatch.setattr(KeyProvider, "verify_ignoring_expiry", refuse)
    ((section, text),) = faults_of(make_app(tmp_path))

    assert section == "keys"
    assert "a token that was just made is refused" in text


def test_claims_that_are_required(tmp_path: Path) -> None:
    """The token of the check has what the application's own tokens have to have."""
    app = make_app(
        tmp_path,
        JWT_REQUIRED_CLAIMS=["exp", "tenant"],
        JWT_ISSUER="https://issuer.example",
        JWT_AUDIENCE=["shop"],
        JWT_NOT_BEFORE_DELTA=60,
    )

    assert run(app).exit_code == 0


def test_users_without_a_table(tmp_path: Path) -> None:
    """Users whose table nobody has made are a fault, before the first sign-in is one."""
    engine = create_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    app = Flask("app", instance_path=str(tmp_path))
    app.config["SECRET_KEY"] = SECRET
    JWT(app, users=Users(model=Person, session=sessionmaker(engine)))

    ((section, text),) = faults_of(app)
    assert (section, text.partition(";")[0]) == (
        "users",
        "Users(model=Person, …): the table people is not there",
    )
    Base.metadata.create_all(engine)
    assert ("users", "ok", "Users answers") in lines_of(run(app))
    engine.dispose()


def test_users_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Users of one process are no users of several workers, and nor are counts of sign-ins."""
    app = Flask("app", instance_path=str(tmp_path))
    app.config["SECRET_KEY"] = SECRET
    JWT(app, users=Users("sqlite://"))

    ((section, text),) = ((one[0], one[2]) for one in lines_of(run(app)) if one[1] == "warning")
    assert (section, text.partition(",")[0]) == (
        "settings",
        "sign-ins are counted in the memory of one process",
    )
    monkeypatch.setenv("FLASK_DEBUG", "1")
    assert all(kind == "ok" for _, kind, _ in lines_of(run(app)))


def test_users_that_do_not_answer(tmp_path: Path) -> None:
    """A directory that can't be asked is a fault, sign-ins counted or not."""

    class Down:
        def by_id(self, user_id: Any) -> None:
            raise DirectoryUnavailable

        by_name = by_id

        def verify(self, name: str, password: str) -> None:
            raise DirectoryUnavailable

    app = Flask("app", instance_path=str(tmp_path))
    app.config.update(SECRET_KEY=SECRET, JWT_THROTTLE=False)
    JWT(app, users=Down())

    assert faults_of(app) == [("users", "Users can't be looked up at the moment")]


def test_clocks_apart(tmp_path: Path) -> None:
    """A database whose clock is an hour off is warned of."""
    with empty_store("postgresql", tmp_path) as url:
        result = run(make_app(None, lambda: time() - 3600, JWT_SESSION_STORE=url))

    assert result.exit_code == 0
    (warning,) = [one for one in lines_of(result) if one[1] == "warning"]
    assert warning[0] == "store"
    assert "3600 seconds apart" in warning[2]


def reader_of_tokens(*handlers: Any, trusted: Any, **config: Any) -> Flask:
    """Make an application that trusts issuers, in production."""
    app = Flask("reader")
    app.config.update(JWT_TRUSTED_ISSUERS=trusted, **config)
    JWT(app, *handlers)
    return app


def test_an_application_that_trusts_issuers() -> None:
    """One that only reads tokens of others needs neither handlers nor a secret; none is asked."""
    app = reader_of_tokens(trusted={"https://127.0.0.1:1": {"audience": "api"}})
    app.extensions["jwt"].trust("https://127.0.0.1:2/shop", audience="api")

    result = run(app)

    assert result.exit_code == 0, result.output
    assert lines_of(result) == [
        ("settings", "ok", "as in production"),
        ("keys", "ok", "none: the application makes no tokens"),
        ("routes", "ok", "none"),
        ("store", "ok", "none: there are no sessions"),
        ("issuers", "ok", "2 trusted; `flask jwt issuers check` asks for their keys"),
    ]


def test_options_of_issuers(tmp_path: Path) -> None:
    """The faults of all issuers are found in one run, and nothing else because of them."""
    app = reader_of_tokens(
        trusted={
            "https://id.example/a": {"audience": "api", "algorithms": ["HS256"]},
            "https://id.example/b": {"audiense": "api"},
            "https://id.example/c": {"audience": "api"},
            "https://id.example/d": {"audience": "api", "keys": str(tmp_path / "none.json")},
        }
    )
    app.extensions["jwt"].trust("https://id.example/e")
    trusted = app.config["JWT_TRUSTED_ISSUERS"]

    faults = faults_of(app)

    assert {section for section, _ in faults} == {"issuers"}
    for issuer, (_, text) in zip("abde", faults, strict=True):
        assert f"app.config['JWT_TRUSTED_ISSUERS']['https://id.example/{issuer}']" in text
    assert app.config["JWT_TRUSTED_ISSUERS"] is trusted
    assert faults_of(app) == faults


@pytest.mark.parametrize(
    "trusted",
    [
        "https://id.example",
        {
            issuer: {"audience": "api", "introspection": {"client_id": "x", "client_secret": "y"}}
            for issuer in ("https://id.example/a", "https://id.example/b")
        },
    ],
)
def test_table_of_issuers(trusted: Any) -> None:
    """A fault that is no single issuer's is one, in the same section."""
    ((section, text),) = faults_of(reader_of_tokens(trusted=trusted))

    assert section == "issuers"
    assert "JWT_TRUSTED_ISSUERS" in text


def test_issuers_without_a_client() -> None:
    """Without the extra that fetches keys an application that needs it is at fault."""
    program = """
import sys
sys.modules["httpcore"] = None
from flask import Flask
from flask_jwt import JWT
app = Flask("reader")
app.config["JWT_TRUSTED_ISSUERS"] = {"https://id.example": {"audience": "api"}}
JWT(app)
print(app.test_cli_runner().invoke(args=["jwt", "check"]).output)
"""
    found = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout

    assert "pip install 'flask-jwt-reborn[issuers]'" in found
    assert found.count("FAULT") == 1
    assert "issuers   FAULT" in found


def test_key_file_beside_issuers(operate: Callable[..., Operator]) -> None:
    """A key file is looked at, though no token of its keys is accepted."""
    operator = operate(JWT_TRUSTED_ISSUERS={"https://id.example": {"audience": "api"}})
    operator.app.extensions["jwt"].authentication_callback = None
    operator.app.extensions["jwt"].identity_callback = None

    ((section, text),) = faults_of(operator.app)
    assert section == "keys"
    assert "JWT_KEY_FILE" in text
    operator.does("generate")
    assert ("keys", "ok", "ES256, 1 key signs") in lines_of(run(operator.app))


def test_issuers_beside_own_users() -> None:
    """With users of its own an application needs a secret, and what says who they are."""
    trusted = {"https://id.example": {"audience": "api"}}
    ((section, text),) = faults_of(reader_of_tokens(None, dict, trusted=trusted))
    assert section == "keys"
    assert "SECRET_KEY" in text

    app = reader_of_tokens(trusted=trusted, SECRET_KEY=SECRET, JWT_SESSION_STORE="memory://")
    ((section, text),) = faults_of(app)
    assert section == "routes"
    assert "identity handler" in text
