# Flask-RESTX's namespaces.
from flask import Flask
from flask_jwt_extended import JWTManager, create_access_token, get_jwt_identity, jwt_required
from flask_restx import Api, Namespace, Resource, fields

app = Flask(__name__)
app.config["JWT_SECRET_KEY"] = "super-secret"
jwt = JWTManager(app)
authorizations = {"apikey": {"type": "apiKey", "in": "header", "name": "Authorization"}}
api = Api(app, authorizations=authorizations, security="apikey", doc=False)
ns = Namespace("notes")
note = ns.model("Note", {"text": fields.String(required=True)})


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


def refused(status, message):
    because = "the errors are no HTTP exceptions there, and Flask-RESTX makes a 500 of them"
    return {"differs": {"status": status, "answer": {"msg": message}, "because": because}}


REQUESTS = [
    ("POST /notes/login", 200),
    ("GET /notes/7", 200, {"bearer": "access_token"}),
    ("PUT /notes/7", 200, {"bearer": "access_token", "json": {"text": "new"}}),
    ("PUT /notes/7", 400, {"bearer": "access_token", "json": {}}),
    ("GET /notes/7", 500, refused(401, "Missing Authorization Header")),
]
