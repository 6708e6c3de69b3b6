# Version 3: sign-out by a blacklist, guards without parentheses.
from flask import Flask, jsonify, request
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    get_jwt_identity,
    get_raw_jwt,
    get_raw_jwt_header,
    jwt_refresh_token_required,
    jwt_required,
)

app = Flask(__name__)
app.config["JWT_SECRET_KEY"] = "super-secret"
app.config["JWT_BLACKLIST_ENABLED"] = True
app.config["JWT_BLACKLIST_TOKEN_CHECKS"] = ["access", "refresh"]
jwt = JWTManager(app)
blacklist = set()


@jwt.token_in_blacklist_loader
def check_if_token_in_blacklist(decrypted_token):
    return decrypted_token["jti"] in blacklist


@app.route("/login", methods=["POST"])
def login():
    username = request.json.get("username", None)
    ret = {
        "access_token": create_access_token(identity=username),
        "refresh_token": create_refresh_token(identity=username),
    }
    return jsonify(ret), 200


@app.route("/refresh", methods=["POST"])
@jwt_refresh_token_required
def refresh():
    return jsonify({"access_token": create_access_token(identity=get_jwt_identity())}), 200


@app.route("/logout", methods=["DELETE"])
@jwt_required
def logout():
    blacklist.add(get_raw_jwt()["jti"])
    return jsonify({"msg": "Successfully logged out"}), 200


@app.route("/logout2", methods=["DELETE"])
@jwt_refresh_token_required
def logout2():
    blacklist.add(get_raw_jwt()["jti"])
    return jsonify({"msg": "Successfully logged out"}), 200


@app.route("/protected", methods=["GET"])
@jwt_required
def protected():
    return jsonify({"hello": get_jwt_identity(), "alg": get_raw_jwt_header()["alg"]})


OLD_NAMES = [
    "JWT_BLACKLIST_ENABLED",
    "JWT_BLACKLIST_TOKEN_CHECKS",
    "get_raw_jwt",
    "get_raw_jwt_header",
    "jwt_refresh_token_required",
    "jwt_required",
    "token_in_blacklist_loader",
]
REVOKED = {"msg": "Token has been revoked"}
REQUESTS = [
    ("POST /login", 200, {"json": {"username": "ines"}}),
    ("GET /protected", 401, {"answer": {"msg": "Missing Authorization Header"}}),
    (
        "GET /protected",
        200,
        {"bearer": "access_token", "answer": {"hello": "ines", "alg": "HS256"}},
    ),
    ("DELETE /logout", 200, {"bearer": "access_token"}),
    ("GET /protected", 401, {"bearer": "access_token", "answer": REVOKED}),
    ("POST /refresh", 200, {"bearer": "refresh_token"}),
    ("DELETE /logout2", 200, {"bearer": "refresh_token"}),
    ("POST /refresh", 401, {"bearer": "refresh_token", "answer": REVOKED}),
    ("GET /protected", 200, {"bearer": "access_token"}),
]
