# An access token for an hour, and a refresh token to get another.
from datetime import timedelta

from flask import Flask, jsonify
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    get_jwt_identity,
    jwt_required,
)

app = Flask(__name__)
app.config["JWT_SECRET_KEY"] = "super-secret"
app.config["JWT_ACCESS_TOKEN_EXPIRES"] = timedelta(hours=1)
app.config["JWT_REFRESH_TOKEN_EXPIRES"] = timedelta(days=30)
jwt = JWTManager(app)


@app.route("/login", methods=["POST"])
def login():
    access_token = create_access_token(identity="ines", fresh=True)
    refresh_token = create_refresh_token(identity="ines")
    script_token = create_access_token("robot", expires_delta=False)
    return jsonify(
        access_token=access_token, refresh_token=refresh_token, script_token=script_token
    )


@app.route("/refresh", methods=["POST"])
@jwt_required(refresh=True)
def refresh():
    return jsonify(access_token=create_access_token(identity=get_jwt_identity(), fresh=False))


@app.route("/protected")
@jwt_required()
def protected():
    return jsonify(foo="bar")


REQUESTS = [
    ("POST /login", 200),
    ("POST /refresh", 422, {"bearer": "access_token"}),
    ("POST /refresh", 401),
    ("POST /refresh", 200, {"bearer": "refresh_token"}),
    ("GET /protected", 200, {"bearer": "access_token"}),
    ("GET /protected", 422, {"bearer": "refresh_token"}),
    ("GET /protected", 200, {"bearer": "script_token"}),
]
