"""Names: which are the same, and which nobody may have (U1)."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_jwt.user_names import key_and_fault, name_key

# Default_Ignorable_Code_Point in DerivedCoreProperties.txt of Unicode 16.0.
IGNORABLE = (
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5),
    (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164),
    (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip


@pytest.fixture(scope="module")
def keys() -> dict[str, str | None]:
    """The keys of all characters there are."""
    return {one: name_key(one) for one in map(chr, range(sys.maxunicode + 1))}


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("Anna", "anna"),
        ("ANNA@example.com", "anna@example.com"),
        ("stra\u00dfe", "STRASSE"),
        ("\uff21nna", "anna"),
        ("\ufb01ona", "FIONA"),
        ("Zoe\u0308", "zo\u00eb"),
        (
            "\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2",
            "\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c3",
        ),
        ("\u212aelvin", "kelvin"),
    ],
)
def test_the_same_name(typed: str, same: str) -> None:
    """Case, width, ligatures and composition make no other name."""
    assert name_key(typed) == name_key(same) is not None


@pytest.mark.parametrize("other", ["ann\u0430", "\u00e4nna", "anna1", "\u0131nna"])
def test_another_name(other: str) -> None:
    """Letters of other scripts, and accents, make another name."""
    assert name_key(other) not in {None, name_key("anna"), name_key("inna")}


@pytest.mark.parametrize(
    "name",
    [
        "", "a" * 151, "\ufdfa" * 15, "\u3389" * 150, "an na", " anna",
        "an\u00a0na", "an\u3000na", "an\u2028na", "\u00a8",
        "\ufdfa", "an\0na", "anna\n", "an\x7fna", "an\u200bna", "anna\ufe0f", "an\u00adna",
        "\u202eanna", "\u3164", "\u2800", "an\ud800na", "an\ue000na", "an\u0378na", "an\ufffena",
        "anna\U000e0100", "an\U000e0041na",
    ],
)  # fmt: skip
def test_nobody_may_have_it(name: str) -> None:
    """Spaces, before and after NFKC, what is not seen, and what is too long is refused."""
    assert name_key(name) is None
    _, fault = key_and_fault(name)

    assert fault
    assert not name or name not in fault


def test_as_long_as_allowed() -> None:
    """A name of 150 characters is one."""
    assert name_key("\u00e9" * 150) == "\u00e9" * 150


def test_each_character_that_is_refused(keys: dict[str, str | None]) -> None:
    """Each that Unicode calls ignorable is refused, and each space, control and unassigned one."""
    ignorable = {chr(number) for first, last in IGNORABLE for number in range(first, last + 1)}
    refused = {one for one, key in keys.items() if key is None}

    assert len(ignorable) == 4174
    assert ignorable < refused
    for one in refused - ignorable - {"\u2800"}:
        # By itself, or by what NFKC makes of it.
        folded = one + unicodedata.normalize("NFKC", one)
        assert {unicodedata.category(each)[0] for each in folded} & {"Z", "C"}


def test_the_key_of_each_character_is_its_own_key(keys: dict[str, str | None]) -> None:
    """To take the key of a key changes nothing."""
    found = {key for key in keys.values() if key is not None}

    assert len(found) > 100_000
    assert all(name_key(key) == key for key in found)


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=40))
def test_a_key_is_its_own_key(name: str) -> None:
    """So it is with characters that act on each other."""
    key = name_key(name)

    assert key is None or name_key(key) == key


@given(st.text(st.characters(exclude_categories=[]), max_size=200))
def test_any_text_can_be_looked_up(name: str) -> None:
    """Whatever is typed has a key that a database can hold, or none."""
    key = name_key(name)

    assert key is None or 0 < len(key.encode().decode()) <= 255


def test_a_megabyte_is_not_folded() -> None:
    """A name of any length is refused by its beginning."""
    assert name_key("\ufdfa" * 1_000_000) is None
