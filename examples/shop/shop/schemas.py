"""What clients send, and what they are answered."""

from __future__ import annotations

from apiflask import Schema
from apiflask.fields import Boolean, Integer, String
from apiflask.validators import Range

from .models import MAX_ID

_ID = Range(1, MAX_ID)


class ProductOut(Schema):
    """Something to buy."""

    id = Integer()
    name = String()
    cents = Integer()


class OrderIn(Schema):
    """What a customer orders."""

    product_id = Integer(required=True, strict=True, validate=_ID)
    quantity = Integer(load_default=1, strict=True, validate=Range(1, 100))


class OrderOut(Schema):
    """An order."""

    id = Integer()
    product = String(attribute="product.name")
    quantity = Integer()
    cents = Integer()
    is_paid = Boolean()


class PaymentIn(Schema):
    """The order that is paid for."""

    order_id = Integer(required=True, strict=True, validate=_ID)


class TakingsOut(Schema):
    """What has been paid so far."""

    cents = Integer()
