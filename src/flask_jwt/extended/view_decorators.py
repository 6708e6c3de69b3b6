"""The guards of Flask-JWT-Extended, which go the way of every guard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ParamSpec, TypeVar, cast, overload

from ..app_state import current_state
from ..authentication.authenticator import Chosen, authenticated
from ..authentication.errors import JWTError
from ..authentication.guards import Guard, guard_of_arguments, guarded
from ..authentication.preflight import preflight_answer
from ..authentication.request_state import (
    authentication_of_request,
    forget_authentication,
    request_state,
)
from ..http import current_request
from ..requirements.combined import Requirement
from .authenticator import choose
from .current import ANONYMOUS
from .demands import PLAIN, Demands, demands_of
from .deprecation import warn
from .exceptions import NoAuthorizationError

P = ParamSpec("P")
R = TypeVar("R")
Locations = str | Sequence[str] | None


@dataclass(frozen=True, slots=True)
class ExtendedGuard(Guard):
    """What a view requires of a request, with the demands of Flask-JWT-Extended."""

    demands: Demands = PLAIN

    def shown(self) -> str:
        """Return what it requires, and of which token."""
        requires, which = Guard.shown(self), self.demands.token_asked
        return requires if self.demands is PLAIN else f"{which}, {requires}".removesuffix(", token")

    def chosen(self) -> Chosen | None:
        """Return what chooses the authenticator; the application's own is for plain demands."""
        return None if self.demands is PLAIN else partial(choose, self.demands)

    def entrance(self) -> Callable[[], object]:
        """Return the function that lets a request in, or raises the refusal."""
        return self._enter_perhaps if self.optional else Guard.entrance(self)

    def _enter_perhaps(self) -> None:
        try:
            authenticated(None, partial(choose, self.demands))
        except NoAuthorizationError:
            # A guard further out may have let somebody in, who has signed out since.
            forget_authentication(current_state().extension)
            setattr(request_state(current_request()), ANONYMOUS, True)


@overload
def jwt_required(optional: Callable[P, R]) -> Callable[P, R]: ...
@overload
def jwt_required(
    optional: bool = False,
    fresh: bool = False,
    refresh: bool = False,
    locations: Locations = None,
    verify_type: bool = True,
    skip_revocation_check: bool = False,
    *,
    requires: Requirement | None = None,
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def jwt_required(
    optional: Any = False,
    fresh: bool = False,
    refresh: bool = False,
    locations: Locations = None,
    verify_type: bool = True,
    skip_revocation_check: bool = False,
    *,
    requires: Requirement | None = None,
) -> Any:
    """Let only requests with a good token reach a view.

    A preflight request that Flask or Flask-CORS answers needs no token; OPTIONS that the view
    itself answers does.

    :param optional: whether requests without a token are let in; a token that is refused stays
        refused.
    :param fresh: whether the user has to have signed in just now, and not by a refresh.
    :param refresh: whether a refresh token is asked for, and not an access token.
    :param locations: where the token may be: ``"headers"``, ``"cookies"``, ``"query_string"``,
        ``"json"``, or a list of them; ``JWT_TOKEN_LOCATION`` unless given.
    :param verify_type: whether the kind of token is looked at; False takes either.
    :param skip_revocation_check: whether neither the blocklist nor the sessions are asked.
    :param requires: a :class:`~flask_jwt.requirements.Requirement` that the token has to satisfy.
    :return: a decorator, which keeps the view's type. The view raises the errors of
        :mod:`flask_jwt.extended.exceptions`, which the loaders answer.
    :raises TypeError: it decorates a class, or the requirement is none.
    :raises ValueError: a guard with a requirement is optional.
    """
    if callable(optional):
        warn("@jwt_required", "@jwt_required()")
        return guarded(optional, ExtendedGuard())
    required = guard_of_arguments(optional=bool(optional), requires=requires)
    demands = demands_of(fresh, refresh, locations, verify_type, skip_revocation_check)
    guard = ExtendedGuard(None, required.requires, bool(optional), demands)

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        return guarded(view, guard)

    return decorate


def verify_jwt_in_request(
    optional: bool = False,
    fresh: bool = False,
    refresh: bool = False,
    locations: Locations = None,
    verify_type: bool = True,
    skip_revocation_check: bool = False,
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Look at the token of the request at hand, as :func:`jwt_required` does.

    :param optional: see :func:`jwt_required`, as for the others.
    :param fresh: see there.
    :param refresh: see there.
    :param locations: see there.
    :param verify_type: see there.
    :param skip_revocation_check: see there.
    :return: the JOSE header and the claims; None where there is no token and it is optional, and
        for a preflight request that no view answers.
    :raises JWTExtendedException: the request is refused; see :mod:`flask_jwt.extended.exceptions`.
        What is wrong with the token itself is also an error of PyJWT's.
    """
    demands = demands_of(fresh, refresh, locations, verify_type, skip_revocation_check)
    try:
        ExtendedGuard(None, None, optional, demands).entrance()()
    except JWTError:
        if preflight_answer() is None:
            raise
        return None
    authentication = authentication_of_request(current_state().extension)
    if authentication is None:
        return None
    token = authentication[2]
    return dict(token.header), cast("dict[str, Any]", token.claims)
