"""Keys for people: a table, and dates in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from ..core.algorithms import ALGORITHMS
from ..core.errors import KeyMaterialError
from ..core.key_ring import KeyState
from ..core.key_set import PUBLISHED_MAX_AGE, is_own
from ..core.keys import Key
from ..current import current_state
from ..errors import ConfigurationError
from ..keys.key_file import key_file_path
from ..keys.settings import KeyRoutes, KeySettings
from ..settings.declare import Settings
from ..tokens.settings import TokenSettings
from .key_entries import Entries, Entry, KeyRuleError, new_entry, retired, rotated
from .key_writing import change_entries, read_entries
from .table import columns, moment, printable

_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))
# Of two units the smaller says nothing any more.
_ENOUGH = 2


def duration(seconds: float) -> str:
    """Return a length of time in words: ``20 minutes``, ``1 day``."""
    whole = max(0, round(seconds))
    for name, length in _UNITS:
        count = whole // length
        if count >= _ENOUGH or (count == 1 and (whole % length == 0 or name == "second")):
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "0 seconds"


def in_words(key: Key, state: KeyState, now: float) -> str:
    """Return what happens to a key when."""
    if state == "retired":
        if key.verifies_until <= 0:
            return "all its tokens are refused"
        return f"its tokens are refused since {moment(key.verifies_until)}"
    parts = []
    if state == "published":
        parts.append(f"signs in {duration(key.signs_from - now)} ({moment(key.signs_from)})")
    elif key.signs_from > -inf and state == "signing":
        parts.append(f"signs since {moment(key.signs_from)}")
    if key.verifies_until < inf:
        left = duration(key.verifies_until - now)
        parts.append(f"verifies for {left} more (until {moment(key.verifies_until)})")
    return ", ".join(parts) or "no end set"


def table(rows: Iterable[tuple[str, str, str, str]]) -> str:
    """Return keys as a table."""
    titles = ("KID", "ALGORITHM", "STATE", "DATES")
    return columns([titles, *((printable(name), *rest) for name, *rest in rows)])


keys = AppGroup("keys", help="The keys in JWT_KEY_FILE: which one signs, which ones verify.")

_ALGORITHM = click.Choice(list(ALGORITHMS))
# One thumbprint in 64 does: what is no option of ours is a name.
_NAMES_MAY_BEGIN_WITH_A_DASH = {"ignore_unknown_options": True}


@dataclass(frozen=True)
class _KeyFile:
    """The key file of the application at hand.

    :param path: where it lies.
    :param settings: the application's.
    :param now: seconds since 1970, whole.
    """

    path: Path
    settings: Settings
    now: int

    @property
    def algorithm(self) -> str | None:
        algorithm = self.settings[KeySettings].algorithm
        return None if algorithm == "HS256" else algorithm

    def entries(self, written: Sequence[Entry]) -> Entries:
        return Entries(written, self.algorithm, self.now)

    def written(self) -> list[Entry]:
        if not self.path.exists():
            raise KeyRuleError(
                f"there is no file {self.path}: make it with `flask jwt keys generate`"
            )
        return read_entries(self.path)

    def read(self) -> Entries:
        return self.entries(self.written())

    def change(self, change: Callable[[Entries], list[Entry]]) -> Entries:
        changed: list[Entry] = []

        def whole(written: list[Entry]) -> list[Entry]:
            changed.extend(change(self.entries(written)))
            # What workers would refuse never replaces what they have.
            self.entries(changed)
            return changed

        change_entries(self.path, whole)
        return self.entries(changed)


@contextmanager
def _key_file() -> Generator[_KeyFile]:
    """Find the key file; whatever is wrong with it ends the command with one line."""
    name = KeyRoutes.read(current_app.config).key_file
    if name is None:
        raise click.ClickException(
            "app.config['JWT_KEY_FILE'] is not set: set it to a path (a relative one lies in the "
            "instance folder), then run `flask jwt keys generate`"
        )
    path = key_file_path(current_app.instance_path, name)
    try:
        state = current_state()
        yield _KeyFile(path, state.settings, int(state.clock()))
    except (KeyRuleError, ConfigurationError) as error:
        raise click.ClickException(str(error)) from None
    except KeyMaterialError as error:
        raise click.ClickException(f"{path}: {error}") from None
    except BrokenPipeError:
        # Of whoever reads our output, not of the file: click ends quietly then.
        raise
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from None


@keys.command()
@click.option(
    "--algorithm",
    type=_ALGORITHM,
    default="ES256",
    show_default=True,
    help="What the key is for. For Ed25519 choose EdDSA, the name that most programs know.",
)
def generate(algorithm: str) -> None:
    """Make the key file, with one key that signs at once."""

    def first(entries: Entries) -> list[Entry]:
        if entries.live():
            raise KeyRuleError(f"{file.path} holds keys already: use `flask jwt keys rotate`")
        return [new_entry(ALGORITHMS[algorithm], file.now)]

    with _key_file() as file:
        _show(file, file.change(first))


@keys.command("list")
def list_keys() -> None:
    """Show the keys, what each one is now, and when that changes."""
    with _key_file() as file:
        written = file.written()
        try:
            entries = file.entries(written)
        except KeyMaterialError:
            click.echo(table(_one_by_one(written, file.algorithm)))
            # Of a set of others, workers pass over the keys that are not for them.
            if is_own(written):
                raise
        else:
            _show(file, entries)


def _one_by_one(
    written: Sequence[Entry], algorithm: str | None
) -> Iterator[tuple[str, str, str, str]]:
    """Yield the rows of a file that makes no ring: what each entry is by itself."""
    for number, entry in enumerate(written, 1):
        name = entry["kid"] if isinstance(entry.get("kid"), str) else f"#{number}"
        try:
            key = Key.from_jwk(entry, algorithm, allow_insecure=True)
        except KeyMaterialError as error:
            yield name, "", "not usable", str(error)
        else:
            yield key.kid or name, key.algorithm.name, "usable", ""


@keys.command()
@click.option("--algorithm", type=_ALGORITHM, help="What the next key is for, if for another.")
@click.option(
    "--delay",
    type=click.IntRange(min=0),
    metavar="SECONDS",
    help="When the next key begins to sign. Unless given, after twice the time for which others "
    f"may keep the published keys ({2 * PUBLISHED_MAX_AGE}); a symmetric key after 60.",
)
@click.option(
    "--token-lifetime",
    type=click.IntRange(min=1),
    metavar="SECONDS",
    help="The longest life of a token, if a payload hook gives more than JWT_EXPIRATION_DELTA.",
)
def rotate(algorithm: str | None, delay: int | None, token_lifetime: int | None) -> None:
    """Publish the next key, and date its first signature.

    Until then the present key signs, and afterwards it verifies until the last of its tokens has
    expired. Nothing has to be restarted.
    """
    following: list[Entry] = []

    def add(entries: Entries) -> list[Entry]:
        changed, entry = rotated(entries, algorithm, delay, longest, 2 * PUBLISHED_MAX_AGE)
        following.append(entry)
        return changed

    with _key_file() as file:
        settings = file.settings[TokenSettings]
        lifetime = max(token_lifetime or 0, settings.expiration)
        # Once for the verifier's leeway, and once for workers whose clocks differ.
        longest = lifetime + 2 * settings.leeway
        entries = file.change(add)
        begins = following[0]["signs_from"]
        click.echo(
            f"The next key, {following[0]['kid']}, is published, and signs in "
            f"{duration(begins - file.now)} ({moment(begins)})."
        )
        _show(file, entries)


@keys.command(context_settings=_NAMES_MAY_BEGIN_WITH_A_DASH)
@click.argument("kids", metavar="KID...", nargs=-1, required=True)
def retire(kids: tuple[str, ...]) -> None:
    """Refuse the tokens of a stolen key at once, and have another key sign."""
    instead: list[Entry] = []

    def end(entries: Entries) -> list[Entry]:
        changed, successors = retired(entries, kids)
        instead.extend(successors)
        return changed

    with _key_file() as file:
        entries = file.change(end)
        for kid in kids:
            click.echo(
                f"{printable(kid)} is retired: running workers refuse its tokens within seconds."
            )
        for entry in instead:
            begins = entry.get("signs_from", 0)
            when = f"at {moment(begins)}" if begins > file.now else "from now on"
            click.echo(f"{printable(str(entry.get('kid')))} signs {when}.")
        click.echo(
            "Whoever verifies with the published keys elsewhere may keep the old ones, and accept "
            f"tokens of a stolen key, for {duration(PUBLISHED_MAX_AGE)} more, or as long as they "
            "cache. Whoever has read the key file has every key in it: then retire them all."
        )
        _show(file, entries)


@keys.command(context_settings=_NAMES_MAY_BEGIN_WITH_A_DASH)
@click.option(
    "--format",
    "form",
    type=click.Choice(["jwks", "pem"]),
    default="jwks",
    show_default=True,
    help="A JWK set as it is published, or PEM texts.",
)
@click.argument("kid", required=False)
def export(form: str, kid: str | None) -> None:
    """Print the public keys, or the one called KID."""
    with _key_file() as file:
        ring = file.read().ring
        published = [] if ring is None else ring.public_jwks(file.now)
        chosen = [jwk for jwk in published if kid in (None, jwk["kid"])]
        if not chosen and (kid is not None or form == "pem"):
            raise KeyRuleError(
                "there is no public key" if kid is None else f"there is no public key {kid}"
            )
    click.echo(json.dumps({"keys": chosen}, indent=2) if form == "jwks" else _pem(chosen), nl=False)
    if form == "jwks":
        click.echo()


def _pem(jwks: Sequence[dict[str, str]]) -> str:
    # Not at the top: cryptography takes 24 ms, and only asymmetric keys need it.
    from ..core.asymmetric import public_pem

    return "".join(public_pem(jwk, ALGORITHMS[jwk["alg"]]) for jwk in jwks)


def _show(file: _KeyFile, entries: Entries) -> None:
    rows = [
        (one.name, one.key.algorithm.name, one.state, in_words(one.key, one.state, file.now))
        for one in entries.judged
    ]
    click.echo(table(rows) if rows else f"{file.path} holds no keys.")
