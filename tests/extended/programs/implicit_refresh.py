# Each answer renews a cookie that is about to expire.
from datetime import datetime, timedelta, timezone

from flask import Flask, jsonify
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    get_jwt,
    get_jwt_identity,
    jwt_required,
    set_access_cookies,
    unset_jwt_cookies,
)

app = Flask(__name__)
app.config["JWT_COOKIE_SECURE"] = False
app.config["JWT_TOKEN_LOCATION"] = ["cookies"]
app.config["JWT_SECRET_KEY"] = "super-secret"
app.config["JWT_ACCESS_TOKEN_EXPIRES"] = timedelta(hours=1)
jwt = JWTManager(app)


@app.after_request
def refresh_expiring_jwts(response):
    try:
        exp_timestamp = get_jwt()["exp"]
        target_timestamp = datetime.timestamp(datetime.now(timezone.utc) + timedelta(minutes=30))
        if target_timestamp > exp_timestamp:
            set_access_cookies(response, create_access_token(identity=get_jwt_identity()))
        return response
    except (RuntimeError, KeyError):
        return response


@app.route("/login/<int:minutes>", methods=["POST"])
def login(minutes):
    response = jsonify({"msg": "login successful"})
    token = create_access_token("ines", expires_delta=timedelta(minutes=minutes))
    set_access_cookies(response, token)
    return response


@app.route("/logout", methods=["POST"])
def logout():
    response = jsonify({"msg": "logout successful"})
    unset_jwt_cookies(response)
    return response


@app.route("/protected")
@jwt_required()
def protected():
    return jsonify(foo="bar")


REQUESTS = [
    ("GET /protected", 401),
    ("POST /login/40", 200),
    ("GET /protected", 200),
    ("POST /login/20", 200),
    ("GET /protected", 200),
    ("POST /logout", 200),
    ("GET /protected", 401),
]
