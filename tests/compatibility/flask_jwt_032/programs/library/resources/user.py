from flask_restful import Resource, reqparse

from models.user import UserModel


class UserRegister(Resource):
    parser = reqparse.RequestParser()
    parser.add_argument('username', type=str, required=True, help='There has to be a name.')
    parser.add_argument('password', type=str, required=True, help='There has to be a password.')

    def post(self):
        data = UserRegister.parser.parse_args()
        if UserModel.find_by_username(data['username']):
            return {'message': 'Somebody has that name already.'}, 400
        UserModel(None, **data).save_to_db()
        return {'message': 'Welcome.'}, 201
