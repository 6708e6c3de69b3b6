"""The options of one trusted issuer: what ``JWT_TRUSTED_ISSUERS`` says of it, looked at."""

from __future__ import annotations

import difflib
import math
import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path as FilePath
from typing import Any, NoReturn
from urllib.parse import urlsplit

from ..core.algorithms import ALGORITHMS
from ..core.claims import seconds
from ..core.errors import KeyMaterialError
from ..core.grants import OWN_NAMES, ClaimNames, Path
from ..core.verifier import RFC9068_TYPE, kind_of
from ..errors import ConfigurationError
from ..http import is_loopback
from ..keys.key_file import read_key_file
from .presets import ANY_PROVIDER, PRESETS, Preset, Rule

#: How long good keys are used after their time while they can't be renewed, in seconds.
MAX_STALE = 3600.0
#: How many introspection calls run at once.
MAX_IN_FLIGHT = 8
#: The algorithms that an issuer's keys may have: whoever verifies with one can't sign with it.
ASYMMETRIC = tuple(name for name, row in ALGORITHMS.items() if not row.symmetric)

_DAY = 86400.0
_OPTIONS = (
    *("audience", "algorithms", "typ", "required_claims", "client_id", "roles_claim"),
    *("scope_claim", "subject_claim", "leeway", "max_stale", "jwks_uri", "keys", "introspection"),
    "preset",
)
_INTROSPECTION = (
    *("endpoint", "client_id", "client_secret", "private_key", "key_id", "algorithm", "cache"),
    "max_in_flight",
)
# What else a token has that says it is an access token (RFC 9068 section 2.2).
_RFC9068_CLAIMS = ("exp", "sub", "client_id", "iat", "jti")
# What these say is decided elsewhere, or taken out.
_REGISTERED = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "identity"})
_DURATION = "a timedelta or a number of seconds"
_HTTPS = "https, or http where the issuer is on this machine; no user name, no fragment"


@dataclass(frozen=True, slots=True, repr=False)
class IntrospectionOptions:
    """How an issuer is asked about tokens (:rfc:`7662`).

    Exactly one of client_secret and private_key (PEM) is there; algorithm and key_id belong to the
    latter. An endpoint of None is found by discovery. cache is in seconds, 0 for none.
    """

    client_id: str
    endpoint: str | None = None
    client_secret: str | None = None
    private_key: bytes | None = None
    key_id: str | None = None
    algorithm: str = "RS256"
    cache: float = 0.0
    max_in_flight: int = MAX_IN_FLIGHT

    def __repr__(self) -> str:
        return f"<IntrospectionOptions {self.client_id}>"


@dataclass(frozen=True, slots=True, repr=False)
class IssuerOptions:
    """What is accepted of one issuer, and where its keys are.

    :param issuer: its name, as tokens and the application have it.
    :param audience: the audiences, one of which ``aud`` has to name; None where clients are named.
    :param audience_required: whether a token without ``aud`` is refused.
    :param algorithms: names of asymmetric algorithms.
    :param types: kinds of token, as :func:`.kind_of` returns them.
    :param required_claims: claims that have to be there.
    :param client_ids: the clients whose tokens are accepted; empty for all.
    :param client_claims: the claims that name the client.
    :param roles: where the roles are.
    :param scopes: where the scopes are.
    :param subject: the claim that names the user.
    :param leeway: in seconds.
    :param max_stale: in seconds.
    :param jwks_uri: where the keys are; None where discovery says so, or keys are given.
    :param keys: a JWK set, or the file that has one; None where they are fetched.
    :param introspection: how tokens are asked about; None where they are not.
    :param preset: the name of the preset, or None.
    :param aliases: further spellings of ``iss``.
    :param id_token_claims: claims by which ID tokens are told.
    :param rules: what else is looked at.
    """

    issuer: str
    audience: tuple[str, ...] | None
    audience_required: bool
    algorithms: tuple[str, ...]
    types: frozenset[str]
    required_claims: tuple[str, ...]
    client_ids: tuple[str, ...]
    client_claims: tuple[str, ...]
    roles: tuple[Path, ...]
    scopes: tuple[Path, ...]
    subject: str
    leeway: float
    max_stale: float
    jwks_uri: str | None
    keys: Mapping[str, Any] | FilePath | None
    introspection: IntrospectionOptions | None
    preset: str | None
    aliases: tuple[str, ...]
    id_token_claims: frozenset[str]
    rules: tuple[Rule, ...]

    @property
    def names(self) -> ClaimNames:
        """Which claims say what in the tokens of the issuer."""
        return ClaimNames(self.roles, self.scopes, self.subject, self.issuer)

    def __repr__(self) -> str:
        return f"<IssuerOptions {self.issuer}>"


