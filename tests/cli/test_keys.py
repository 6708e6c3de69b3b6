"""``flask jwt keys`` as an operator uses it."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import KeySet

from flask_jwt import _jwt_required
from flask_jwt.core import ALGORITHMS, Key
from flask_jwt.core.asymmetric import generate_jwk
from flask_jwt.core.jwk import PRIVATE_MEMBERS
from flask_jwt.core.key_set import own_keys, ring_of
from flask_jwt.keys.key_file import MAX_KEY_FILE_BYTES

from .conftest import NOW, Operator

SYMMETRIC = [name for name, row in ALGORITHMS.items() if row.symmetric]
# One of each type and curve: to make RSA keys takes long.
SOME = ["HS256", "PS384", "ES256", "ES512", "EdDSA"]


def private_values(entries: list[dict[str, Any]]) -> list[str]:
    """Return every private member of the keys of a file."""
    names = {name for members in PRIVATE_MEMBERS.values() for name in members}
    return [str(entry[name]) for entry in entries for name in names if name in entry]


class TestGenerate:
    """The first key."""

    @pytest.mark.parametrize("algorithm", [*SYMMETRIC, *SOME[1:], "ES384", "Ed25519"])
    def test_first_key(self, operate: Callable[..., Operator], algorithm: str) -> None:
        """One key of each algorithm signs at once, and the application uses it."""
        operator = operate(algorithm)
        (entry,) = operator.entries

        assert (entry["alg"], entry["signs_from"]) == (algorithm, NOW)
        header = {"typ": "JWT", "alg": algorithm, "kid": entry["kid"]}
        assert jwt.get_unverified_header(operator.token()) == header

    def test_default(self, operator: Operator) -> None:
        """The default is ES256, and the name is the thumbprint."""
        (entry,) = operator.entries

        assert entry["alg"] == "ES256"
        assert entry["kid"] == Key.from_jwk({**entry, "kid": None}).kid

    def test_only_for_its_owner(self, operator: Operator) -> None:
        """The file and its folder are the owner's alone."""
        assert operator.path.stat().st_mode & 0o777 == 0o600
        assert operator.path.parent.stat().st_mode & 0o777 == 0o700

    def test_never_over_keys(self, operator: Operator) -> None:
        """A file that holds keys is left alone, and the error names the right command."""
        before = operator.path.read_text()

        assert "flask jwt keys rotate" in operator.fails("generate")
        assert operator.path.read_text() == before

    @pytest.mark.parametrize("algorithm", SYMMETRIC)
    def test_symmetric_names_say_nothing(
        self, operate: Callable[..., Operator], algorithm: str
    ) -> None:
        """The name of a symmetric key is random: a thumbprint would be a hash of the secret."""
        operator = operate(algorithm)
        (entry,) = operator.entries

        assert re.fullmatch(r"[A-Za-z0-9_-]{16}", entry["kid"])
        assert len(entry["k"]) * 6 // 8 == ALGORITHMS[algorithm].least_bits // 8


class TestList:
    """What an operator reads."""

    def test_dates_in_words(self, operator: Operator) -> None:
        """Each key's state stands there with its dates, in words and in UTC."""
        operator.does("rotate")
        lines = operator.does("list").splitlines()

        assert lines[0].split() == ["KID", "ALGORITHM", "STATE", "DATES"]
        assert lines[1].endswith(
            "signs since 2027-01-15 08:00:00 UTC, verifies for 25 minutes more "
            "(until 2027-01-15 08:25:21 UTC)"
        )
        assert lines[2].endswith("signs in 20 minutes (2027-01-15 08:20:00 UTC)")
        assert lines[1].index("ES256") == lines[2].index("ES256") == lines[0].index("ALGORITHM")

    def test_no_file(self, operate: Callable[..., Operator]) -> None:
        """Without a file the error names the next step."""
        assert "flask jwt keys generate" in operate().fails("list")

    @pytest.mark.parametrize("command", [["list"], ["generate"], ["rotate"], ["retire", "x"]])
    def test_no_configuration(self, operate: Callable[..., Operator], command: list[str]) -> None:
        """Without JWT_KEY_FILE every command says what to set."""
        assert "app.config['JWT_KEY_FILE'] is not set" in operate(JWT_KEY_FILE=None).fails(*command)


