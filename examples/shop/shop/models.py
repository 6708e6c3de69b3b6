"""What the shop keeps."""

from __future__ import annotations

from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

db = SQLAlchemy()

#: The largest number that any database has for an INTEGER.
MAX_ID = 2**31 - 1


class Model(DeclarativeBase):
    """The tables of the shop."""


class User(Model):
    """Somebody who may sign in: a customer, or one of the staff."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    password_hash: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(JSON, default=list)
    scopes: Mapped[list[str]] = mapped_column(JSON, default=list)


class Product(Model):
    """Something to buy."""

    __tablename__ = "products"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    cents: Mapped[int]


class Order(Model):
    """What a customer wants to have, once it is paid."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    product_id: Mapped[int] = mapped_column(ForeignKey(Product.id))
    quantity: Mapped[int]
    is_paid: Mapped[bool] = mapped_column(default=False)

    customer: Mapped[User] = relationship()
    product: Mapped[Product] = relationship()

    @property
    def cents(self) -> int:
        """What it costs."""
        return self.quantity * self.product.cents
