# Flask-RESTful's resources.
from flask import Flask
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    get_jwt_identity,
    jwt_required,
)
from flask_restful import Api, Resource, fields, marshal_with, reqparse

app = Flask(__name__)
app.config["JWT_SECRET_KEY"] = "super-secret"
jwt = JWTManager(app)
api = Api(app)

_user_parser = reqparse.RequestParser()
_user_parser.add_argument("username", type=str, required=True, help="This field is required.")


class UserLogin(Resource):
    def post(self):
        username = _user_parser.parse_args()["username"]
        return {
            "access_token": create_access_token(identity=username, fresh=True),
            "refresh_token": create_refresh_token(username),
        }, 200


class TokenRefresh(Resource):
    @jwt_required(refresh=True)
    def post(self):
        return {"access_token": create_access_token(identity=get_jwt_identity(), fresh=False)}


class Item(Resource):
    @jwt_required()
    def get(self, name):
        return {"name": name, "owner": get_jwt_identity()}

    @jwt_required(fresh=True)
    @marshal_with({"name": fields.String})
    def post(self, name):
        return {"name": name, "hidden": True}, 201


class ItemList(Resource):
    method_decorators = [jwt_required(optional=True)]

    def get(self):
        return {"items": ["piano"] if get_jwt_identity() else []}


api.add_resource(UserLogin, "/login")
api.add_resource(TokenRefresh, "/refresh")
api.add_resource(Item, "/item/<string:name>")
api.add_resource(ItemList, "/items")


def refused(status, message):
    because = "the errors are no HTTP exceptions there, and Flask-RESTful makes a 500 of them"
    return {"differs": {"status": status, "answer": {"msg": message}, "because": because}}


REQUESTS = [
    ("POST /login", 200, {"json": {"username": "ines"}}),
    ("GET /item/piano", 200, {"bearer": "access_token"}),
    ("GET /item/piano", 500, refused(401, "Missing Authorization Header")),
    (
        "GET /item/piano",
        500,
        {"bearer": "refresh_token", **refused(422, "Only non-refresh tokens are allowed")},
    ),
    ("POST /item/piano", 201, {"bearer": "access_token"}),
    ("GET /items", 200),
    ("GET /items", 200, {"bearer": "access_token"}),
    ("POST /refresh", 200, {"bearer": "refresh_token"}),
    ("POST /item/piano", 500, {"bearer": "access_token", **refused(401, "Fresh token required")}),
]
