# Hooks that start from what the extension does by itself, imported from where it was.
import jwt as pyjwt
from flask import Flask
from flask_jwt import (
    JWT, JWTError, jwt_required, current_identity, _jwt, _default_auth_request_handler,
    _default_auth_response_handler, _default_jwt_decode_handler, _default_jwt_encode_handler,
    _default_jwt_error_handler, _default_jwt_headers_handler, _default_jwt_payload_handler,
    _default_request_handler, timedelta, jsonify, current_app, request)

app = Flask(__name__)
app.config['SECRET_KEY'] = 'super-secret'


class Singer(object):
    def __init__(self, id, name):
        self.id = id
        self.name = name


singers = [Singer(1, 'rosa'), Singer(2, 'emil')]


def authenticate(username, password):
    for singer in singers:
        if singer.name == username and password == 'violin':
            return singer


def identity(payload):
    for singer in singers:
        if singer.id == payload['identity']:
            return singer


jwt = JWT(app, authenticate, identity)


@jwt.jwt_payload_handler
def payload_with_voice(singer):
    payload = _default_jwt_payload_handler(singer)
    payload['exp'] = payload['iat'] + timedelta(days=2)
    payload['voice'] = 'alto'
    return payload


@jwt.jwt_headers_handler
def headers_with_choir(singer):
    headers = _default_jwt_headers_handler(singer) or {}
    headers['choir'] = 'north'
    return headers


@jwt.jwt_encode_handler
def encode(singer):
    return _default_jwt_encode_handler(singer)


@jwt.jwt_decode_handler
def decode(token):
    try:
        payload = _default_jwt_decode_handler(token)
    except pyjwt.ExpiredSignatureError:
        raise JWTError('Too Late', 'Sign in again', 401)
    if payload['voice'] != 'alto':
        raise pyjwt.InvalidTokenError('Another voice')
    return payload


@jwt.request_handler
def from_header_or_query():
    return _default_request_handler() or request.args.get('token')


@jwt.auth_response_handler
def response_with_name(access_token, singer):
    response = _default_auth_response_handler(access_token, singer)
    response.headers['X-Singer'] = singer.name
    return response


@jwt.jwt_error_handler
def refused(error):
    response, status, headers = _default_jwt_error_handler(error)
    response.headers['X-Choir'] = current_app.config['JWT_DEFAULT_REALM']
    return response, status, headers


@app.route('/sing')
@jwt_required()
def sing():
    return jsonify(name=current_identity.name)


@app.route('/sign-in', methods=['POST'])
def sign_in():
    return _default_auth_request_handler()


@app.route('/token-of/<int:number>')
def token_of(number):
    return jsonify(token=_jwt.jwt_encode_callback(singers[number - 1]).decode(encoding='utf-8'))
