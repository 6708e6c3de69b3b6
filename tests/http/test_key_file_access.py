"""Who may have access to a key file: ssh's rule, and what Docker and Kubernetes mount."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flask_jwt import keyfile
from flask_jwt.core import KeyMaterialError
from flask_jwt.keyfile import MAX_KEY_FILE_BYTES, read_key_file

OURS = [0o600, 0o400, 0o700]
OPEN = [0o640, 0o620, 0o604, 0o644, 0o660, 0o440, 0o444, 0o610]
WRITABLE = [0o602, 0o646, 0o666, 0o777, 0o002]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file that is ours."""
    path = tmp_path / "keys.json"
    path.write_text("the keys")
    return path


def give_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all files belong to somebody else: we are another user."""
    monkeypatch.setattr(os, "geteuid", lambda: 12345)


@pytest.mark.parametrize("mode", OURS)
def test_ours(file: Path, mode: int) -> None:
    """A file that is its owner's alone is read."""
    file.chmod(mode)

    assert read_key_file(file)[0] == b"the keys"


@pytest.mark.parametrize("mode", OPEN)
def test_ours_and_open(file: Path, mode: int) -> None:
    """Where it is ours and others have access, the error says which mode it has and what to do."""
    file.chmod(mode)

    with pytest.raises(KeyMaterialError, match=f"mode {mode:04o}.*chmod 600"):
        read_key_file(file)


@pytest.mark.parametrize("mode", [0o444, 0o440, 0o640, 0o644])
def test_of_another(file: Path, monkeypatch: pytest.MonkeyPatch, mode: int) -> None:
    """What somebody else has let us read is read, as ssh does."""
    file.chmod(mode)
    give_away(monkeypatch)

    assert read_key_file(file)[0] == b"the keys"


@pytest.mark.parametrize("mode", [0o444, 0o644, 0o440])
def test_read_only_mount(file: Path, monkeypatch: pytest.MonkeyPatch, mode: int) -> None:
    """On a read-only mount root's own files may be readable: so are the secrets of containers."""
    file.chmod(mode)
    monkeypatch.setattr(keyfile, "_on_read_only_mount", lambda descriptor: True)

    assert read_key_file(file)[0] == b"the keys"


@pytest.mark.parametrize("mode", WRITABLE)
@pytest.mark.parametrize("whose", ["ours", "another's", "mounted"])
def test_writable_by_all(
    file: Path, monkeypatch: pytest.MonkeyPatch, mode: int, whose: str
) -> None:
    """Whose ever it is: who can write to it could sign in as anybody."""
    file.chmod(mode | 0o400)
    if whose == "another's":
        give_away(monkeypatch)
    if whose == "mounted":
        monkeypatch.setattr(keyfile, "_on_read_only_mount", lambda descriptor: True)

    with pytest.raises(KeyMaterialError, match="everybody may write"):
        read_key_file(file)


def test_other_things(tmp_path: Path) -> None:
    """What is no file is an error, and never waited for."""
    os.mkfifo(tmp_path / "fifo", 0o600)
    (tmp_path / "folder").mkdir()

    for path in (tmp_path / "fifo", tmp_path / "folder", Path(os.devnull)):
        with pytest.raises(KeyMaterialError, match="no regular file"):
            read_key_file(path)
    for path in (tmp_path / "nothing", tmp_path / "a\0b"):
        with pytest.raises(KeyMaterialError, match="can't be read"):
            read_key_file(path)


def test_size(file: Path) -> None:
    """A file has a largest size."""
    file.chmod(0o600)
    file.write_bytes(b" " * MAX_KEY_FILE_BYTES)
    assert len(read_key_file(file)[0]) == MAX_KEY_FILE_BYTES

    file.write_bytes(b" " * (MAX_KEY_FILE_BYTES + 1))
    with pytest.raises(KeyMaterialError, match="more than 262144 bytes"):
        read_key_file(file)
