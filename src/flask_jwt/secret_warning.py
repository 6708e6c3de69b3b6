"""A look at the secret at the first request of any kind, so that the log tells before a sign-in."""

from __future__ import annotations

from typing import Any
from weakref import WeakSet

from flask import Flask, request_started

from .app_state import Extension
from .authentication.authenticator import default_jwt_decode_callback
from .core.algorithms import ALGORITHMS
from .errors import ConfigurationError
from .keys.ring_from_config import KeyConfig
from .keys.settings import KeySettings
from .tokens.access_tokens import default_jwt_encode_callback

# Applications that have had no request yet.
_unused: WeakSet[Flask] = WeakSet()


def watch_first_request(app: Flask) -> None:
    """Have the log say at the first request where no token can be made with the secret.

    The secret is read at the first sign-in with a right password, which may be hours later.
    """
    _unused.add(app)
    request_started.connect(_report, app)


def _report(app: Flask, **_more: Any) -> None:
    # Disconnected before anything else: later requests pay nothing for it.
    request_started.disconnect(_report, app)
    try:
        _unused.remove(app)
    except KeyError:
        # The first request of another thread reports it.
        return
    extension = app.extensions.get("jwt")
    if not isinstance(extension, Extension) or app not in extension.route_configs:
        # Another package has taken the extension's name since.
        return
    try:
        fault = _fault_of_secret(extension, app)
    except ConfigurationError:
        # A setting is at fault, which the first use reports.
        return
    if fault is not None:
        app.logger.error("%s Until then every sign-in is an error.", fault)


def _fault_of_secret(extension: Extension, app: Flask) -> ConfigurationError | None:
    config = extension.config_of(app)
    extension.route_configs[app].follow_secret(config)
    settings = KeySettings.read(config)
    # An application with hooks of its own for both may have no key at all.
    uses_keys = (
        extension.jwt_encode_callback is default_jwt_encode_callback
        or extension.jwt_decode_callback is default_jwt_decode_callback
    )
    allows_any = config["DEBUG"] or config["TESTING"]
    uses_secret = uses_keys and ALGORITHMS[settings.algorithm].symmetric
    if allows_any or not uses_secret or config.get("JWT_KEY_FILE") is not None:
        return None
    has_issuers = config.get("JWT_TRUSTED_ISSUERS") or extension.trusted_issuers
    if has_issuers and not extension.has_users and config.get("JWT_SESSION_STORE") is None:
        return None
    try:
        # The ring is thrown away: the configuration may change until the first use.
        allow_weak = settings.allow_insecure_keys
        KeyConfig(config, settings, allow_weak=allow_weak).ring_from_config([])
    except ConfigurationError as error:
        return error
    return None
