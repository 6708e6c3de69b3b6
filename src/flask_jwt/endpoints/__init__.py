"""The routes that the extension registers."""
