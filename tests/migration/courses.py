"""Programs in the shape that courses teach, with models, resources and a file for security."""

from __future__ import annotations

#: Flask-JWT 0.3 on Flask-RESTful, of 2016.
FLASK_JWT = {
    "security.py": """\
from werkzeug.security import safe_str_cmp
from models.user import UserModel


def authenticate(username, password):
    user = UserModel.find_by_username(username)
    if user and safe_str_cmp(user.password, password):
        return user


def identity(payload):
    return UserModel.find_by_id(payload['identity'])
""",
    "models/__init__.py": "",
    "models/user.py": """\
class UserModel:
    users = []

    def __init__(self, _id, username, password):
        self.id, self.username, self.password = _id, username, password

    @classmethod
    def find_by_username(cls, username):
        return next((user for user in cls.users if user.username == username), None)

    @classmethod
    def find_by_id(cls, _id):
        return next((user for user in cls.users if user.id == _id), None)
""",
    "resources/__init__.py": "",
    "resources/item.py": """\
from flask_restful import Resource, reqparse
from flask_jwt import jwt_required, current_identity


class Item(Resource):
    parser = reqparse.RequestParser()
    parser.add_argument('price', type=float, required=True, help="a price is needed")

    @jwt_required()
    def get(self, name):
        return {'name': name, 'owner': current_identity.username}
""",
    "app.py": """\
from flask import Flask, jsonify
from flask_restful import Api
from flask_jwt import JWT

from security import authenticate, identity
from resources.item import Item

app = Flask(__name__)
app.config['JWT_AUTH_URL_RULE'] = '/login'
app.secret_key = 'jose'
api = Api(app)


@app.before_first_request
def create_tables():
    pass


jwt = JWT(app, authenticate, identity)


@jwt.error_handler
def refused(error):
    return jsonify({'message': error.description}), error.status_code


api.add_resource(Item, '/item/<string:name>')

if __name__ == '__main__':
    app.run(port=5000, debug=True)
""",
}

#: Flask-JWT-Extended 3, of 2019: a blacklist, claims, fresh tokens and refreshes.
EXTENDED_3 = {
    "blacklist.py": "BLACKLIST = set()\n",
    "resources/__init__.py": "",
    "resources/user.py": """\
from flask_restful import Resource
from flask_jwt_extended import (
    create_access_token,
    create_refresh_token,
    jwt_refresh_token_required,  # of the course's chapter 11
    get_jwt_identity, get_raw_jwt,
    jwt_required,
)
from werkzeug.security import safe_str_cmp
from blacklist import BLACKLIST


class UserLogin(Resource):
    @classmethod
    def post(cls):
        access_token = create_access_token(identity=7, fresh=True)
        return {'access_token': access_token, 'refresh_token': create_refresh_token(7)}, 200


class UserLogout(Resource):
    @jwt_required
    def post(self):
        BLACKLIST.add(get_raw_jwt()['jti'])
        return {'message': 'bye'}, 200


class TokenRefresh(Resource):
    @jwt_refresh_token_required
    def post(self):
        return {'access_token': create_access_token(identity=get_jwt_identity(), fresh=False)}
""",
    "resources/item.py": """\
from flask_restful import Resource
from flask_jwt_extended import jwt_required, get_jwt_claims, jwt_optional, fresh_jwt_required


class Item(Resource):
    @jwt_required
    def get(self, name):
        return {'name': name}

    @fresh_jwt_required
    def post(self, name):
        return {'name': name}, 201

    @jwt_required
    def delete(self, name):
        if not get_jwt_claims()['is_admin']:
            return {'message': 'of admins alone'}, 401
        return {'message': 'gone'}


class ItemList(Resource):
    @jwt_optional
    def get(self):
        return {'items': []}
""",
    "app.py": """\
from flask import Flask, jsonify
from flask_restful import Api
from flask_jwt_extended import JWTManager

from blacklist import BLACKLIST
from resources.user import UserLogin, UserLogout, TokenRefresh
from resources.item import Item, ItemList

app = Flask(__name__)
app.config['PROPAGATE_EXCEPTIONS'] = True
app.config['JWT_BLACKLIST_ENABLED'] = True
app.config['JWT_BLACKLIST_TOKEN_CHECKS'] = ['access', 'refresh']
app.secret_key = 'jose'
api = Api(app)
jwt = JWTManager(app)


@jwt.user_claims_loader
def add_claims_to_jwt(identity):
    return {'is_admin': identity == 1}


@jwt.token_in_blacklist_loader
def check_if_token_in_blacklist(decrypted_token):
    return decrypted_token['jti'] in BLACKLIST


@jwt.expired_token_loader
def expired_token_callback(error):
    return jsonify({'error': 'token_expired'}), 401


@jwt.needs_fresh_token_loader
def token_not_fresh_callback():
    return jsonify({'error': 'fresh_token_required'}), 401


api.add_resource(UserLogin, '/login')
api.add_resource(UserLogout, '/logout')
api.add_resource(TokenRefresh, '/refresh')
api.add_resource(Item, '/item/<string:name>')
api.add_resource(ItemList, '/items')
""",
}

#: Flask-JWT-Extended 4, of 2023: an application factory, an extension of each file, a model.
EXTENDED_4 = {
    "shop/extensions.py": """\
from flask_jwt_extended import JWTManager

jwt = JWTManager()
""",
    "shop/config.py": """\
import os
from datetime import timedelta


class Config:
    SECRET_KEY = os.environ.get("SECRET_KEY", "you-will-never-guess")
    JWT_SECRET_KEY = os.environ["JWT_SECRET_KEY"]
    JWT_ACCESS_TOKEN_EXPIRES = timedelta(hours=1)
    JWT_TOKEN_LOCATION = ["headers", "cookies"]


class Development(Config):
    JWT_COOKIE_CSRF_PROTECT = False
    JWT_REFRESH_TOKEN_EXPIRES = False
""",
    "shop/auth.py": """\
import flask_jwt_extended
import flask_jwt_extended as fje
from flask_jwt_extended.exceptions import NoAuthorizationError
from flask_jwt_extended.utils import get_jwt

from .extensions import jwt
from .models import User


@jwt.user_lookup_loader
def load(_jwt_header, jwt_data):
    return User.query.filter_by(id=jwt_data["sub"]).one_or_none()


@jwt.expired_token_loader
def expired(jwt_header, jwt_payload):
    return {"msg": "sign in again"}, 401


@fje.jwt_required(refresh=True)
def refresh():
    try:
        flask_jwt_extended.verify_jwt_in_request()
    except NoAuthorizationError:
        return get_jwt()
    return fje.create_access_token(identity=fje.current_user, expires_delta=False)
""",
    "shop/models.py": """\
from .extensions import db


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
""",
}

#: All of them, by what they are of.
COURSES = {"Flask-JWT 0.3": FLASK_JWT, "FJE 3": EXTENDED_3, "FJE 4": EXTENDED_4}
