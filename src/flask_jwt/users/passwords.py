"""What a password is, and what a new one must be.

A password is prepared as :rfc:`8265` section 4.2 has it (OpaqueString): one that is typed on
another keyboard, in characters that are composed otherwise, is the same.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path

from ..user_directory import WeakPassword
from ..user_names import name_key

#: The fewest characters of a new password, prepared.
MIN_CHARACTERS = 8
#: The most bytes of a password in UTF-8, as typed and prepared.
MAX_BYTES = 1024

#: Looks at a new password last: true, or a line for the client, where it is refused.
Refusal = Callable[[str], bool | str]

# The spaces of category Zs that are not ASCII.
_SPACES = dict.fromkeys(
    map(
        ord,
        "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f"
        "\u205f\u3000",
    ),
    " ",
)
# Of the 20,000 passwords that leaked most often, by Royce Williams's list of them in Django, those
# with eight characters or more: case-folded, sorted, one in a line.
_COMMONEST = Path(__file__).with_name("commonest.txt")


def prepared(password: str) -> str:
    """Return a password as it is counted, compared and hashed."""
    return unicodedata.normalize("NFC", password.translate(_SPACES))


def spellings(password: str) -> list[bytes]:
    """Return a password as it may have been hashed: prepared, and as typed where that differs.

    Empty where nobody can have it: without characters, too long, with a NUL or what UTF-8 can't
    encode. What is typed decides alone, so that it is the same for every user.
    """
    if not password or len(password) > MAX_BYTES or "\0" in password:
        return []
    try:
        # Of two that are equal one is left.
        found = list(dict.fromkeys((prepared(password).encode(), password.encode())))
    except UnicodeEncodeError:
        return []
    return found if max(map(len, found)) <= MAX_BYTES else []


def check_password(
    password: str, *, name: str, email: str | None = None, refuse: Refusal | None = None
) -> None:
    """Refuse a new password that will not do.

    There are no rules of what it is made of, beyond controls (:rfc:`8264` section 4.3.2).

    :param password: what was typed: any text.
    :param name: the user's name.
    :param email: the user's address, or None; the part before the ``@`` is no password either.
    :param refuse: called last, with the password as it will be hashed. What it raises passes.
    :raises WeakPassword: its ``reason`` is ``too_long``, ``unfit``, ``too_short``, ``common``,
        ``name`` or ``refused``.
    """
    text = _well_formed(password)
    if len(text) < MIN_CHARACTERS:
        raise WeakPassword("too_short", f"A password has at least {MIN_CHARACTERS} characters")
    if text.casefold() in _commonest():
        raise WeakPassword("common", "The password is one of the commonest")
    if name_key(text) in _own_keys(name, email):
        raise WeakPassword("name", "The password is the user's own name")
    refusal = refuse(text) if refuse else False
    if refusal:
        raise WeakPassword(
            "refused", refusal if isinstance(refusal, str) else "The password is refused"
        )


def _well_formed(password: str) -> str:
    """Return a password prepared, if it can be hashed."""
    # Counted as typed first: a megabyte need not be prepared.
    if len(password) <= MAX_BYTES:
        text = prepared(password)
        categories = set(map(unicodedata.category, text))
        if categories & {"Cc", "Cs"}:
            raise WeakPassword("unfit", "A password has no control characters")
        if not password or spellings(password):
            return text
    raise WeakPassword("too_long", f"A password has at most {MAX_BYTES:,} bytes")


def _own_keys(name: str, email: str | None) -> set[str]:
    own = [name, email or "", (email or "").rpartition("@")[0]]
    return {key for key in map(name_key, own) if key is not None}


@cache
def _commonest() -> frozenset[str]:
    # Read when the first password is set, and kept: about a megabyte.
    return frozenset(_COMMONEST.read_text(encoding="utf-8").splitlines())
