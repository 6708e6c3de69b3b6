"""Serve the tutorial application on this machine, for trying it."""

from __future__ import annotations

import argparse
import os
import socket
import sys

from flask import Flask, render_template
from werkzeug.serving import make_server

from app import SecretError, create_app

HOST = "127.0.0.1"


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "5000")))
    port: int = parser.parse_args().port
    if is_taken(port):
        sys.exit(f"Port {port} is in use: choose another, with PORT={port + 1} for example.")
    try:
        app = create_app()
    except SecretError as error:
        sys.exit(str(error))
    # Only then is the console there.
    app.debug = True
    server = make_server(HOST, port, app, threaded=True)
    print(welcome(app, server.port), flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()


def is_taken(port: int) -> bool:
    """Tell whether somebody listens on a port of this machine; nobody does on port 0."""
    with socket.socket() as probe:
        return port != 0 and probe.connect_ex((HOST, port)) == 0


def welcome(app: Flask, port: int) -> str:
    """Return where the console is, and what to try without it."""
    with app.test_request_context(base_url=f"http://{HOST}:{port}/"):
        lines = render_template("lines.txt")
    return (
        f"Serving on http://{HOST}:{port}/ (Ctrl-C stops it). Open that address in a browser: the "
        f"console shows the tokens at work.\nOr try, in another shell:\n\n{lines}"
    )


if __name__ == "__main__":
    main()