class TestRotate:
    """The next key."""

    def test_course(self, operator: Operator) -> None:
        """Published, signing, verifying, retired: each key goes this way by the clock."""
        first = operator.kid("signing")
        operator.does("rotate")
        following = operator.kid("published")

        assert operator.states() == {first: "signing", following: "published"}
        operator.now = NOW + 1199
        assert operator.states() == {first: "signing", following: "published"}
        operator.now = NOW + 1200
        assert operator.states() == {first: "verifying", following: "signing"}
        # The last token of the first key lives 300 s, and 10 s of leeway count twice.
        operator.now = NOW + 1200 + 320
        assert operator.states() == {first: "verifying", following: "signing"}
        operator.now += 1
        assert operator.states() == {first: "retired", following: "signing"}

    def test_tokens_meanwhile(self, operator: Operator) -> None:
        """At every moment the application takes the tokens that have not expired."""
        operator.does("rotate")
        tokens: list[tuple[int, str]] = []
        for second in range(0, 3000, 50):
            operator.now = NOW + second
            tokens.append((operator.now, operator.token()))
            for made, token in tokens:
                with operator.app.test_request_context(headers={"Authorization": f"JWT {token}"}):
                    if operator.now < made + 310:
                        _jwt_required()

    def test_not_twice(self, operator: Operator) -> None:
        """While a next key is waiting there is no other: the error says when it signs."""
        operator.does("rotate")
        text = operator.fails("rotate")

        assert operator.kid("published") in text
        assert "2027-01-15 08:20:00 UTC" in text
        assert len(operator.entries) == 2

    def test_delay_and_lifetime(self, operator: Operator) -> None:
        """Both may be given: where nobody caches, and where a hook gives tokens more time."""
        operator.does("rotate", "--delay", "5", "--token-lifetime", "3600")
        first, following = operator.entries

        assert following["signs_from"] == NOW + 5
        assert first["verifies_until"] == NOW + 5 + 3600 + 20 + 1

    def test_another_algorithm(self, operator: Operator) -> None:
        """The next key may be for another algorithm; unless said, it is for the same."""
        operator.does("rotate", "--algorithm", "RS256", "--delay", "0")

        assert [entry["alg"] for entry in operator.entries] == ["ES256", "RS256"]

    def test_symmetric_delay(self, operate: Callable[..., Operator]) -> None:
        """Nobody caches a shared secret: the workers' time to notice it is enough."""
        operator = operate("HS512")
        operator.does("rotate")

        assert operator.entries[1]["signs_from"] == NOW + 60

    def test_retired_keys_go(self, operator: Operator) -> None:
        """A rotation drops what is retired from the file."""
        first = operator.kid("signing")
        operator.does("rotate")
        operator.now += 10_000
        operator.does("rotate")

        assert first not in [entry["kid"] for entry in operator.entries]

    def test_without_a_signing_key(self, operator: Operator) -> None:
        """A ring in which nothing signs is not rotated."""
        public = Key.from_jwk(operator.entries[0]).public_jwk
        operator.write(public)

        assert "flask jwt keys generate" in operator.fails("rotate")


