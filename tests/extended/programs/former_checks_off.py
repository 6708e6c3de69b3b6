# Version 3: a blacklist asked about refresh tokens alone, with a function of version 4.
from flask import Flask, jsonify
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    jwt_refresh_token_required,
    jwt_required,
)

app = Flask(__name__)
app.config["JWT_SECRET_KEY"] = "super-secret"
app.config["JWT_BLACKLIST_ENABLED"] = True
app.config["JWT_BLACKLIST_TOKEN_CHECKS"] = ["refresh"]
jwt = JWTManager(app)


@jwt.token_in_blacklist_loader
def everything(jwt_header, jwt_payload):
    return True


@app.route("/login", methods=["POST"])
def login():
    return jsonify(access_token=create_access_token(1), refresh_token=create_refresh_token(1))


@app.route("/access")
@jwt_required
def access():
    return jsonify(True)


@app.route("/refresh")
@jwt_refresh_token_required
def refresh():
    return jsonify(True)


OLD_NAMES = ["JWT_BLACKLIST_TOKEN_CHECKS", "token_in_blacklist_loader"]
REQUESTS = [
    ("POST /login", 200),
    ("GET /access", 200, {"bearer": "access_token"}),
    ("GET /refresh", 401, {"bearer": "refresh_token"}),
]
