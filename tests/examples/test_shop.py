"""The shop, as somebody who copies it meets it: its commands, its tests, and two workers of it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from tests.docs.pages import blocks
from tests.support.http_client import Answer
from tests.support.secret import secret
from tests.support.server import ROOT, Server, gunicorn

EXAMPLE = ROOT / "examples" / "shop"
PASSWORD = "a-password-to-try-it-with"
ENVIRONMENT = {
    "FLASK_SECRET_KEY": secret("test_shop"),
    "PYTHONPATH": str(ROOT / "src"),
    "PATH": os.environ["PATH"],
}
#: Begins a session of Karl's that is older than payments allow, and prints its tokens.
LONG_AGO = """
import json, time
from sqlalchemy import select
from shop import create_app
from shop.models import User, db
from shop.people import jwt

with create_app().app_context():
    karl = db.session.scalars(select(User).where(User.name == "karl")).one()
    tokens = jwt.sessions.start(karl, claims={"auth_time": int(time.time()) - 301})
    print(json.dumps(tokens.body()))
"""
#: The shop, with a view whose decorators are in the wrong order.
MISTAKE = """
from flask_jwt import jwt_required
from shop import create_app

app = create_app()

@jwt_required(role="owner")
@app.get("/wages")
def wages():
    return "4,711"
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the folder of the shop."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True
    )


def flask(folder: Path, *arguments: str, app: str = "shop") -> subprocess.CompletedProcess[str]:
    """Run a command of ``flask`` there."""
    return run(folder, "-m", "flask", "--app", app, *arguments)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the shop that was filled."""
    copy = tmp_path_factory.mktemp("shop") / "shop"
    shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns("instance", "__pycache__"))
    filled = flask(copy, "fill", "--password", PASSWORD)
    assert filled.returncode == 0, filled.stderr
    return copy


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    """The shop under gunicorn, with two workers."""
    log = folder.with_name("gunicorn.log")
    with gunicorn(
        "shop:create_app()", log, workers=2, directory=folder, environment=ENVIRONMENT
    ) as started:
        yield started


def sign_in(server: Server, name: str) -> dict[str, Any]:
    """Give a password, and return the tokens."""
    answer = server.post("/auth", {"username": name, "password": PASSWORD})
    assert answer.status == 200, answer.text
    tokens: dict[str, Any] = answer.json
    return tokens


def refresh(server: Server, tokens: dict[str, Any]) -> dict[str, Any]:
    """Return the next tokens of a session."""
    answer = server.post("/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    assert answer.status == 200, answer.text
    following: dict[str, Any] = answer.json
    return following


def bearer(tokens: dict[str, Any]) -> tuple[str, str]:
    return "Authorization", f"Bearer {tokens['access_token']}"


def order(server: Server, customer: dict[str, Any], product_id: int = 1) -> int:
    """Place an order, and return its number."""
    answer = server.post("/orders", {"product_id": product_id, "quantity": 2}, bearer(customer))
    assert answer.status == 201, answer.text
    number: int = answer.json["id"]
    return number


def pay(server: Server, clerk: dict[str, Any], order_id: int) -> Answer:
    """Take the payment for an order."""
    return server.post("/payments", {"order_id": order_id}, bearer(clerk))


def test_its_own_tests(folder: Path) -> None:
    """The tests that come with it pass where it was copied to."""
    passed = run(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider")

    assert passed.returncode == 0, passed.stdout


class TestRoutes:
    """``flask --app shop jwt routes``."""

    def test_line_for_ci(self, folder: Path) -> None:
        """Nothing is open by accident: no output, and the status 0."""
        checked = flask(folder, "jwt", "routes", "--fail-unprotected")

        assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")

    def test_table(self, folder: Path) -> None:
        """The command prints what the README shows of it."""
        printed = [line.split() for line in flask(folder, "jwt", "routes").stdout.splitlines()]
        [table] = [
            block.text for block in blocks(EXAMPLE / "README.md") if block.text.startswith("RULE ")
        ]

        for line in table.splitlines():
            assert line == "…" or line.split() in printed

    def test_decorators_in_the_wrong_order(self, folder: Path) -> None:
        """The line for CI finds the view that has lost its guard, and says where it is."""
        (folder / "mistake.py").write_text(MISTAKE)
        checked = flask(folder, "jwt", "routes", "--fail-unprotected", app="mistake")

        assert checked.returncode == 1
        assert "/wages" in checked.stdout
        assert "mistake.py:7: wages has a guard" in checked.stdout
        assert "/orders" not in checked.stdout


class TestVisitors:
    """Requests without a token."""

    @pytest.mark.parametrize("path", ["/products", "/openapi.json", "/docs"])
    def test_what_is_open(self, server: Server, path: str) -> None:
        """The catalogue is for everybody, and so is the document."""
        assert server.get(path).status == 200

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/orders"),
            ("HEAD", "/orders"),
            ("GET", "/orders/1"),
            ("POST", "/orders"),
            ("POST", "/payments"),
            ("GET", "/staff/orders"),
            ("GET", "/staff/takings"),
        ],
    )
    def test_what_is_not(self, server: Server, method: str, path: str) -> None:
        """Each other view asks for a token, before it looks at what was sent."""
        refused = server.request(method, path)

        assert refused.status == 401
        assert refused.header("WWW-Authenticate") == 'Bearer realm="Login Required"'

    @pytest.mark.parametrize("path", ["/orders", "/payments", "/staff/orders"])
    def test_options(self, server: Server, path: str) -> None:
        """A browser's preflight, which has no token, is answered."""
        answer = server.request("OPTIONS", path)

        assert answer.status == 200
        assert "OPTIONS" in (answer.header("Allow") or "")

    def test_unknown_path(self, server: Server) -> None:
        """Where there is no view, it is 404."""
        assert server.get("/nothing").status == 404

    @pytest.mark.parametrize("name", ["carl", "nobody"])
    def test_wrong_password(self, server: Server, name: str) -> None:
        """A wrong password and an unknown name are answered alike."""
        refused = server.post("/auth", {"username": name, "password": "wrong"})

        assert (refused.status, refused.json["description"]) == (401, "Invalid credentials")


