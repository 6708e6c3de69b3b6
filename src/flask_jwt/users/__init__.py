"""Users in a database, and their passwords."""
