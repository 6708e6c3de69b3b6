"""What tokens say of their user: what they may do, and when and how they signed in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, Final

from ..app_state import AppState, GrantFunctions
from ..core.errors import ClaimsError
from ..core.grants import SCOPE, scopes_in, with_value
from ..errors import ConfigurationError
from ..hooks import Hook, await_result
from ..keys.settings import VerifierSettings
from ..sessions.models import Session

#: What all access tokens of one sign-in say alike (:rfc:`9068` section 2.2.1).
AUTHENTICATION_CLAIMS = ("auth_time", "acr", "amr")
#: Either is read as the scope of a token.
SCOPE_CLAIMS = ("scope", "scp")
# Iterables whose items are no names: numbers, or the keys of something with values.
_NO_NAMES = (bytes, bytearray, Mapping)
# How much of a name an error shows, in characters.
_MAX_SHOWN = 64
_SCOPES: Final = "scopes"
_ROLES: Final = "roles"


def with_grants(
    state: AppState, functions: GrantFunctions, identity: Any, claims: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Add the scopes and roles that the application's functions give a user to its hooks' claims.

    A claim that a hook has set as well is an error: either of the two might allow too much.
    """
    if functions.scopes is not None:
        for name in SCOPE_CLAIMS:
            if name in claims:
                raise _said_twice(_SCOPES, name)
        scopes = _names(_SCOPES, functions.scopes, identity)
        if scopes:
            claims = {**claims, "scope": " ".join(scopes)}
    if functions.roles is not None:
        roles = _names(_ROLES, functions.roles, identity)
        path = state.settings[VerifierSettings].roles_claim
        try:
            with_roles = with_value(claims, path, roles)
        except KeyError as taken:
            raise _said_twice(_ROLES, taken.args[0]) from None
        claims = with_roles if roles else claims
    return claims


def _said_twice(argument: str, claim: str) -> ConfigurationError:
    return ConfigurationError(
        f"jwt_payload_handler sets {claim!r}, which is where JWT(…, {argument}=…) writes to: leave "
        "it to one of them"
    )


def _names(argument: str, function: Hook, identity: Any) -> list[str]:
    """Return what a function gives a user, each name once."""
    value = function(identity)
    # An iterator is gone through here; of any other hook it would be no result.
    if not isinstance(value, Iterator):
        value = await_result(value)
    if value is None:
        return []
    if isinstance(value, str):
        texts = value.split(" ") if argument == _SCOPES else [value]
        return _checked(argument, function, [text for text in texts if text])
    if not isinstance(value, Iterable) or isinstance(value, _NO_NAMES):
        raise _unfit(argument, function, f"returned a {type(value).__name__}")
    names = _checked(argument, function, value)
    # A set has another order in each process.
    return sorted(names) if isinstance(value, Set) else names


def _checked(argument: str, function: Hook, values: Iterable[Any]) -> list[str]:
    names: dict[str, None] = {}
    for value in values:
        if not isinstance(value, str):
            raise _unfit(argument, function, f"gave a {type(value).__name__} for a name")
        # The text of an enumeration's member, too.
        name = str.__str__(value)
        if not name or (argument == _SCOPES and not SCOPE.fullmatch(name)):
            raise _unfit(argument, function, f"gave {name[:_MAX_SHOWN]!r} for a name")
        names[name] = None
    return list(names)


def _unfit(argument: str, function: Hook, fault: str) -> ConfigurationError:
    name = getattr(function, "__qualname__", type(function).__qualname__)
    fit = (
        "a string with spaces between scopes, an iterable of scopes (RFC 6749 section 3.3: "
        "printable ASCII without spaces, quotes and backslashes)"
        if argument == _SCOPES
        else "an iterable of strings that are not empty, one such string"
    )
    return ConfigurationError(f"JWT(…, {argument}={name}) {fault}; it returns {fit}, or None")


def narrowed_claims(
    state: AppState,
    functions: GrantFunctions,
    claims: Mapping[str, Any],
    asked: Mapping[str, Any],
) -> Mapping[str, Any]:
    """Return claims without the scope that a program asks for a part of, in its own words.

    What the application's functions say is not for a program to change otherwise.
    """
    if functions.scopes is not None and "scope" in asked:
        scopes = scopes_in({"scope": asked["scope"]})
        if scopes is None or not scopes <= (scopes_in(claims) or frozenset()):
            raise ClaimsError(
                "the claim 'scope' names what JWT(…, scopes=…) does not give the user"
            )
        claims = {name: value for name, value in claims.items() if name != "scope"}
    for name in (_made_anew(state, functions) - {"scope"}) & asked.keys():
        raise ClaimsError(f"the claim {name!r} is what JWT(…, scopes=…, roles=…) is for")
    return claims


def lasting_claims(
    state: AppState, functions: GrantFunctions, added: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return what a program has added to a session, less what is made anew at each refresh."""
    fresh = _made_anew(state, functions)
    return {name: value for name, value in added.items() if name not in fresh}


def _made_anew(state: AppState, functions: GrantFunctions) -> set[str]:
    """Return the claims that the application's functions say."""
    names: set[str] = set(SCOPE_CLAIMS) if functions.scopes is not None else set()
    if functions.roles is not None:
        names.add(state.settings[VerifierSettings].roles_claim[0])
    return names


def at_sign_in(claims: Mapping[str, Any], methods: Sequence[str], now: float) -> Mapping[str, Any]:
    """Add when and how a user has signed in (:rfc:`9068` section 2.2.1), unless a hook has."""
    return {"auth_time": int(now), "amr": list(methods), **claims}


def of_session(
    session: Session, kept: Mapping[str, Any], claims: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return the claims of a later token: no scope is added, and the sign-in stays what it was."""
    later = with_authentication(claims, kept)
    if session.methods:
        # The tokens of a session that began with a former release have not said it.
        later.setdefault("auth_time", int(session.began_at))
        later.setdefault("amr", list(session.methods))
    for name in SCOPE_CLAIMS:
        if name in later:
            scope = narrowed_scope(kept.get("scope", kept.get("scp")), later.pop(name))
            if scope is not None:
                later[name] = scope
    return later


def with_authentication(claims: Mapping[str, Any], former: Mapping[str, Any]) -> dict[str, Any]:
    """Return claims with what former ones say of the sign-in, whatever a hook says of it now."""
    later = dict(claims)
    for name in AUTHENTICATION_CLAIMS:
        later.pop(name, None)
        if name in former:
            later[name] = former[name]
    return later


def narrowed_scope(granted: object, asked: object) -> str | list[str] | None:
    """Return the scope of a new access token: rotation never adds any (:rfc:`6749` section 6)."""
    at_sign_in = set(_scopes(granted))
    kept = [name for name in _scopes(asked) if name in at_sign_in]
    return (kept if isinstance(asked, list) else " ".join(kept)) or None


def _scopes(scope: object) -> list[str]:
    names = scope.split(" ") if isinstance(scope, str) else scope
    return [name for name in names if isinstance(name, str) and name] if type(names) is list else []
