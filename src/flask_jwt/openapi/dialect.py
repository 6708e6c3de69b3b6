"""What the versions of OpenAPI have in common, and where each has it."""

from __future__ import annotations

from copy import deepcopy
from itertools import count
from typing import Any

#: A document, or a part of one, as JSON has it.
Part = dict[str, Any]

# What a scheme or schema is may be told in any words.
_SAID = frozenset({"description", "bearerFormat"})


class Dialect:
    """A document, as its version says things."""

    def __init__(self, document: Part) -> None:
        version = str(document.get("openapi", ""))
        self._document = document
        #: Swagger 2.0: no bearer scheme, no cookies, and components in places of their own.
        self.is_swagger = not version
        #: The array of a security requirement may hold roles whatever the scheme is (3.1).
        self.names_roles = bool(version) and not version.startswith("3.0")

    def add_scheme(self, name: str, scheme: Part) -> str:
        """Add a security scheme, and return its name: that of an equal one that is there."""
        place = ("securityDefinitions",) if self.is_swagger else ("components", "securitySchemes")
        return self._put(place, name, scheme)

    def add_schema(self, name: str, schema: Part) -> Part:
        """Add a schema unless it is there, and return a reference to it."""
        place = ("definitions",) if self.is_swagger else ("components", "schemas")
        return {"$ref": "/".join(("#", *place, self._put(place, name, schema)))}

    def response(self, description: str, schema: Part | None, headers: dict[str, str]) -> Part:
        """Return a response with a JSON body and with headers, by name and description."""
        response: Part = {"description": description}
        if schema is not None:
            content = {"application/json": {"schema": schema}}
            response |= {"schema": schema} if self.is_swagger else {"content": content}
        if headers:
            text: Part = {"type": "string"} if self.is_swagger else {"schema": {"type": "string"}}
            response["headers"] = {
                name: {"description": said, **text} for name, said in headers.items()
            }
        return response

    def _put(self, place: tuple[str, ...], name: str, value: Part) -> str:
        components = self._document
        for step in place:
            if components.get(step) is None:
                components[step] = {}
            components = components[step]
        for known, other in components.items():
            if isinstance(other, dict) and _bare(other) == _bare(value):
                return known
        spellings = (name if number == 1 else f"{name}{number}" for number in count(1))
        free = next(spelling for spelling in spellings if spelling not in components)
        components[free] = deepcopy(value)
        return free


def _bare(component: Part) -> Part:
    return {name: value for name, value in component.items() if name not in _SAID}
