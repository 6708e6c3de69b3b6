# Version 3: claims of the user, and decorators of the application's own over them.
from functools import wraps

from flask import Flask, jsonify, request
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    get_jwt_claims,
    get_jwt_identity,
    jwt_optional,
    verify_fresh_jwt_in_request,
    verify_jwt_in_request,
    verify_jwt_in_request_optional,
)

app = Flask(__name__)
app.config["JWT_SECRET_KEY"] = "super-secret"
jwt = JWTManager(app)


def admin_required(fn):
    @wraps(fn)
    def wrapper(*args, **kwargs):
        verify_jwt_in_request()
        claims = get_jwt_claims()
        if claims["roles"] != "admin":
            return jsonify(msg="Admins only!"), 403
        return fn(*args, **kwargs)

    return wrapper


@jwt.user_claims_loader
def add_claims_to_access_token(identity):
    return {"roles": "admin" if identity == "admin" else "peasant"}


@app.route("/login", methods=["POST"])
def login():
    access_token = create_access_token(request.json["username"], fresh=False)
    return jsonify(access_token=access_token)


@app.route("/protected", methods=["GET"])
@admin_required
def protected():
    return jsonify(secret_message="go banana!")


@app.route("/partly", methods=["GET"])
@jwt_optional
def partly():
    return jsonify(logged_in_as=get_jwt_identity() or "anonymous user")


@app.route("/whoever", methods=["GET"])
def whoever():
    verify_jwt_in_request_optional()
    return jsonify(name=get_jwt_identity())


@app.route("/fresh", methods=["GET"])
def fresh():
    verify_fresh_jwt_in_request()
    return jsonify(get_jwt_identity())


OLD_NAMES = [
    "get_jwt_claims",
    "jwt_optional",
    "user_claims_loader",
    "verify_fresh_jwt_in_request",
    "verify_jwt_in_request_optional",
]
REQUESTS = [
    ("POST /login", 200, {"json": {"username": "admin"}}),
    ("GET /protected", 200, {"bearer": "access_token"}),
    ("GET /partly", 200, {"bearer": "access_token", "answer": {"logged_in_as": "admin"}}),
    ("GET /partly", 200, {"answer": {"logged_in_as": "anonymous user"}}),
    ("GET /whoever", 200, {"answer": {"name": None}}),
    ("GET /whoever", 200, {"bearer": "access_token", "answer": {"name": "admin"}}),
    ("GET /fresh", 401, {"bearer": "access_token", "answer": {"msg": "Fresh token required"}}),
    ("POST /login", 200, {"json": {"username": "ines"}}),
    ("GET /protected", 403, {"bearer": "access_token"}),
    ("GET /protected", 401),
]
