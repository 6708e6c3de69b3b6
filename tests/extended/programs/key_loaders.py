# Each tenant has a key of its own.
from flask import Flask, jsonify
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    get_jwt_header,
    get_jwt_identity,
    jwt_required,
)

KEYS = {"bakery": "secret of the bakery", "dairy": "secret of the dairy"}

app = Flask(__name__)
jwt = JWTManager(app)


@jwt.encode_key_loader
def encode_key(identity):
    return KEYS[identity.partition(":")[0]]


@jwt.decode_key_loader
def decode_key(jwt_header, jwt_payload):
    return KEYS[jwt_header.get("tenant") or jwt_payload["sub"].partition(":")[0]]


@app.route("/login/<tenant>/<name>", methods=["POST"])
def login(tenant, name):
    return jsonify(access_token=create_access_token(f"{tenant}:{name}"))


@app.route("/forge/<tenant>/<other>", methods=["POST"])
def forge(tenant, other):
    token = create_access_token(f"{tenant}:ines", additional_headers={"tenant": other})
    return jsonify(access_token=token)


@app.route("/protected")
@jwt_required()
def protected():
    return jsonify(who=get_jwt_identity(), header=get_jwt_header())


REQUESTS = [
    ("POST /login/bakery/ines", 200),
    ("GET /protected", 200, {"bearer": "access_token"}),
    ("POST /login/dairy/otto", 200),
    ("GET /protected", 200, {"bearer": "access_token"}),
    ("POST /forge/dairy/bakery", 200),
    ("GET /protected", 422, {"bearer": "access_token"}),
]
