# Everything is guarded, but for a list of endpoints.
from flask import Flask, jsonify, request
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    current_user,
    get_jwt_identity,
    verify_jwt_in_request,
)

app = Flask(__name__)
app.config["JWT_SECRET_KEY"] = "super-secret"
jwt = JWTManager(app)
OPEN = ["login", "index"]


@jwt.user_lookup_loader
def load_user(_jwt_header, jwt_data):
    return {"name": jwt_data["sub"].title()}


@app.before_request
def check_token():
    if request.endpoint not in OPEN:
        verify_jwt_in_request()


@app.route("/")
def index():
    return jsonify(verify_jwt_in_request(optional=True))


@app.route("/login", methods=["POST"])
def login():
    return jsonify(access_token=create_access_token(request.form["username"]))


@app.route("/account", methods=["GET", "DELETE"])
def account():
    return jsonify(id=get_jwt_identity(), name=current_user["name"])


REQUESTS = [
    ("POST /login", 200, {"data": {"username": "ines"}}),
    ("GET /", 200),
    ("GET /", 200, {"bearer": "access_token"}),
    ("GET /account", 401),
    ("GET /account", 200, {"bearer": "access_token"}),
    ("DELETE /account", 200, {"bearer": "access_token"}),
    ("OPTIONS /account", 200),
    ("GET /no-such-page", 401),
    ("GET /no-such-page", 404, {"bearer": "access_token"}),
]
