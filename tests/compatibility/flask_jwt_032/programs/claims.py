# Claims of our own, in each of the forms that a payload handler may give its times.
from datetime import datetime, timedelta, timezone

from flask import Flask, current_app, jsonify
from flask_jwt import JWT, jwt_required, current_identity

app = Flask(__name__)
app.config['SECRET_KEY'] = 'super-secret'
app.config['JWT_REQUIRED_CLAIMS'] = ['exp', 'iat', 'nbf', 'role']


def authenticate(username, password):
    return username


def identity(payload):
    return payload


jwt = JWT(app, authenticate, identity)


def naive_datetimes(now):
    return {'exp': now + timedelta(minutes=10), 'iat': now, 'nbf': now}


def aware_datetimes(now):
    # A zone that is two hours ahead.
    now = now.replace(tzinfo=timezone.utc).astimezone(timezone(timedelta(hours=2)))
    return {'exp': now + timedelta(minutes=10), 'iat': now, 'nbf': now}


def numbers(now):
    seconds = int((now - datetime(1970, 1, 1)).total_seconds())
    return {'exp': seconds + 600, 'iat': seconds, 'nbf': seconds}


forms = {'naive': naive_datetimes, 'aware': aware_datetimes, 'numbers': numbers}


@jwt.jwt_payload_handler
def payload(username):
    claims = forms[username.split('-')[0]](datetime.utcnow())
    claims['sub'] = username
    if not username.endswith('-incomplete'):
        claims['role'] = 'first violin'
    return claims


@jwt.jwt_headers_handler
def headers(username):
    if username == 'aware':
        return {'kind': 'aware'}


@app.route('/claims')
@jwt_required()
def claims():
    return jsonify(dict(current_identity))
