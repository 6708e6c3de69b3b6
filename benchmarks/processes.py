"""Programs of the benchmarks that need a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


class ProcessError(RuntimeError):
    """A process failed, or took longer than it may."""


class AbsentError(RuntimeError):
    """What would be measured is not on this machine."""


def python(
    arguments: Sequence[str],
    *,
    seconds: float,
    under: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Any:
    """Run this interpreter, and return what it prints."""
    text = run([*under, sys.executable, *arguments], seconds=seconds, environment=environment)
    return json.loads(text) if text.strip() else None


def run(
    command: Sequence[str], *, seconds: float, environment: Mapping[str, str] | None = None
) -> str:
    """Run a command, and return what it prints."""
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            capture_output=True,
            encoding="utf-8",
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        raise ProcessError(f"{Path(command[0]).name} took more than {seconds:.0f} s") from None
    if done.returncode:
        # Valgrind has the last word otherwise.
        said = [line for line in done.stderr.splitlines() if line and not line.startswith("==")]
        raise ProcessError(f"{Path(command[0]).name} failed: {(said or ['no message'])[-1]}")
    return done.stdout
