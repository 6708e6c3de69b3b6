# flask-smorest, in the shape of a course: stores and items behind tokens.
from flask import Flask, jsonify
from flask.views import MethodView
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    get_jwt,
    get_jwt_identity,
    jwt_required,
)
from flask_smorest import Api, Blueprint, abort
from marshmallow import Schema, fields

app = Flask(__name__)
app.config["PROPAGATE_EXCEPTIONS"] = True
app.config["API_TITLE"] = "Stores REST API"
app.config["API_VERSION"] = "v1"
app.config["OPENAPI_VERSION"] = "3.0.3"
app.config["OPENAPI_URL_PREFIX"] = "/"
app.config["JWT_SECRET_KEY"] = "jose"
api = Api(app)
jwt = JWTManager(app)
blp = Blueprint("items", __name__, description="Operations on items")
BLOCKLIST = set()


class UserSchema(Schema):
    id = fields.Int(required=True)


class ItemSchema(Schema):
    name = fields.Str(required=True)
    price = fields.Float()


@jwt.token_in_blocklist_loader
def check_if_token_in_blocklist(jwt_header, jwt_payload):
    return jwt_payload["jti"] in BLOCKLIST


@jwt.additional_claims_loader
def add_claims_to_jwt(identity):
    return {"is_admin": identity == "1"}


@jwt.unauthorized_loader
def missing_token_callback(error):
    return jsonify({"description": error, "error": "authorization_required"}), 401


@blp.route("/login")
class UserLogin(MethodView):
    @blp.arguments(UserSchema)
    def post(self, user_data):
        identity = str(user_data["id"])
        return {
            "access_token": create_access_token(identity=identity, fresh=True),
            "refresh_token": create_refresh_token(identity),
        }


@blp.route("/refresh")
class TokenRefresh(MethodView):
    @jwt_required(refresh=True)
    def post(self):
        new_token = create_access_token(identity=get_jwt_identity(), fresh=False)
        BLOCKLIST.add(get_jwt()["jti"])
        return {"access_token": new_token}, 200


@blp.route("/item/<string:name>")
class Item(MethodView):
    @jwt_required()
    @blp.response(200, ItemSchema)
    def get(self, name):
        return {"name": name, "price": 9.5, "secret": True}

    @jwt_required(fresh=True)
    @blp.arguments(ItemSchema)
    @blp.response(201, ItemSchema)
    def post(self, item_data, name):
        return item_data

    @jwt_required()
    def delete(self, name):
        if not get_jwt().get("is_admin"):
            abort(401, message="Admin privilege required.")
        return {"message": "Item deleted."}


api.register_blueprint(blp)

REQUESTS = [
    ("POST /login", 200, {"json": {"id": 2}}),
    ("GET /item/piano", 401),
    ("GET /item/piano", 200, {"bearer": "access_token"}),
    ("DELETE /item/piano", 401, {"bearer": "access_token"}),
    ("POST /item/piano", 201, {"bearer": "access_token", "json": {"name": "piano"}}),
    ("POST /item/piano", 422, {"bearer": "access_token", "json": {"nom": "piano"}}),
    ("POST /refresh", 200, {"bearer": "refresh_token"}),
    ("POST /refresh", 401, {"bearer": "refresh_token"}),
    ("POST /item/piano", 401, {"bearer": "access_token", "json": {"name": "piano"}}),
]