@pytest.fixture(scope="class")
def carl(server: Server) -> dict[str, Any]:
    """The tokens of a customer."""
    return sign_in(server, "carl")


class TestCustomers:
    """Orders."""

    def test_order(self, server: Server, carl: dict[str, Any]) -> None:
        """A customer orders, and finds it among the orders."""
        order_id = order(server, carl, product_id=2)

        shown = server.get(f"/orders/{order_id}", bearer(carl)).json
        assert shown == {
            "id": order_id,
            "product": "Cup",
            "quantity": 2,
            "cents": 2400,
            "is_paid": False,
        }
        assert shown in server.get("/orders", bearer(carl)).json

    def test_order_of_somebody_else(self, server: Server, carl: dict[str, Any]) -> None:
        """To others, the staff included, there is no such order here."""
        order_id = order(server, carl)

        for name in ("tess", "anna"):
            other = sign_in(server, name)
            assert server.get(f"/orders/{order_id}", bearer(other)).status == 404
            assert order_id not in [
                shown["id"] for shown in server.get("/orders", bearer(other)).json
            ]

    @pytest.mark.parametrize(
        ("sent", "status"),
        [
            ({"product_id": 99}, 404),
            ({"product_id": 2**63}, 422),
            ({"product_id": 1, "quantity": 0}, 422),
            ({"product_id": 1, "customer_id": 1}, 422),
            ([], 422),
        ],
    )
    def test_no_order(self, server: Server, carl: dict[str, Any], sent: Any, status: int) -> None:
        """What can't be ordered is refused, and never an error of the server."""
        assert server.post("/orders", sent, bearer(carl)).status == status