def read_options(
    issuer: str,
    given: Mapping[str, Any],
    *,
    default_audience: tuple[str, ...] = (),
    default_leeway: float = 0.0,
    default_roles: Path = OWN_NAMES.roles[0],
    folder: FilePath = FilePath(),
) -> IssuerOptions:
    """Read the options of an issuer.

    :param issuer: its name, the key of ``JWT_TRUSTED_ISSUERS``.
    :param given: its options; None stands for the default.
    :param default_audience: the audience where none is given.
    :param default_leeway: the leeway where none is given, in seconds.
    :param default_roles: where the roles are, unless that is given or a preset says it.
    :param folder: where relative paths of private keys begin.
    :raises ConfigurationError: an option is unknown, or not what it may be.
    """
    options = _Options(_place(issuer), given)
    preset_name = options.choice("preset", PRESETS)
    preset = ANY_PROVIDER if preset_name is None else PRESETS[preset_name]
    options.check_names((*_OPTIONS, *preset.options))
    keys = options.keys()
    if preset.bare_host and re.fullmatch(preset.issuer, issuer):
        issuer = f"https://{issuer}"
    on_loopback = _check_issuer(options, issuer, preset, has_keys=keys is not None)
    jwks_uri = options.url("jwks_uri", on_loopback=on_loopback)
    if jwks_uri is not None and keys is not None:
        options.refuse("jwks_uri", "left out, or keys: they exclude one another")
    audience = options.names("audience")
    clients = options.names("client_id")
    named = audience or (default_audience if preset.is_for_resources else ())
    roles = (default_roles,) if preset is ANY_PROVIDER else _roles(preset, named)
    _check_binding(options, named, clients, preset)
    types = frozenset(map(kind_of, options.names("typ"))) or preset.types
    subject = options.text("subject_claim") or preset.subject
    if subject != "sub" and subject in _REGISTERED:
        # All users of the issuer would be one, or each token another.
        options.refuse(
            "subject_claim",
            "what names one user: no registered claim but sub, and not identity, which is taken "
            "out of other issuers' tokens",
        )
    if subject in preset.unfit_subjects:
        options.refuse("subject_claim", f"what never names somebody else: {preset.subject}")
    return IssuerOptions(
        issuer=issuer,
        audience=named or None,
        audience_required=bool(audience) or not preset.binds_by_client,
        algorithms=options.algorithms(),
        types=types,
        required_claims=_required(options, preset, types, subject),
        client_ids=clients,
        client_claims=preset.client_claims,
        roles=options.paths("roles_claim") or roles,
        scopes=options.paths("scope_claim") or preset.scopes,
        subject=subject,
        leeway=options.seconds("leeway", default_leeway),
        max_stale=options.seconds("max_stale", MAX_STALE),
        jwks_uri=jwks_uri,
        keys=keys,
        introspection=_introspection(options, issuer, folder, on_loopback=on_loopback),
        preset=preset_name,
        aliases=(issuer.partition("://")[2],) if preset.bare_host else (),
        id_token_claims=preset.id_token_claims,
        rules=_rules(options, issuer, preset),
    )


