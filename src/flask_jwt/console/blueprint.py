"""``Console``: the page, its files and what it asks, as one blueprint."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, render_template, request
from werkzeug.sansio.utils import host_is_trusted

from ..endpoints.body import json_text, refused
from ..hosts import is_address, is_loopback
from ..web.context import current_request
from ..web.errors import JWTError
from ..web.origins import own_origin
from .admission import inspect
from .hiding import hide_outside_debug
from .surroundings import surroundings

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
        self._note = note
        self._resource = resource
        self.before_request(_only_in_debug)
        self.before_request(_only_by_names_of_its_own)
        self.after_request(_protected)
        self.add_url_rule("/", "page", self._page)
        self.add_url_rule("/_console/surroundings", "surroundings", self._surroundings)
        self.add_url_rule("/_console/gate", "gate", _gate, methods=["POST"])
        self.record(hide_outside_debug)

    def _page(self) -> str:
        return render_template("jwt_console/page.html", note=self._note)

    def _surroundings(self) -> Response:
        _only_from_the_page()
        return jsonify(surroundings(self._resource))


def _sent_token() -> Any:
    """Return the token in the body: any text, also one that the strict parser would not take."""
    try:
        body = json.loads(json_text())
    except (ValueError, RecursionError):
        raise refused("The body of the request is not JSON") from None
    return body.get("token") if isinstance(body, dict) else None


def _gate() -> Response:
    _only_from_the_page()
    token = _sent_token()
    if not isinstance(token, str):
        raise JWTError("Bad Request", "The JSON has to have a token, which is a string", 400)
    outcomes = inspect(token)
    steps = [
        {
            "name": outcome.check.name,
            "title": outcome.check.title,
            "why": outcome.check.why,
            "state": outcome.state,
            "found": outcome.found,
        }
        for outcome in outcomes
    ]
    return jsonify(accepted=all(one.state == "passed" for one in outcomes), steps=steps)


def _only_in_debug() -> None:
    # The routes are hidden as well; this holds whatever the router makes of them.
    if not current_app.debug:
        abort(404)


def _only_by_names_of_its_own() -> None:
    # A page elsewhere can have its own name lead to this machine, and is then no other origin.
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
    # Outside debug there is nothing here, and nothing tells that there could be.
    if current_app.debug:
        response.headers.update(_HEADERS)
        # Some systems take a script for plain text (the registry of Windows does).
        if request.path.endswith(".js") and response.status_code == 200:
            response.mimetype = "text/javascript"
    return response