class TestStaff:
    """Roles, and the scope of payments."""

    @pytest.mark.parametrize(
        ("name", "path", "missing"),
        [
            ("carl", "/staff/orders", 'Role("owner", "clerk")'),
            ("karl", "/staff/takings", 'Role("owner")'),
        ],
    )
    def test_role(self, server: Server, name: str, path: str, missing: str) -> None:
        """Without the role it is 403, whose text names the role."""
        refused = server.get(path, bearer(sign_in(server, name)))

        assert refused.status == 403
        assert missing in refused.json["description"]
        assert refused.header("WWW-Authenticate") == (
            'Bearer realm="Login Required", error="insufficient_scope"'
        )

    def test_scope(self, server: Server) -> None:
        """Without the scope it is 403, whose challenge names the scope."""
        refused = pay(server, sign_in(server, "tess"), 1)

        assert refused.status == 403
        assert refused.header("WWW-Authenticate") == (
            'Bearer realm="Login Required", error="insufficient_scope", scope="payments:write"'
        )

    def test_payment(self, server: Server) -> None:
        """A clerk who has just signed in takes the payment, and the owner sees the takings."""
        order_id = order(server, sign_in(server, "carl"))
        karl, anna = bearer(sign_in(server, "karl")), bearer(sign_in(server, "anna"))
        before = server.get("/staff/takings", anna).json["cents"]

        answer = server.post("/payments", {"order_id": order_id}, karl)
        assert (answer.status, answer.json["is_paid"]) == (201, True)
        assert server.get("/staff/takings", anna).json["cents"] == before + 900
        paid = [shown["id"] for shown in server.get("/staff/orders", karl).json if shown["is_paid"]]
        assert order_id in paid

    def test_paid_at_once(self, server: Server) -> None:
        """Of many who take the payment of one order at the same time, one does."""
        order_id = order(server, sign_in(server, "carl"))
        karl = sign_in(server, "karl")

        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda _: pay(server, karl, order_id), range(6)))
        assert sorted(answer.status for answer in answers) == [201, *[409] * 5]

    def test_step_up(self, server: Server, folder: Path) -> None:
        """After five minutes a payment asks for the password again; no refresh stands for it."""
        order_id = order(server, sign_in(server, "carl"))
        begun = run(folder, "-c", LONG_AGO)
        assert begun.returncode == 0, begun.stderr
        karl = json.loads(begun.stdout)

        for tokens in (karl, refresh(server, karl)):
            assert server.get("/staff/orders", bearer(tokens)).status == 200
            refused = pay(server, tokens, order_id)
            assert refused.status == 401
            assert refused.header("WWW-Authenticate") == (
                'Bearer realm="Login Required", error="insufficient_user_authentication",'
                ' max_age="300"'
            )
        assert pay(server, sign_in(server, "karl"), order_id).status == 201

    def test_dismissed(self, server: Server, folder: Path) -> None:
        """A clerk who is dismissed is none from the next refresh on, and stays a customer."""
        with closing(sqlite3.connect(folder / "instance" / "shop.sqlite")) as database, database:
            database.execute(
                "INSERT INTO users (name, password_hash, roles, scopes)"
                " SELECT 'nora', password_hash, roles, scopes FROM users WHERE name = 'karl'"
            )
        nora = sign_in(server, "nora")
        assert server.get("/staff/orders", bearer(nora)).status == 200

        with closing(sqlite3.connect(folder / "instance" / "shop.sqlite")) as database, database:
            database.execute("UPDATE users SET roles = '[]' WHERE name = 'nora'")
        nora = refresh(server, nora)
        assert server.get("/staff/orders", bearer(nora)).status == 403
        assert server.get("/orders", bearer(nora)).status == 200


def test_document(server: Server) -> None:
    """The document is valid, and says of each operation what its guard requires."""
    document = server.get("/openapi.json").json
    validate(document)

    operations = {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }
    anybody: list[dict[str, list[str]]] = [{"bearerAuth": []}]
    assert {name: operation.get("security") for name, operation in operations.items()} == {
        "GET /products": None,
        "GET /orders": anybody,
        "POST /orders": anybody,
        "GET /orders/{order_id}": anybody,
        "POST /payments": [
            {"bearerAuth": ["payments:write", "owner"]},
            {"bearerAuth": ["payments:write", "clerk"]},
        ],
        "GET /staff/orders": [{"bearerAuth": ["owner"]}, {"bearerAuth": ["clerk"]}],
        "GET /staff/takings": [{"bearerAuth": ["owner"]}],
    }
    assert set(operations["GET /products"]["responses"]) == {"200"}
    assert {"401", "403", "503"} < set(operations["POST /payments"]["responses"])
    assert "MaxAge(300)" in operations["POST /payments"]["description"]


def test_log(server: Server) -> None:
    """What has happened so far left no password and no traceback in the log."""
    sign_in(server, "carl")

    assert PASSWORD not in server.log
    assert "Traceback" not in server.log
