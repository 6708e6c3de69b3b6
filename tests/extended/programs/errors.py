# An application that answers every error in its own way, those of tokens left to the extension.
from datetime import timedelta

from flask import Flask, abort, jsonify
from flask_jwt_extended import JWTManager, create_access_token, create_refresh_token, jwt_required
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt import InvalidTokenError
from werkzeug.exceptions import HTTPException

app = Flask(__name__)
app.config["JWT_SECRET_KEY"] = "super-secret"
jwt = JWTManager(app)


@app.errorhandler(401)
def unauthorized(error):
    return jsonify(error="my own unauthorized"), 401


@app.errorhandler(422)
def unprocessable(error):
    return jsonify(error="my own unprocessable"), 422


@app.errorhandler(HTTPException)
def http_error(error):
    return jsonify(error=error.name), error.code


@app.errorhandler(JWTExtendedException)
@app.errorhandler(InvalidTokenError)
def token_error(error):
    return jsonify(error=str(error)), 403


@app.errorhandler(Exception)
def any_error(error):
    return jsonify(error="server error"), 500


@app.route("/login", methods=["POST"])
def login():
    access_token = create_access_token("ines")
    expired_token = create_access_token("ines", expires_delta=timedelta(seconds=-1))
    return jsonify(
        access_token=access_token,
        expired_token=expired_token,
        refresh_token=create_refresh_token("ines"),
    )


@app.route("/fail/<int:code>")
@jwt_required()
def fail(code):
    abort(code)


@app.route("/crash")
@jwt_required()
def crash():
    raise ValueError("a mistake")


REQUESTS = [
    ("POST /login", 200),
    ("GET /fail/401", 401, {"answer": {"msg": "Missing Authorization Header"}}),
    ("GET /fail/401", 422, {"headers": {"Authorization": "Bearer rubbish"}}),
    ("GET /fail/401", 422, {"bearer": "refresh_token"}),
    ("GET /fail/401", 401, {"bearer": "expired_token", "answer": {"msg": "Token has expired"}}),
    ("GET /fail/401", 401, {"bearer": "access_token", "answer": {"error": "my own unauthorized"}}),
    ("GET /fail/418", 418, {"bearer": "access_token", "answer": {"error": "I'm a teapot"}}),
    ("GET /crash", 500, {"bearer": "access_token", "answer": {"error": "server error"}}),
]
