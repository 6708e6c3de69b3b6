"""Where a hostile page can be, seen from the shop."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from .shopping import TLSServer

if TYPE_CHECKING:
    from playwright.sync_api import Frame, Page

_BODY = "<body>hostile</body>"
# All that a frame may be let do, but for an origin of its own.
_SANDBOX = "allow-scripts allow-forms allow-popups allow-popups-to-escape-sandbox"

_ADD_FRAME = """attributes => {
    const frame = document.createElement("iframe");
    const loaded = new Promise(done => frame.onload = done);
    for (const [name, value] of Object.entries(attributes)) frame.setAttribute(name, value);
    document.body.append(frame);
    return loaded;
}"""
_TO_BLOB = """body => location.assign(URL.createObjectURL(new Blob([body], {type: "text/html"})))"""


class Place(NamedTuple):
    """A place for a hostile page."""

    name: str
    host: str
    site: str
    enter: Callable[[Page], Frame]
    is_opaque: bool = False

    def open(self, page: Page, elsewhere: TLSServer) -> Frame:
        """Have a browser open the hostile page."""
        page.goto(elsewhere.at(self.host))
        return self.enter(page)

    def origin(self, elsewhere: TLSServer) -> str:
        """Return the ``Origin`` that its requests have."""
        return "null" if self.is_opaque else elsewhere.at(self.host)


def _itself(page: Page) -> Frame:
    return page.main_frame


def _framed(**attributes: str) -> Callable[[Page], Frame]:
    def enter(page: Page) -> Frame:
        page.evaluate(_ADD_FRAME, attributes)
        return page.frames[1]

    return enter


def _blob(page: Page) -> Frame:
    with page.expect_navigation(url="blob:**"):
        page.evaluate(_TO_BLOB, _BODY)
    return page.main_frame


#: Each of them, from the closest to the shop to the farthest.
PLACES = (
    Place("another-port", "shop.test", "same-site", _itself),
    Place("sibling", "blog.shop.test", "same-site", _itself),
    Place("sandbox", "blog.shop.test", "cross-site", _framed(sandbox=_SANDBOX, srcdoc=_BODY), True),
    Place("data", "blog.shop.test", "cross-site", _framed(src=f"data:text/html,{_BODY}"), True),
    Place("blob", "evil.test", "cross-site", _blob),
    Place("unrelated", "evil.test", "cross-site", _itself),
)
