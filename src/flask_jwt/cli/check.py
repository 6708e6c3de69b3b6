"""``flask jwt check``: all that is wrong with the running configuration, one line each."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

import click
from flask import Flask
from flask.cli import with_appcontext

from ..all_settings import CONFIG_DEFAULTS, ROUTE_KEYS
from ..app_state import AppState, Extension
from ..authentication.authenticator import no_identity_hook
from ..authorization.route_audit import RouteAudit
from ..core.clock import system_clock
from ..core.errors import ClaimsError, TokenError
from ..endpoints.sign_in import no_authentication_hook
from ..errors import ConfigurationError
from ..keys.settings import DerivationSettings, KeyMaterial, KeySettings
from ..sessions.errors import StoreForgot, StoreUnavailable
from ..sessions.models import MAX_LEEWAY, REVOCATION_MARGIN
from ..sessions.settings import SessionRoutes
from ..settings.declare import Settings
from ..stores.memory import MemoryStore
from ..tokens.access_tokens import default_claims, default_jwt_encode_callback
from ..tokens.session_tokens import sessions_of
from ..tokens.settings import TokenSettings
from ..user_directory import DirectoryUnavailable
from .settings import app_with_extension
from .table import columns

_SECTIONS = ("settings", "keys", "routes", "store")
# Sections where there is a directory, and where other issuers are trusted.
_USERS = "users"
_ISSUERS = "issuers"
_TRUSTED = "JWT_TRUSTED_ISSUERS"
_KEY = re.compile(r"app\.config\['(\w+)'\]")
_OF_KEYS = {"SECRET_KEY", "SECRET_KEY_FALLBACKS", "JWT_KEY_FILE"} | {
    declared.key
    for group in (KeyMaterial, DerivationSettings)
    for declared in group.declared().values()
}


def key_in(text: str) -> str | None:
    """Return the configuration key that an error quotes first, or None."""
    key = _KEY.search(text)
    return None if key is None else key[1]


class Findings:
    """Faults, warnings and what is good, by section."""

    def __init__(self, route_keys: Collection[str]) -> None:
        self._route_keys = route_keys
        self._rows: dict[str, list[tuple[str, str]]] = {section: [] for section in _SECTIONS}
        #: The sections that have a fault.
        self.faulty: set[str] = set()

    def fault(self, section: str, text: str) -> None:
        """Note what requests would fail of."""
        self.faulty.add(section)
        self._add(section, "FAULT", text)

    def warning(self, section: str, text: str) -> None:
        """Note what works, and should not be so."""
        self._add(section, "warning", text)

    def good(self, section: str, text: str) -> None:
        """Note that a section has passed, unless it has not."""
        if section not in self.faulty:
            self._rows.setdefault(section, []).insert(0, ("ok", text))

    def section_of(self, text: str) -> str:
        """Return the section that an error or a warning about the configuration belongs to."""
        key = key_in(text)
        if key == "JWT_SESSION_STORE":
            return "store"
        if key == _TRUSTED:
            return _ISSUERS
        if key in _OF_KEYS:
            return "keys"
        return "routes" if key in self._route_keys else "settings"

    def rows(self) -> Sequence[tuple[str, str, str]]:
        """Return a row for each: its section, its kind and its text, on one line."""
        return [
            (section, kind, " ".join(text.split()))
            for section, found in self._rows.items()
            for kind, text in found or [("not checked", "")]
        ]

    def _add(self, section: str, kind: str, text: str) -> None:
        rows = self._rows.setdefault(section, [])
        if (kind, text) not in rows:
            rows.append((kind, text))


_PACKAGE = Path(__file__).parents[1]
_SECRETS = ("SECRET_KEY", "JWT_SECRET_KEY", "JWT_REFRESH_SECRET")


@contextmanager
def as_at_first_use(
    app: Flask, extension: Extension, findings: Findings
) -> Generator[AppState | None]:
    """Read the configuration as the first request does, and note all that is wrong with it."""
    route_config = extension.route_configs[app]
    before, routes, secret = dict(app.config), route_config.routes, route_config.secret
    told, route_config.told = route_config.told, {}
    trusted = extension.trusted_issuers
    hear = partial(_hear, findings)
    loggers = app.logger, logging.getLogger(_PACKAGE.name)
    for logger in loggers:
        logger.addFilter(hear)
    try:
        yield _read(app, extension, findings)
    finally:
        for logger in loggers:
            logger.removeFilter(hear)
        app.config.clear()
        app.config.update(before)
        route_config.routes, route_config.secret, route_config.told = routes, secret, told
        extension.trusted_issuers = trusted
        extension.forget(app)


def _read(app: Flask, extension: Extension, findings: Findings) -> AppState | None:
    # A key that is at fault is replaced by one that is not, and all is read again.
    replaced: set[str] = set()
    while True:
        extension.forget(app)
        state = None
        try:
            state = extension.load_state(app)
            is_default = extension.jwt_encode_callback is default_jwt_encode_callback
            if is_default and not state.keys.are_loaded and _has_keys(app, state, findings):
                state.keys.snapshot()
        except ConfigurationError as error:
            findings.fault(findings.section_of(str(error)), str(error))
            key = key_in(str(error))
            if key == _TRUSTED and _leave_out_issuer(app, extension, str(error)):
                continue
            if key is not None and key not in replaced:
                replaced.add(key)
                _replace(app, extension, key)
                continue
        return state


def _replace(app: Flask, extension: Extension, key: str) -> None:
    route_config = extension.route_configs[app]
    theirs = extension.vocabulary.defaults
    value: Any = {**CONFIG_DEFAULTS, **theirs}.get(key)
    if key == "JWT_SESSION_STORE":
        value = MemoryStore(system_clock)
        routes = route_config.routes
        kept = replace(routes[SessionRoutes], session_store=value)
        route_config.routes = Settings([*routes.values(), kept])
    elif key in ROUTE_KEYS and key not in theirs:
        value = route_config.configured[key]
    elif key in _SECRETS and app.config.get("JWT_KEY_FILE") is None:
        value = token_hex(32)
    elif key == "JWT_SECRET_KEY":
        value = app.config.get("SECRET_KEY")
    app.config[key] = value


def _leave_out_issuer(app: Flask, extension: Extension, text: str) -> bool:
    """Go on without the issuer that an error names, or without all; tell whether there are any."""
    configured = app.config[_TRUSTED] if isinstance(app.config[_TRUSTED], Mapping) else {}
    programmed = extension.trusted_issuers
    issuers = {*configured, *programmed}
    named = {issuer for issuer in issuers if f"[{issuer!r}]" in text} or issuers
    app.config[_TRUSTED] = {key: configured[key] for key in configured if key not in named}
    extension.trusted_issuers = {key: programmed[key] for key in programmed if key not in named}
    return bool(issuers)


def _trusts_issuers(state: AppState, findings: Findings) -> bool:
    return bool(state.issuers.rows) or _ISSUERS in findings.faulty


def _has_own_tokens(state: AppState, findings: Findings) -> bool:
    """Tell whether the application accepts tokens of its own."""
    has_users = state.sessions is not None or state.extension.has_users
    return has_users or not _trusts_issuers(state, findings)


def _has_keys(app: Flask, state: AppState, findings: Findings) -> bool:
    """Tell whether the application has keys of its own: a file of them may be for others alone."""
    return _has_own_tokens(state, findings) or app.config.get("JWT_KEY_FILE") is not None


def _hear(findings: Findings, record: logging.LogRecord) -> bool:
    """Take what this package logs as a warning, and let the application's own lines pass."""
    if not Path(record.pathname).is_relative_to(_PACKAGE):
        return True
    text = record.getMessage()
    findings.warning(findings.section_of(text), text)
    return False


