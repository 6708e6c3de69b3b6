"""Addresses of electronic mail, as far as a text says whether it may be one."""

from __future__ import annotations

import unicodedata

from ..user_directory import UnfitEmail

#: The most characters, and bytes in UTF-8, of an address (:rfc:`5321` section 4.5.3.1.3).
MAX_ADDRESS = 254
# What makes a name, a comment or a list of addresses of it in a header (:rfc:`5322` section 3.4).
_OF_HEADERS = frozenset('<>(),;"\\')


def checked_address(address: str) -> str:
    """Return an address without the spaces around it.

    Only mail that arrives shows that it is one.

    :param address: what was typed: any text.
    :raises UnfitEmail: it is too long, has spaces, controls, quotes or what parts addresses in it,
        or not one ``@`` with something on both sides.
    """
    # A megabyte need not be looked at.
    text = address[: 2 * MAX_ADDRESS].strip(" ")
    if len(text) > MAX_ADDRESS or len(text.encode(errors="replace")) > MAX_ADDRESS:
        raise UnfitEmail(f"An address of electronic mail has at most {MAX_ADDRESS} characters")
    if {unicodedata.category(character)[0] for character in text} & {"C", "Z"}:
        raise UnfitEmail("An address of electronic mail has no spaces or invisible characters")
    if _OF_HEADERS.intersection(text):
        raise UnfitEmail("An address of electronic mail has no commas, quotes or brackets")
    before, _, after = text.partition("@")
    if not before or not after or "@" in after:
        raise UnfitEmail("An address of electronic mail has one @")
    return text
