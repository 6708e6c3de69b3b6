"""``jwt_required``, as people write it: with or without parentheses, also on coroutines."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial, reduce, wraps
from http import HTTPStatus
from inspect import iscoroutinefunction, isfunction
from operator import and_
from typing import Any, Literal, ParamSpec, TypeVar, cast, overload
from weakref import WeakKeyDictionary, WeakSet

from flask import has_request_context

from ..app_state import AppState, current_state
from ..core.verifier import VerifiedToken
from ..errors import ConfigurationError
from ..hooks import await_result, in_request_thread
from ..requirements.combined import Context, Requirement
from ..requirements.leaves import MaxAge, Role, Scope
from ..requirements.refusal import refusal_of
from .authenticator import Chosen, authenticated
from .errors import JWTError, insufficient_authentication, insufficient_scope
from .preflight import preflight_answer
from .request_state import forget_authentication
from .settings import quotable

P = ParamSpec("P")
R = TypeVar("R")
Optional = bool | Literal["lenient"]

_NO_AUTH_TIME = (
    "MaxAge refused a token without auth_time: tokens say when their user signed in where there is "
    "JWT_SESSION_STORE, or JWT(app, …, scopes=…) or roles=…; those that a program makes say it by "
    "create_access_token(…, methods=…)"
)


#: What requirements ask of the application at hand; most of them ask nothing.
CONTEXT = Context(
    clock=lambda: current_state().clock(),
    leeway=lambda: current_state().policy.leeway,
    call=lambda function, token, identity: await_result(function(token, identity)),
)


@dataclass(frozen=True, slots=True)
class Guard:
    """What a view requires of a request."""

    realm: str | None = None
    requires: Requirement | None = None
    optional: Optional = False

    def shown(self) -> str:
        """Return what it requires, as it is written, or in a word."""
        if self.requires is not None:
            return repr(self.requires)
        return "optional" if self.optional else "token"

    def chosen(self) -> Chosen | None:
        """Return what chooses the authenticator; None is the application's own."""
        return None

    def entrance(self) -> Callable[[], object]:
        """Return the function that lets a request in, or raises the refusal."""
        if self.optional:
            return partial(_enter_perhaps, self.realm, self.optional == "lenient")
        if self.requires is not None:
            return _entrance_for(self.requires, self.realm, self.chosen())
        # The plain guard is nothing but the chain: no call is between.
        return partial(authenticated, self.realm, self.chosen())


def _enter_perhaps(realm: str | None, is_lenient: bool) -> None:
    try:
        authenticated(realm)
    except JWTError as error:
        # The application's own refusals stay: those of this package name a fault.
        is_ours = error._fault is not None and error.status_code == HTTPStatus.UNAUTHORIZED
        if not (error._has_no_credentials or (is_lenient and is_ours)):
            raise
        # A guard further out may have let somebody in, who has signed out since.
        forget_authentication(current_state().extension)


def _entrance_for(
    requires: Requirement, realm: str | None, chosen: Chosen | None
) -> Callable[[], None]:
    outcome = requires.outcome

    def enter() -> None:
        _, identity, token, _, _ = authenticated(realm, chosen)
        if outcome(token, identity, CONTEXT) is not True:
            raise _refusal(requires, token, identity, realm)

    return enter


#: The guards of the functions that ``jwt_required`` returned. Only those themselves count:
#: ``functools.wraps`` hands attributes on to functions that may not call what they wrap.
GUARDS: WeakKeyDictionary[Callable[..., Any], Guard] = WeakKeyDictionary()
#: The guards that functions were given, by the functions as they were before: where one of these is
#: registered itself, it has lost its guard.
GIVEN_GUARDS: WeakKeyDictionary[Callable[..., Any], set[Guard]] = WeakKeyDictionary()
#: The functions and classes that ``public`` has opened: themselves, and nothing made of them.
PUBLIC: WeakSet[Callable[..., Any]] = WeakSet()