class TestImport:
    """Keys that another program publishes."""

    @pytest.fixture
    def others(self, tmp_path: Path) -> Callable[..., str]:
        """Return a function that writes the set of another program, and returns its path."""

        def write(*jwks: dict[str, Any]) -> str:
            path = tmp_path / "others.json"
            path.write_text(json.dumps({"keys": jwks}))
            return str(path)

        return write

    def test_their_tokens_are_accepted(
        self, operator: Operator, others: Callable[..., str]
    ) -> None:
        """From then on, and none is signed with them; a second import changes nothing."""
        theirs = Key.from_jwk({**generate_jwk(ALGORITHMS["ES256"]), "kid": "theirs"})
        path = others(theirs.public_jwk or {})

        assert "1 imported, 0 were there" in operator.does("import", path)
        assert "0 imported, 1 were there: nothing" in operator.does("import", path)

        assert [entry["kid"] for entry in operator.entries][1:] == ["theirs"]
        assert re.search(r"^theirs +ES256 +verifying", operator.does("list"), re.MULTILINE)
        assert jwt.get_unverified_header(operator.token())["kid"] != "theirs"

    def test_retired_keys_stay_so(self, operator: Operator, others: Callable[..., str]) -> None:
        """A key that was retired is not brought back by another import, which says so."""
        theirs = Key.from_jwk({**generate_jwk(ALGORITHMS["ES256"]), "kid": "theirs"})
        path = others(theirs.public_jwk or {})
        operator.does("import", path)
        operator.does("retire", "theirs")

        printed = operator.does("import", path)

        assert "retired stays so" in printed
        assert "accept their tokens" not in printed
        assert re.search(r"^theirs +ES256 +retired", printed, re.MULTILINE)

    def test_what_is_left_out(self, operator: Operator, others: Callable[..., str]) -> None:
        """Keys that are not for us, and private ones, are left out, with one note that says why."""
        good = Key.from_jwk(generate_jwk(ALGORITHMS["ES256"])).public_jwk or {}
        rsa = Key.from_jwk(generate_jwk(ALGORITHMS["RS256"], 2048), "RS256").public_jwk or {}
        private = {**generate_jwk(ALGORITHMS["EdDSA"]), "kid": "private"}
        pq = {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA", "kid": "pq"}
        path = others(pq, private, {**rsa, "alg": None, "kid": "rsa"}, good)

        printed = operator.does("import", path)

        (note,) = [line for line in printed.splitlines() if "not used" in line]
        for reason in ("key 1 (pq): kty", "key 2 (private): it is private", "key 3 (rsa): an RSA"):
            assert reason in note
        assert "1 imported" in printed
        assert private["d"] not in printed + operator.path.read_text()
        assert "2 imported" in operator.does(
            "import", "--algorithm", "RS256", "--algorithm", "PS256", path
        )
        symmetric = operator.run("import", "--algorithm", "HS256", path)
        assert symmetric.exit_code == 2
        assert "'HS256' is not one of" in symmetric.output

    def test_nothing_is_written_in_vain(
        self, operator: Operator, others: Callable[..., str]
    ) -> None:
        """A set without a key that can be used, or with the name of another key, is refused."""
        before = operator.path.read_text()
        (own,) = operator.entries
        other = Key.from_jwk({**generate_jwk(ALGORITHMS["ES256"]), "kid": own["kid"]}).public_jwk

        assert "no key of the set" in operator.fails("import", others({"kty": "AKP"}))
        assert "one kid" in operator.fails("import", others(other or {}))
        assert operator.path.read_text() == before


class TestRetire:
    """A stolen key."""

    def test_at_once(self, operator: Operator) -> None:
        """The key is retired now, even by a clock that is late, and another one signs."""
        stolen = operator.kid("signing")
        text = operator.does("retire", stolen)
        states = operator.states()

        assert states.pop(stolen) == "retired"
        assert list(states.values()) == ["signing"]
        assert "may keep the old ones" in text
        assert "10 minutes" in text
        assert "all its tokens are refused" in operator.does("list")

    def test_no_private_half_is_left(self, operator: Operator) -> None:
        """What was stolen does not lie about any longer."""
        operator.does("retire", operator.kid("signing"))

        assert "d" not in operator.entries[0]

    def test_a_second_name(self, operator: Operator) -> None:
        """A key that stands in the file for another algorithm too is stolen there as well."""
        (entry,) = operator.entries
        pair = generate_jwk(ALGORITHMS["EdDSA"])
        twins = [
            {**pair, "alg": name, "kid": name, "use": "sig", "signs_from": begins}
            for name, begins in (("EdDSA", 1), ("Ed25519", 2))
        ]
        operator.write(entry, *twins)
        operator.does("retire", "EdDSA")

        states = operator.states()
        assert (states["EdDSA"], states["Ed25519"]) == ("retired", "retired")
        assert not any("d" in one for one in operator.entries[1:3])

    def test_symmetric(self, operate: Callable[..., Operator]) -> None:
        """A symmetric key has no public half, and goes altogether."""
        operator = operate("HS256")
        stolen = operator.entries[0]
        operator.does("retire", stolen["kid"])

        assert stolen["k"] not in operator.path.read_text()
        assert list(operator.states().values()) == ["signing"]

    def test_the_published_key_takes_over(self, operator: Operator) -> None:
        """Where a next key is waiting it signs at once: remote verifiers may know it already."""
        stolen = operator.kid("signing")
        operator.does("rotate")
        following = operator.kid("published")
        operator.does("retire", stolen)

        assert operator.states() == {stolen: "retired", following: "signing"}

    def test_a_key_that_signs_no_more(self, operator: Operator) -> None:
        """Another key than the one that signs is retired alone."""
        first = operator.kid("signing")
        operator.now += 60
        operator.does("rotate", "--delay", "0")
        present = operator.kid("signing")
        operator.does("retire", first)

        assert operator.states() == {first: "retired", present: "signing"}

    def test_an_older_key_never_signs_again(self, operator: Operator) -> None:
        """With the signing key stolen, its predecessor, which verifies still, does not return."""
        first = operator.kid("signing")
        operator.now += 60
        operator.does("rotate", "--delay", "0")
        operator.does("retire", operator.kid("signing"))

        assert operator.states()[first] == "verifying"
        assert len(operator.states()) == 3

    def test_all(self, operator: Operator) -> None:
        """Several at once: whoever read the file has them all."""
        operator.does("rotate")
        operator.does("retire", *operator.states())

        assert sorted(operator.states().values()) == ["retired", "retired", "signing"]

    @pytest.mark.parametrize("name", ["-mVqcq", "--all"])
    def test_a_name_with_a_dash(self, operator: Operator, name: str) -> None:
        """One thumbprint in 64 begins with a dash, and is no option."""
        operator.write({**operator.entries[0], "kid": name})

        assert name in operator.does("export", name)
        operator.does("retire", name)

        assert operator.states()[name] == "retired"

    def test_unknown(self, operator: Operator) -> None:
        """A name that no key has is an error that lists the names."""
        assert operator.kid("signing") in operator.fails("retire", "nobody")


class Workers:
    """What workers do with the file of an operator, each by a clock of its own."""

    def __init__(self, operator: Operator) -> None:
        self.ring = ring_of(own_keys(operator.entries))

    def signing(self, now: float) -> str:
        """Return the name of the key that signs."""
        key = self.ring.signing_key(now)
        assert key is not None, f"no key signs at {now}"
        return str(key.kid)

    def check(self, begin: int, end: int, *stolen: str) -> None:
        """Check each second: a good key signs, and its tokens are good until they expire."""
        for key in self.ring.keys:
            assert key.kid not in stolen or self.ring.state_of(key, 0) == "retired"
        for now in range(begin, end, 7):
            assert self.signing(now) not in stolen
            signing = self.ring.signing_key(now)
            assert signing is not None
            # 300 seconds, and the leeway of 10.
            assert signing.verifies_until > now + 310


class TestRetireAroundARotation:
    """However shortly after a rotation, and whatever the clocks say."""

    # The operator's clock when the key is retired, against the one of the rotation.
    LATER = (-30, -5, 0, 1, 2, 9, 10, 11, 600, 1195, 1200, 1205, 1300)
    # A worker's clock, against the operator's.
    AWAY = 30

    @pytest.mark.parametrize("later", LATER)
    @pytest.mark.parametrize("delay", [[], ["--delay", "0"]], ids=["published", "at once"])
    @pytest.mark.parametrize("which", [0, 1], ids=["the old one", "the new one"])
    def test_one_of_two(self, operator: Operator, later: int, delay: list[str], which: int) -> None:
        """The stolen key is refused, the other one or a new one signs, and no token ends early."""
        operator.now += 3600
        operator.does("rotate", *delay)
        stolen = operator.entries[which]["kid"]
        operator.now += later
        operator.does("retire", stolen)

        Workers(operator).check(operator.now - self.AWAY, operator.now + 5000, stolen)

    @pytest.mark.parametrize("later", [0, 1, 5, 11])
    @pytest.mark.parametrize("algorithm", ["ES256", "HS256"])
    def test_a_young_file(
        self, operate: Callable[..., Operator], later: int, algorithm: str
    ) -> None:
        """Generated, rotated and retired within seconds, the file goes on to work."""
        operator = operate(algorithm)
        operator.does("rotate", "--delay", "0")
        stolen = operator.entries[1]["kid"]
        operator.now += later
        operator.does("retire", stolen)
        Workers(operator).check(operator.now, operator.now + 5000, stolen)

        again = Workers(operator).signing(operator.now + 2)
        operator.does("retire", again)
        Workers(operator).check(operator.now, operator.now + 5000, stolen, again)

    def test_the_only_key(self, operator: Operator) -> None:
        """A new key has the date of the only one, and signs by every clock by which that did."""
        (first,) = operator.entries
        operator.now += 7200
        assert "signs from now on" in operator.does("retire", first["kid"])

        assert operator.entries[1]["signs_from"] == first["signs_from"]
        Workers(operator).check(NOW, NOW + 90_000, first["kid"])

    @pytest.mark.parametrize("off", [-86_400, 86_400])
    def test_by_a_wrong_clock(self, operator: Operator, off: int) -> None:
        """Where the operator's clock is a day off, the stolen key is refused nevertheless."""
        operator.now += 200_000
        operator.does("rotate")
        stolen = operator.entries[0]["kid"]
        operator.now += off
        operator.does("retire", stolen)
        operator.now -= off

        Workers(operator).check(operator.now - self.AWAY, operator.now + 5000, stolen)

    def test_twice(self, operator: Operator) -> None:
        """A key that is retired already may be retired again, by whom the first time went amiss."""
        operator.does("rotate", "--delay", "0")
        stolen = operator.entries[0]["kid"]
        operator.now += 10_000
        assert operator.states()[stolen] == "retired"
        operator.does("retire", stolen)

        assert "d" not in operator.entries[0]


class TestNamelessKeys:
    """Keys without a ``kid``, as other programs write them."""

    def nameless(self, operator: Operator) -> list[dict[str, Any]]:
        """Write a file of two secrets without a name, of which the younger one signs."""
        older, younger = (
            {"kty": "oct", "alg": "HS256", "k": secrets.token_urlsafe(32), "note": {"by": [1, 2.5]}}
            for _ in range(2)
        )
        keys = [
            {**older, "signs_from": NOW - 9000, "verifies_until": NOW + 60},
            {**younger, "signs_from": NOW - 5000},
        ]
        operator.write(*keys, comment="ours")
        return keys

    def test_listed(self, operator: Operator) -> None:
        """Each is listed by its place, with its own state."""
        self.nameless(operator)

        assert operator.states() == {"#1": "verifying", "#2": "signing"}

    def test_rotated(self, operator: Operator) -> None:
        """A rotation keeps both, with all their members, and the one that signs goes on."""
        older, younger = self.nameless(operator)
        operator.does("rotate")

        assert operator.entries[0] == older
        assert operator.entries[1] == {**younger, "verifies_until": NOW + 60 + 320 + 1}
        assert json.loads(operator.path.read_text())["comment"] == "ours"
        assert operator.states()["#2"] == "signing"

    def test_retired(self, operator: Operator) -> None:
        """One is retired by its place; the other stays as it is."""
        older, younger = self.nameless(operator)
        operator.does("retire", "#2")

        assert operator.entries[0] == older
        assert younger["k"] not in operator.path.read_text()
        assert sorted(operator.states().values()) == ["signing", "verifying"]

    def test_one_pair_for_two_algorithms(self, operator: Operator) -> None:
        """Two entries of one pair, which have one name, are told apart."""
        (entry,) = operator.entries
        pair = generate_jwk(ALGORITHMS["EdDSA"])
        public = {name: pair[name] for name in ("kty", "crv", "x")}
        twins = [{**public, "alg": name, "use": "sig"} for name in ("EdDSA", "Ed25519")]
        operator.write(entry, *twins)
        operator.does("rotate")

        assert operator.entries[1:3] == twins


class TestListing:
    """``list`` shows what is in the file, whatever that is."""

    def test_not_usable(self, operator: Operator) -> None:
        """One entry that is no key for us is shown with the reason, beside those that are."""
        (entry,) = operator.entries
        other = {"kty": "AKP", "alg": "ML-DSA-44", "kid": "post-quantum", "pub": "AAAA"}
        operator.write(entry, other, {"kty": "oct"})
        result = operator.run("list")

        assert result.exit_code == 1
        assert [line.split()[:3] for line in result.stdout.splitlines()[1:]] == [
            [entry["kid"], "ES256", "usable"],
            ["post-quantum", "not", "usable"],
            ["#3", "not", "usable"],
        ]
        assert "key 2 (post-quantum): kty has to be" in result.stderr
        assert entry["d"] not in result.output

    def test_a_set_of_others(self, operator: Operator) -> None:
        """Of a set of public keys the ones that are not for us are no error."""
        public = Key.from_jwk(operator.entries[0]).public_jwk
        operator.write(public, {"kty": "AKP", "kid": "pq"})

        assert "not usable" in operator.does("list")


class TestWhatWasWritten:
    """The new file is read back before it takes the place of the old one."""

    def test_read_back(self, operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
        """When the disk has kept something else, the old file stays."""
        before = operator.path.read_text()
        monkeypatch.setattr(json, "dumps", lambda *_, **__: '{"keys": []}')

        assert "reads otherwise" in operator.fails("rotate")
        monkeypatch.undo()
        assert operator.path.read_text() == before
        assert [file.name for file in operator.path.parent.iterdir()] == ["keys.json"]

    def test_too_large(self, operator: Operator) -> None:
        """What workers would not read is not written."""
        (entry,) = operator.entries
        filled = json.dumps({"keys": [entry], "filling": "x" * (MAX_KEY_FILE_BYTES - 600)})
        operator.path.write_text(filled)

        assert "more than 262144 bytes" in operator.fails("rotate")
        assert operator.path.read_text() == filled


class TestExport:
    """What others are given."""

    @pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA", "Ed25519"])
    def test_others_verify(self, operate: Callable[..., Operator], algorithm: str) -> None:
        """PyJWT and joserfc verify our tokens with what is exported, in both forms."""
        operator = operate(algorithm)
        token = operator.token()
        exported = json.loads(operator.does("export"))

        # Each knows one of the two names of the same algorithm.
        if algorithm != "EdDSA":
            keys = KeySet.import_key_set(exported)
            claims = joserfc_jwt.decode(token, keys, algorithms=[algorithm]).claims
            assert claims["identity"] == "ann"
        if algorithm != "Ed25519":
            pem = operator.does("export", "--format", "pem")
            claims = jwt.decode(token, pem, [algorithm], {"verify_iat": False, "verify_nbf": False})
            assert claims["identity"] == "ann"

    def test_one_key(self, operator: Operator) -> None:
        """A name chooses one key."""
        operator.does("rotate")
        following = operator.kid("published")

        assert [key["kid"] for key in json.loads(operator.does("export", following))["keys"]] == [
            following
        ]
        assert "no public key nobody" in operator.fails("export", "nobody")

    def test_nothing_public(self, operate: Callable[..., Operator]) -> None:
        """Symmetric keys are never exported."""
        operator = operate("HS256")

        assert json.loads(operator.does("export")) == {"keys": []}
        assert "no public key" in operator.fails("export", "--format", "pem")


@pytest.mark.parametrize("algorithm", SOME)
def test_no_private_member_on_the_terminal(
    operate: Callable[..., Operator], algorithm: str
) -> None:
    """Whatever is run, no private member is printed."""
    operator = operate()
    printed = operator.does("generate", "--algorithm", algorithm)
    secret = private_values(operator.entries)
    printed += operator.does("rotate") + operator.does("list") + operator.does("export")
    secret += private_values(operator.entries)
    printed += operator.run("generate").output + operator.run("retire", "nobody").output
    printed += operator.does("retire", operator.kid("signing")) + operator.does("list")
    secret += private_values(operator.entries)

    assert secret
    assert not [value for value in secret if value in printed]


class TestTheFile:
    """How it is written."""

    @pytest.mark.parametrize("mode", [0o600, 0o400])
    def test_mode_is_kept(self, operator: Operator, mode: int) -> None:
        """Whoever had access has it afterwards, and nobody else."""
        operator.path.chmod(mode)
        operator.does("rotate")

        assert operator.path.stat().st_mode & 0o777 == mode

    def test_a_symlink_stays(self, operator: Operator, tmp_path: Path) -> None:
        """Where the path is a link, the file that it points to is replaced."""
        target = tmp_path / "elsewhere.json"
        operator.path.rename(target)
        operator.path.symlink_to(target)
        operator.does("rotate")

        assert operator.path.is_symlink()
        assert len(json.loads(target.read_text())["keys"]) == 2
        assert target.stat().st_mode & 0o777 == 0o600

    @pytest.mark.parametrize(
        ("text", "fault"),
        [
            ("{", "no strict JSON"),
            ("[]", "no strict JSON"),
            ('{"keys": 1}', "no JWK set"),
            ('{"keys": [{"kty": "EC", "d": "x"}]}', "key 1"),
        ],
    )
    def test_a_bad_file_is_left_alone(self, operator: Operator, text: str, fault: str) -> None:
        """A file that is no key set is an error that names it, and is not written to."""
        operator.path.write_text(text)
        for command in ("rotate", "generate"):
            assert fault in operator.fails(command)
        listed = operator.run("list")
        assert (listed.exit_code, fault in listed.output) == (1, True)
        assert operator.path.read_text() == text

    def test_access(self, operator: Operator) -> None:
        """A file that others may read is refused here as it is by workers."""
        operator.path.chmod(0o644)

        assert "mode 0644" in operator.fails("rotate")

    def test_no_draft_is_left(self, operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
        """When the new file can't take the old one's place, the old one stays, and nothing else."""
        before = operator.path.read_text()

        def refuse(self: Path, target: Path) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Path, "replace", refuse)

        assert "No space left" in operator.fails("rotate")
        assert [file.name for file in operator.path.parent.iterdir()] == ["keys.json"]
        assert operator.path.read_text() == before


def test_names_of_others_are_shown_as_text(operator: Operator) -> None:
    """A name with control characters, from a file that others made, reaches no terminal as such."""
    (entry,) = operator.entries
    operator.write({**entry, "kid": "a\x1b[2Jb"})
    printed = operator.does("list") + operator.fails("retire", "nobody")
    operator.does("rotate")
    printed += operator.does("list")

    assert "\x1b" not in printed
    assert printed.count(r"'a\x1b[2Jb'") == 3
