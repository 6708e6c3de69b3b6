"""Who may have access to a key file: ssh's rule, and what Docker and Kubernetes mount."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flask_jwt.core import KeyMaterialError
from flask_jwt.keys import key_file
from flask_jwt.keys.key_file import MAX_KEY_FILE_BYTES, read_key_file

OURS = [0o600, 0o400, 0o700]
OPEN = [0o640, 0o620, 0o604, 0o644, 0o660, 0o440, 0o444, 0o610]
WRITABLE = [0o602, 0o646, 0o666, 0o777, 0o002]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file that is ours."""
    path = tmp_path / "keys.json"
    path.write_text("the keys")
    return path


def become_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a user that is neither root nor the owner of what was written so far."""
    monkeypatch.setattr(os, "geteuid", lambda: 12345)


def give_away(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Let a file or a symlink belong to a user that is neither root nor ours."""
    if os.geteuid() == 0:
        os.chown(path, 54321, -1, follow_symlinks=False)
    else:
        become_another(monkeypatch)


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
def test_of_root(file: Path, monkeypatch: pytest.MonkeyPatch, mode: int) -> None:
    """What root has let us read is read, as ssh does."""
    file.chmod(mode)
    os.chown(file, 0, -1)
    become_another(monkeypatch)
    os.chown(file.parent, 0, -1)

    assert read_key_file(file)[0] == b"the keys"


@pytest.mark.parametrize("private", [True, False])
def test_of_another(file: Path, monkeypatch: pytest.MonkeyPatch, private: bool) -> None:
    """What belongs to a user other than root and ourselves is refused: its owner can change it."""
    file.chmod(0o400)
    give_away(monkeypatch, file)

    with pytest.raises(KeyMaterialError, match=r"belongs to another user \(uid \d+\).*chown"):
        read_key_file(file, private=private)


@pytest.mark.parametrize(("mode", "mend"), [(0o620, "chmod g-w"), (0o664, "chmod g-w")])
def test_public_and_writable(file: Path, mode: int, mend: str) -> None:
    """A public key may be read by all, and written by its owner alone: it says who may sign."""
    file.chmod(0o644)
    assert read_key_file(file, private=False)[0] == b"the keys"

    file.chmod(mode)
    with pytest.raises(KeyMaterialError, match=f"a group may write.*mode {mode:04o}.*{mend}"):
        read_key_file(file, private=False)


class TestFolder:
    """Who may write to a folder may replace every file in it."""

    @pytest.mark.parametrize("private", [True, False])
    @pytest.mark.parametrize("mode", [0o770, 0o757, 0o777, 0o775, 0o2775])
    def test_open(self, file: Path, mode: int, private: bool) -> None:
        """A folder that others may write to is refused."""
        file.chmod(0o600)
        file.parent.chmod(mode)

        with pytest.raises(KeyMaterialError, match=f"the folder.*mode {mode:04o}.*chmod go-w"):
            read_key_file(file, private=private)

    def test_of_another(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """So is one that belongs to somebody else."""
        file.chmod(0o600)
        give_away(monkeypatch, file.parent)

        with pytest.raises(KeyMaterialError, match="belongs to another user"):
            read_key_file(file)

    def test_sticky(self, file: Path) -> None:
        """In a folder such as /tmp nobody can replace the files of others."""
        file.chmod(0o600)
        file.parent.chmod(0o1777)

        assert read_key_file(file)[0] == b"the keys"

    def test_of_a_symlink(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The folder of each symlink counts as well, and so does its owner in a sticky one."""
        file.chmod(0o600)
        folder = file.parent / "links"
        folder.mkdir()
        link = folder / "keys.json"
        link.symlink_to("../keys.json")
        assert read_key_file(link)[0] == b"the keys"

        folder.chmod(0o777)
        with pytest.raises(KeyMaterialError, match="the folder"):
            read_key_file(link)
        folder.chmod(0o1777)
        assert read_key_file(link)[0] == b"the keys"
        give_away(monkeypatch, link)
        with pytest.raises(KeyMaterialError, match="belongs to another user"):
            read_key_file(link)


def test_kubernetes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret's volume is read, by root and by others: links in a sticky folder of root's."""
    version = tmp_path / "..2026_11_30"
    version.mkdir(mode=0o755)
    (version / "keys.json").write_text("the keys")
    (version / "keys.json").chmod(0o640)
    (tmp_path / "..data").symlink_to(version.name)
    (tmp_path / "keys.json").symlink_to("..data/keys.json")
    tmp_path.chmod(0o1777)
    if os.geteuid() == 0:
        become_another(monkeypatch)
    else:
        (version / "keys.json").chmod(0o600)

    assert read_key_file(tmp_path / "keys.json")[0] == b"the keys"


def test_docker(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of the host that is mounted read-only is read, whoever it belongs to there."""
    file.chmod(0o664)
    monkeypatch.setattr(key_file, "_on_read_only_mount", lambda file: isinstance(file, int))
    give_away(monkeypatch, file)
    if os.geteuid() != 0:
        file.parent.chmod(0o700)

    assert read_key_file(file)[0] == b"the keys"


@pytest.mark.parametrize("mode", [0o444, 0o644, 0o440])
def test_read_only_mount(file: Path, monkeypatch: pytest.MonkeyPatch, mode: int) -> None:
    """On a read-only mount root's own files may be readable: so are the secrets of containers."""
    file.chmod(mode)
    monkeypatch.setattr(key_file, "_on_read_only_mount", lambda descriptor: True)

    assert read_key_file(file)[0] == b"the keys"


@pytest.mark.parametrize("mode", WRITABLE)
@pytest.mark.parametrize("whose", ["ours", "another's", "mounted"])
def test_writable_by_all(
    file: Path, monkeypatch: pytest.MonkeyPatch, mode: int, whose: str
) -> None:
    """Whose ever it is: who can write to it could sign in as anybody."""
    file.chmod(mode | 0o400)
    if whose == "another's":
        become_another(monkeypatch)
    if whose == "mounted":
        monkeypatch.setattr(key_file, "_on_read_only_mount", lambda descriptor: True)

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
