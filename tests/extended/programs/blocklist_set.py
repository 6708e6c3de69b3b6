# Sign-out puts the token into a set.
from flask import Flask, jsonify
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    get_jti,
    get_jwt,
    jwt_required,
)

app = Flask(__name__)
app.config["JWT_SECRET_KEY"] = "super-secret"
jwt = JWTManager(app)
BLOCKLIST = set()


@jwt.token_in_blocklist_loader
def check_if_token_is_revoked(jwt_header, jwt_payload: dict):
    return jwt_payload["jti"] in BLOCKLIST


@app.route("/login", methods=["POST"])
def login():
    return jsonify(
        access_token=create_access_token("ines"), refresh_token=create_refresh_token("ines")
    )


@app.route("/logout", methods=["DELETE"])
@jwt_required(verify_type=False)
def logout():
    token = get_jwt()
    BLOCKLIST.add(token["jti"])
    return jsonify(msg=f"{token['type'].capitalize()} token successfully revoked")


@app.route("/protected")
@jwt_required()
def protected():
    return jsonify(hello="world")


@app.route("/refresh", methods=["POST"])
@jwt_required(refresh=True)
def refresh():
    access_token = create_access_token("ines")
    assert get_jti(access_token) not in BLOCKLIST
    return jsonify(access_token=access_token)


@app.route("/goodbye")
@jwt_required(skip_revocation_check=True)
def goodbye():
    return jsonify(revoked=get_jwt()["jti"] in BLOCKLIST)


REVOKED = {"msg": "Token has been revoked"}
REQUESTS = [
    ("POST /login", 200),
    ("GET /protected", 200, {"bearer": "access_token"}),
    ("DELETE /logout", 200, {"bearer": "access_token"}),
    ("GET /protected", 401, {"bearer": "access_token", "answer": REVOKED}),
    ("DELETE /logout", 401, {"bearer": "access_token", "answer": REVOKED}),
    ("GET /goodbye", 200, {"bearer": "access_token", "answer": {"revoked": True}}),
    ("POST /refresh", 200, {"bearer": "refresh_token"}),
    ("GET /protected", 200, {"bearer": "access_token"}),
    ("DELETE /logout", 200, {"bearer": "refresh_token"}),
    ("POST /refresh", 401, {"bearer": "refresh_token", "answer": REVOKED}),
]
