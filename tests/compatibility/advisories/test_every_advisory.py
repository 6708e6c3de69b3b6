"""Whether each advisory of the list has its test."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

#: What others got wrong.
ADVISORIES = [
    "CVE-2015-9235",
    "CVE-2018-0114",
    "CVE-2020-10594",
    "CVE-2021-29621",
    "CVE-2022-21449",
    "CVE-2022-29217",
    "CVE-2022-39227",
    "CVE-2023-27524",
    "CVE-2023-30861",
    "CVE-2023-48223",
    "CVE-2024-53861",
    "CVE-2025-30204",
    "CVE-2025-47278",
    "CVE-2025-53864",
    "CVE-2025-59420",
    "CVE-2025-61920",
    "CVE-2026-1035",
    "CVE-2026-9802",
    "CVE-2026-22817",
    "CVE-2026-32597",
    "CVE-2026-34950",
    "CVE-2026-35039",
    "CVE-2026-48524",
]


def functions_here() -> dict[str, str]:
    """Return the docstrings of the test functions of this folder, by name."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_cve_"):
                found[node.name] = ast.get_docstring(node) or ""
    return found


@pytest.mark.parametrize("advisory", ADVISORIES)
def test_advisory_has_a_test(advisory: str) -> None:
    """Each advisory has a test that is named after it, and one that says what it was."""
    name = "test_" + advisory.lower().replace("-", "_")
    named = [doc for test, doc in functions_here().items() if test.startswith(f"{name}_")]

    assert named
    assert [doc for doc in named if doc.startswith(f"{advisory}: ")]


def test_every_test_has_its_advisory() -> None:
    """No test is named after an advisory that is not in the list."""
    numbers = {re.sub(r"^test_cve_(\d+)_(\d+)_.*", r"CVE-\1-\2", name) for name in functions_here()}

    assert numbers == set(ADVISORIES)
