# An application factory, extensions without an application, blueprints, class-based views, and
# imports as an editor writes them.
from datetime import timedelta

from flask import Blueprint, Flask, jsonify, request
from flask.views import MethodView
from flask_jwt_extended.jwt_manager import JWTManager
from flask_jwt_extended.typing import ExpiresDelta
from flask_jwt_extended.utils import create_access_token, current_user
from flask_jwt_extended.view_decorators import jwt_required

jwt = JWTManager()
auth = Blueprint("auth", __name__, url_prefix="/auth")
api = Blueprint("api", __name__, url_prefix="/api/v1")
admin = Blueprint("admin", __name__, url_prefix="/admin")


@jwt.user_lookup_loader
def load_user(_header, payload):
    return {"username": payload["sub"]}


@auth.route("/login", methods=["POST"])
def login():
    username = request.json["username"]
    lifetime: ExpiresDelta = timedelta(minutes=10)
    fresh_token = create_access_token(username, fresh=True, expires_delta=lifetime)
    return jsonify(access_token=create_access_token(username), fresh_token=fresh_token), 201


@admin.before_request
@jwt_required(fresh=True)
def protect():
    """Guard all of the blueprint."""


@admin.route("/")
def dashboard():
    return jsonify(dashboard_of=current_user["username"])


class NoteView(MethodView):
    decorators = [jwt_required()]

    def get(self, note_id):
        return jsonify(note=note_id, owner=current_user["username"])

    @jwt_required(fresh=True)
    def delete(self, note_id):
        return jsonify(deleted=note_id)


class OpenView(MethodView):
    init_every_request = False

    def get(self):
        return jsonify(open=True)

    @jwt_required()
    def post(self):
        return jsonify(posted_by=current_user["username"])


api.add_url_rule("/notes/<int:note_id>", view_func=NoteView.as_view("note"))
api.add_url_rule("/open", view_func=OpenView.as_view("open"))


def create_app(config=None):
    app = Flask(__name__)
    app.config.from_mapping(config or {})
    jwt.init_app(app)
    app.register_blueprint(auth)
    app.register_blueprint(api)
    app.register_blueprint(admin)
    return app


app = create_app({"SECRET_KEY": "dev"})
# Its tests make another one.
test_app = create_app({"SECRET_KEY": "test", "JWT_HEADER_TYPE": "JWT", "TESTING": True})

REQUESTS = [
    ("POST /auth/login", 201, {"json": {"username": "ines"}}),
    ("GET /api/v1/notes/7", 200, {"bearer": "access_token"}),
    ("DELETE /api/v1/notes/7", 401, {"bearer": "access_token"}),
    ("GET /api/v1/notes/7", 401),
    ("GET /admin/", 401),
    ("GET /admin/", 401, {"bearer": "access_token"}),
    ("GET /admin/", 200, {"bearer": "fresh_token"}),
    ("GET /api/v1/open", 200),
    ("POST /api/v1/open", 401),
    ("POST /api/v1/open", 200, {"bearer": "access_token"}),
]
