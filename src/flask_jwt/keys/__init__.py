"""The keys in use: from the configuration or a key file."""
