"""One application of each framework that makes documents, with the same views and guards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apiflask import APIFlask
from flask import Blueprint, Flask
from flask.views import MethodView
from flask_openapi3.openapi import OpenAPI
from flask_restx import Api as RESTXApi
from flask_restx import Resource
from flask_smorest import Api as SmorestApi  # type: ignore[import-untyped]
from flask_smorest import Blueprint as SmorestBlueprint
from pydantic import BaseModel

from flask_jwt import JWT, current_identity, jwt_required
from flask_jwt.openapi import document
from flask_jwt.requirements import MaxAge, Role, Scope
from tests.support.secret import secret

SECRET = secret("openapi")
CAN_PAY = Scope("payments:write") & (Role("owner") | Role("clerk")) & MaxAge(300)
#: What everybody reads of it.
CAN_PAY_TEXT = 'Requires `Scope("payments:write") & (Role("owner") | Role("clerk")) & MaxAge(300)`.'

View = dict[str, str]


def reader() -> View:
    """Answer with who has sent this request."""
    return {"reader": str(current_identity) if current_identity else "nobody"}


class Team(BaseModel):
    team: int


def configure(app: Flask, **config: Any) -> None:
    """Give an application its JWT, in whose tokens everybody is somebody."""
    app.config.update(SECRET_KEY=SECRET, TESTING=True, **config)
    JWT(app, None, lambda claims: claims["identity"])


def add_open_views(app: Any) -> None:
    """Add what needs no token, to an application that documents its own views."""

    @app.get("/shop/news")
    @jwt_required(optional=True)
    def news() -> View:
        return reader()

    @app.get("/shop/hours")
    def hours() -> View:
        return {}


def smorest(version: str, **config: Any) -> Flask:
    """Make an application of flask-smorest."""
    app = Flask(__name__)
    configure(
        app,
        API_TITLE="Shop",
        API_VERSION="1",
        OPENAPI_VERSION=version,
        OPENAPI_URL_PREFIX="/",
        **config,
    )
    api = SmorestApi(app)
    document(api)
    shop = SmorestBlueprint("shop", __name__, url_prefix="/shop")

    @shop.route("/teams/<int:team>/payments")
    class Payments(MethodView):
        @shop.response(200)
        @jwt_required(requires=CAN_PAY)
        def post(self, team: int) -> View:
            return {}

    @shop.get("/news")
    @shop.response(200)
    @jwt_required(optional=True)
    def news() -> View:
        return reader()

    @shop.get("/hours")
    @shop.response(200)
    def hours() -> View:
        return {}

    api.register_blueprint(shop)
    return app


def api_flask(version: str, **config: Any) -> Flask:
    """Make an application of APIFlask."""
    app = APIFlask(__name__)
    configure(app, OPENAPI_VERSION=version, **config)

    @app.spec_processor
    def titled(spec: Any) -> Any:
        spec["info"]["title"] = "Shop"
        return spec

    document(app)

    @app.post("/shop/teams/<int:team>/payments")
    @jwt_required(requires=CAN_PAY)
    def pay(team: int) -> View:
        return {}

    add_open_views(app)
    return app


def openapi3(version: str, **config: Any) -> Flask:
    """Make an application of flask-openapi3."""
    app = OpenAPI(__name__)
    configure(app, **config)
    app.openapi_version = version
    document(app)

    @app.post("/shop/teams/<int:team>/payments")
    @jwt_required(requires=CAN_PAY)
    def pay(path: Team) -> View:
        return {}

    add_open_views(app)
    return app


def restx(version: str, **config: Any) -> Flask:
    """Make an application of Flask-RESTX, whose documents are Swagger 2.0."""
    app = Flask(__name__)
    configure(app, **config)
    shop = Blueprint("shop", __name__, url_prefix="/shop")
    api = RESTXApi(shop, title="Shop", doc="/docs")
    document(api)

    @api.route("/teams/<int:team>/payments")
    class Payments(Resource):
        @jwt_required(requires=CAN_PAY)
        def post(self, team: int) -> View:
            return {}

    @api.route("/news")
    class News(Resource):
        @jwt_required(optional=True)
        def get(self) -> View:
            return reader()

    @api.route("/hours")
    class Hours(Resource):
        def get(self) -> View:
            return {}

    app.register_blueprint(shop)
    return app


def served() -> Flask:
    """Make the application with Swagger UI, whose files come with Flask-RESTX."""
    return restx("2.0", SWAGGER_UI_DOC_EXPANSION="list")


@dataclass(frozen=True)
class Documented:
    """A framework, and the version of the documents that it makes."""

    name: str
    make: Callable[..., Flask]
    version: str
    #: Where the document is.
    path: str = "/openapi.json"
    #: Where the paths in it begin.
    prefix: str = "/shop"
    #: The blueprint or the endpoint that serves it.
    served_by: str = "openapi"

    def application(self, **config: Any) -> Flask:
        """Make the application."""
        return self.make(self.version, **config)

    def operation(self, document: dict[str, Any], method: str, path: str) -> dict[str, Any]:
        """Return an operation of its document."""
        found: dict[str, Any] = document["paths"][f"{self.prefix}{path}"][method]
        return found


DOCUMENTED = [
    Documented("smorest-2.0", smorest, "2.0", served_by="api-docs"),
    Documented("smorest-3.0", smorest, "3.0.3", served_by="api-docs"),
    Documented("smorest-3.1", smorest, "3.1.0", served_by="api-docs"),
    Documented("apiflask-3.0", api_flask, "3.0.3"),
    Documented("apiflask-3.1", api_flask, "3.1.0"),
    Documented("openapi3-3.1", openapi3, "3.1.0", "/openapi/openapi.json"),
    Documented("restx-2.0", restx, "2.0", "/shop/swagger.json", "", "shop.specs"),
]
