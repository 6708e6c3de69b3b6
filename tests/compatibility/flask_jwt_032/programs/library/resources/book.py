from flask_jwt import jwt_required, current_identity
from flask_restful import Resource, reqparse

from models.book import BookModel


class Book(Resource):
    parser = reqparse.RequestParser()
    parser.add_argument('year', type=int, required=True, help='There has to be a year.')
    parser.add_argument('shelf_id', type=int, required=True, help='A book stands on a shelf.')

    @jwt_required()
    def get(self, title):
        book = BookModel.find_by_title(title)
        if book:
            return dict(book.json(), reader=current_identity.username)
        return {'message': 'There is no such book.'}, 404

    def post(self, title):
        if BookModel.find_by_title(title):
            return {'message': 'That book is there already.'}, 400
        book = BookModel(title, **Book.parser.parse_args())
        book.save_to_db()
        return book.json(), 201

    @jwt_required()
    def delete(self, title):
        book = BookModel.find_by_title(title)
        if book:
            book.delete_from_db()
        return {'message': 'Gone.'}


class BookList(Resource):
    def get(self):
        return {'books': [book.json() for book in BookModel.find_all()]}
