"""Programs of Flask-JWT and Flask-JWT-Extended on their way here: their sources, read by syntax."""
