# A course's program: security, resources and models in files of their own, SQLite beneath.
from flask import Flask, jsonify
from flask_jwt import JWT, JWTError
from flask_restful import Api

from db import create_tables
from resources.book import Book, BookList
from resources.shelf import Shelf, ShelfList
from resources.user import UserRegister
from security import authenticate, identity

app = Flask(__name__)
app.secret_key = 'super-secret'
api = Api(app)


@app.before_request
def tables():
    create_tables()


jwt = JWT(app, authenticate, identity)

# After JWT(app, ...), where it never had an effect: sign-in is at /auth.
app.config['JWT_AUTH_URL_RULE'] = '/login'

api.add_resource(Shelf, '/shelf/<string:name>')
api.add_resource(ShelfList, '/shelves')
api.add_resource(Book, '/book/<string:title>')
api.add_resource(BookList, '/books')
api.add_resource(UserRegister, '/register')


@app.errorhandler(JWTError)
def not_signed_in(error):
    return jsonify({'message': 'You have to sign in. Is there an Authorization header?'}), 401


if __name__ == '__main__':
    app.run(debug=True)
