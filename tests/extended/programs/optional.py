# Everybody may look; who is signed in is greeted by name.
from datetime import timedelta

from flask import Flask, jsonify
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    get_jwt,
    get_jwt_identity,
    jwt_required,
)

app = Flask(__name__)
app.config["JWT_SECRET_KEY"] = "super-secret"
jwt = JWTManager(app)


@app.route("/login/<username>", methods=["POST"])
def login(username):
    expired = create_access_token(username, expires_delta=timedelta(seconds=-1))
    return jsonify(access_token=create_access_token(username), expired_token=expired)


@app.route("/shop")
@jwt_required(optional=True)
def shop():
    current_identity = get_jwt_identity()
    if current_identity:
        return jsonify(logged_in_as=current_identity)
    return jsonify(logged_in_as="anonymous user", claims=get_jwt())


REQUESTS = [
    ("POST /login/ines", 200),
    ("GET /shop", 200, {"answer": {"logged_in_as": "anonymous user", "claims": {}}}),
    ("GET /shop", 200, {"bearer": "access_token", "answer": {"logged_in_as": "ines"}}),
    ("GET /shop", 401, {"bearer": "expired_token", "answer": {"msg": "Token has expired"}}),
    ("GET /shop", 200, {"headers": {"Authorization": "Basic aW5lczpjZWxsbw=="}}),
    ("GET /shop", 422, {"headers": {"Authorization": "Bearer rubbish"}}),
]
