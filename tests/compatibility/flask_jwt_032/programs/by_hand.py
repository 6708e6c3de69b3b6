# No route of the extension: an endpoint of our own, and authentication that is optional.
from datetime import timedelta

from flask import Flask, jsonify, request
from flask_jwt import JWT, JWTError, jwt_required, _jwt_required, current_identity

app = Flask(__name__)
app.config.update(
    SECRET_KEY='super-secret',
    JWT_AUTH_URL_RULE=None,
    JWT_EXPIRATION_DELTA=timedelta(days=1),
    JWT_LEEWAY=0,
)


class User(object):
    id = 42
    name = 'Rosa'


def identity(payload):
    if payload['identity'] == 42:
        return User()


jwt = JWT(app, None, identity)


@app.route('/login', methods=['POST'])
def login():
    if request.form.get('pin') != '1234':
        raise JWTError('Bad Request', 'Wrong PIN', headers={'X-Tries': '3'})
    access_token = jwt.jwt_encode_callback(User())
    return jwt.auth_response_callback(access_token, User())


@app.route('/login/plain', methods=['POST'])
def login_plain():
    return jsonify(token=jwt.jwt_encode_callback(User()).decode('utf-8'))


@app.route('/')
def index():
    try:
        _jwt_required('Guests welcome')
    except JWTError as e:
        return jsonify(hello='guest', because=e.error)
    return jsonify(hello=current_identity.name)


@app.route('/strict')
def strict():
    _jwt_required(app.config['JWT_DEFAULT_REALM'])
    return jsonify(hello=current_identity.name)


@app.route('/nobody')
def nobody():
    return jsonify(hello=bool(current_identity))


@app.after_request
def seen_by(response):
    # Still there after the view, until the end of the request.
    response.headers['X-Seen-By'] = current_identity.name if current_identity else 'nobody'
    return response
