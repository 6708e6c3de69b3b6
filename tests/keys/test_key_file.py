"""``JWT_KEY_FILE``: what running workers make of it, and of what happens to it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from flask_jwt import ConfigurationError
from flask_jwt.keys import key_file
from flask_jwt.testing.factories import in_child
from tests.support.key_files import NOW, Site, new_key, public, signed_by, write
from tests.support.tokens import parts_of

A, B, C = new_key("a", signs_from=NOW - 100), new_key("b", signs_from=NOW), new_key("c")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Return an application whose file holds one key."""
    made = Site(tmp_path, monkeypatch)
    write(made.file, A)
    return made


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return a list that grows by one at each look at the file."""
    seen: list[Path] = []
    stamp_of = key_file.stamp_of

    def count(path: Path) -> key_file.Stamp | None:
        seen.append(path)
        return stamp_of(path)

    monkeypatch.setattr(key_file, "stamp_of", count)
    return seen


def test_the_clock_decides(site: Site) -> None:
    """Keys take turns by their dates, without a change of the file."""
    write(site.file, {**A, "verifies_until": NOW + 400}, {**B, "signs_from": NOW + 50})
    old, early = site.token(), signed_by(B)
    assert parts_of(old)[0]["kid"] == "a"
    # A worker whose clock is ahead signs with it already.
    assert site.status(early) == 200

    site.now = NOW + 50.0
    assert parts_of(site.token())[0]["kid"] == "b"
    assert site.status(old) == 200
    assert site.published() == ["b", "a"]

    kept = signed_by(A, exp=NOW + 5000)
    assert site.status(kept) == 200
    site.now = NOW + 399.9
    assert site.status(kept) == 200
    site.now = NOW + 400.0
    # It was remembered, and has not expired.
    assert site.answer(kept) == (401, site.answer(signed_by(A, exp=NOW + 5001))[1])
    assert site.published() == ["b"]


class TestAChange:
    """The file is replaced while the application runs."""

    def test_it_is_noticed_before_the_request(self, site: Site) -> None:
        """A request for which a look is due is answered by the new file."""
        stolen = site.token()
        assert site.status(stolen) == 200
        write(site.file, B)
        assert site.status(stolen) == 200

        site.passed += 1.0
        assert site.status(stolen) == 401
        assert parts_of(site.token())[0]["kid"] == "b"

    def test_an_unknown_key(self, site: Site, looks: list[Path]) -> None:
        """A token by an unknown key has the file looked at sooner, but not for each of them."""
        assert site.status(site.token()) == 200
        write(site.file, A, B)
        fresh = signed_by(B)
        site.passed += 0.2
        assert site.status(fresh) == 200

        looks.clear()
        for _ in range(50):
            assert site.status(signed_by(C)) == 401
            assert site.status(fresh[:-4] + "AAAA") == 401
        assert looks == []
        site.passed += 0.2
        for _ in range(50):
            assert site.status(signed_by(C)) == 401
        assert len(looks) == 1

    def test_good_tokens_look_once_a_second(self, site: Site, looks: list[Path]) -> None:
        """Whatever comes, a good token costs no look but the one that is due."""
        token = site.token()
        looks.clear()
        for _ in range(30):
            site.passed += 0.1
            assert site.status(token) == 200
        assert 2 <= len(looks) <= 3

    def test_symlinks(self, site: Site, tmp_path: Path) -> None:
        """A link that is swapped, as Kubernetes does, is a change."""
        for name, key in (("one", A), ("two", B)):
            (tmp_path / name).mkdir()
            write(tmp_path / name / "keys.json", key)
        data = tmp_path / "..data"
        data.symlink_to("one")
        site.file.unlink()
        site.file.symlink_to(data / "keys.json")
        token = site.token()
        assert site.status(token) == 200

        (tmp_path / "..tmp").symlink_to("two")
        (tmp_path / "..tmp").replace(data)
        site.passed += 1.0
        assert site.status(token) == 401
        assert site.status(signed_by(B)) == 200

    def test_written_in_place(self, site: Site) -> None:
        """A file that is written twice within a tick of its dates is read again."""
        token = site.token()
        before = site.file.stat()
        site.file.write_text(json.dumps({"keys": [new_key("a", signs_from=NOW - 100)]}))
        assert site.file.stat().st_size == before.st_size
        os.utime(site.file, ns=(before.st_atime_ns, before.st_mtime_ns))
        site.passed += 1.0
        assert site.status(token) == 401

    def test_a_fork_in_the_middle_of_a_look(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A child process looks by itself, and does not wait for a thread that it has not got."""
        assert site.status(site.token()) == 200
        write(site.file, A, B)
        read_key_file = key_file.read_key_file

        def good_in_child() -> None:
            monkeypatch.setattr(key_file, "read_key_file", read_key_file)
            site.passed += 1.0
            assert site.status(signed_by(B)) == 200

        def read(path: Path) -> tuple[bytes, key_file.Stamp]:
            found = read_key_file(path)
            with in_child(good_in_child):
                return found

        with monkeypatch.context() as patch:
            patch.setattr(key_file, "read_key_file", read)
            site.passed += 1.0
            assert site.status(signed_by(B)) == 200

    def test_an_hour_back(self, site: Site) -> None:
        """The next look does not wait for a clock that was put back."""
        token = site.token()
        write(site.file, B)
        site.now -= 3600
        site.passed += 1.0
        assert site.status(token) == 401

    def test_many_threads(self, site: Site) -> None:
        """While the file is replaced again and again, no token of a lasting key is refused."""
        token = site.token()
        client = site.app.test_client

        def ask(_: int) -> set[int]:
            site.passed += 0.3
            header = {"Authorization": f"JWT {token}"}
            return {client().get("/me", headers=header).status_code for _ in range(20)}

        with ThreadPoolExecutor(8) as pool:
            answers = [pool.submit(ask, number) for number in range(60)]
            for number in range(60):
                write(site.file, A, {**C, "signs_from": NOW + 1000 + number})
            assert set.union(*(answer.result() for answer in answers)) == {200}


