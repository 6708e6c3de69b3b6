"""How a hostile page has a browser send requests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from .shopping import MALLORY, MALLORYS_PASSWORD

_FORM = """({url, enctype, target, fields}) => {
    const frame = document.createElement("iframe");
    frame.name = "unseen";
    const form = document.createElement("form");
    Object.assign(form, {action: url, method: "POST", enctype, target});
    for (const [name, value] of Object.entries(fields)) {
        form.append(Object.assign(document.createElement("input"), {name, value}));
    }
    document.body.append(frame, form);
    form.submit();
}"""
_ELEMENT = """({url, tag, attributes}) => {
    const element = document.createElement(tag);
    const over = new Promise(done => element.onload = element.onerror = done);
    for (const [name, value] of Object.entries(attributes)) {
        element.setAttribute(name, value || url);
    }
    document.body.append(element);
    return over.then(() => null);
}"""
# Returns what the page was let read, or the error.
_FETCH = """({url, init}) => fetch(url, init).then(answer => answer.text(), error => error.name)"""
_BEACON = """({url, body}) => { navigator.sendBeacon(url, body); }"""
_OPEN = """({url}) => { window.opened = window.open(url); }"""
_LINK = """({url}) => {
    const link = Object.assign(document.createElement("a"), {href: url, target: "_blank"});
    document.body.append(link);
    link.click();
}"""
_SOCKET = """({url}) => new Promise(done => {
    const socket = new WebSocket(url.replace("https:", "wss:"));
    socket.onerror = () => done(null);
    socket.onopen = () => done("open");
})"""

_URLENCODED = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
_TEXT = "text/plain"
_STOLEN = {"item": "stolen"}
# As text, a form is its names and values with a = between.
_STOLEN_AS_TEXT = {'{"item": "stolen", "more": "': '"}'}
_ACCOUNT = {"username": MALLORY, "password": MALLORYS_PASSWORD}
_STOLEN_JSON, _ACCOUNT_JSON = json.dumps(_STOLEN), json.dumps(_ACCOUNT)
_ACCOUNT_AS_TEXT = dict([_ACCOUNT_JSON.split("=")])
_JSON = {"Content-Type": "application/json"}


class Way(NamedTuple):
    """A way to send a request."""

    name: str
    path: str
    script: str
    argument: Mapping[str, Any]
    method: str = "POST"
    arrives: Literal["itself", "asked", "never"] = "itself"
    is_top: bool = False
    is_anonymous: bool = False


def _form(
    name: str, path: str, enctype: str, fields: Mapping[str, str], *, is_top: bool = False
) -> Way:
    target = "_blank" if is_top else "unseen"
    argument = {"enctype": enctype, "target": target, "fields": fields}
    return Way(name, path, _FORM, argument, is_top=is_top)


def _element(tag: str, **attributes: str) -> Way:
    # What is left empty is the address.
    argument = {"tag": tag, "attributes": attributes}
    return Way(tag, "/orders?item=stolen", _ELEMENT, argument, method="GET")


def _fetch(
    name: str, path: str, arrives: Literal["itself", "asked", "never"] = "itself", **init: Any
) -> Way:
    init = {"method": "POST", "credentials": "include", **init}
    return Way(
        name,
        path,
        _FETCH,
        {"init": init},
        method=init["method"],
        arrives=arrives,
        is_anonymous=init["credentials"] == "omit",
    )


#: What asks, and changes nothing: a browser lets any page send it.
ASKING = (
    _element("img", src=""),
    _element("script", src=""),
    _element("link", rel="stylesheet", href=""),
    _element("iframe", src=""),
    _fetch("fetch-get", "/orders", method="GET"),
    Way("open", "/orders?item=stolen", _OPEN, {}, method="GET", is_top=True),
    Way("link-to", "/orders?item=stolen", _LINK, {}, method="GET", is_top=True),
)
#: What means to order something, or to delete the orders.
ORDERING = (
    _form("form", "/orders", _URLENCODED, _STOLEN),
    _form("form-json", "/orders", _TEXT, _STOLEN_AS_TEXT),
    _form("form-multipart", "/orders", _MULTIPART, _STOLEN),
    _form("form-page", "/orders", _URLENCODED, _STOLEN, is_top=True),
    _form("form-csrf", "/orders", _URLENCODED, {**_STOLEN, "csrf_token": "A" * 43}),
    _fetch("fetch-no-cors", "/orders", mode="no-cors", body=_STOLEN_JSON),
    _fetch("fetch-anonymous", "/orders", mode="no-cors", body=_STOLEN_JSON, credentials="omit"),
    _fetch("fetch-cors", "/orders", mode="cors", body=_STOLEN_JSON),
    _fetch("fetch-json", "/orders", "asked", mode="cors", body=_STOLEN_JSON, headers=_JSON),
    _fetch("fetch-header", "/orders", "asked", mode="cors", headers={"X-CSRF-TOKEN": "A" * 43}),
    _fetch("fetch-delete", "/orders", "asked", mode="cors", method="DELETE"),
    _fetch("fetch-delete-no-cors", "/orders", "never", mode="no-cors", method="DELETE"),
    Way("beacon", "/orders", _BEACON, {"body": _STOLEN_JSON}),
)
#: What means to sign the user in to an account of the attacker's.
SIGNING_IN = (
    _form("sign-in-form", "/auth", _URLENCODED, _ACCOUNT),
    _form("sign-in-form-json", "/auth", _TEXT, _ACCOUNT_AS_TEXT),
    _form("sign-in-page", "/auth", _URLENCODED, _ACCOUNT, is_top=True),
    _fetch("sign-in-no-cors", "/auth", mode="no-cors", body=_ACCOUNT_JSON),
    _fetch("sign-in-json", "/auth", "asked", mode="cors", body=_ACCOUNT_JSON, headers=_JSON),
)
#: What means to end the user's sessions, or to move them on.
MEDDLING = (
    _form("sign-out-form", "/auth/logout", _URLENCODED, {}),
    _form("sign-out-page", "/auth/logout", _URLENCODED, {}, is_top=True),
    _fetch("sign-out-no-cors", "/auth/logout", mode="no-cors"),
    _form("refresh-form", "/auth/refresh", _URLENCODED, {}),
    _form("refresh-page", "/auth/refresh", _URLENCODED, {}, is_top=True),
    _fetch("refresh-no-cors", "/auth/refresh", mode="no-cors"),
    _fetch("end-sessions", "/auth/sessions?all=1", "asked", mode="cors", method="DELETE"),
    _fetch("end-sessions-no-cors", "/auth/sessions", "never", mode="no-cors", method="DELETE"),
)
#: A handshake that would have an answer read by the page, whatever CORS says.
SOCKET = Way("websocket", "/feed", _SOCKET, {}, method="GET")
