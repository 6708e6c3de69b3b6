"""Names of users: what may be one, and which of them are the same.

Two names are the same where their keys are (Unicode's NFKC, case folding, and NFKC again). The
letters of different scripts that look alike stay different: scripts are an application's to choose.
"""

from __future__ import annotations

import re
import unicodedata

#: The most characters of a name as it is typed.
MAX_CHARACTERS = 150
#: The most characters of a key: one character that is typed may be eighteen of them.
MAX_KEY_CHARACTERS = 255

# Marks, blanks, controls and what is not seen, by the first letters of their categories.
_OVERLOOKED = "MZC"
# Letters and marks that are not seen: Default_Ignorable_Code_Point of Unicode 16.0, without those
# of category C, which are refused as such. The Braille pattern without dots is none of them, and
# not seen either.
_UNSEEN = re.compile(
    "[\u034f\u115f-\u1160\u17b4-\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)


def folded(name: str) -> str:
    """Return what any text is compared by in the place of a name."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def name_likeness(name: str) -> str:
    """Return what all names have in common that some database may take for one."""
    letters = unicodedata.normalize("NFKD", folded(name))
    return "".join(one for one in letters if unicodedata.category(one)[0] not in _OVERLOOKED)


def name_key(name: str) -> str | None:
    """Return the key of a name, or None where nobody can have it.

    :param name: what was typed: any text.
    """
    key, fault = key_and_fault(name)
    return None if fault else key


def key_and_fault(name: str) -> tuple[str, str | None]:
    """Return the key of a name; and why nobody can have it, for the client, or None."""
    # One more character shows that a name is too long; a megabyte of them need not be folded.
    key = folded(name[: MAX_CHARACTERS + 1])
    return key, _fault(name, key)


def _fault(name: str, key: str) -> str | None:
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