def written(text: str) -> Callable[[Path], object]:
    """Return what replaces the contents of a file by a text."""
    return lambda path: path.write_text(text)


def replaced(*keys: dict[str, Any], mode: int = 0o600) -> Callable[[Path], object]:
    """Return what replaces a file by one with other keys."""
    return lambda path: write(path, *keys, mode=mode)


def into_a_folder(path: Path) -> None:
    """Put a folder in the place of a file."""
    path.unlink()
    path.mkdir()


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "torn": (written('{"keys": [{"kty":'), "no strict JSON"),
    "empty": (written(""), "no strict JSON"),
    "gone": (Path.unlink, "can't be read: No such file"),
    "no keys": (replaced(), "a key ring needs a key"),
    "no set": (written('{"kty": "oct"}'), "no JWK set"),
    "open": (replaced(B, mode=0o644), "mode 0644"),
    "a folder": (into_a_folder, "no regular file"),
    "too large": (written(" " * 300_000), "262144 bytes"),
    "two sign": (replaced(C, new_key("d")), "signs_from"),
    "one name": (replaced(A, {**A, "signs_from": 5}), "one kid"),
    "weak": (
        replaced({"kty": "oct", "k": "c2hvcnQ", "alg": "HS256", "kid": "w"}),
        "key 1 (w): HS256 needs a secret of at least 32 bytes",
    ),
    "other curve": (replaced({**A, "crv": "P-384"}), "crv P-256"),
    "other half": (replaced({**A, "d": B["d"]}), "key 1 (a)"),
}


