# Version 3: objects made into tokens, and loaded from them.
from flask import Flask, jsonify, request
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    current_user,
    fresh_jwt_required,
    get_current_user,
    jwt_required,
)

app = Flask(__name__)
app.config["JWT_SECRET_KEY"] = "super-secret"
jwt = JWTManager(app)


class UserObject:
    def __init__(self, id, username, roles):
        self.id = id
        self.username = username
        self.roles = roles


users = {1: UserObject(1, "ines", ["admin"]), 2: UserObject(2, "otto", ["player"])}


@jwt.user_claims_loader
def add_claims_to_access_token(user):
    return {"roles": user.roles}


@jwt.user_identity_loader
def user_identity_lookup(user):
    return user.id


@jwt.user_loader_callback_loader
def user_loader_callback(identity):
    return users.get(identity)


@jwt.user_loader_error_loader
def custom_user_loader_error(identity):
    return jsonify({"msg": "User {} not found".format(identity)}), 404


@app.route("/login", methods=["POST"])
def login():
    user = next(one for one in users.values() if one.username == request.json["username"])
    return jsonify(
        access_token=create_access_token(user), fresh_token=create_access_token(user, fresh=True)
    )


@app.route("/admin-only", methods=["GET"])
@jwt_required
def protected():
    if "admin" not in current_user.roles:
        return jsonify({"msg": "Forbidden"}), 403
    return jsonify({"secret_msg": "don't forget to drink your ovaltine"})


@app.route("/account", methods=["DELETE"])
@fresh_jwt_required
def account():
    del users[get_current_user().id]
    return jsonify(left=len(users))


OLD_NAMES = [
    "fresh_jwt_required",
    "user_claims_loader",
    "user_loader_callback_loader",
    "user_loader_error_loader",
]
GONE = {"msg": "User 1 not found"}
REQUESTS = [
    ("POST /login", 200, {"json": {"username": "otto"}}),
    ("GET /admin-only", 403, {"bearer": "access_token"}),
    ("POST /login", 200, {"json": {"username": "ines"}}),
    ("GET /admin-only", 200, {"bearer": "access_token"}),
    ("DELETE /account", 401, {"bearer": "access_token"}),
    ("DELETE /account", 200, {"bearer": "fresh_token", "answer": {"left": 1}}),
    ("GET /admin-only", 404, {"bearer": "access_token", "answer": GONE}),
]
