# Version 3 in the shape of a course: Flask-RESTful, integer identities, loaders without arguments.
from flask import Flask, jsonify
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    fresh_jwt_required,
    get_jwt_claims,
    get_jwt_identity,
    get_raw_jwt,
    jwt_optional,
    jwt_refresh_token_required,
    jwt_required,
)
from flask_restful import Api, Resource, reqparse

app = Flask(__name__)
app.config["PROPAGATE_EXCEPTIONS"] = True
app.config["JWT_BLACKLIST_ENABLED"] = True
app.secret_key = "jose"
api = Api(app)
jwt = JWTManager(app)

BLACKLIST = set()
USERS = {1: ("ines", "cello"), 2: ("otto", "tuba")}


@jwt.user_claims_loader
def add_claims_to_jwt(identity):
    if identity == 1:
        return {"is_admin": True}
    return {"is_admin": False}


# Renamed for version 4, and not changed.
@jwt.token_in_blocklist_loader
def check_if_token_in_blacklist(decrypted_token):
    return decrypted_token["jti"] in BLACKLIST


@jwt.expired_token_loader
def expired_token_callback():
    return jsonify({"message": "The token has expired.", "error": "token_expired"}), 401


@jwt.invalid_token_loader
def invalid_token_callback(error):
    return jsonify({"message": "Verification failed.", "error": "invalid_token"}), 401


@jwt.unauthorized_loader
def missing_token_callback(error):
    return jsonify({"description": "No token.", "error": "authorization_required"}), 401


@jwt.needs_fresh_token_loader
def token_not_fresh_callback():
    return jsonify({"description": "Not fresh.", "error": "fresh_token_required"}), 401


@jwt.revoked_token_loader
def revoked_token_callback():
    return jsonify({"description": "Revoked.", "error": "token_revoked"}), 401


class UserLogin(Resource):
    parser = reqparse.RequestParser()
    parser.add_argument("username", type=str, required=True)
    parser.add_argument("password", type=str, required=True)

    def post(self):
        data = self.parser.parse_args()
        for user_id, found in USERS.items():
            if found == (data["username"], data["password"]):
                access_token = create_access_token(identity=user_id, fresh=True)
                refresh_token = create_refresh_token(user_id)
                return {"access_token": access_token, "refresh_token": refresh_token}, 200
        return {"message": "Invalid credentials!"}, 401


class UserLogout(Resource):
    @jwt_required
    def post(self):
        BLACKLIST.add(get_raw_jwt()["jti"])
        return {"message": "User <id={}> logged out.".format(get_jwt_identity())}, 200


class TokenRefresh(Resource):
    @jwt_refresh_token_required
    def post(self):
        return {"access_token": create_access_token(identity=get_jwt_identity(), fresh=False)}


class Item(Resource):
    @jwt_required
    def get(self, name):
        return {"name": name, "seen_by": USERS[get_jwt_identity()][0]}

    @fresh_jwt_required
    def post(self, name):
        return {"name": name}, 201

    @jwt_required
    def delete(self, name):
        if not get_jwt_claims()["is_admin"]:
            return {"message": "Admin privilege required."}, 403
        return {"message": "Item deleted."}


class ItemList(Resource):
    @jwt_optional
    def get(self):
        if get_jwt_identity():
            return {"items": [{"name": "piano", "price": 1}]}
        return {"items": ["piano"], "message": "More data available if you log in."}


api.add_resource(UserLogin, "/login")
api.add_resource(UserLogout, "/logout")
api.add_resource(TokenRefresh, "/refresh")
api.add_resource(Item, "/item/<string:name>")
api.add_resource(ItemList, "/items")

OLD_NAMES = ["JWT_BLACKLIST_ENABLED", "fresh_jwt_required", "jwt_optional"]
STALE = {"description": "Not fresh.", "error": "fresh_token_required"}
REVOKED = {"description": "Revoked.", "error": "token_revoked"}
REQUESTS = [
    ("POST /login", 401, {"json": {"username": "ines", "password": "tuba"}}),
    ("POST /login", 200, {"json": {"username": "otto", "password": "tuba"}}),
    ("GET /item/piano", 200, {"bearer": "access_token"}),
    ("GET /item/piano", 401, {"headers": {"Authorization": "Bearer rubbish"}}),
    ("DELETE /item/piano", 403, {"bearer": "access_token"}),
    ("POST /item/piano", 201, {"bearer": "access_token"}),
    ("POST /refresh", 200, {"bearer": "refresh_token"}),
    ("POST /item/piano", 401, {"bearer": "access_token", "answer": STALE}),
    ("POST /logout", 200, {"bearer": "access_token"}),
    ("GET /item/piano", 401, {"bearer": "access_token", "answer": REVOKED}),
    ("GET /items", 200),
    ("GET /item/piano", 401),
    ("POST /login", 200, {"json": {"username": "ines", "password": "cello"}}),
    ("GET /items", 200, {"bearer": "access_token"}),
    ("DELETE /item/piano", 200, {"bearer": "access_token"}),
]
