"""Every framework, and all of them behind one server."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from .api_flask import API_FLASK
from .framework import Framework
from .openapi3 import OPENAPI3
from .plain import PLAIN
from .resources import RESTFUL, RESTX
from .smorest import SMOREST

FRAMEWORKS: list[Framework] = [*PLAIN, *RESTFUL, *RESTX, *SMOREST, *API_FLASK, *OPENAPI3]

#: One application of each framework, for what does not depend on where its guard stands.
FAMILIES = [family[0] for family in (PLAIN, RESTFUL, RESTX, SMOREST, API_FLASK, OPENAPI3)]


def served() -> DispatcherMiddleware:
    """Make an application of each, in production, under the name of its framework."""
    return DispatcherMiddleware(
        Flask("tests.compatibility.frameworks"),
        {f"/{one.name}": one.application() for one in FRAMEWORKS},
    )
