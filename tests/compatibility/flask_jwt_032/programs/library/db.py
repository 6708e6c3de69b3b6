import os
import sqlite3

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'data.db')

TABLES = [
    'CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, username text, password text)',
    'CREATE TABLE IF NOT EXISTS shelves (id INTEGER PRIMARY KEY, name text)',
    'CREATE TABLE IF NOT EXISTS books (title text PRIMARY KEY, year int, shelf_id int)',
]


def run(query, *values):
    connection = sqlite3.connect(FILE, timeout=20)
    try:
        rows = connection.execute(query, values).fetchall()
        connection.commit()
        return rows
    finally:
        connection.close()


def create_tables():
    for table in TABLES:
        run(table)
