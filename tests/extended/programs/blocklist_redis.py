# Sign-out puts the token into Redis, for as long as the token lives.
import os
from datetime import timedelta

import redis
from flask import Flask, jsonify
from flask_jwt_extended import JWTManager, create_access_token, get_jwt, jwt_required

ACCESS_EXPIRES = timedelta(minutes=1)

app = Flask(__name__)
app.config["JWT_SECRET_KEY"] = "super-secret"
app.config["JWT_ACCESS_TOKEN_EXPIRES"] = ACCESS_EXPIRES
jwt = JWTManager(app)
jwt_redis_blocklist = redis.StrictRedis.from_url(os.environ["REDIS_URL"], decode_responses=True)


@jwt.token_in_blocklist_loader
def check_if_token_is_revoked(jwt_header, jwt_payload: dict):
    token_in_redis = jwt_redis_blocklist.get(jwt_payload["jti"])
    return token_in_redis is not None


@app.route("/login", methods=["POST"])
def login():
    return jsonify(access_token=create_access_token(identity="ines"))


@app.route("/logout", methods=["DELETE"])
@jwt_required()
def logout():
    jwt_redis_blocklist.set(get_jwt()["jti"], "", ex=ACCESS_EXPIRES)
    return jsonify(msg="Access token revoked")


@app.route("/protected", methods=["GET"])
@jwt_required()
def protected():
    return jsonify(hello="world")


REQUESTS = [
    ("POST /login", 200),
    ("GET /protected", 200, {"bearer": "access_token"}),
    ("DELETE /logout", 200, {"bearer": "access_token"}),
    ("GET /protected", 401, {"bearer": "access_token"}),
]