_SIGN_IN = no_authentication_hook.__module__
_ROOM = f"{_SIGN_IN.rpartition('.')[0]}."
# What revocations are kept longer than tokens live, for clocks that differ.
_MAX_APART = REVOCATION_MARGIN - MAX_LEEWAY


def probe_keys(app: Flask, state: AppState, findings: Findings) -> str:
    """Make a token, and verify it; tell what the keys are."""
    if state.extension.jwt_encode_callback is not default_jwt_encode_callback:
        return "jwt_encode_handler makes the tokens"
    if state.keys.are_loaded:
        return "a loader of the application's finds them"
    if not _has_keys(app, state, findings):
        return "none: the application makes no tokens"
    ring, now = state.keys.snapshot().ring, state.clock()
    signing = ring.signing_key(now)
    count = sum(key is not signing and now < key.verifies_until for key in ring.keys)
    words = [
        state.settings[KeySettings].algorithm if signing is None else signing.algorithm.name,
        "no key signs" if signing is None else "1 key signs",
        *([f"{count} more verif{'ies' if count == 1 else 'y'}"] if count else []),
    ]
    if signing is not None or state.sessions is not None or _has_sign_in(app, state, findings):
        _make_token(state, findings)
    return ", ".join(words)


def probe_routes(app: Flask, state: AppState, findings: Findings) -> str:
    """Look whether the routes have the hooks and the guards they need; tell what ours are."""
    routes, extension = list(_routes(app)), state.extension
    # A request hook in place of the default one need not call the authentication hook.
    is_default = extension.auth_request_callback.__module__ == _SIGN_IN
    has_sign_in = is_default and _has_sign_in(app, state, findings)
    if has_sign_in and extension.authentication_callback is None:
        findings.fault("routes", str(no_authentication_hook()))
    if not extension.finds_users and _has_own_tokens(state, findings):
        # Without sessions it is the guard alone that asks, and there may be none.
        note = findings.warning if state.sessions is None else findings.fault
        note("routes", str(no_identity_hook()))
    looked_at = RouteAudit(app)
    for rule in app.url_map.iter_rules():
        for route in looked_at.of_rule(rule):
            if route.protection.fault is not None:
                findings.fault("routes", route.protection.fault)
    for line in looked_at.warnings():
        findings.warning("routes" if key_in(line) is None else findings.section_of(line), line)
    if not _has_sign_in(app, state, findings):
        routes = [(module, rule) for module, rule in routes if module != _SIGN_IN]
    return ", ".join(dict.fromkeys(rule for _, rule in routes)) or "none"


