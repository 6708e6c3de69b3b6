# Tokens in cookies without a CSRF token, as half of the tutorials have it.
from flask import Flask, jsonify
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    get_jwt,
    jwt_required,
    set_access_cookies,
)

app = Flask(__name__)
app.config["JWT_SECRET_KEY"] = "super-secret"
app.config["JWT_TOKEN_LOCATION"] = ["headers", "cookies"]
app.config["JWT_COOKIE_CSRF_PROTECT"] = False
app.config["JWT_SESSION_COOKIE"] = False
jwt = JWTManager(app)


@app.route("/login", methods=["POST"])
def login():
    response = jsonify(msg="login successful")
    set_access_cookies(response, create_access_token(identity="ines"))
    return response


@app.route("/profile", methods=["GET", "POST"])
@jwt_required()
def profile():
    return jsonify(get_jwt())


REQUESTS = [
    ("GET /profile", 401),
    ("POST /login", 200),
    ("GET /profile", 200),
    ("POST /profile", 200),
    ("POST /profile", 422, {"headers": {"Authorization": "Bearer rubbish"}}),
]
