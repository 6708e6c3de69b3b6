"""What was found out by other means than a race."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from .processes import AbsentError


@dataclass
class Finding:
    """One more table of the report, whose measurements each fail for themselves."""

    key: str
    title: str
    figures: dict[str, dict[str, float | None]] = field(default_factory=dict)
    remark: str = ""
    failed: bool = False

    @contextmanager
    def attempt(self, name: str) -> Iterator[None]:
        """Note whatever the block raises, and go on behind it."""
        try:
            yield
        except AbsentError as error:
            self.remark += f" {error}."
        except Exception as error:
            self.failed = True
            first, *_ = [*str(error).splitlines(), ""]
            self.remark += f" {name} failed: {type(error).__name__}: {first}"
