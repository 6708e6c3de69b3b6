# Who changes a password has signed in a moment ago.
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
jwt = JWTManager(app)


@app.route("/login", methods=["POST"])
def login():
    return jsonify(
        fresh_token=create_access_token("ines", fresh=True),
        fifteen_minutes_token=create_access_token("ines", fresh=timedelta(minutes=15)),
        no_longer_fresh_token=create_access_token("ines", fresh=timedelta(minutes=-15)),
        refresh_token=create_refresh_token("ines"),
    )


@app.route("/refresh", methods=["POST"])
@jwt_required(refresh=True)
def refresh():
    return jsonify(stale_token=create_access_token(get_jwt_identity(), fresh=False))


@app.route("/password", methods=["PUT"])
@jwt_required(fresh=True)
def password():
    return jsonify(changed=get_jwt_identity())


@app.route("/protected", methods=["GET"])
@jwt_required()
def protected():
    return "", 204


STALE = {"msg": "Fresh token required"}
REQUESTS = [
    ("POST /login", 200),
    ("POST /refresh", 200, {"bearer": "refresh_token"}),
    ("PUT /password", 200, {"bearer": "fresh_token", "answer": {"changed": "ines"}}),
    ("PUT /password", 200, {"bearer": "fifteen_minutes_token"}),
    ("PUT /password", 401, {"bearer": "no_longer_fresh_token", "answer": STALE}),
    ("PUT /password", 401, {"bearer": "stale_token", "answer": STALE}),
    ("GET /protected", 204, {"bearer": "stale_token"}),
    ("GET /protected", 204, {"bearer": "no_longer_fresh_token"}),
]
