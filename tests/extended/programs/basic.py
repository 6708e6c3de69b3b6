# Sign-in, and one protected view.
from flask import Flask, jsonify, request
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    get_jwt_identity,
    jwt_required,
)

app = Flask(__name__)
app.config["JWT_SECRET_KEY"] = "super-secret"
jwt = JWTManager(app)


@app.route("/login", methods=["POST"])
def login():
    username = request.json.get("username")
    if request.json.get("password") != "cello":
        return jsonify({"msg": "Bad username or password"}), 401
    access_token = create_access_token(identity=username)
    return jsonify(access_token=access_token, refresh_token=create_refresh_token(username))


@app.route("/protected")
@jwt_required()
def protected():
    return jsonify(logged_in_as=get_jwt_identity()), 200


REQUESTS = [
    ("POST /login", 401, {"json": {"username": "ines", "password": "viola"}}),
    ("POST /login", 200, {"json": {"username": "ines", "password": "cello"}}),
    ("GET /protected", 200, {"bearer": "access_token", "answer": {"logged_in_as": "ines"}}),
    ("HEAD /protected", 200, {"bearer": "access_token"}),
    ("GET /protected", 401, {"answer": {"msg": "Missing Authorization Header"}}),
    ("GET /protected", 422, {"bearer": "refresh_token"}),
    ("GET /protected", 401, {"headers": {"Authorization": "JWT $access_token"}}),
    ("GET /protected", 422, {"headers": {"Authorization": "Bearer"}}),
    ("GET /protected", 422, {"headers": {"Authorization": "Bearer $access_token twice"}}),
    ("GET /protected", 200, {"headers": {"Authorization": "Basic aW5lcw==, Bearer $access_token"}}),
    ("GET /protected", 422, {"headers": {"Authorization": "Bearer rubbish"}}),
    ("GET /protected", 422, {"headers": {"Authorization": "Bearer ${access_token}A"}}),
]
