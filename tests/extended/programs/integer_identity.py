# The identity is the number of a row.
from flask import Flask, jsonify
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    current_user,
    get_jwt,
    get_jwt_identity,
    jwt_required,
)

app = Flask(__name__)
app.config["JWT_SECRET_KEY"] = "super-secret"
jwt = JWTManager(app)
USERS = {0: "nobody", 7: "ines"}


@jwt.user_lookup_loader
def user_lookup_callback(_jwt_header, jwt_data):
    return USERS.get(jwt_data["sub"])


@app.route("/login/<int:user_id>", methods=["POST"])
def login(user_id):
    return jsonify(access_token=create_access_token(identity=user_id))


@app.route("/me")
@jwt_required()
def me():
    return jsonify(id=get_jwt_identity(), sub=get_jwt()["sub"], name=str(current_user))


def accepted(identity, name):
    answer = {"id": identity, "sub": identity, "name": name}
    because = "identities that are numbers work as they did before PyJWT 2.10"
    differs = {"status": 200, "answer": answer, "because": because}
    return {"bearer": "access_token", "differs": differs}


REQUESTS = [
    ("POST /login/7", 200),
    ("GET /me", 422, accepted(7, "ines")),
    ("POST /login/0", 200),
    ("GET /me", 422, accepted(0, "nobody")),
]
