import json
from unittest import TestCase

from app import app
from db import create_tables, run


class LibraryTest(TestCase):
    def setUp(self):
        app.config['DEBUG'] = False
        create_tables()
        run('DELETE FROM users')
        run('INSERT INTO users VALUES (1, ?, ?)', 'rosa', 'violin')
        run('DELETE FROM books')
        run('INSERT INTO books VALUES (?, ?, ?)', 'Emma', 1815, 1)
        self.app = app.test_client

    def token(self, client):
        answer = client.post('/auth', data=json.dumps({'username': 'rosa', 'password': 'violin'}),
                             headers={'Content-Type': 'application/json'})
        return json.loads(answer.data)['access_token']

    def test_no_token(self):
        with self.app() as client:
            self.assertEqual(client.get('/book/Emma').status_code, 401)

    def test_books(self):
        with self.app() as client:
            answer = client.get('/books')
            self.assertEqual(json.loads(answer.data), {'books': [{'title': 'Emma', 'year': 1815}]})

    def test_book(self):
        with self.app() as client:
            headers = {'Authorization': 'JWT ' + self.token(client)}
            answer = client.get('/book/Emma', headers=headers)
            self.assertEqual(answer.status_code, 200)
            self.assertEqual(json.loads(answer.data)['reader'], 'rosa')
