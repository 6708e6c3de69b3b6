# Users are rows; the view finds its user loaded.
from hmac import compare_digest

from flask import Flask, jsonify, render_template_string, request
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    current_user,
    get_current_user,
    jwt_required,
)
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["JWT_SECRET_KEY"] = "super-secret"
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
jwt = JWTManager(app, add_context_processor=True)
db = SQLAlchemy(app)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    username = db.Column(db.Text, nullable=False, unique=True)
    full_name = db.Column(db.Text, nullable=False)

    def check_password(self, password):
        return compare_digest(password, "cello")


@jwt.user_identity_loader
def user_identity_lookup(user):
    return str(user.id)


@jwt.user_lookup_loader
def user_lookup_callback(_jwt_header, jwt_data):
    return User.query.filter_by(id=jwt_data["sub"]).one_or_none()


@app.route("/login", methods=["POST"])
def login():
    user = User.query.filter_by(username=request.json["username"]).one_or_none()
    if not user or not user.check_password(request.json["password"]):
        return jsonify("Wrong username or password"), 401
    return jsonify(access_token=create_access_token(identity=user))


@app.route("/who_am_i", methods=["GET", "DELETE"])
@jwt_required()
def protected():
    if request.method == "DELETE":
        db.session.delete(get_current_user())
        db.session.commit()
    return jsonify(id=current_user.id, full_name=current_user.full_name)


@app.route("/page")
@jwt_required(optional=True)
def page():
    return render_template_string("<p>{{ current_user.full_name or 'nobody' }}</p>")


with app.app_context():
    db.create_all()
    db.session.add(User(full_name="Ines Arce", username="ines"))
    db.session.commit()

REQUESTS = [
    ("POST /login", 200, {"json": {"username": "ines", "password": "cello"}}),
    ("POST /login", 401, {"json": {"username": "ines", "password": "viola"}}),
    ("GET /who_am_i", 200, {"bearer": "access_token"}),
    ("GET /page", 200, {"bearer": "access_token", "answer": "<p>Ines Arce</p>"}),
    ("GET /page", 200, {"answer": "<p>nobody</p>"}),
    ("DELETE /who_am_i", 200, {"bearer": "access_token"}),
    ("GET /who_am_i", 401, {"bearer": "access_token"}),
    ("GET /page", 401, {"bearer": "access_token"}),
]
