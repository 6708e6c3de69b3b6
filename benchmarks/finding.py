"""What was found out by other means than a race."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .markdown import Table
from .processes import AbsentError


@dataclass(frozen=True)
class Finding:
    """One more table of the report."""

    key: str
    title: str
    rows: Table = ()
    remark: str = ""
    figures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    failed: bool = False


@dataclass
class Attempts:
    """Measurements that each fail for themselves."""

    remarks: list[str] = field(default_factory=list)
    failed: bool = False

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Note whatever the block raises, and go on behind it."""
        try:
            yield
        except AbsentError as error:
            self.remarks.append(f"{error}.")
        except Exception as error:
            self.failed = True
            first, *_ = [*str(error).splitlines(), ""]
            self.remarks.append(f"{name} failed: {type(error).__name__}: {first}")

    def finding(
        self,
        key: str,
        title: str,
        rows: Table = (),
        remark: str = "",
        figures: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Finding:
        """Return what was found out, and what was not; see :class:`Finding`."""
        remark = " ".join([*filter(None, [remark.strip()]), *self.remarks])
        return Finding(key, title, rows, remark, figures or {}, self.failed)