class _Options:
    """A mapping of options, and where it stands in the configuration."""

    def __init__(self, place: str, given: Any) -> None:
        if not isinstance(given, Mapping):
            raise ConfigurationError(f"{place} must be a dict of options")
        self._place = place
        self._given: Mapping[Any, Any] = given

    def get(self, name: str) -> Any:
        return self._given.get(name)

    def refuse(self, name: str, expected: str) -> NoReturn:
        """Raise the error that a value is not what it may be; the value is not shown."""
        raise ConfigurationError(f"{self._place}[{name!r}] must be {expected}")

    def refuse_all(self, expected: str) -> NoReturn:
        raise ConfigurationError(f"{self._place} {expected}")

    def check_names(self, known: Collection[str]) -> None:
        for name in self._given:
            if name not in known:
                self._refuse_unknown(name, known)

    def _refuse_unknown(self, name: object, known: Collection[str]) -> NoReturn:
        for preset_name, preset in PRESETS.items():
            if name in preset.options:
                raise ConfigurationError(
                    f"{self._place}[{name!r}] is an option of preset={preset_name!r} alone"
                )
        # Of all options one is the nearest, however far.
        near = difflib.get_close_matches(str(name), known, n=1, cutoff=0)[0]
        shown = repr(name) if len(str(name)) <= 64 else "…"
        raise ConfigurationError(
            f"{self._place}[{shown}] is no option of an issuer; did you mean {near!r}?"
        )

    def text(self, name: str) -> str | None:
        value = self.get(name)
        if value is not None and not (isinstance(value, str) and value):
            self.refuse(name, "a string that is not empty")
        return value

    def choice(self, name: str, among: Collection[str]) -> str | None:
        value = self.text(name)
        if value is not None and value not in among:
            self.refuse(name, f"one of {', '.join(among)}")
        return value

    def names(self, name: str) -> tuple[str, ...]:
        value = self.get(name)
        if value is None:
            return ()
        named = (value,) if isinstance(value, str) else value
        if not isinstance(named, list | tuple | set | frozenset) or not named:
            self.refuse(name, "a string, or a list of them, none of them empty")
        if not all(isinstance(one, str) and one for one in named):
            self.refuse(name, "a string, or a list of them, none of them empty")
        return tuple(named)

    def paths(self, name: str) -> tuple[Path, ...]:
        value = self.get(name)
        if value is None:
            return ()
        given = [value] if isinstance(value, str) else value
        several = isinstance(given, list | tuple) and all(
            isinstance(path, list | tuple) for path in given
        )
        paths = given if several else [given]
        if not paths or not all(map(_is_path, paths)):
            self.refuse(
                name,
                "the name of a claim, a list of names that is a path, or a list of such lists; no "
                "registered claim",
            )
        return tuple(tuple(path) for path in paths)

    def seconds(self, name: str, default: float) -> float:
        value = self.get(name)
        if value is None:
            return default
        if not isinstance(value, timedelta | int | float) or isinstance(value, bool):
            self.refuse(name, _DURATION)
        length = float(seconds(value))
        if not (math.isfinite(length) and 0 <= length <= _DAY):
            self.refuse(name, f"{_DURATION}, from 0 to a day")
        return length

    def number(self, name: str, default: int) -> int:
        value = self.get(name)
        if value is None:
            return default
        if type(value) is not int or value < 1:
            self.refuse(name, "a number, 1 or more")
        return value

    def algorithm(self, name: str, value: str) -> str:
        if value.lower() == "none":
            self.refuse(name, "algorithms that sign: anybody makes tokens with none")
        if value not in ALGORITHMS:
            self.refuse(name, f"among {', '.join(ASYMMETRIC)}")
        if ALGORITHMS[value].symmetric:
            self.refuse(
                name, "asymmetric: who verifies with a shared secret could make tokens as well"
            )
        return value

    def algorithms(self) -> tuple[str, ...]:
        given = self.names("algorithms") or ASYMMETRIC
        return tuple(self.algorithm("algorithms", name) for name in given)

    def url(self, name: str, *, on_loopback: bool) -> str | None:
        value = self.text(name)
        if value is not None and not is_server_url(value, on_loopback=on_loopback):
            self.refuse(name, f"a URL: {_HTTPS}")
        return value

    def keys(self) -> Mapping[str, Any] | FilePath | None:
        value = self.get("keys")
        if value is None:
            return None
        if isinstance(value, Mapping) and isinstance(value.get("keys"), list):
            return value
        if isinstance(value, str | os.PathLike) and str(value) and "\0" not in str(value):
            return FilePath(value)
        return self.refuse(
            "keys", 'a JWK set, {"keys": [{…}, …]}, or the path of a file that has one'
        )

    def nested(self, name: str) -> _Options:
        return _Options(f"{self._place}[{name!r}]", self.get(name))


def _is_path(value: Any) -> bool:
    named = isinstance(value, list | tuple) and bool(value)
    return (
        named
        and all(isinstance(one, str) and one for one in value)
        and (value[0] not in _REGISTERED)
    )


def _place(issuer: object) -> str:
    key = "app.config['JWT_TRUSTED_ISSUERS']"
    if not isinstance(issuer, str) or not issuer:
        raise ConfigurationError(f"{key} must have issuers for keys: strings that are not empty")
    # A URL with a password is refused, and not shown.
    return f"{key}[…]" if "@" in issuer else f"{key}[{issuer!r}]"


def is_server_url(text: str, *, on_loopback: bool) -> bool:
    """Tell whether a server may be asked there: by https, or by http if its issuer is here."""
    try:
        parts = urlsplit(text)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    if not is_whole or not text.isascii() or not text.isprintable() or " " in text:
        return False
    if "@" in parts.netloc or "#" in text or "\\" in text:
        return False
    # Anybody on the way could put other keys in the place of the issuer's.
    by_http = text.startswith("http://") and on_loopback and is_loopback(parts.netloc)
    return by_http or text.startswith("https://")


def is_issuer_url(text: str) -> bool:
    """Tell whether the name of an issuer is a URL by which it can be asked for its metadata."""
    return is_server_url(text, on_loopback=True) and "?" not in text


