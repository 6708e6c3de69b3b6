"""``flask --app shop fill``: products, and people with a role each, for trying the shop."""

from __future__ import annotations

import click
from flask.cli import with_appcontext
from sqlalchemy import inspect
from werkzeug.security import generate_password_hash

from .models import Model, Product, User, db

# Anna owns the shop, Karl is a clerk, Tess learns to be one, and Carl is a customer.
_PEOPLE = {
    "anna": (["owner"], ["payments:write"]),
    "karl": (["clerk"], ["payments:write"]),
    "tess": (["clerk"], []),
    "carl": ([], []),
}
_PRODUCTS = {"Tea": 450, "Cup": 1200}


@click.command()
@click.password_option(help="The password of all of them.")
@with_appcontext
def fill(password: str) -> None:
    """Make the tables, with two products and four people in them."""
    if inspect(db.engine).has_table(User.__tablename__):
        raise click.ClickException("There is a shop: remove the folder instance for another one.")
    stock(generate_password_hash(password))


def stock(password_hash: str) -> None:
    """Make the tables, and fill them."""
    Model.metadata.create_all(db.engine)
    for name, (roles, scopes) in _PEOPLE.items():
        db.session.add(User(name=name, password_hash=password_hash, roles=roles, scopes=scopes))
    for name, cents in _PRODUCTS.items():
        db.session.add(Product(name=name, cents=cents))
    db.session.commit()
