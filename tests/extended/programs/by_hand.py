# Tokens read by the program itself, and errors that it catches.
from datetime import timedelta

from flask import Flask, jsonify, request
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    decode_token,
    get_jti,
    get_unverified_jwt_headers,
    jwt_required,
    verify_jwt_in_request,
)
from flask_jwt_extended.exceptions import (
    JWTExtendedException,
    NoAuthorizationError,
    WrongTokenError,
)
from jwt import ExpiredSignatureError
from jwt.exceptions import InvalidTokenError

app = Flask(__name__)
app.config["JWT_SECRET_KEY"] = "super-secret"
jwt = JWTManager(app)


@app.errorhandler(WrongTokenError)
def wrong_token(error):
    return jsonify(caught=str(error)), 418


@app.route("/tokens", methods=["POST"])
def tokens():
    return jsonify(
        access_token=create_access_token("ines"),
        expired_token=create_access_token("ines", expires_delta=timedelta(seconds=-1)),
    )


@app.route("/read", methods=["POST"])
def read():
    token = request.json["token"]
    try:
        claims = decode_token(token)
    except ExpiredSignatureError:
        return jsonify(expired=decode_token(token, allow_expired=True)["sub"]), 400
    except (InvalidTokenError, JWTExtendedException) as error:
        return jsonify(invalid=isinstance(error, InvalidTokenError)), 400
    assert get_jti(token) == claims["jti"]
    return jsonify(claims=claims, header=get_unverified_jwt_headers(token))


@app.route("/maybe")
def maybe():
    try:
        verify_jwt_in_request()
    except NoAuthorizationError as error:
        return jsonify(nobody=str(error))
    return jsonify(somebody=True)


@app.route("/refresh")
@jwt_required(refresh=True)
def refresh():
    return jsonify(refreshed=True)


REQUESTS = [
    ("POST /tokens", 200),
    ("POST /read", 200, {"json": {"token": "$access_token"}}),
    ("POST /read", 400, {"json": {"token": "$expired_token"}, "answer": {"expired": "ines"}}),
    ("POST /read", 400, {"json": {"token": "rubbish"}, "answer": {"invalid": True}}),
    ("GET /maybe", 200),
    ("GET /maybe", 200, {"bearer": "access_token", "answer": {"somebody": True}}),
    ("GET /refresh", 418, {"bearer": "access_token"}),
]
