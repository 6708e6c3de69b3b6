"""New passwords: how long, how common, and whose name they are."""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path

import pytest

from flask_jwt.user_directory import WeakPassword
from flask_jwt.users import passwords
from flask_jwt.users.passwords import check_password, prepared, spellings


def reason(password: str, **others: object) -> str | None:
    """Return why a password is refused to anna, or None."""
    known: dict[str, object] = {"name": "Anna.Karenina", "email": None} | others
    try:
        check_password(password, **known)  # type: ignore[arg-type]
    except WeakPassword as refusal:
        return refusal.reason
    return None


@pytest.mark.parametrize(
    "password",
    ["tr0mbone", "eight ch", "\u00e9" * 8, "\U0001f418" * 8, "~" * 1024, "\u2003 spaces \u00a0"],
)
def test_it_will_do(password: str) -> None:
    """Eight characters of any kind, up to 1,024 bytes, are a password."""
    assert reason(password) is None


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("", "too_short"),
        ("tr0mbon", "too_short"),
        # Seven characters, typed as fourteen.
        ("e\u0301" * 7, "too_short"),
        ("~" * 1025, "too_long"),
        ("\u00e9" * 513, "too_long"),
        # NFC makes nine bytes of four.
        ("\U0001d160" * 100, "too_long"),
        ("~" * 1_000_000, "too_long"),
        ("trombone\0", "unfit"),
        ("trombone\n", "unfit"),
        ("trombone\ud800", "unfit"),
        ("password", "common"),
        ("PassWord1", "common"),
        ("anna.karenina", "name"),
        ("ANNA.KARENINA", "name"),
        ("\uff21nna.karenina", "name"),
    ],
)
def test_it_will_not(password: str, expected: str) -> None:
    """Each refusal has a name that stays the same."""
    assert reason(password) == expected


@pytest.mark.parametrize("password", ["tr0mbon", "trombone\0", "sunshine1", "anna.karenina"])
def test_a_refusal_quotes_nothing(password: str) -> None:
    """What was typed is not in its text, nor in its repr."""
    with pytest.raises(WeakPassword) as refusal:
        check_password(password, name="anna.karenina")

    assert password not in f"{refusal.value} {refusal.value!r} {refusal.value.description}"


@pytest.mark.parametrize("password", ["Vronskaya", "vronskaya@example.com"])
def test_the_address_is_no_password(password: str) -> None:
    """Neither is what stands before its @."""
    assert reason(password, email="vronskaya@example.com") == "name"
    assert reason(password) is None


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(True, "The password is refused"), ("It has leaked 3 times", "It has leaked 3 times")],
)
def test_the_application_has_the_last_word(answer: bool | str, expected: str) -> None:
    """A hook refuses what passed, in its own words where it has some."""
    with pytest.raises(WeakPassword, match=f"^{expected}$") as refusal:
        check_password("tr0mbones", name="anna", refuse=lambda _: answer)

    assert refusal.value.reason == "refused"


def test_the_hook_is_asked_last() -> None:
    """It sees what will be hashed, and nothing that is refused without it."""
    seen: list[str] = []

    def refuse(password: str) -> bool:
        seen.append(password)
        return False

    assert reason("password", refuse=refuse) == "common"
    assert reason("tr0mbone\u00a0e\u0301", refuse=refuse) is None
    assert seen == ["tr0mbone \u00e9"]


def test_what_the_hook_raises_passes() -> None:
    """A list that can't be asked is the application's to deal with."""

    def refuse(_: str) -> bool:
        raise ConnectionError("the list can't be asked")

    with pytest.raises(ConnectionError):
        check_password("tr0mbones", name="anna", refuse=refuse)


def test_every_space_is_a_space() -> None:
    """All of Unicode's are prepared as that of ASCII (RFC 8265, OpaqueString)."""
    everything = map(chr, range(sys.maxunicode + 1))
    spaces = [one for one in everything if unicodedata.category(one) == "Zs"]

    assert len(spaces) == 17
    assert {prepared(one) for one in spaces} == {" "}


@pytest.mark.parametrize(
    ("password", "count"),
    [
        ("trombone", 1), ("tromb\u00f6ne", 1), ("trombo\u0308ne", 2), ("trom\u00a0bone", 2),
        ("", 0), ("trombone\0", 0), ("\ud800trombone", 0), ("~" * 1024, 1), ("~" * 1025, 0),
    ],
)  # fmt: skip
def test_spellings(password: str, count: int) -> None:
    """A password may have been hashed prepared, or as it is typed."""
    found = spellings(password)

    assert len(found) == count
    assert not found or found[0] == prepared(password).encode()


def test_the_list_of_the_commonest() -> None:
    """It has some thousands that are long enough, each as it is compared."""
    text = Path(passwords.__file__).with_name("commonest.txt").read_text(encoding="utf-8")
    lines = text.splitlines()

    assert 3000 < len(lines) < 10_000
    assert lines == sorted(set(lines))
    assert all(line == prepared(line).casefold() and len(line) >= 8 for line in lines)
