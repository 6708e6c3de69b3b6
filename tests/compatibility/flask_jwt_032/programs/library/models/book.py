from db import run


class BookModel:
    def __init__(self, title, year, shelf_id):
        self.title = title
        self.year = year
        self.shelf_id = shelf_id

    def json(self):
        return {'title': self.title, 'year': self.year}

    def save_to_db(self):
        run('INSERT OR REPLACE INTO books VALUES (?, ?, ?)', self.title, self.year, self.shelf_id)

    def delete_from_db(self):
        run('DELETE FROM books WHERE title=?', self.title)

    @classmethod
    def find_by_title(cls, title):
        rows = run('SELECT * FROM books WHERE title=?', title)
        return cls(*rows[0]) if rows else None

    @classmethod
    def find_all(cls, shelf_id=None):
        rows = run('SELECT * FROM books WHERE ? IS NULL OR shelf_id=? ORDER BY title', shelf_id, shelf_id)
        return [cls(*row) for row in rows]
