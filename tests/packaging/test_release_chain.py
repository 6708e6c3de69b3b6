"""What a release is made with, and whom its users can reach."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_the_installer_is_pinned() -> None:
    """Nothing that is published between two builds gets into one of them: uv is one version."""
    command = ["make", "--dry-run", "--always-make", ".tools/bin/uv"]
    run = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    (version,) = re.findall(r"\buv==(\d+\.\d+\.\d+)\b", run.stdout)

    installed = ROOT / ".tools" / "bin" / "uv"
    if installed.exists():
        said = subprocess.run([installed, "--version"], check=True, capture_output=True, text=True)
        assert said.stdout.split()[1] == version


def test_whom_to_tell() -> None:
    """There is a private way, one for when it fails, and no address but those of the metadata."""
    text = (ROOT / "SECURITY.md").read_text()
    reporting = text.partition("## Reporting")[2].partition("\n## ")[0]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert "Report a vulnerability" in reporting
    assert "has no such form" in reporting
    for address in re.findall(r"[\w.+-]+@[\w.-]+|https?://\S+", reporting):
        assert address in str(project)
