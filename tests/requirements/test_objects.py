"""Requirements as objects: what they are made of, how they print, and what they refuse to be."""

from __future__ import annotations

import pickle
from dataclasses import dataclass

import pytest

from flask_jwt import requirements
from flask_jwt.requirements import Check, Claim, MaxAge, Scope

WRITTEN = [
    'Scope("a", "b")',
    'Role("M\u00fcllerin \\"Eva\\"")',
    'Claim("tenant", "acme")',
    'Claim(["realm_access", "level"], 3)',
    'Claim("vip", True)',
    'Issuer("https://id.example")',
    "MaxAge(300)",
    'Acr("gold", "silver")',
    'Amr("pwd", "otp")',
    '~Scope("a")',
    '~~Scope("a")',
    'Scope("a") & Role("b") & MaxAge(3)',
    'Scope("a") & (Role("b") & MaxAge(3))',
    'Scope("a") | Role("b") | MaxAge(3)',
    'Scope("a") | (Role("b") | MaxAge(3))',
    'Scope("a") & Role("b") | MaxAge(3)',
    'Scope("a") & (Role("b") | MaxAge(3))',
    '(Scope("a") | Role("b")) & ~MaxAge(3)',
    '~(Scope("a") & Role("b"))',
    '~(Scope("a") | Role("b")) & MaxAge(3)',
]


@pytest.mark.parametrize("text", WRITTEN)
def test_printed_as_written(text: str) -> None:
    """A requirement prints as it is written, and what it prints makes the same one again."""
    made = eval(text, vars(requirements))

    assert repr(made) == text
    again = eval(repr(made), vars(requirements))
    assert made == again
    assert hash(made) == hash(again)
    assert pickle.loads(pickle.dumps(made)) == made


def owns(token: object, user: object) -> bool:
    """Tell nothing."""
    return True


def test_printed_check() -> None:
    """A check prints the name of its function, and what refusals call it."""
    assert repr(Check(owns, "owns the account")) == 'Check(owns, "owns the account")'


def test_check_without_a_hash() -> None:
    """A check has a hash where what it calls has none, and so counts as any other."""

    @dataclass
    class Owns:
        shop: str

        def __call__(self, token: object, user: object) -> bool:
            return False

    made = Check(Owns("a"), "owns the shop")
    assert made == Check(Owns("a"), "owns the shop") != Check(Owns("b"), "owns the shop")
    assert hash(made) == hash(Check(Owns("a"), "owns the shop"))


def test_frozen() -> None:
    """A requirement can't be changed once it is made."""
    a = Scope("a")
    for requirement in (a, MaxAge(3), a & a, ~a, Claim("a", 1)):
        for name in ("names", "seconds", "parts", "part", "value", "more"):
            with pytest.raises((AttributeError, TypeError)):
                setattr(requirement, name, ())


@pytest.mark.parametrize(
    "text",
    [
        *('Scope("a") and Role("b")', 'Scope("a") or Role("b")', 'not Scope("a")'),
        *('Scope("a") & "b"', 'Scope("a") | None', 'Scope("a") & Role', '"a" & Scope("a")'),
    ],
)
def test_combined_with_another_sign(text: str) -> None:
    """``and`` would drop the first requirement without a word: it raises, as a stranger does."""
    with pytest.raises(TypeError):
        eval(text, vars(requirements))


NAMES = ("Scope", "Role", "Acr", "Amr", "Issuer")


@pytest.mark.parametrize(
    "text",
    [
        *(f"{name}({value})" for name in NAMES for value in ("", "''", "7", "['a']", "None")),
        *(f"{name}('a', '')" for name in NAMES),
        *("Scope('a b')", "Scope('a\"')", "Scope('\u00e4')", "Acr('a b')", "Acr('a\"')"),
        *(f"MaxAge({value})" for value in ("0", "-1", "True", "1.5", "'60'", "None")),
        *(f"Claim({name}, 1)" for name in ("''", "[]", "['a', '']", "['a', 1]", "7")),
        *(f"Claim('a', {value})" for value in ("None", "[1]", "float('nan')")),
        *("Check('owns', 'it')", "Check(print, '')", "Check(print, None)"),
    ],
)
def test_refused_when_made(text: str) -> None:
    """What could never hold, or would always, is an error where it is written."""
    with pytest.raises((TypeError, ValueError)):
        eval(text, vars(requirements))
