"""The shop's tests: who may do what, by tokens that the application itself has made."""

from __future__ import annotations

from collections.abc import Iterator
from secrets import token_hex
from time import time
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import select

from flask_jwt.testing import assert_protected, sign_in
from shop import create_app
from shop.commands import stock
from shop.models import User, db


@pytest.fixture
def app() -> Iterator[APIFlask]:
    """Make a shop in memory, with its products and people."""
    app = create_app(
        {
            "TESTING": True,
            "SECRET_KEY": token_hex(32),
            "SQLALCHEMY_ENGINES": {"default": "sqlite://"},
            "JWT_SESSION_STORE": "memory://",
        }
    )
    with app.app_context():
        # Nobody signs in by a password here.
        stock(password_hash="")
    yield app
    with app.app_context():
        db.engine.dispose()


def client_of(app: APIFlask, name: str, **how: Any) -> FlaskClient:
    """Return a client whose requests are those of a user."""
    with app.app_context():
        user = db.session.scalars(select(User).where(User.name == name)).one()
        return sign_in(app.test_client(), user, **how)


@pytest.fixture
def order_id(app: APIFlask) -> int:
    """Have Carl order three cups."""
    order = client_of(app, "carl").post("/orders", json={"product_id": 2, "quantity": 3})
    number: int = order.get_json()["id"]
    return number


def test_nothing_is_open_by_accident(app: APIFlask) -> None:
    """Each route has a guard, or says that it is open."""
    assert_protected(app)


def test_visitors(app: APIFlask) -> None:
    """Without a token there are the products and the document, and nothing else."""
    visitor = app.test_client()

    assert [product["name"] for product in visitor.get("/products").get_json()] == ["Tea", "Cup"]
    assert visitor.get("/openapi.json").status_code == 200
    for path in ("/orders", "/orders/1", "/staff/orders", "/staff/takings"):
        assert visitor.get(path).status_code == 401
    assert visitor.post("/payments", json={}).status_code == 401


def test_orders(app: APIFlask, order_id: int) -> None:
    """An order is its customer's, and nobody else's."""
    carl, tess = client_of(app, "carl"), client_of(app, "tess")

    assert [order["cents"] for order in carl.get("/orders").get_json()] == [3600]
    assert carl.get(f"/orders/{order_id}").get_json()["product"] == "Cup"
    assert tess.get("/orders").json == []
    assert tess.get(f"/orders/{order_id}").status_code == 404


@pytest.mark.parametrize(
    ("name", "orders", "takings"),
    [("anna", 200, 200), ("karl", 200, 403), ("tess", 200, 403), ("carl", 403, 403)],
)
def test_staff(app: APIFlask, name: str, orders: int, takings: int) -> None:
    """The staff sees all orders, and the owner what came in."""
    client = client_of(app, name)

    assert client.get("/staff/orders").status_code == orders
    assert client.get("/staff/takings").status_code == takings


@pytest.mark.parametrize(
    ("name", "status"), [("anna", 201), ("karl", 201), ("tess", 403), ("carl", 403)]
)
def test_who_takes_payments(app: APIFlask, order_id: int, name: str, status: int) -> None:
    """It takes a role and a scope."""
    client = client_of(app, name, auth_time=time())

    assert client.post("/payments", json={"order_id": order_id}).status_code == status


def test_signed_in_too_long_ago(app: APIFlask, order_id: int) -> None:
    """After five minutes a payment needs the password again, and the rest does not."""
    karl = client_of(app, "karl", auth_time=time() - 301)

    refused = karl.post("/payments", json={"order_id": order_id})
    assert refused.status_code == 401
    assert refused.www_authenticate["error"] == "insufficient_user_authentication"
    assert karl.get("/staff/orders").status_code == 200


def test_paid_once(app: APIFlask, order_id: int) -> None:
    """An order is paid once, and is in the takings then."""
    anna = client_of(app, "anna", auth_time=time())

    statuses = [anna.post("/payments", json={"order_id": order_id}).status_code for _ in range(2)]
    assert statuses == [201, 409]
    assert anna.get("/staff/takings").json == {"cents": 3600}