class TestABadFile:
    """What happens to it is not always good."""

    @pytest.mark.parametrize("fault", FAULTS)
    def test_later(self, site: Site, caplog: pytest.LogCaptureFixture, fault: str) -> None:
        """The keys that were good are used on, one error says what is wrong, and mending helps."""
        spoil, text = FAULTS[fault]
        token = site.token()
        assert site.status(token) == 200
        caplog.clear()
        spoil(site.file)
        for _ in range(5):
            site.passed += 1.0
            assert site.status(token) == 200
        (record,) = caplog.records
        assert record.levelname == "ERROR"
        assert "app.config['JWT_KEY_FILE']" in record.message
        assert text in record.message
        assert "used on" in record.message
        assert A["d"] not in caplog.text

        if site.file.is_dir():
            site.file.rmdir()
        write(site.file, B)
        site.passed += 1.0
        assert site.status(token) == 401
        assert site.status(signed_by(B)) == 200

    @pytest.mark.parametrize("fault", FAULTS)
    def test_at_first_use(self, site: Site, caplog: pytest.LogCaptureFixture, fault: str) -> None:
        """Without good keys each request is a logged 500, until the file is mended."""
        spoil, text = FAULTS[fault]
        spoil(site.file)
        for _ in range(2):
            assert site.status(signed_by(A)) == 500
        assert text in caplog.text
        assert "ConfigurationError: app.config['JWT_KEY_FILE']" in caplog.text

        if site.file.is_dir():
            site.file.rmdir()
        write(site.file, A)
        assert site.status(signed_by(A)) == 200

    def test_nothing_signs(self, site: Site) -> None:
        """A file of public keys reads tokens; to make one is an error that names the command."""
        write(site.file, public(A))

        assert site.status(signed_by(A)) == 200
        with pytest.raises(ConfigurationError, match="flask jwt keys list"):
            site.token()


def test_algorithm_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key without alg is for JWT_ALGORITHM, where that was set and its type leaves a choice."""
    jwk = {name: value for name, value in new_key("r", "RS256").items() if name != "alg"}
    site = Site(tmp_path, monkeypatch, JWT_ALGORITHM="PS256")
    write(site.file, jwk)
    assert parts_of(site.token())[0]["alg"] == "PS256"

    unsaid = Site(tmp_path, monkeypatch)
    with pytest.raises(ConfigurationError, match="needs alg"):
        unsaid.token()


class TestAnIssuersSet:
    """A file of public keys: somebody else's, whose tokens are read."""

    FOREIGN = (
        {"kty": "AKP", "alg": "ML-DSA-44", "kid": "post-quantum", "pub": "AAAA"},
        {"kty": "OKP", "crv": "X25519", "kid": "agreement", "x": "A" * 43},
    )

    def test_keys_that_are_not_for_us(self, site: Site, caplog: pytest.LogCaptureFixture) -> None:
        """They are passed over, with one warning; tokens of the others are good."""
        site.file.unlink()
        write(site.file, self.FOREIGN[0], public(A), self.FOREIGN[1])

        for _ in range(3):
            assert site.status(signed_by(A)) == 200
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        for text in ("JWT_KEY_FILE", "key 1 (post-quantum)", "key 3 (agreement)"):
            assert text in caplog.text

    def test_when_the_set_changes(self, site: Site, caplog: pytest.LogCaptureFixture) -> None:
        """A key of a new kind that the issuer adds one day does not keep its next key out."""
        write(site.file, public(A))
        assert site.status(signed_by(A)) == 200
        write(site.file, public(A), public(B), *self.FOREIGN)
        site.passed += 1.0

        assert site.status(signed_by(B)) == 200
        assert [record.levelname for record in caplog.records] == ["WARNING"]

    def test_ones_own_file_is_strict(self, site: Site, caplog: pytest.LogCaptureFixture) -> None:
        """In a file with a private key nothing is passed over: the keys of before are used on."""
        assert site.status(signed_by(A)) == 200
        write(site.file, A, B, self.FOREIGN[0])
        site.passed += 1.0

        assert site.status(signed_by(B)) == 401
        assert "key 3 (post-quantum): kty has to be" in caplog.text

    def test_rsa_without_alg(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """An RSA key without alg is for the configured algorithm, and for no other."""
        pair = new_key("rsa", "RS256", signs_from=NOW - 100)
        site = Site(tmp_path, monkeypatch, JWT_ALGORITHM="RS256")
        write(site.file, {name: pair[name] for name in ("kty", "n", "e", "kid")})

        assert site.status(signed_by(pair)) == 200
        assert site.status(signed_by({**pair, "alg": "PS256"})) == 401
