"""``flask jwt issuers``: whose tokens are accepted, and whether their keys can be had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from difflib import get_close_matches
from math import isfinite
from secrets import token_urlsafe
from typing import Any, NamedTuple

import click
from flask.cli import AppGroup, with_appcontext

from ..app_state import current_state
from ..core.errors import KeyMaterialError
from ..core.key_set import parse_key_set
from ..core.keys import Key
from ..core.strict_json import StrictJSONError, parse_object
from ..errors import ConfigurationError
from ..issuers.discovery import Metadata, discover
from ..issuers.errors import FetchError
from ..issuers.fetching import Fetch, FetchRequest, FetchResponse, with_deadline
from ..issuers.introspection import IntrospectedIssuer
from ..issuers.issuer import TrustedIssuer
from ..issuers.key_sets import load_remote_set
from ..issuers.opening import fetch_for
from ..issuers.options import ASYMMETRIC
from ..issuers.remote_keys import LoadedSet
from ..issuers.table import Row
from ..keys.rotation import printable
from .keys import duration
from .table import columns, json_option, line_of_json

_OK = 200
# From this one on a status is a fault of the server.
_SERVER_FAULT = 500
# Of a name that a server says, as much is shown.
_MOST_SHOWN = 200
_MEND_NETWORK = "look at the address, the network and HTTPS_PROXY"
_MEND_BY_ISSUER = "it is the issuer's to mend, where the address is right"
_MEND_DISCOVERY = (
    "is that how iss is in the tokens, to the last slash? Where an issuer has no discovery, "
    "'jwks_uri' names the address of its keys"
)


class Step(NamedTuple):
    """One look at an issuer: what at, how it went, and the mend where it went wrong."""

    name: str
    #: ok, warning or FAULT.
    result: str
    text: str


class Inspection:
    """Asks one issuer as the first token does, and notes each step."""

    def __init__(self, row: Row, fetch: Fetch) -> None:
        self.options = row.options
        self.steps: list[Step] = []
        # As long as the first token would wait.
        self._fetch = with_deadline(fetch)
        # The answers since the last step, by their addresses; None where there was none.
        self._answers: dict[str, FetchResponse | None] = {}

    @property
    def is_usable(self) -> bool:
        """Whether requests with tokens of the issuer can be answered."""
        return all(step.result != "FAULT" for step in self.steps)

    def look_at_keys(self, row: TrustedIssuer) -> None:
        """Look for the keys where the options say that they are."""
        options = self.options
        if options.keys is not None:
            try:
                self._note_keys(row.keys.load_now())
            except FetchError as error:
                self._note("keys", "FAULT", str(error))
            return
        address = options.jwks_uri
        if address is not None:
            self._note("jwks_uri", "ok", f"{address}, as configured")
        else:
            metadata = self._discover("jwks_uri")
            if metadata is None:
                return
            address = self._noted("jwks_uri", metadata.jwks_uri)
        if address is not None:
            self._look_at_set(address)

    def look_at_introspection(self, row: IntrospectedIssuer) -> None:
        """Ask about a token that nobody has made."""
        options = self.options.introspection
        if options is None or options.endpoint is None:
            metadata = self._discover("introspection_endpoint")
            if metadata is None or not self._noted("endpoint", metadata.introspection_endpoint):
                return
        try:
            answer = row.ask(token_urlsafe(32))
        except FetchError as error:
            self._note("introspection", "FAULT", str(error))
            return
        if answer.get("active") is False:
            self._note("introspection", "ok", "a token that nobody has made is not active")
        else:
            fault = "the answer about a token that nobody has made is not 'active': false"
            self._note("introspection", "FAULT", f"{fault}; {_MEND_BY_ISSUER}")

    def _discover(self, wanted: str) -> Metadata | None:
        try:
            metadata = discover(self.options.issuer, self._ask, wanted)
        except FetchError as error:
            self._note_failed_discovery(str(error))
            return None
        self._note_answers()
        self._note("issuer", "ok", "the document names it, byte for byte")
        return metadata

    def _note_failed_discovery(self, error: str) -> None:
        *_, last = answers = tuple(self._answers.values())
        if last is None or last.status != _OK:
            mend = _MEND_NETWORK if last is None else _MEND_DISCOVERY
            if any(answer is not None and answer.status >= _SERVER_FAULT for answer in answers):
                mend = _MEND_BY_ISSUER
            self._note("discovery", "FAULT", f"{error}; {mend}")
            return
        named = _issuer_in(last.body)
        if named is None or named == self.options.issuer:
            mend = "it is the issuer's to mend, or 'jwks_uri' does without the document"
            self._note("discovery", "FAULT", f"{error}; {mend}")
        else:
            self._note_answers()
            self._note(
                "issuer",
                "FAULT",
                f"the document names {_shown(named)}: write that, byte for byte, if it is whose "
                "tokens you mean",
            )

    def _noted(self, name: str, address: str | None) -> str | None:
        if address is None:
            member = "introspection_endpoint" if name == "endpoint" else name
            self._note(name, "FAULT", f"the document has no {member}: the option {name!r} names it")
        else:
            self._note(name, "ok", address)
        return address

    def _look_at_set(self, address: str) -> None:
        self._answers.clear()
        try:
            self._note_keys(load_remote_set(replace(self.options, jwks_uri=address), self._ask))
        except FetchError as error:
            *_, answer = self._answers.values()
            self._note_failed_set(str(error), answer)

    def _note_failed_set(self, error: str, answer: FetchResponse | None) -> None:
        listed = self.options.algorithms
        others = set() if answer is None else _algorithms_in(answer.body)
        if answer is None:
            mend = _MEND_NETWORK
        elif others and not others & {*listed}:
            mend = (
                f"the keys are for {', '.join(sorted(others))}, and the option 'algorithms' has "
                f"{', '.join(listed)}"
            )
        else:
            mend = _MEND_BY_ISSUER
        self._note("keys", "FAULT", f"{error}; {mend}")

    def _note_keys(self, loaded: LoadedSet) -> None:
        keys, listed = loaded.ring.keys, self.options.algorithms
        self._note("keys", "ok", f"{_words(_by_kid(keys))}{_kept(loaded.lifetime)}")
        for note in loaded.notes:
            self._note("keys", "warning", note)
        published = {key.algorithm.name for key in keys}
        without = [name for name in listed if name not in published]
        if without and set(listed) != set(ASYMMETRIC):
            self._note("algorithms", "warning", f"there is no key for {', '.join(without)}")
        else:
            self._note("algorithms", "ok", ", ".join(sorted(published)))

    def _ask(self, request: FetchRequest) -> FetchResponse:
        self._answers[request.url] = None
        answer = self._answers[request.url] = self._fetch(request)
        return answer

    def _note_answers(self) -> None:
        for url, answer in self._answers.items():
            if answer is not None:
                self._note("discovery", "ok", f"{url} answered {answer.status}")

    def _note(self, name: str, result: str, text: str) -> None:
        self.steps.append(Step(name, result, printable(text)))


@click.group(cls=AppGroup, invoke_without_command=True)
@json_option
@click.pass_context
@with_appcontext
def issuers(context: click.Context, *, as_json: bool) -> None:
    """Show the issuers whose tokens are accepted, and the keys that they publish now.

    They are asked for that, as each worker asks them at the first token; what a worker knows it
    keeps to itself. With --json each issuer is in a line of its own.
    """
    if context.invoked_subcommand is not None:
        if as_json:
            raise click.UsageError("Say --json behind check.")
        return
    for number, row in enumerate(_rows(None)):
        fields = _fields(row)
        if as_json:
            click.echo(line_of_json(fields))
        else:
            _show(number, row, _lines(fields))


@issuers.command()
@click.argument("issuer", required=False)
@json_option
def check(issuer: str | None, *, as_json: bool) -> None:
    """Ask ISSUER, or each, for all that its tokens need; say what is wrong and how it is mended.

    The status is 1 where one of them can't be used. With --json each is in a line of its own.
    """
    are_usable = True
    for number, row in enumerate(_rows(issuer)):
        inspection = _inspected(row, current_state().extension.fetch)
        are_usable = are_usable and inspection.is_usable
        if as_json:
            steps = [step._asdict() for step in inspection.steps]
            fields = {"issuer": row.options.issuer, "usable": inspection.is_usable, "steps": steps}
            click.echo(line_of_json(fields))
        else:
            _show(number, row, inspection.steps)
    if not are_usable:
        raise SystemExit(1)


def _rows(issuer: str | None) -> Sequence[Row]:
    """Return the issuers that are trusted, or the one that was typed."""
    try:
        table = current_state().issuers
    except ConfigurationError as error:
        raise click.ClickException(str(error)) from None
    if not table.rows:
        raise click.ClickException(
            "no issuer is trusted: app.config['JWT_TRUSTED_ISSUERS'] = {'https://id.example': "
            "{'audience': 'my-api'}}, or jwt.trust('https://id.example', audience='my-api')"
        )
    if issuer is None:
        return table.rows
    named = {name: row for row in table.rows for name in (row.options.issuer, *row.options.aliases)}
    if issuer not in named:
        near = get_close_matches(issuer, named, 1)
        meant = f": {near[0]} is" if near else ""
        raise click.ClickException(f"{printable(issuer)} is not trusted{meant}")
    return [named[issuer]]


def _inspected(row: Row, fetch: Fetch | None) -> Inspection:
    inspection = Inspection(row, fetch_for(row.options, fetch))
    if isinstance(row, TrustedIssuer):
        inspection.look_at_keys(row)
    elif isinstance(row, IntrospectedIssuer):
        inspection.look_at_introspection(row)
    return inspection


def _fields(row: Row) -> dict[str, Any]:
    """Return what is shown of an issuer, once it was asked for its keys."""
    options = row.options
    fields: dict[str, Any] = {
        "issuer": options.issuer,
        "preset": options.preset,
        "introspection": None,
        "keys": [],
        "age": None,
        "renewed_in": None,
        "error": None,
    }
    if isinstance(row, TrustedIssuer):
        try:
            row.keys.load_now()
        except FetchError as error:
            fields["error"] = str(error)
        state = row.keys.state()
        if state.keys is not None:
            fields["keys"] = [
                {"kid": kid, "algorithms": names}
                for kid, names in _by_kid(state.keys.ring.keys).items()
            ]
            fields |= {"age": _whole(state.age), "renewed_in": _whole(state.due_in)}
    elif options.introspection is not None:
        asked = options.introspection
        fields["introspection"] = {"endpoint": asked.endpoint, "client_id": asked.client_id}
    return fields


def _whole(seconds: float | None) -> int | None:
    # Keys that stand in the configuration are kept for ever.
    return None if seconds is None or not isfinite(seconds) else round(seconds)


def _lines(fields: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the fields of an issuer in words."""
    asked, age, due = fields["introspection"], fields["age"], fields["renewed_in"]
    if asked is not None:
        place = asked["endpoint"] or "the endpoint that discovery names"
        return [
            ("preset", fields["preset"] or "-"),
            ("introspection", printable(f"at {place}, as {asked['client_id']}")),
        ]
    keys = {key["kid"]: key["algorithms"] for key in fields["keys"]}
    return [
        ("preset", fields["preset"] or "-"),
        ("keys", _words(keys) or "none"),
        ("age", "-" if age is None else duration(age)),
        ("renewal", "-" if due is None else f"in {duration(due)}"),
        ("last error", printable(fields["error"] or "-")),
    ]


