"""Where four frameworks make their documents: each is completed there, before anybody sees it.

None of them is imported: they are known by the names of their classes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..app_state import current_application
from ..errors import ConfigurationError
from .documents import secured


def document(api: Any) -> None:
    """Have the documents of a framework say what the guards require, as :func:`secured` does.

    To be called once, when the object is set up: after ``Api(app)``, and after
    ``@app.spec_processor`` of APIFlask. Views may be registered later: a document is made when
    somebody asks for it.

    :param api: ``Api`` of flask-smorest or Flask-RESTX, ``APIFlask``, or ``OpenAPI`` of
        flask-openapi3.
    :raises TypeError: it is none of these.
    :raises ConfigurationError: ``Api`` of flask-smorest has no application yet.
    """
    for kind in type(api).__mro__:
        attach = _FRAMEWORKS.get((kind.__module__.partition(".")[0], kind.__name__))
        if attach is not None:
            attach(api)
            return
    raise TypeError(
        "document() takes Api of flask-smorest or Flask-RESTX, APIFlask, or OpenAPI of "
        f"flask-openapi3, not {type(api).__name__}; secured(document, app) takes any document"
    )


def _smorest(api: Any) -> None:
    if api.spec is None:
        raise ConfigurationError("Api has no application yet: call document(api) after init_app")
    _complete_spec(api.spec)


def _complete_spec(spec: Any) -> Any:
    """Complete what an ``APISpec`` says of itself."""
    to_dict = spec.to_dict
    spec.to_dict = lambda: secured(to_dict(), current_application())
    return spec


def _apiflask(app: Any) -> None:
    process: Callable[[Any], Any] | None = app.spec_callback

    def complete(spec: Any) -> Any:
        if process is not None:
            spec = process(spec)
        # By SPEC_PROCESSOR_PASS_OBJECT it is an APISpec.
        return secured(spec, app) if isinstance(spec, dict) else _complete_spec(spec)

    app.spec_callback = complete


def _complete_property(api: Any, name: str) -> None:
    """Complete the document that an object has as a property, which only its class can have."""
    made: list[tuple[Any, Any]] = []
    kind = type(api)

    def complete(self: Any) -> Any:
        plain = getattr(super(documented, self), name)
        if not made or made[0][0] is not plain:
            made[:] = [(plain, secured(plain, current_application()))]
        return made[0][1]

    members = {name: property(complete), "__module__": kind.__module__}
    api.__class__ = documented = type(kind.__name__, (kind,), members)


_FRAMEWORKS: dict[tuple[str, str], Callable[[Any], None]] = {
    ("flask_smorest", "Api"): _smorest,
    ("apiflask", "APIFlask"): _apiflask,
    ("flask_openapi3", "OpenAPI"): partial(_complete_property, name="api_doc"),
    ("flask_restx", "Api"): partial(_complete_property, name="__schema__"),
}
