"""What a client is given: access tokens, and those of sessions."""
