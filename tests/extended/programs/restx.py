# Flask-RESTX's namespaces.
from flask import Flask
from flask_jwt_extended import JWTManager, create_access_token, get_jwt_identity, jwt_required
from flask_restx import Api, Namespace, Resource, fields

app = Flask(__name__)
app.config["JWT_SECRET_KEY"] = "super-secret"
jwt = JWTManager(app)
authorizations = {"apikey": {"type": "apiKey", "in": "header", "name": "Authorization"}}
api = Api(app, authorizations=authorizations, security="apikey", doc=False)
# As everybody does, so that it stops answering 500.
jwt._set_error_handler_callbacks(api)
ns = Namespace("notes")
note = ns.model("Note", {"text": fields.String(required=True)})


@jwt.unauthorized_loader
def unauthorized(reason):
    return {"message": reason}, 401


@jwt.invalid_token_loader
def invalid(reason):
    return {"message": reason}, 400


@ns.route("/login")
class Login(Resource):
    def post(self):
        return {"access_token": create_access_token(identity="ines")}


@ns.route("/<int:note_id>")
class Note(Resource):
    method_decorators = [jwt_required()]

    @ns.doc(security="apikey")
    @ns.marshal_with(note)
    def get(self, note_id):
        return {"text": f"{note_id} of {get_jwt_identity()}", "hidden": True}

    @ns.expect(note, validate=True)
    def put(self, note_id):
        return api.payload


api.add_namespace(ns)


REQUESTS = [
    ("POST /notes/login", 200),
    ("GET /notes/7", 200, {"bearer": "access_token"}),
    ("PUT /notes/7", 200, {"bearer": "access_token", "json": {"text": "new"}}),
    ("PUT /notes/7", 400, {"bearer": "access_token", "json": {}}),
    ("GET /notes/7", 401, {"answer": {"message": "Missing Authorization Header"}}),
    ("GET /notes/7", 400, {"headers": {"Authorization": "Bearer rubbish"}}),
]
