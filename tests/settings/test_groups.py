"""A group of settings, as a capability declares one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Self

import pytest

from flask_jwt import ConfigurationError
from flask_jwt.settings.declare import Config, Group, Settings
from flask_jwt.settings.types import duration, flag, integer, names, secret, text


@dataclass(frozen=True, slots=True)
class Throttling(Group):
    """Settings that no capability has."""

    title = "Throttling"

    is_on: bool = flag("JWT_THROTTLE", default=False)
    """whether there is any"""
    pause: float = duration("JWT_THROTTLE_PAUSE", timedelta(minutes=1), more_than=0)
    """how long a client has to wait"""
    longest: float | None = duration("JWT_THROTTLE_LONGEST")
    """and how long at most; None is ten times as long"""
    attempts: int = integer("JWT_THROTTLE_ATTEMPTS", 5, "attempts", least=1)
    """after how many attempts"""
    exempt: tuple[str, ...] = names("JWT_THROTTLE_EXEMPT", [], "a list of addresses", empty=True)
    """who need not"""
    storage: str | None = text("JWT_THROTTLE_STORAGE")
    """where it is counted"""
    pepper: str | bytes | None = secret("JWT_THROTTLE_PEPPER")
    """the secret for names in it"""

    @classmethod
    def is_used(cls, config: Config) -> bool:
        """Tell whether there is any."""
        return bool(config.get("JWT_THROTTLE"))

    def settled(self, config: Config) -> Self:
        """Fill in the longest pause."""
        return self if self.longest is not None else replace(self, longest=10 * self.pause)


def test_defaults() -> None:
    """Where a key is not set, or None, its default counts, in the type of the field."""
    group = Throttling.read({"JWT_THROTTLE_PAUSE": None})

    assert group == Throttling(
        is_on=False,
        pause=60.0,
        longest=600.0,
        attempts=5,
        exempt=(),
        storage=None,
        pepper=None,
    )


def test_configured() -> None:
    """What is configured is read into the type of the field, and a secret is in no repr."""
    config: dict[str, Any] = {
        "JWT_THROTTLE": "on",
        "JWT_THROTTLE_PAUSE": 5,
        "JWT_THROTTLE_LONGEST": timedelta(hours=1),
        "JWT_THROTTLE_EXEMPT": ["127.0.0.1"],
        "JWT_THROTTLE_PEPPER": "pepper",
    }
    group = Throttling.read(config)

    assert (group.is_on, group.pause, group.longest) == (True, 5.0, 3600.0)
    assert group.exempt == ("127.0.0.1",)
    assert group.pepper == "pepper"
    assert "pepper" not in repr(group)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("JWT_THROTTLE", "perhaps", "True or False"),
        ("JWT_THROTTLE_PAUSE", "long", "a timedelta or a number of seconds"),
        ("JWT_THROTTLE_ATTEMPTS", 0, "a number of attempts, 1 or more"),
        ("JWT_THROTTLE_EXEMPT", [5], "a list of addresses"),
        ("JWT_THROTTLE_PEPPER", 5, "text: this one came as a number"),
    ],
)
def test_at_fault(key: str, value: Any, expected: str) -> None:
    """The error names the key and what a value must be."""
    with pytest.raises(ConfigurationError) as caught:
        Throttling.read({key: value})
    assert str(caught.value).startswith(f"app.config['{key}'] must be {expected}")


def test_by_group() -> None:
    """The settings of an application are found by their group, which may be switched off."""
    group = Throttling.read({})

    assert Settings([group])[Throttling] is group
    assert Settings([]).get(Throttling) is None
    assert not Throttling.is_used({})
