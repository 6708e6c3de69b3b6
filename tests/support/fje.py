"""The test suite of Flask-JWT-Extended (FJE), with the import renamed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from .absent import absent

VERSION = "4.7.4"
_SHA256 = "78fd0f460317facf3a0084a6457ffaf2f1dda9eefbd576f94cea35b0eadd5531"
_CACHE = Path(__file__).parent.parent.parent / ".tools" / "fje"
_SDIST = f"flask_jwt_extended-{VERSION}"

# Its secrets are short, and it sets no TESTING.
_CONFTEST = """\
from flask import Flask
from werkzeug.datastructures import ImmutableDict

Flask.default_config = ImmutableDict({**Flask.default_config, "JWT_ALLOW_INSECURE_KEYS": True})
"""


@dataclass(frozen=True)
class Outcome:
    """What came of a run: the ids of all cases, of those that failed, and of those not run."""

    cases: Set[str]
    failed: Set[str]
    skipped: Set[str]
    output: str


def run_suite(folder: Path, package: str) -> Outcome:
    """Run the suite in an empty folder, with a package in the place of FJE."""
    with tarfile.open(_fetched()) as archive:
        # Python 3.11.4 and newer; the archive is the pinned one either way.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        wanted = [one for one in archive if one.name.startswith(f"{_SDIST}/tests/")]
        archive.extractall(folder, wanted)
    suite = folder / _SDIST
    for file in (suite / "tests").glob("*.py"):
        file.write_text(file.read_text().replace("flask_jwt_extended", package))
    (suite / "conftest.py").write_text(_CONFTEST)
    (suite / "pytest.ini").write_text("[pytest]\n")
    report = folder / "report.xml"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junit-xml={report}"],
        cwd=suite,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert report.is_file(), done.stdout
    return _read(report, done.stdout)


def _read(report: Path, output: str) -> Outcome:
    found: dict[str, set[str]] = {"passed": set(), "failed": set(), "skipped": set()}
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{case.attrib['classname'].removeprefix('tests.')}::{case.attrib['name']}"
        said = {child.tag for child in case}
        failed = said & {"failure", "error"}
        found["failed" if failed else "skipped" if "skipped" in said else "passed"].add(name)
    return Outcome(set().union(*found.values()), found["failed"], found["skipped"], output)


def _fetched() -> Path:
    """Return the source distribution, and let pip fetch it where it is not there yet."""
    sdist = _CACHE / f"{_SDIST}.tar.gz"
    if sdist.is_file() and hashlib.sha256(sdist.read_bytes()).hexdigest() == _SHA256:
        return sdist
    _CACHE.mkdir(parents=True, exist_ok=True)
    pinned = _CACHE / "requirements.txt"
    pinned.write_text(f"flask-jwt-extended=={VERSION} --hash=sha256:{_SHA256}\n")
    # The environment has no pip; the Python that it was made of has the one that fetched uv.
    python = Path(sys.base_prefix) / "bin" / "python3"
    options = ["--retries=1", "--no-deps", "--no-binary=flask-jwt-extended", "--require-hashes"]
    done = subprocess.run(
        [python, "-m", "pip", "download", *options, "--requirement", pinned, "--dest", _CACHE],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        absent(f"no source distribution of Flask-JWT-Extended: {done.stdout}")
    return sdist
