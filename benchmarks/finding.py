"""What was found out by other means than a race."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .markdown import Table


@dataclass(frozen=True)
class Finding:
    """One more table of the report.

    :param key: names it in the JSON file.
    :param title: says what the figures are.
    :param rows: the table, its head first; empty where nothing could be measured.
    :param remark: goes below the table, or says why there is none.
    :param figures: the same for programs, by row.
    """

    key: str
    title: str
    rows: Table = ()
    remark: str = ""
    figures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
