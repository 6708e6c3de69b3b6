"""What settings are made of. Each room declares its own in its ``settings.py``."""
