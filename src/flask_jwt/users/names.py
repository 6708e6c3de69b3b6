"""Names of users: what may be one, and which of them are the same.

Two names are the same where their keys are (Unicode's NFKC, case folding, and NFKC again). The
letters of different scripts that look alike stay different: scripts are an application's to choose.
"""

from __future__ import annotations

import re
import unicodedata

from ..user_directory import UnfitName

#: The most characters of a name as it is typed.
MAX_CHARACTERS = 150
#: The most characters of a key: one character that is typed may be eighteen of them.
MAX_KEY_CHARACTERS = 255

# Letters and marks that are not seen: Default_Ignorable_Code_Point of Unicode 16.0, without those
# of category C, which are refused as such. The Braille pattern without dots is none of them, and
# not seen either.
_UNSEEN = re.compile(
    "[\u034f\u115f-\u1160\u17b4-\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)


def name_key(name: str) -> str | None:
    """Return the key of a name, or None where nobody can have it.

    :param name: what was typed: any text.
    """
    key = _key(name)
    return None if _fault(name, key) else key


def check_name(name: str) -> str:
    """Return the key of a name that is to be given to a user.

    :param name: what was typed: any text.
    :raises UnfitName: nobody may have it.
    """
    key = _key(name)
    fault = _fault(name, key)
    if fault:
        raise UnfitName(fault)
    return key


def _key(name: str) -> str:
    # One more character shows that a name is too long; a megabyte of them need not be folded.
    typed = name[: MAX_CHARACTERS + 1]
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", typed).casefold())


def _fault(name: str, key: str) -> str | None:
    """Return what is wrong with a name, for the client, or None."""
    if not name:
        return "A name has at least one character"
    if len(name) > MAX_CHARACTERS or len(key) > MAX_KEY_CHARACTERS:
        return f"A name has at most {MAX_CHARACTERS} characters"
    # Both texts: a diaeresis by itself, for one, becomes a space with a mark on it.
    text = name + key
    categories = {unicodedata.category(character)[0] for character in text}
    if "Z" in categories:
        return "A name has no spaces"
    # Controls, formats, surrogates, what is for private use and what is not assigned yet, whose
    # key another version of Unicode might change.
    if "C" in categories or _UNSEEN.search(text):
        return "A name has no invisible or unassigned characters"
    return None
