# Every answer is the application's own.
from datetime import timedelta

from flask import Flask, jsonify, request
from flask_jwt_extended import JWTManager, create_access_token, create_refresh_token, jwt_required

app = Flask(__name__)
app.config["JWT_SECRET_KEY"] = "super-secret"
jwt = JWTManager(app)


@jwt.expired_token_loader
def my_expired_token_callback(jwt_header, jwt_payload):
    return jsonify(code="dave", err=f"{jwt_payload['sub']} by {jwt_header['alg']}"), 410


@jwt.invalid_token_loader
def my_invalid_token_callback(reason):
    return jsonify(code="invalid", kind=type(reason).__name__), 400


@jwt.unauthorized_loader
def my_unauthorized_callback(reason):
    return jsonify(code="unauthorized", reason=reason), 403, {"X-Reason": "none"}


@jwt.needs_fresh_token_loader
def my_needs_fresh_token_callback(jwt_header, jwt_payload):
    return jsonify(code="stale", who=jwt_payload["sub"]), 428


@jwt.revoked_token_loader
def my_revoked_token_callback(jwt_header, jwt_payload):
    return f"{jwt_payload['sub']} has left", 410


@jwt.token_in_blocklist_loader
def my_blocklist(jwt_header, jwt_payload):
    return jwt_payload["sub"] == "gone"


@jwt.token_verification_loader
def my_verification(jwt_header, jwt_payload):
    return jwt_payload.get("team") != "away"


@jwt.token_verification_failed_loader
def my_verification_failed(jwt_header, jwt_payload):
    return jsonify(code="wrong team", team=jwt_payload["team"]), 409


@jwt.user_lookup_loader
def my_lookup(jwt_header, jwt_payload):
    return None if jwt_payload["sub"] == "unknown" else jwt_payload["sub"]


@jwt.user_lookup_error_loader
def my_lookup_error(jwt_header, jwt_payload):
    return jsonify(code="unknown", who=jwt_payload["sub"]), 404


@app.route("/tokens/<who>", methods=["POST"])
def tokens(who):
    expired = create_access_token(who, expires_delta=timedelta(seconds=-1))
    access = create_access_token(who, additional_claims=request.get_json(silent=True))
    return jsonify(
        access_token=access, expired_token=expired, refresh_token=create_refresh_token(who)
    )


@app.route("/protected")
@jwt_required()
def protected():
    return jsonify(hello="world")


@app.route("/fresh")
@jwt_required(fresh=True)
def fresh():
    return jsonify(hello="fresh world")


REQUESTS = [
    ("POST /tokens/ines", 200),
    ("GET /protected", 200, {"bearer": "access_token"}),
    ("GET /protected", 403),
    ("GET /protected", 410, {"bearer": "expired_token"}),
    ("GET /protected", 400, {"bearer": "refresh_token"}),
    ("GET /protected", 400, {"headers": {"Authorization": "Bearer rubbish"}}),
    ("GET /fresh", 428, {"bearer": "access_token"}),
    ("POST /tokens/gone", 200),
    ("GET /protected", 410, {"bearer": "access_token", "answer": "gone has left"}),
    ("POST /tokens/unknown", 200),
    ("GET /protected", 404, {"bearer": "access_token"}),
    ("POST /tokens/otto", 200, {"json": {"team": "away"}}),
    ("GET /protected", 409, {"bearer": "access_token"}),
]
