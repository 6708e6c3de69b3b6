"""flask-openapi3."""

from __future__ import annotations

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.openapi import OpenAPI
from flask_openapi3.view import APIView
from pydantic import BaseModel

from flask_jwt import jwt_required

from .framework import Framework, whoami


class Team(BaseModel):
    team: int


class Page(BaseModel):
    page: int


class Person(BaseModel):
    name: str


def function(app: OpenAPI) -> None:
    app.get("/me", responses={200: Person})(jwt_required()(whoami))


def models(app: OpenAPI) -> None:
    @app.get("/teams/<int:team>/me", responses={200: Person})
    @jwt_required()
    def me(path: Team, query: Page) -> dict[str, str]:
        assert (path.team, query.page) == (7, 2)
        return whoami()


def blueprint(app: OpenAPI) -> None:
    people = APIBlueprint("people", __name__)
    people.get("/me")(jwt_required()(whoami))
    app.register_api(people)


def class_based(app: OpenAPI) -> None:
    people = APIView()

    @people.route("/teams/<int:team>/me")
    class Me:
        @people.doc(summary="Who am I")
        @jwt_required()
        def get(self, path: Team) -> dict[str, str]:
            assert path.team == 7
            return whoami()

    app.register_api_view(people)


OPENAPI3 = [
    Framework("openapi3", function, new=OpenAPI),
    Framework("openapi3-models", models, "/teams/7/me?page=2", new=OpenAPI),
    Framework("openapi3-blueprint", blueprint, new=OpenAPI),
    Framework("openapi3-view", class_based, "/teams/7/me", new=OpenAPI),
]
