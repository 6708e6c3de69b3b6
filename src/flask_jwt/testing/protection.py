"""A test that no route is open by accident."""

from __future__ import annotations

from flask import Flask

from ..authorization.route_audit import unprotected


def assert_protected(app: Flask) -> None:
    """Check that each route of an application is guarded, or declared open.

    It sees what ``flask jwt routes --fail-unprotected`` sees, and so what runs.

    :param app: an application that has a JWT, with all its routes.
    :raises AssertionError: there are others; the text names each.
    """
    found = unprotected(app)
    lines = [
        f"{', '.join(methods)} {rule} (endpoint {endpoint!r}): {protection.shown}"
        for rule, methods, endpoint, protection in found
    ]
    assert not found, "\n".join(["neither guarded nor @public:", *lines])
