# Data that lies in the token: claims and headers of the application's own.
from flask import Flask, jsonify, request
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    get_jwt,
    get_jwt_header,
    jwt_required,
)

app = Flask(__name__)
app.config["JWT_SECRET_KEY"] = "super-secret"
app.config["JWT_ENCODE_ISSUER"] = app.config["JWT_DECODE_ISSUER"] = "urn:music"
app.config["JWT_ENCODE_AUDIENCE"] = app.config["JWT_DECODE_AUDIENCE"] = ["players", "singers"]
jwt = JWTManager(app)


@jwt.additional_claims_loader
def add_claims_to_token(identity):
    return {"role": "admin" if identity == "ines" else "guest", "tags": ["a", {"b": 1.5}]}


@jwt.additional_headers_loader
def add_headers_to_token(identity):
    return {"tenant": identity[0]}


@app.route("/login", methods=["POST"])
def login():
    username = request.json["username"]
    return jsonify(
        access_token=create_access_token(username),
        other_token=create_access_token(
            username, additional_claims={"role": "player"}, additional_headers={"v": 2}
        ),
        refresh_token=create_refresh_token(username, additional_claims={"aud": "singers"}),
        foreign_token=create_access_token(username, additional_claims={"aud": "dancers"}),
        issued_elsewhere_token=create_access_token(username, additional_claims={"iss": "other"}),
    )


@app.route("/claims")
@jwt_required(verify_type=False)
def claims():
    return jsonify(claims=get_jwt(), header=get_jwt_header())


REQUESTS = [
    ("POST /login", 200, {"json": {"username": "ines"}}),
    ("GET /claims", 200, {"bearer": "access_token"}),
    ("GET /claims", 200, {"bearer": "other_token"}),
    ("GET /claims", 200, {"bearer": "refresh_token"}),
    ("GET /claims", 422, {"bearer": "foreign_token"}),
    ("GET /claims", 422, {"bearer": "issued_elsewhere_token"}),
]
