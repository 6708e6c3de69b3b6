from flask_restful import Resource

from models.shelf import ShelfModel


class Shelf(Resource):
    def get(self, name):
        shelf = ShelfModel.find_by_name(name)
        return shelf.json() if shelf else ({'message': 'There is no such shelf.'}, 404)

    def post(self, name):
        ShelfModel(None, name).save_to_db()
        return ShelfModel.find_by_name(name).json(), 201


class ShelfList(Resource):
    def get(self):
        return {'shelves': [shelf.json() for shelf in ShelfModel.find_all()]}
