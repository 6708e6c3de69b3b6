from flask import Flask, jsonify
from flask_jwt import JWT, jwt_required, current_identity
from flask_restful import Resource, Api


class Member(object):
    def __init__(self, id, username, password):
        self.id = id
        self.username = username
        self.password = password

    def __str__(self):
        return "Member(id='%s')" % self.id


members = [
    Member(1, 'rosa', 'violin'),
    Member(2, 'emil', 'oboe'),
]

by_name = {m.username: m for m in members}
by_id = {m.id: m for m in members}


def authenticate(username, password):
    member = by_name.get(username, None)
    if member and member.password == password:
        return member


def identity(payload):
    return by_id.get(payload['identity'], None)


app = Flask(__name__)
app.config['SECRET_KEY'] = 'super-secret'
api = Api(app, prefix='/api/v1')

jwt = JWT(app, authenticate, identity)


class Rehearsal(Resource):
    @jwt_required()
    def get(self):
        return {'hall': 7, 'member': current_identity.id}


api.add_resource(Rehearsal, '/rehearsal')


@app.route('/protected')
@jwt_required()
def protected():
    return '%s' % current_identity


@app.route('/whoami')
@jwt_required('The Orchestra')
def whoami():
    return jsonify(username=current_identity.username)


if __name__ == '__main__':
    app.run(debug=True)
