"""Several operators at once, and one that is killed: with real processes."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from flask_jwt.core.key_set import own_keys, parse_key_set, ring_of
from tests.support.server import ROOT

APP = "tests.support.applications.rotating:app"
WRITE = """
import sys
from pathlib import Path
from flask_jwt.keys.key_file import locked_key_file
print("ready", flush=True)
while True:
    with locked_key_file(Path(sys.argv[1])) as file:
        file.replace(file.jwks[::-1])
"""


def start(instance: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start ``flask jwt keys``."""
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", APP, "jwt", "keys", *arguments],
        cwd=ROOT,
        env={**os.environ, "ROTATING_INSTANCE": str(instance), "ROTATING_LIFETIME": "300"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(instance: Path, *arguments: str) -> None:
    """Run ``flask jwt keys``, which has to succeed."""
    process = start(instance, *arguments)
    output, _ = process.communicate()
    assert process.returncode == 0, output


def test_one_of_several_wins(tmp_path: Path) -> None:
    """Of four operators who rotate at once one does, and the others are told so."""
    run(tmp_path, "generate")
    running = [start(tmp_path, "rotate") for _ in range(4)]
    outputs = [process.communicate()[0] for process in running]

    assert sorted(process.returncode for process in running) == [0, 1, 1, 1]
    assert sum("is published already" in output for output in outputs) == 3
    assert len(json.loads((tmp_path / "keys.json").read_text())["keys"]) == 2


def test_a_killed_writer_leaves_a_whole_file(tmp_path: Path) -> None:
    """Whenever a writer is killed, the file is the old or the new one, and can be written again."""
    run(tmp_path, "generate")
    run(tmp_path, "rotate")
    path = tmp_path / "keys.json"
    chance = random.Random(3)
    for _ in range(15):
        with subprocess.Popen(
            [sys.executable, "-c", WRITE, str(path)], stdout=subprocess.PIPE, cwd=ROOT
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"ready\n"
            # Not a wait for anything: the moment of the kill is what is tried out.
            time.sleep(chance.uniform(0, 0.02))
            writer.send_signal(signal.SIGKILL)
        assert len(ring_of(own_keys(parse_key_set(path.read_bytes()))).keys) == 2
    assert path.stat().st_mode & 0o777 == 0o600
    run(tmp_path, "list")


def test_a_reader_who_leaves(tmp_path: Path) -> None:
    """When nobody reads what is printed any more, that is no fault of the key file."""
    run(tmp_path, "generate")
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", APP, "jwt", "keys", "list"],
        cwd=ROOT,
        env={**os.environ, "ROTATING_INSTANCE": str(tmp_path), "ROTATING_LIFETIME": "300"},
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)

    assert done.returncode == 1
    assert "keys.json" not in done.stderr
