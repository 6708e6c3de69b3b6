# Flask-RESTful, with the decorator in each of the places where people put it.
from flask import Flask, Blueprint
from flask_jwt import JWT, JWTError, jwt_required, current_identity
from flask_restful import Resource, Api, fields, marshal_with

app = Flask(__name__)
app.config['SECRET_KEY'] = 'super-secret'


def authenticate(username, password):
    if (username, password) == ('rosa', 'violin'):
        return {'id': 0, 'name': 'Rosa'}


def identity(payload):
    if payload['identity'] == 0:
        return {'user_id': 0, 'name': 'Rosa'}


jwt = JWT(app, authenticate, identity)
api = Api(app)


class OnGet(Resource):
    @jwt_required()
    def get(self):
        return dict(current_identity)

    def post(self):
        return {'open': True}, 201


class MethodDecorators(Resource):
    method_decorators = [jwt_required()]

    def get(self):
        return dict(current_identity)


class Decorators(Resource):
    decorators = [jwt_required()]

    def get(self):
        return dict(current_identity)


class Marshalled(Resource):
    @marshal_with({'name': fields.String})
    @jwt_required()
    def get(self):
        return current_identity


class Refusing(Resource):
    @jwt_required()
    def get(self):
        raise JWTError('Not Today', 'Closed on Mondays', 403, headers={'X-Day': 'Monday'})


api.add_resource(OnGet, '/on-get')
api.add_resource(MethodDecorators, '/method-decorators')
api.add_resource(Decorators, '/decorators')
api.add_resource(Marshalled, '/marshalled')
api.add_resource(Refusing, '/refusing')

# A whole API behind the decorator, on a blueprint.
bp = Blueprint('v2', __name__, url_prefix='/v2')
api_v2 = Api(bp, decorators=[jwt_required()], catch_all_404s=True)


class Everything(Resource):
    def get(self):
        return {'id': current_identity['user_id']}


api_v2.add_resource(Everything, '/everything')
app.register_blueprint(bp)
