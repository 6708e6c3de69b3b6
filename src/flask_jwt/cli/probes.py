"""One look at the keys, the routes and the store of an application that has been read."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from flask import Flask

from ..core.errors import ClaimsError, TokenError
from ..endpoints.auth import authentication_hook
from ..sessions.errors import StoreForgot, StoreUnavailable
from ..sessions.lifetimes import MAX_LEEWAY, REVOCATION_MARGIN
from ..settings import ConfigurationError
from ..web.authenticate import no_identity_hook
from ..web.hooks import Hooks
from ..web.session_tokens import sessions_of
from ..web.state import ApplicationState
from ..web.tokens import default_claims, default_jwt_encode_callback
from .findings import Findings

_SIGN_IN = authentication_hook.__module__
_ROOM = f"{_SIGN_IN.rpartition('.')[0]}."
# What revocations are kept longer than tokens live, for clocks that differ.
_MOST_APART = REVOCATION_MARGIN - MAX_LEEWAY


def probe_keys(app: Flask, state: ApplicationState, findings: Findings) -> str:
    """Make a token, and verify it; tell what the keys are."""
    if state.extension.jwt_encode_callback is not default_jwt_encode_callback:
        return "jwt_encode_handler makes the tokens"
    ring, now = state.keys.snapshot().ring, state.clock()
    signing = ring.signing_key(now)
    count = sum(key is not signing and now < key.verifies_until for key in ring.keys)
    words = [
        state.settings.algorithm if signing is None else signing.algorithm.name,
        "no key signs" if signing is None else "1 key signs",
        *([f"{count} more verif{'ies' if count == 1 else 'y'}"] if count else []),
    ]
    if signing is not None or state.sessions is not None or _SIGN_IN in dict(_routes(app)):
        _make_token(state, findings)
    return ", ".join(words)


def probe_routes(app: Flask, state: ApplicationState, findings: Findings) -> str:
    """Look whether the hooks are there that the routes need; tell what the routes are."""
    found = list(_routes(app))
    extension = state.extension
    if _SIGN_IN in dict(found) and _asks_who_signs_in(extension):
        try:
            authentication_hook(extension)
        except ConfigurationError as error:
            findings.fault("routes", str(error))
    if extension.identity_callback is None:
        # Without sessions it is the guard alone that asks, and there may be none.
        note = findings.warning if state.sessions is None else findings.fault
        note("routes", str(no_identity_hook()))
    return ", ".join(dict.fromkeys(rule for _, rule in found)) or "none"


def probe_store(app: Flask, state: ApplicationState, findings: Findings) -> str:
    """Open the session store, and compare its clock; tell what it is."""
    registration = state.extension.registrations[app]
    store = registration.store(app.instance_path, state.clock)
    if store is None:
        return "none: there are no sessions"
    sessions_of(state)
    try:
        store.open(state.settings.expiration)
        before = state.clock()
        feed = store.feed(None)
    except (StoreUnavailable, StoreForgot) as error:
        findings.fault("store", str(error))
        return ""
    apart = abs(feed.now - (before + state.clock()) / 2)
    if apart > _MOST_APART:
        findings.warning(
            "store",
            f"its clock and this machine's are {apart:.0f} seconds apart: what was signed out may "
            f"come back where that is more than {_MOST_APART:.0f}. Have both keep the time (NTP)",
        )
    if store.issued is not None and not (app.debug or app.testing):
        findings.warning(
            "store",
            "it is in the memory of one process, and several workers need one that they share: "
            "sqlite:///sessions.db, PostgreSQL, MariaDB or Redis",
        )
    configured = registration.routes.session_store
    name = type(store).__name__
    if isinstance(configured, str):
        name = urlsplit(configured).scheme.partition("+")[0]
    return f"{name}, open, clocks {apart:.1f} s apart"


def _make_token(state: ApplicationState, findings: Findings) -> None:
    settings = state.settings
    claims = {
        **dict.fromkeys(settings.required_claims, "check"),
        **default_claims(state, "check"),
        **({} if settings.issuer is None else {"iss": settings.issuer}),
        **({} if settings.audience is None else {"aud": list(settings.audience)}),
    }
    try:
        state.keys.verify_but_times(state.keys.snapshot().signer.make(claims)[0])
    except (ClaimsError, TokenError) as error:
        findings.fault("keys", f"a token that was just made is refused: {error}")


def _routes(app: Flask) -> Iterator[tuple[str, str]]:
    """Yield the module of each view of ours, and its rule."""
    for rule in app.url_map.iter_rules():
        module = getattr(app.view_functions.get(rule.endpoint), "__module__", "")
        if module.startswith(_ROOM):
            yield module, rule.rule


def _asks_who_signs_in(extension: Hooks) -> bool:
    return extension.auth_request_callback.__module__ == _SIGN_IN
