"""The cookies of a request as its browser has sent them.

Not Werkzeug's: it takes off more than blanks around a name, so that a cookie without a prefix, set
by a sibling domain and begun with a no-break space, passes for one that only this host can set.
Nor are quotes looked at: inside those that one cookie opens, others would be hidden.
"""

from __future__ import annotations

from flask import Request

# RFC 6265 section 5.2: what browsers take off around names and values.
_BLANKS = " \t"
#: How many cookies of one name are looked at. A browser has one of ours, and up to four where
#: ``JWT_COOKIE_DOMAIN`` and ``JWT_COOKIE_PARTITIONED`` were set since.
MOST_OF_ONE_NAME = 4
#: How many cookies are looked at for it. Browsers keep 180 of a site, or fewer.
MOST_PAIRS = 256


def cookies_named(this: Request, name: str, *, longest_path: bool = False) -> list[str]:
    """Return the values of cookies with a name, four at most: each one costs a verification.

    Browsers send cookies of longer paths first, and of one path the oldest first (:rfc:`6265`
    section 5.4). No path is shorter than ``/``: the newest cookies of the whole site come last,
    and whatever was set for a part of it stands before them.
    """
    header: str = this.environ.get("HTTP_COOKIE", "")
    if name not in header:
        return []
    if longest_path:
        pairs = header.split(";", MOST_PAIRS)[:MOST_PAIRS]
    else:
        pairs = header.rsplit(";", MOST_PAIRS)[: -MOST_PAIRS - 1 : -1]
    found: dict[str, None] = {}
    for pair in pairs:
        key, _, value = pair.partition("=")
        if key.strip(_BLANKS) == name and (value := value.strip(_BLANKS)):
            found[value] = None
            if len(found) == MOST_OF_ONE_NAME:
                break
    return list(found)