def probe_store(app: Flask, state: AppState, findings: Findings) -> str:
    """Open the session store, and compare its clock; tell what it is."""
    route_config = state.extension.route_configs[app]
    store = route_config.store(app.instance_path, state.clock)
    if store is None:
        return "none: there are no sessions"
    sessions_of(state)
    try:
        store.open(state.settings[TokenSettings].expiration)
        before = state.clock()
        feed = store.feed(None)
    except (StoreUnavailable, StoreForgot) as error:
        findings.fault("store", str(error))
        return ""
    apart = abs(feed.now - (before + state.clock()) / 2)
    if apart > _MAX_APART:
        findings.warning(
            "store",
            f"its clock and this machine's are {apart:.0f} seconds apart: what was signed out may "
            f"come back where that is more than {_MAX_APART:.0f}. Have both keep the time (NTP)",
        )
    if store.issued is not None and not (app.debug or app.testing):
        findings.warning(
            "store",
            "it is in the memory of one process, and several workers need one that they share: "
            "sqlite:///sessions.db, PostgreSQL, MariaDB or Redis",
        )
    configured = route_config.routes[SessionRoutes].session_store
    name = type(store).__name__
    if isinstance(configured, str):
        name = urlsplit(configured).scheme.partition("+")[0]
    return f"{name}, open, clocks {apart:.1f} s apart"


