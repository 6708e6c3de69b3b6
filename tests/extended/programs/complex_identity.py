# The identity is a dict, as it was before PyJWT wanted texts.
from flask import Flask, jsonify
from flask_jwt_extended import JWTManager, create_access_token, get_jwt_identity, jwt_required

app = Flask(__name__)
app.config["JWT_SECRET_KEY"] = "super-secret"
app.config["JWT_VERIFY_SUB"] = False
jwt = JWTManager(app)


@app.route("/login", methods=["POST"])
def login():
    identity = {"id": 7, "roles": ["admin", "user"], "name": "Inês", "manager": None}
    return jsonify(access_token=create_access_token(identity=identity))


@app.route("/me")
@jwt_required()
def me():
    identity = get_jwt_identity()
    return jsonify(id=identity["id"], identity=identity)


REQUESTS = [("POST /login", 200), ("GET /me", 200, {"bearer": "access_token"})]
