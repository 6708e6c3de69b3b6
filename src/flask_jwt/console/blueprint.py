"""The page and its routes, which match no request outside debug."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Set
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    jsonify,
    render_template,
    request,
    url_for,
)
from flask.blueprints import BlueprintSetupState
from flask.sansio.app import App
from werkzeug.routing import BuildError
from werkzeug.sansio.utils import host_is_trusted

from ..app_state import AppState, current_state
from ..authentication.body import json_text, refused
from ..authentication.errors import JWTError, bad_request
from ..authentication.origins import own_origin
from ..authentication.settings import HeaderSettings
from ..authorization.declarations import OWN_BLUEPRINTS
from ..endpoints.settings import SignInRoute, SignInSettings
from ..errors import ConfigurationError
from ..http import current_request, is_address, is_loopback
from ..tokens.settings import TokenSettings
from .inspection import decodes_itself, inspect


class _MethodsInDebug(Set[str]):
    """The methods of a route: none outside debug, decided at each look."""

    def __init__(self, app: App, methods: Iterable[str]) -> None:
        self._app = app
        self._methods = frozenset(methods)

    def __contains__(self, method: object) -> bool:
        return self._app.debug and method in self._methods

    def __iter__(self) -> Iterator[str]:
        return iter(self._methods if self._app.debug else ())

    def __len__(self) -> int:
        return len(self._methods) if self._app.debug else 0

    @classmethod
    def _from_iterable(cls, it: Iterable[str]) -> frozenset[str]:  # type: ignore[override]
        return frozenset(it)


def debug_only_routes(state: BlueprintSetupState) -> None:
    """Have the routes of a blueprint match no request outside debug, as if they were not there.

    A view that answers 404 is not enough: for another method the router answers 405, without the
    slash at the end it redirects, and it hides a route of the application's own at the same path.
    """
    prefix = f"{state.name_prefix}.{state.name}.".lstrip(".")
    for rule in state.app.url_map.iter_rules():
        if rule.endpoint.startswith(prefix):
            rule.methods = _MethodsInDebug(state.app, rule.methods or ())  # type: ignore[assignment]


def page_context(resource: str | None) -> dict[str, Any]:
    """Describe the application at hand; nothing in it is secret."""
    state = current_state()
    sign_in, route = state.settings[SignInSettings], state.settings[SignInRoute]
    endpoint = route.auth_url_options.get("endpoint", route.auth_endpoint)
    paths = sorted(_open_paths())
    first = next((path for path, is_ours in paths if not is_ours), "/")
    return {
        "urls": {
            "sign_in": None if route.auth_url_rule is None else _url(endpoint),
            "refresh": _url("jwt_refresh"),
            "logout": _url("jwt_logout"),
            "sessions": _url("jwt_sessions"),
            "keys": _url("jwt_keys"),
        },
        "paths": [path for path, _ in paths],
        "resource": request.script_root + resource if resource else first,
        "username_field": sign_in.username_key,
        "password_field": sign_in.password_key,
        "scheme": state.settings[HeaderSettings].schemes[0],
        "algorithms": _algorithms(state),
        "leeway": state.settings[TokenSettings].leeway,
        "grace": None if state.sessions is None else state.sessions.lifetimes.grace,
        "now": state.clock(),
    }


def _algorithms(state: AppState) -> list[str]:
    try:
        return sorted(state.keys.snapshot().ring.algorithms)
    except ConfigurationError:
        # An application that decodes tokens with a hook may have no keys that we know of.
        if decodes_itself(state):
            return []
        raise


def _url(endpoint: str) -> str | None:
    try:
        return url_for(endpoint)
    except BuildError:
        return None


def _open_paths() -> Iterator[tuple[str, bool]]:
    """Yield the paths that a GET reaches, and of each whether it is one of this package's."""
    prefix = f"{request.blueprint}."
    for rule in current_app.url_map.iter_rules():
        is_open = "GET" in (rule.methods or ()) and not rule.arguments
        if is_open and not rule.endpoint.startswith(prefix):
            yield request.script_root + rule.rule, rule.endpoint.startswith("jwt_")


_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Console(Blueprint):
    """A page that shows the tokens of an application at work: 404 outside debug, at each request.

    :param note: one line above the sign-in form, such as the credentials of a demo.
    :param resource: the path that the page offers first for a call, from the root of the
        application on; the first of its routes unless given.
    :raises ValueError: the resource is no path.
    """

    def __init__(self, *, note: str | None = None, resource: str | None = None) -> None:
        super().__init__(
            "jwt_console",
            __name__,
            template_folder="templates",
            static_folder="static",
            # The application has a /static of its own, and the console may stand at its root.
            static_url_path="/_console/static",
        )
        if resource is not None and (not resource.startswith("/") or resource.startswith("//")):
            raise ValueError("a resource is a path that begins with one slash")
        # It sees to itself who may see it.
        OWN_BLUEPRINTS.add(self)
        self._note = note
        self._resource = resource
        self.before_request(_only_in_debug)
        self.before_request(_only_by_names_of_its_own)
        self.after_request(_protected)
        self.add_url_rule("/", "page", self._page)
        self.add_url_rule("/_console/surroundings", "surroundings", self._surroundings)
        self.add_url_rule("/_console/gate", "gate", _gate, methods=["POST"])
        self.record(debug_only_routes)

    def _page(self) -> str:
        return render_template("jwt_console/page.html", note=self._note)

    def _surroundings(self) -> Response:
        _only_from_the_page()
        return jsonify(page_context(self._resource))


def _gate() -> Response:
    _only_from_the_page()
    try:
        # A token may be any text, also one that the strict parser would not take.
        body = json.loads(json_text())
    except (ValueError, RecursionError):
        raise refused("The body of the request is not JSON") from None
    token = body.get("token") if isinstance(body, dict) else None
    if not isinstance(token, str):
        raise bad_request("The JSON has to have a token, which is a string")
    checks = inspect(token)
    accepted = all(check.state == "passed" for check in checks)
    return jsonify(accepted=accepted, steps=[check._asdict() for check in checks])


def _only_in_debug() -> None:
    # The routes are hidden as well; this holds whatever the router makes of them.
    if not current_app.debug:
        abort(404)


def _only_by_names_of_its_own() -> None:
    # DNS rebinding: a page elsewhere can point its own name at this machine, and has then the same
    # origin as the console.
    host, config = request.host, current_app.config
    if is_loopback(host) or is_address(host):
        return
    named = (config.get("SERVER_NAME"), *(config.get("TRUSTED_HOSTS") or ()))
    known = [name for name in named if name]
    if not known or not host_is_trusted(host, known):
        raise JWTError(
            "Forbidden",
            "The console answers to localhost and to addresses; name other hosts of this machine "
            "in TRUSTED_HOSTS",
            403,
        )


def _only_from_the_page() -> None:
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is None:
        # A program, an old browser, or one that was led here by http and another name than
        # localhost.
        elsewhere = origin is not None and origin.lower() != own_origin(current_request())
    else:
        elsewhere = site != "same-origin"
    if elsewhere:
        raise JWTError("Forbidden", "Only the page of the console may ask this", 403)


def _protected(response: Response) -> Response:
    # Outside debug no header shows that there is a console.
    if current_app.debug:
        response.headers.update(_HEADERS)
        # Some systems take a script for plain text (the registry of Windows does).
        if request.path.endswith(".js") and response.status_code == 200:
            response.mimetype = "text/javascript"
    return response
