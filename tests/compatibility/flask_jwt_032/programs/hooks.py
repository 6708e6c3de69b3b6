# Every hook replaced; tokens are made and read by PyJWT, as the old documentation showed it.
from datetime import datetime, timedelta

import jwt as pyjwt
from flask import Flask, jsonify, request, current_app
from flask_jwt import JWT, jwt_required, current_identity

app = Flask(__name__)
app.config['SECRET_KEY'] = 'super-secret'

jwt = JWT(app)


class Player(object):
    def __init__(self, name):
        self.name = name


@jwt.authentication_handler
def authenticate(username, password):
    if password == 'violin':
        return Player(username)


@jwt.identity_handler
def identity(payload):
    if payload['player'] == 'ghost':
        return None
    return Player(payload['player'])


@jwt.jwt_payload_handler
def make_payload(player):
    now = datetime.utcnow()
    return {
        'exp': now + current_app.config['JWT_EXPIRATION_DELTA'],
        'iat': now,
        'nbf': now + current_app.config['JWT_NOT_BEFORE_DELTA'],
        'player': player.name,
    }


@jwt.jwt_headers_handler
def make_headers(player):
    return {'orchestra': 'north'}


@jwt.jwt_encode_handler
def encode(player):
    secret = current_app.config['JWT_SECRET_KEY']
    algorithm = current_app.config['JWT_ALGORITHM']
    return pyjwt.encode(
        make_payload(player), secret, algorithm=algorithm, headers=make_headers(player))


@jwt.jwt_decode_handler
def decode(token):
    secret = current_app.config['JWT_SECRET_KEY']
    leeway = current_app.config['JWT_LEEWAY']
    payload = pyjwt.decode(
        token, secret, leeway=leeway, algorithms=[current_app.config['JWT_ALGORITHM']])
    if payload['player'] == 'banned':
        raise pyjwt.InvalidTokenError('This player is banned')
    return payload


@jwt.auth_response_handler
def auth_response(access_token, player):
    return jsonify({
        'token': access_token.decode('utf-8'),
        'player': player.name,
        'length': len(access_token),
    })


@jwt.request_handler
def from_header_of_our_own():
    return request.headers.get('X-Orchestra-Token', None)


@jwt.jwt_error_handler
def refused(error):
    return jsonify(problem=error.error, detail=error.description), error.status_code + 20, {
        'X-Refused': 'yes'}


@app.route('/seat')
@jwt_required()
def seat():
    return jsonify(player=current_identity.name)


@app.route('/replace', methods=['POST'])
def replace():
    # Hooks may be replaced at any time; the next request uses the new ones.
    @jwt.request_handler
    def from_query():
        return request.args.get('t')

    @jwt.jwt_error_handler
    def refused_again(error):
        return 'no: %s' % error, 403

    @jwt.identity_handler
    def identity_again(payload):
        return Player(payload['player'].upper())

    @jwt.auth_response_handler
    def auth_response_again(access_token, player):
        return access_token

    return ''


@app.route('/old-style', methods=['POST'])
def old_style():
    @jwt.auth_request_handler
    def answer_all():
        player = jwt.authentication_callback(request.form['who'], request.form['key'])
        return jsonify(token=jwt.jwt_encode_callback(player))

    return ''