def is_on_loopback(issuer: str) -> bool:
    """Tell whether an issuer is on this machine."""
    return is_issuer_url(issuer) and is_loopback(issuer.partition("://")[2].partition("/")[0])


def _check_issuer(options: _Options, issuer: str, preset: Preset, *, has_keys: bool) -> bool:
    """Check the name of an issuer, and return whether it is on this machine."""
    if "/.well-known/" in issuer:
        options.refuse_all("must have the issuer for its key, which ends before /.well-known/")
    is_url = is_issuer_url(issuer)
    if not has_keys and not is_url:
        options.refuse_all(
            "must have a URL for its key: https, or http on this machine; no user name, query or "
            "fragment. A name that is no URL needs keys"
        )
    rest = issuer.partition("://")[2]
    _, slash, path = rest.partition("/")
    on_loopback = is_on_loopback(issuer)
    text, pattern = (slash + path, preset.path) if on_loopback else (rest, preset.issuer)
    fits = re.fullmatch(pattern, text)
    if preset is not ANY_PROVIDER and not (is_url and fits):
        options.refuse_all(f"must be {preset.expected}")
    return on_loopback


def _check_binding(
    options: _Options, audience: Collection[str], clients: Collection[str], preset: Preset
) -> None:
    """Check that not every token of an issuer is accepted, whomever it is for."""
    if preset.binds_by_client and not clients:
        options.refuse(
            "client_id", "the ids of the app clients whose tokens are accepted: they have no aud"
        )
    if not preset.is_for_resources and not audience:
        options.refuse("audience", "the client ids of the application: its tokens are ID tokens")
    if not audience and not preset.binds_by_client:
        options.refuse(
            "audience",
            "what tokens for this application name in aud, or JWT_RESOURCE set; without it those "
            "for others would be accepted",
        )


def _required(
    options: _Options, preset: Preset, types: Collection[str], subject: str
) -> tuple[str, ...]:
    default = _RFC9068_CLAIMS if types == {RFC9068_TYPE} else ("exp", "sub")
    given = options.names("required_claims") or default
    # An own choice of the claim that names the user asks for it.
    named = () if subject == "sub" else (subject,)
    return tuple(dict.fromkeys((*given, *preset.required, *named)))


def _roles(preset: Preset, audience: Sequence[str]) -> tuple[Path, ...]:
    further = preset.audience_roles
    return preset.roles if further is None else (*preset.roles, *map(further, audience))


def _rules(options: _Options, issuer: str, preset: Preset) -> tuple[Rule, ...]:
    of_issuer = () if preset.issuer_rule is None else (preset.issuer_rule(issuer),)
    own = (
        rule_of(text)
        for name, rule_of in preset.options.items()
        if (text := options.text(name)) is not None
    )
    return (*preset.rules, *of_issuer, *own)


def _introspection(
    options: _Options, issuer: str, folder: FilePath, *, on_loopback: bool
) -> IntrospectionOptions | None:
    if options.get("introspection") is None:
        return None
    nested = options.nested("introspection")
    nested.check_names(_INTROSPECTION)
    client_id = nested.text("client_id")
    if client_id is None:
        nested.refuse("client_id", "the client that asks: issuers answer no others")
    endpoint = nested.url("endpoint", on_loopback=on_loopback)
    if endpoint is None and not is_issuer_url(issuer):
        nested.refuse("endpoint", "set: an issuer that is no URL can't be asked for it")
    secret = nested.text("client_secret")
    private_key = _private_key(nested, folder)
    if (secret is None) == (private_key is None):
        nested.refuse_all("must have exactly one of 'client_secret' and 'private_key'")
    for name in ("key_id", "algorithm"):
        if private_key is None and nested.get(name) is not None:
            nested.refuse(name, "left out: it belongs to private_key")
    return IntrospectionOptions(
        client_id=client_id,
        endpoint=endpoint,
        client_secret=secret,
        private_key=private_key,
        key_id=nested.text("key_id"),
        algorithm=nested.algorithm("algorithm", nested.text("algorithm") or "RS256"),
        cache=nested.seconds("cache", 0.0),
        max_in_flight=nested.number("max_in_flight", MAX_IN_FLIGHT),
    )


def _private_key(options: _Options, folder: FilePath) -> bytes | None:
    value = options.get("private_key")
    if value is None:
        return None
    pem = value.encode() if isinstance(value, str) else value
    if isinstance(pem, bytes) and b"-----BEGIN" in pem:
        return pem
    if not isinstance(value, str | os.PathLike) or not str(value):
        options.refuse("private_key", "PEM text, or the path of a PEM file")
    try:
        return read_key_file(folder / value)[0]
    except KeyMaterialError as error:
        options.refuse("private_key", f"a key that can be used: {error}")
