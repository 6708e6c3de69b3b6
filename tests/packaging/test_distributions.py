"""What is shipped: built for real, installed, and looked at; and the chain of a release."""

from __future__ import annotations

import email
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.message import Message
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution, built from the tree."""
    return build("build_sdist", ROOT, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution alone."""
    unpacked = tmp_path_factory.mktemp("source")
    with tarfile.open(sdist) as archive:
        # Python 3.11.4 and newer; the archive is our own either way.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(unpacked)
    (source,) = unpacked.iterdir()
    return build("build_wheel", source, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing in it but what the wheel installs."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def build(hook: str, source: Path, target: Path) -> Path:
    program = f"import sys, flit_core.buildapi as b; print(b.{hook}(sys.argv[1]))"
    run = subprocess.run(
        [sys.executable, "-c", program, str(target)],
        cwd=source,
        check=True,
        capture_output=True,
        text=True,
    )
    return target / run.stdout.split()[-1]


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (one for one in archive.namelist() if one.endswith("dist-info/METADATA"))
        return email.message_from_bytes(archive.read(name))


@pytest.mark.parametrize(
    "name",
    [
        ".ci/run", "CHANGES.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md",
        "SECURITY.md", "benchmarks/__main__.py", "docs/index.md", "examples/tutorial/app.py",
        "src/flask_jwt/py.typed", "tests/packaging/test_distributions.py", "uv.lock",
    ],
)  # fmt: skip
def test_sdist_holds_what_a_packager_needs(sdist: Path, name: str) -> None:
    """Tests, documentation, examples and the lock file travel with the source."""
    with tarfile.open(sdist) as archive:
        names = {member.name.partition("/")[2] for member in archive.getmembers()}

    assert name in names


def test_sdist_holds_nothing_of_the_machine(sdist: Path) -> None:
    """No cache, no instance folder and no built page is shipped."""
    with tarfile.open(sdist) as archive:
        parts = {part for member in archive.getmembers() for part in Path(member.name).parts}

    assert not parts & {"__pycache__", "instance", "_build", ".venv", ".tools"}


def test_wheel_says_what_it_is(wheel: Path) -> None:
    """The metadata names the licence, the import name and the two things that are always needed."""
    said = metadata(wheel)

    assert said["Name"] == "flask-jwt-reborn"
    assert said["License-Expression"] == "MIT"
    assert said.get_all("Import-Name") == ["flask_jwt"]
    needed = [one for one in said.get_all("Requires-Dist", []) if "extra ==" not in one]
    assert {one.split(">")[0].strip().lower() for one in needed} == {"flask", "pyjwt"}


def test_wheel_names_the_pythons_that_it_is_tested_on(wheel: Path) -> None:
    """The versions in its classifiers are those of ``make test-pythons``."""
    (tested,) = re.findall(r"PYTHONS:-([^}]+)", (ROOT / ".ci" / "test-pythons").read_text())
    prefix = "Programming Language :: Python :: "
    named = {one.removeprefix(prefix) for one in metadata(wheel).get_all("Classifier", [])}

    assert {one for one in named if one.startswith("3.")} == set(tested.split())


def test_wheel_holds_the_package_alone(wheel: Path) -> None:
    """Nothing but flask_jwt and its metadata is installed, typed marker included."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()

    assert {name.split("/")[0] for name in names} == {
        "flask_jwt",
        "flask_jwt_reborn-0.1.0.dist-info",
    }
    assert "flask_jwt/py.typed" in names


@pytest.mark.parametrize(
    "pattern", ["*.html", "*.js", "*.css", "*.svg", "*.d.ts", "*.lua", "*.bin", "*.txt"]
)
def test_wheel_holds_every_file_of_the_package(wheel: Path, pattern: str) -> None:
    """What is no Python is installed too: the console's page, the script, lists, Redis's Lua."""
    source = ROOT / "src"
    here = {str(path.relative_to(source)) for path in (source / "flask_jwt").rglob(pattern)}
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())

    assert here
    assert here <= names


@pytest.mark.parametrize(
    "name",
    [
        "client_js/flask_jwt.d.ts", "client_js/flask_jwt.js", "console/static/icon.svg",
        "console/static/script/page.js", "console/static/style/base.css",
        "console/templates/jwt_console/page.html", "stores/lua/move.lua",
    ],
)  # fmt: skip
def test_wheel_holds_what_is_served(wheel: Path, name: str) -> None:
    """The files that the package opens by name are where it looks for them."""
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read(f"flask_jwt/{name}")


def test_installed_package_works(installed: Path) -> None:
    """A token is made and verified by the installed package, found nowhere else."""
    program = (
        "import os, sys; sys.path.insert(0, sys.argv[1])\n"
        "import flask_jwt\n"
        "from flask_jwt.core import Key, KeyRing, Signer, Verifier\n"
        "assert flask_jwt.__file__.startswith(sys.argv[1]), flask_jwt.__file__\n"
        "ring = KeyRing(Key.from_secret(os.urandom(32)))\n"
        "token = Signer(ring).sign({'exp': 4102444800, 'name': 'anna'})\n"
        "print(Verifier(ring).verify(token).claims['name'])\n"
    )

    run = subprocess.run(
        [sys.executable, "-c", program, str(installed)], capture_output=True, text=True
    )

    assert (run.stdout, run.stderr) == ("anna\n", "")


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
