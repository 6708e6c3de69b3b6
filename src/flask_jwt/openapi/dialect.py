"""What the versions of OpenAPI have in common, and where each has it."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

#: A document, or a part of one, as JSON has it.
Part = dict[str, Any]

# What a scheme or schema is may be told in any words.
_SAID = frozenset({"description", "bearerFormat"})


@dataclass(frozen=True, slots=True)
class Dialect:
    """The version of a document."""

    #: Swagger 2.0: no bearer scheme, no cookies, and definitions in places of their own.
    is_swagger: bool
    #: The array of a security requirement may hold roles whatever the scheme is (3.1).
    names_roles: bool

    @classmethod
    def of(cls, document: Part) -> Dialect:
        """Return that of a document."""
        version = str(document.get("openapi", ""))
        return cls(not version, bool(version) and not version.startswith("3.0"))

    def security_schemes(self, document: Part) -> Part:
        """Return the security schemes of a document."""
        place = ("securityDefinitions",) if self.is_swagger else ("components", "securitySchemes")
        return _place(document, place)

    def schemas(self, document: Part) -> Part:
        """Return the schemas of a document."""
        return _place(document, ("definitions",) if self.is_swagger else ("components", "schemas"))

    def reference(self, schema: str) -> Part:
        """Return a reference to a schema."""
        place = "definitions" if self.is_swagger else "components/schemas"
        return {"$ref": f"#/{place}/{schema}"}

    def response(self, description: str, schema: Part | None, headers: dict[str, str]) -> Part:
        """Return a response with a JSON body and with headers, by name and description."""
        response: Part = {"description": description}
        if schema is not None:
            content = {"application/json": {"schema": schema}}
            response |= {"schema": schema} if self.is_swagger else {"content": content}
        if headers:
            response["headers"] = {name: self._text(said) for name, said in headers.items()}
        return response

    def _text(self, description: str) -> Part:
        kind = {"type": "string"}
        return {"description": description, **(kind if self.is_swagger else {"schema": kind})}


def _place(document: Part, path: tuple[str, ...]) -> Part:
    part = document
    for name in path:
        if part.get(name) is None:
            part[name] = {}
        part = part[name]
    return part


def put(components: Part, name: str, value: Part) -> str:
    """Put a component among others, and return its name: that of an equal one that is there."""
    for known, other in components.items():
        if isinstance(other, dict) and _bare(other) == _bare(value):
            return known
    free = next(spelling for spelling in _spellings(name) if spelling not in components)
    components[free] = deepcopy(value)
    return free


def _bare(component: Part) -> Part:
    return {name: value for name, value in component.items() if name not in _SAID}


def _spellings(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}{number}"
        number += 1