@overload
def jwt_required(realm: Callable[P, R]) -> Callable[P, R]: ...
@overload
def jwt_required(
    realm: str | None = None,
    *,
    optional: Optional = False,
    scope: str | None = None,
    role: str | None = None,
    requires: Requirement | None = None,
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def jwt_required(
    realm: Callable[..., Any] | str | None = None,
    *,
    optional: Optional = False,
    scope: str | None = None,
    role: str | None = None,
    requires: Requirement | None = None,
) -> Any:
    """Let only requests with a good token reach a view.

    Written ``@jwt_required`` or ``@jwt_required()``, on a function or coroutine function, below
    ``@app.route``; in ``decorators`` of a class-based view or ``method_decorators`` of a resource.

    :param realm: the realm for the challenge; ``JWT_DEFAULT_REALM`` unless given.
    :param optional: True lets requests without a token in, for whom ``current_identity`` is None; a
        token that is refused stays refused. ``"lenient"`` takes every request for anonymous that
        would be answered 401 otherwise.
    :param scope: scopes that the token has to have, with spaces between them.
    :param role: a role that it has to have.
    :param requires: a :class:`~flask_jwt.requirements.Requirement`; what is given together is all
        required.
    :return: the view with the same type, which raises :class:`~flask_jwt.JWTError` where a request
        has no token, or one that is refused, or nobody stands behind it (401), or where nobody can
        tell whether its session still goes on (503). Where tokens may be elsewhere than in the
        header, also where there are several or the request can't be read (400), or a page of
        another site may have sent it (403). Where a requirement does not hold: 401 if signing in
        anew would satisfy it (:rfc:`9470`), else 403 (:rfc:`6750` section 3.1).
    :raises ConfigurationError: it decorates a :func:`~flask_jwt.public` function.
    :raises TypeError: it decorates a class, or a requirement is none.
    :raises ValueError: the realm can't stand in a header; ``scope`` or ``role`` is empty;
        ``optional`` is another value, or stands beside a requirement.
    """
    if callable(realm):
        return guarded(realm, Guard())
    guard = guard_of_arguments(realm, optional, scope, role, requires)

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        return guarded(view, guard)

    return decorate


def guard_of_arguments(
    realm: str | None = None,
    optional: Any = False,
    scope: Any = None,
    role: Any = None,
    requires: Any = None,
) -> Guard:
    """Return the guard that the arguments of ``jwt_required`` ask for, or raise what is wrong."""
    if realm is not None and not quotable(realm):
        raise ValueError("a realm is text of printable Latin-1 characters")
    if not (optional is True or optional is False or optional == "lenient"):
        raise ValueError('optional is True, False or "lenient"')
    required: list[Requirement] = []
    if scope is not None:
        if not isinstance(scope, str):
            raise TypeError('scope is a string, with spaces between scopes: scope="a b"')
        required.append(Scope(*scope.split(" ")))
    if role is not None:
        required.append(Role(role))
    if requires is not None:
        if not isinstance(requires, Requirement):
            raise TypeError(
                f"requires is one of flask_jwt.requirements, not a {type(requires).__name__}"
            )
        required.append(requires)
    if required and optional:
        raise ValueError("a guard with a requirement is not optional: nobody satisfies none")
    return Guard(realm, reduce(and_, required) if required else None, optional)


def both_declared(name: str) -> str:
    """Tell of a view that has a guard, and is open by declaration."""
    return f"{name} is @public, and has a guard: leave one out"


def guarded(view: Callable[P, R], guard: Guard) -> Callable[P, R]:
    """Return a view behind a guard."""
    if isinstance(view, type):
        raise TypeError(
            f"jwt_required decorates functions; in {view.__name__} write "
            "decorators = [jwt_required()], or method_decorators in a Flask-RESTful resource"
        )
    given: Any = view
    if isfunction(given) and given in PUBLIC:
        raise ConfigurationError(both_declared(given.__qualname__))
    behind = enclosed(view, guard.entrance())
    GUARDS[behind] = guard
    # What is guarded while a request is served is for this request to call: no view lost it.
    if not has_request_context():
        # A callable object without a weak reference is no view that Flask could be given bare.
        with suppress(TypeError):
            GIVEN_GUARDS.setdefault(view, set()).add(guard)
    return behind


def enclosed(view: Callable[P, R], enter: Callable[[], object]) -> Callable[P, R]:
    """Return a view that is reached where ``enter`` raises nothing."""
    if iscoroutinefunction(view):

        @wraps(view)
        async def enclosed_coroutine(*args: P.args, **kwargs: P.kwargs) -> Any:
            try:
                await in_request_thread(enter)
            except JWTError:
                answer = preflight_answer()
                if answer is None:
                    raise
                return answer()
            return await view(*args, **kwargs)

        return cast("Callable[P, R]", enclosed_coroutine)

    @wraps(view)
    def enclosing(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            enter()
        except JWTError:
            answer = preflight_answer()
            if answer is None:
                raise
            return cast("R", answer())
        return view(*args, **kwargs)

    return enclosing


def _refusal(
    requirement: Requirement, token: VerifiedToken, identity: Any, realm: str | None
) -> JWTError:
    state = current_state()
    _tell_of_auth_time(state, requirement, token.claims)
    refusal = refusal_of(requirement, token, identity, CONTEXT)
    if refusal.step_up is not None:
        error = insufficient_authentication(refusal.description, refusal.step_up)
    else:
        error = insufficient_scope(refusal.description, refusal.scopes)
    state.entry_point.complete(error, realm)
    return error


def _tell_of_auth_time(state: AppState, requirement: Requirement, claims: Any) -> None:
    if state.told_of_auth_time or "auth_time" in claims:
        return
    if any(isinstance(leaf, MaxAge) for leaf in requirement.leaves()):
        state.told_of_auth_time = True
        state.logger.warning(_NO_AUTH_TIME)
