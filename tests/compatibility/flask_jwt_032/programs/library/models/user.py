from db import run


class UserModel:
    def __init__(self, _id, username, password):
        self.id = _id
        self.username = username
        self.password = password

    def save_to_db(self):
        run('INSERT INTO users VALUES (NULL, ?, ?)', self.username, self.password)

    @classmethod
    def find_by_username(cls, username):
        rows = run('SELECT * FROM users WHERE username=?', username)
        return cls(*rows[0]) if rows else None

    @classmethod
    def find_by_id(cls, _id):
        rows = run('SELECT * FROM users WHERE id=?', _id)
        return cls(*rows[0]) if rows else None
