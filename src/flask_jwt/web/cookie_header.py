"""The cookies of a request as its browser has sent them.

Not Werkzeug's: it takes off more than blanks around a name, so that a cookie without a prefix, set
by a sibling domain and begun with a no-break space, passes for one that only this host can set.
Nor are quotes looked at: inside those that one cookie opens, others would be hidden.
"""

from __future__ import annotations

from flask import Request

# RFC 6265 section 5.2: what browsers take off around names and values.
_BLANKS = " \t"


def cookies_named(this: Request, name: str) -> list[str]:
    """Return the values of all cookies with a name, in the order in which they were sent.

    :param this: the request.
    :param name: the whole name, which is compared byte by byte.
    :return: values that are not empty; none of them twice.
    """
    header: str = this.environ.get("HTTP_COOKIE", "")
    if name not in header:
        return []
    found: dict[str, None] = {}
    for pair in header.split(";"):
        key, _, value = pair.partition("=")
        if key.strip(_BLANKS) == name and (value := value.strip(_BLANKS)):
            found[value] = None
    return list(found)
