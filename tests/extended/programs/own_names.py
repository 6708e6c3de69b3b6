# Every name on the wire is the application's own.
from datetime import timedelta

from flask import Flask, jsonify
from flask_jwt_extended import JWTManager, create_access_token, get_jwt_identity, jwt_required

app = Flask(__name__)
app.config.update(
    JWT_ALGORITHM="HS384",
    JWT_DECODE_ALGORITHMS=["HS384", "HS256"],
    JWT_DECODE_LEEWAY=10,
    JWT_ENCODE_NBF=False,
    JWT_ERROR_MESSAGE_KEY="message",
    JWT_HEADER_NAME="X-Ticket",
    JWT_HEADER_TYPE=None,
    JWT_IDENTITY_CLAIM="player",
    JWT_JSON_KEY="ticket",
    JWT_QUERY_STRING_NAME="ticket",
    JWT_QUERY_STRING_VALUE_PREFIX="t.",
    JWT_SECRET_KEY="super-secret",
    JWT_TOKEN_LOCATION=["headers", "json", "query_string"],
    JWT_ACCESS_TOKEN_EXPIRES=90,
)
JWTManager(app)


@app.post("/login")
def login():
    return jsonify(
        access_token=create_access_token("ines"),
        barely_token=create_access_token("ines", expires_delta=timedelta(seconds=-2)),
        expired_token=create_access_token("ines", expires_delta=timedelta(seconds=-60)),
    )


@app.route("/who", methods=["GET", "POST"])
@jwt_required()
def who():
    return jsonify(player=get_jwt_identity())


REQUESTS = [
    ("POST /login", 200),
    ("GET /who", 200, {"headers": {"X-Ticket": "$access_token"}}),
    ("GET /who", 200, {"headers": {"X-Ticket": "$barely_token"}}),
    ("GET /who", 401, {"headers": {"X-Ticket": "$expired_token"}}),
    ("GET /who", 422, {"headers": {"X-Ticket": "Bearer $access_token"}}),
    ("GET /who", 401, {"bearer": "access_token"}),
    ("GET /who?ticket=t.$access_token", 200),
    ("GET /who?ticket=$access_token", 422),
    ("POST /who", 200, {"json": {"ticket": "$access_token"}}),
]
