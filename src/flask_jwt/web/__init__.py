"""The path of a request, in reading order: transport, authenticate, context, guards, errors."""
