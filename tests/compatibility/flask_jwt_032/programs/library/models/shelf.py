from db import run
from models.book import BookModel


class ShelfModel:
    def __init__(self, _id, name):
        self.id = _id
        self.name = name

    def json(self):
        return {'name': self.name, 'books': [book.json() for book in BookModel.find_all(self.id)]}

    def save_to_db(self):
        run('INSERT INTO shelves VALUES (NULL, ?)', self.name)

    @classmethod
    def find_by_name(cls, name):
        rows = run('SELECT * FROM shelves WHERE name=?', name)
        return cls(*rows[0]) if rows else None

    @classmethod
    def find_all(cls):
        return [cls(*row) for row in run('SELECT * FROM shelves ORDER BY name')]