def _show(number: int, row: Row, lines: Sequence[Sequence[str]]) -> None:
    """Print an issuer, and below it what there is to say of it."""
    table = columns(lines).replace("\n", "\n  ")
    click.echo(("\n" if number else "") + f"{printable(row.options.issuer)}\n  {table}")


def _kept(lifetime: float) -> str:
    return f"; kept for {duration(lifetime)}" if isfinite(lifetime) else ""


def _by_kid(keys: Sequence[Key]) -> dict[str | None, list[str]]:
    """Return the algorithms of keys by their names: two keys may have one name."""
    found: dict[str | None, list[str]] = {}
    for key in keys:
        found.setdefault(key.kid, []).append(key.algorithm.name)
    return found


def _words(keys: Mapping[str | None, Sequence[str]]) -> str:
    return ", ".join(f"{_shown(kid or '-')} ({', '.join(names)})" for kid, names in keys.items())


def _shown(name: str) -> str:
    return printable(name[:_MOST_SHOWN])


def _issuer_in(body: bytes) -> str | None:
    """Return the issuer that a metadata document names, or None."""
    with suppress(StrictJSONError):
        named = parse_object(body).get("issuer")
        return named if isinstance(named, str) else None
    return None


def _algorithms_in(body: bytes) -> set[str]:
    """Return what the keys of a set say that they are for, of the algorithms that we know."""
    with suppress(KeyMaterialError):
        return {name for jwk in parse_key_set(body) if (name := jwk.get("alg")) in ASYMMETRIC}
    return set()
