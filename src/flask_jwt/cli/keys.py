"""Keys for people: a table, and dates in words."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf, isinf
from pathlib import Path
from typing import BinaryIO

import click
from flask import current_app
from flask.cli import AppGroup

from ..app_state import current_state
from ..core.algorithms import ALGORITHMS
from ..core.clock import format_utc
from ..core.errors import KeyMaterialError
from ..core.key_ring import KeyState
from ..core.key_set import PUBLISHED_MAX_AGE, is_own, issuer_keys, parse_key_set
from ..core.keys import Key
from ..errors import ConfigurationError
from ..keys.key_file import MAX_KEY_FILE_BYTES, LockedKeyFile, locked_key_file, read_key_file
from ..keys.rotation import (
    JWK,
    KeyEntries,
    KeyRuleError,
    add_next_key,
    new_key,
    printable,
    retire_keys,
)
from ..keys.settings import KeyRoutes, KeySettings
from ..settings.declare import Settings
from ..tokens.settings import TokenSettings
from .table import columns

_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))
# From two days on hours are left out, and so with each unit.
_ENOUGH = 2


def duration(seconds: float) -> str:
    """Return a length of time in words: ``20 minutes``, ``1 day``."""
    seconds = max(0, round(seconds))
    for name, length in _UNITS:
        count = seconds // length
        if count >= _ENOUGH or (count == 1 and (seconds % length == 0 or name == "second")):
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "0 seconds"


def in_words(key: Key, state: KeyState, now: float) -> str:
    """Return what happens to a key when."""
    if state == "retired":
        if key.verifies_until <= 0:
            return "all its tokens are refused"
        return f"its tokens are refused since {format_utc(key.verifies_until)}"
    parts = []
    if state == "published":
        parts.append(f"signs in {duration(key.signs_from - now)} ({format_utc(key.signs_from)})")
    elif key.signs_from > -inf and state == "signing":
        parts.append(f"signs since {format_utc(key.signs_from)}")
    if key.verifies_until < inf:
        left = duration(key.verifies_until - now)
        parts.append(f"verifies for {left} more (until {format_utc(key.verifies_until)})")
    return ", ".join(parts) or "no end set"


def table(rows: Iterable[tuple[str, str, str, str]]) -> str:
    """Return keys as a table."""
    titles = ("KID", "ALGORITHM", "STATE", "DATES")
    return columns([titles, *((printable(name), *rest) for name, *rest in rows)])


keys = AppGroup("keys", help="The keys in JWT_KEY_FILE: which one signs, which ones verify.")

_ALGORITHM = click.Choice(list(ALGORITHMS))
_ASYMMETRIC = click.Choice([name for name, row in ALGORITHMS.items() if not row.symmetric])
# One thumbprint in 64 does: an argument that is no option of ours is a name.
_NAMES_MAY_BEGIN_WITH_A_DASH = {"ignore_unknown_options": True}


@dataclass(frozen=True)
class _KeyFile:
    """The key file of the application at hand, at one moment."""

    path: Path
    settings: Settings
    now: int
    token_lifetime: float

    @property
    def algorithm(self) -> str | None:
        algorithm = self.settings[KeySettings].algorithm
        return None if algorithm == "HS256" else algorithm

    def jwks(self) -> list[JWK]:
        if not self.path.exists():
            raise KeyRuleError(
                f"there is no file {self.path}: make it with `flask jwt keys generate`"
            )
        return parse_key_set(read_key_file(self.path)[0])

    def judge(self, jwks: Sequence[JWK]) -> KeyEntries:
        return KeyEntries(jwks, self.algorithm, self.now)

    def replace(self, locked: LockedKeyFile, jwks: Sequence[JWK]) -> KeyEntries:
        # Judged first: keys that workers would refuse never replace those that they have.
        entries = self.judge(jwks)
        locked.replace(jwks)
        return entries


@contextmanager
def _key_file() -> Generator[_KeyFile]:
    """Find the key file; a fault of it ends the command with one line."""
    name = KeyRoutes.read(current_app.config).key_file
    if name is None:
        raise click.ClickException(
            "app.config['JWT_KEY_FILE'] is not set: set it to a path (a relative one lies in the "
            "instance folder), then run `flask jwt keys generate`"
        )
    path = Path(current_app.instance_path, name)
    try:
        state = current_state()
        yield _KeyFile(path, state.settings, int(state.clock()), state.token_lifetime)
    except (KeyRuleError, ConfigurationError) as error:
        raise click.ClickException(str(error)) from None
    except KeyMaterialError as error:
        raise click.ClickException(f"{path}: {error}") from None
    except BrokenPipeError:
        # The reader of our output is gone, not the file: click ends quietly then.
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
    with _key_file() as file:
        with locked_key_file(file.path) as locked:
            if file.judge(locked.jwks).live():
                raise KeyRuleError(f"{file.path} holds keys already: use `flask jwt keys rotate`")
            entries = file.replace(locked, [new_key(ALGORITHMS[algorithm], file.now)])
        _show(file, entries)


@keys.command("list")
def list_keys() -> None:
    """Show the keys, what each one is now, and when that changes."""
    with _key_file() as file:
        jwks = file.jwks()
        try:
            entries = file.judge(jwks)
        except KeyMaterialError:
            click.echo(table(_one_by_one(jwks, file.algorithm)))
            # Of a set of others, workers pass over the keys that are not for them.
            if is_own(jwks):
                raise
        else:
            _show(file, entries)


def _one_by_one(jwks: Sequence[JWK], algorithm: str | None) -> Iterator[tuple[str, str, str, str]]:
    """Yield the rows of a file that makes no ring: what each key is by itself."""
    for number, jwk in enumerate(jwks, 1):
        name = jwk["kid"] if isinstance(jwk.get("kid"), str) else f"#{number}"
        try:
            key = Key.from_jwk(jwk, algorithm, allow_insecure=True)
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
    with _key_file() as file:
        lifetime = max(token_lifetime or 0, file.token_lifetime)
        if isinf(lifetime):
            raise KeyRuleError(
                "tokens of the present key never expire: once they do, by configuration, rotate"
            )
        # Once for the verifier's leeway, and once for workers whose clocks differ.
        lifetime += 2 * file.settings[TokenSettings].leeway
        with locked_key_file(file.path) as locked:
            jwks = add_next_key(file.judge(locked.jwks), algorithm, delay, lifetime)
            entries = file.replace(locked, jwks)
        begins = jwks[-1]["signs_from"]
        click.echo(
            f"The next key, {jwks[-1]['kid']}, is published, and signs in "
            f"{duration(begins - file.now)} ({format_utc(begins)})."
        )
        _show(file, entries)


@keys.command(context_settings=_NAMES_MAY_BEGIN_WITH_A_DASH)
@click.argument("kids", metavar="KID...", nargs=-1, required=True)
def retire(kids: tuple[str, ...]) -> None:
    """Refuse the tokens of a stolen key at once, and have another key sign."""
    with _key_file() as file:
        with locked_key_file(file.path) as locked:
            jwks, successors = retire_keys(file.judge(locked.jwks), kids)
            entries = file.replace(locked, jwks)
        for kid in kids:
            click.echo(
                f"{printable(kid)} is retired: running workers refuse its tokens within seconds."
            )
        for jwk in successors:
            begins = jwk.get("signs_from", 0)
            when = f"at {format_utc(begins)}" if begins > file.now else "from now on"
            click.echo(f"{printable(str(jwk.get('kid')))} signs {when}.")
        click.echo(
            "Whoever verifies with the published keys elsewhere may keep the old ones, and accept "
            f"tokens of a stolen key, for {duration(PUBLISHED_MAX_AGE)} more, or as long as they "
            "cache. Whoever has read the key file has every key in it: then retire them all."
        )
        _show(file, entries)


@keys.command("import")
@click.option(
    "--algorithm",
    "algorithms",
    type=_ASYMMETRIC,
    multiple=True,
    help="What keys that do not say their alg are for; it may be given several times.",
)
@click.argument("source", metavar="FILE", type=click.File("rb"))
def import_keys(algorithms: tuple[str, ...], source: BinaryIO) -> None:
    """Accept the tokens of keys that another program publishes, from now on.

    FILE is its JWK set, - the standard input. Keys that are not for us are left out, and private
    and symmetric ones, too. No token is signed with what was imported.
    """
    with _key_file() as file:
        default = algorithms or (() if file.algorithm is None else (file.algorithm,))
        notes: list[str] = []
        try:
            given = issuer_keys(parse_key_set(source.read(MAX_KEY_FILE_BYTES + 1)), default, notes)
        except KeyMaterialError as error:
            raise KeyRuleError(f"{printable(source.name)}: {error}") from None
        with locked_key_file(file.path) as locked:
            known = [entry.key.public_jwk for entry in file.judge(locked.jwks).entries]
            added = [key.public_jwk for key in given if key.public_jwk not in known]
            entries = file.replace(locked, [*locked.jwks, *filter(None, added)])
        for note in notes:
            click.echo(note)
        counts = f"{len(added)} imported, {len(given) - len(added)} were there"
        if added:
            click.echo(f"{counts}: running workers accept their tokens within seconds.")
        else:
            click.echo(f"{counts}: nothing has changed, and what is retired stays so.")
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
        ring = file.judge(file.jwks()).ring
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


def _show(file: _KeyFile, entries: KeyEntries) -> None:
    rows = [
        (
            entry.name,
            entry.key.algorithm.name,
            entry.state,
            in_words(entry.key, entry.state, file.now),
        )
        for entry in entries.entries
    ]
    click.echo(table(rows) if rows else f"{file.path} holds no keys.")
