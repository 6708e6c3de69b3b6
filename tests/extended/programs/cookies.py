# Tokens in cookies, sent back by a script that reads the CSRF cookie.
from flask import Flask, jsonify
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    get_jwt_identity,
    get_jwt_request_location,
    jwt_required,
    set_access_cookies,
    set_refresh_cookies,
    unset_access_cookies,
    unset_jwt_cookies,
    unset_refresh_cookies,
)

app = Flask(__name__)
app.config["JWT_TOKEN_LOCATION"] = ["cookies"]
app.config["JWT_REFRESH_COOKIE_PATH"] = "/token/refresh"
app.config["JWT_COOKIE_SECURE"] = False
app.config["JWT_COOKIE_SAMESITE"] = "Lax"
app.config["JWT_SECRET_KEY"] = "super-secret"
jwt = JWTManager(app)


@app.route("/token/auth", methods=["POST"])
def login():
    response = jsonify({"login": True})
    set_access_cookies(response, create_access_token(identity="ines"))
    set_refresh_cookies(response, create_refresh_token(identity="ines"))
    return response


@app.route("/token/refresh", methods=["POST"])
@jwt_required(refresh=True)
def refresh():
    response = jsonify({"refresh": True})
    set_access_cookies(response, create_access_token(get_jwt_identity()), max_age=600)
    return response


@app.route("/token/remove", methods=["POST"])
def logout():
    response = jsonify({"logout": True})
    unset_jwt_cookies(response)
    return response


@app.route("/token/remove/<which>", methods=["POST"])
def remove(which):
    response = jsonify({"removed": which})
    {"access": unset_access_cookies, "refresh": unset_refresh_cookies}[which](response)
    return response


@app.route("/api/example", methods=["GET", "POST"])
@jwt_required()
def example():
    return jsonify(hello=get_jwt_identity(), by=get_jwt_request_location())


REQUESTS = [
    ("GET /api/example", 401),
    ("POST /token/auth", 200),
    ("GET /api/example", 200, {"answer": {"hello": "ines", "by": "cookies"}}),
    ("POST /api/example", 401, {"answer": {"msg": "Missing CSRF token"}}),
    ("POST /api/example", 401, {"csrf": "csrf_refresh_token"}),
    ("POST /api/example", 200, {"csrf": "csrf_access_token"}),
    ("POST /token/refresh", 401, {"csrf": "csrf_access_token"}),
    ("POST /token/refresh", 200, {"csrf": "csrf_refresh_token"}),
    ("GET /api/example", 200, {"headers": {"Authorization": "Bearer rubbish"}}),
    ("POST /api/example", 200, {"csrf": "csrf_access_token"}),
    ("POST /token/remove/access", 200),
    ("GET /api/example", 401),
    ("POST /token/remove/refresh", 200),
    ("POST /token/remove", 200),
]
