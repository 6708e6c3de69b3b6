"""The views. A guard stands first below its route: of who may not ask, nothing is read either."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint, abort
from sqlalchemy import select, update

from flask_jwt import jwt_required, public

from .models import MAX_ID, Order, Product, db
from .people import jwt, signed_in
from .rights import can_take_payments, has_just_signed_in, is_owner, is_staff
from .schemas import OrderIn, OrderOut, PaymentIn, ProductOut, TakingsOut

shop = APIBlueprint("shop", __name__)
staff = APIBlueprint("staff", __name__, url_prefix="/staff")
NO_JSON = "The body is no JSON."

# Whatever view is added to it, by whomever.
jwt.protect(staff, requires=is_staff)


@shop.get("/products")
@public
@shop.output(ProductOut(many=True))
def products() -> Any:
    """List what there is to buy, for everybody."""
    return db.session.scalars(select(Product)).all()


# The three views of orders have no guard of their own: by JWT_PROTECT_ALL they need a token.
@shop.get("/orders")
@shop.output(OrderOut(many=True))
def orders() -> Any:
    """List the orders of whoever asks."""
    return db.session.scalars(select(Order).where(Order.customer == signed_in())).all()


@shop.post("/orders")
@shop.input(OrderIn)
@shop.output(OrderOut, status_code=201)
@shop.doc(responses={400: NO_JSON, 404: "There is no such product."})
def order(json_data: dict[str, Any]) -> Any:
    """Order something."""
    product = db.session.get(Product, json_data["product_id"])
    if product is None:
        abort(404, "There is no such product.")
    placed = Order(customer=signed_in(), product=product, quantity=json_data["quantity"])
    db.session.add(placed)
    db.session.commit()
    return placed


@shop.get(f"/orders/<int(max={MAX_ID}):order_id>")
@shop.output(OrderOut)
def one_order(order_id: int) -> Any:
    """Show an order to its customer; to others there is no such order."""
    found = db.session.get(Order, order_id)
    if found is None or found.customer is not signed_in():
        abort(404, "There is no such order.")
    return found


@shop.post("/payments")
@jwt_required(requires=can_take_payments & has_just_signed_in)
@shop.input(PaymentIn)
@shop.output(OrderOut, status_code=201)
@shop.doc(responses={400: NO_JSON, 409: "No such order waits for its payment."})
def pay(json_data: dict[str, Any]) -> Any:
    """Take the payment for an order."""
    # One statement looks and writes: of two clerks at once, one takes the payment.
    waiting = (Order.id == json_data["order_id"]) & ~Order.is_paid
    paid = db.session.scalar(update(Order).where(waiting).values(is_paid=True).returning(Order))
    if paid is None:
        abort(409, "No such order waits for its payment.")
    db.session.commit()
    return paid


@staff.get("/orders")
@staff.output(OrderOut(many=True))
def all_orders() -> Any:
    """List the orders of all customers, for the staff."""
    return db.session.scalars(select(Order)).all()


@staff.get("/takings")
@jwt_required(requires=is_owner)
@staff.output(TakingsOut)
def takings() -> Any:
    """Tell the owner what has been paid so far: the blueprint's guard and this one both hold."""
    paid = db.session.scalars(select(Order).where(Order.is_paid))
    return {"cents": sum(order.cents for order in paid)}
