# An application factory and blueprints; the hooks are registered on an extension without an app.
import datetime

from flask import Flask, Blueprint, jsonify
from flask.views import MethodView
from flask_jwt import JWT, jwt_required, current_identity

jwt = JWT()


class User(object):
    def __init__(self, **kwargs):
        self.__dict__.update(kwargs)


@jwt.authentication_handler
def authenticate(username, password):
    if username == 'emil@example.org' and password == 'oboe':
        return User(id='b7', email=username)


@jwt.identity_handler
def load_user(payload):
    return User(id=payload['identity'], email='emil@example.org')


main = Blueprint('main', __name__)


@main.route('/me')
@jwt_required()
def me():
    return jsonify(id=current_identity.id, email=current_identity.email)


class Items(MethodView):
    decorators = [jwt_required()]

    def get(self):
        return jsonify(owner=current_identity.id)

    def delete(self):
        return '', 204


main.add_url_rule('/items', view_func=Items.as_view('items'))


def create_app():
    app = Flask(__name__)
    app.config['JWT_AUTH_USERNAME_KEY'] = 'email'
    app.config['JWT_AUTH_PASSWORD_KEY'] = 'pass'
    app.config['JWT_AUTH_URL_RULE'] = '/api/login'
    app.config['JWT_AUTH_ENDPOINT'] = 'login'
    jwt.init_app(app)
    app.register_blueprint(main, url_prefix='/main')
    # After init_app, as many a program had it.
    app.config['SECRET_KEY'] = 'super-secret'
    app.config['JWT_AUTH_HEADER_PREFIX'] = 'Bearer'
    app.config['JWT_EXPIRATION_DELTA'] = datetime.timedelta(hours=2)
    app.config['JWT_NOT_BEFORE_DELTA'] = datetime.timedelta(seconds=-5)
    app.config['JWT_DEFAULT_REALM'] = 'Members'
    return app


app = create_app()