def probe_throttle(app: Flask, state: AppState, findings: Findings) -> None:
    """Look whether sign-ins can be counted, and for all workers at once."""
    throttle = state.throttle
    if throttle is None or "settings" in findings.faulty:
        return
    try:
        throttle.probe()
    except StoreUnavailable as error:
        findings.fault("settings", f"sign-ins can't be counted: {error}")
        return
    if throttle.is_of_one_process and not (app.debug or app.testing):
        findings.warning(
            "settings",
            "sign-ins are counted in the memory of one process, and several workers need a place "
            "that they share: app.config['JWT_THROTTLE_STORAGE'] = 'redis://…', or the database of "
            "flask_jwt.users, in a file or at a server",
        )


def probe_users(state: AppState, findings: Findings) -> None:
    """Ask the directory for a user, as each sign-in does."""
    users = state.extension.users
    if users is None:
        return
    try:
        users.by_name("check")
    except DirectoryUnavailable as error:
        findings.fault(_USERS, error.description)
    except ConfigurationError as error:
        findings.fault(_USERS, str(error))
    findings.good(_USERS, f"{type(users).__name__} answers")


def probe_issuers(state: AppState, findings: Findings) -> None:
    """Tell how many issuers are trusted: what is wrong with their options is known by now."""
    if not state.issuers.rows:
        return
    count = len(state.issuers.rows)
    findings.good(_ISSUERS, f"{count} trusted; `flask jwt issuers check` asks for their keys")


def _make_token(state: AppState, findings: Findings) -> None:
    policy = state.policy
    claims = {
        **dict.fromkeys(policy.required, "check"),
        **default_claims(state, "check"),
        **({} if policy.issuer is None else {"iss": policy.issuer}),
        **({} if policy.audience is None else {"aud": list(policy.audience)}),
    }
    try:
        state.keys.verify_ignoring_expiry(state.keys.snapshot().signer.make(claims)[0])
    except (ClaimsError, TokenError) as error:
        findings.fault("keys", f"a token that was just made is refused: {error}")


def _has_sign_in(app: Flask, state: AppState, findings: Findings) -> bool:
    # Where users sign in at issuers, the route without a handler answers 404.
    is_answered = state.extension.authentication_callback is not None
    return _SIGN_IN in dict(_routes(app)) and (is_answered or not _trusts_issuers(state, findings))


def _routes(app: Flask) -> Iterator[tuple[str, str]]:
    """Yield the module of each view of ours, and its rule."""
    for rule in app.url_map.iter_rules():
        module = getattr(app.view_functions.get(rule.endpoint), "__module__", "")
        if module.startswith(_ROOM):
            yield module, rule.rule


_PROBES = {"keys": probe_keys, "routes": probe_routes, "store": probe_store}


@click.command()
@with_appcontext
def check() -> None:
    """Look for faults in settings, keys, routes, session store, users and issuers.

    One line for each, with the mend. The status is 0 where a server may start, and 1 where requests
    would fail. No issuer is asked for anything: `flask jwt issuers check` does that.
    """
    app, extension = app_with_extension()
    findings = Findings(ROUTE_KEYS - extension.vocabulary.defaults.keys())
    with as_at_first_use(app, extension, findings) as state:
        if state is not None:
            for section, probe in _PROBES.items():
                if section not in findings.faulty:
                    try:
                        findings.good(section, probe(app, state, findings))
                    except ConfigurationError as error:
                        findings.fault(section, str(error))
            try:
                probe_throttle(app, state, findings)
            except ConfigurationError as error:
                findings.fault(findings.section_of(str(error)), str(error))
            probe_users(state, findings)
            probe_issuers(state, findings)
            findings.good("settings", "in debug" if app.debug else "as in production")
    click.echo(columns(findings.rows()))
    if findings.faulty:
        raise SystemExit(1)
