"""What sign-in needs of a directory of users, and what else one may be able to do.

``flask_jwt.users`` brings one over SQLAlchemy. Others (LDAP, MongoDB) are objects of an
application's own, which :class:`flask_jwt.testing.UserDirectoryContract` tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from .app_state import Extension, current_state
from .authentication.errors import JWTError, invalid_token
from .core.claims import numeric_date
from .sessions.errors import RevokedToken

if TYPE_CHECKING:
    # Checkers know it wherever they are, and Python only from 3.13 on.
    from typing_extensions import TypeVar

    U = TypeVar("U", covariant=True, default=Any)
else:
    from typing import TypeVar

    U = TypeVar("U", covariant=True)

#: After how many seconds a client may ask again where a directory could not be asked.
RETRY_SECONDS = 1


@runtime_checkable
class UserDirectory(Protocol[U]):
    """Finds users, and checks their passwords. Safe for threads.

    A user is an object with an ``id``, which JSON can write and tokens carry, and with a
    ``username``. It may have ``email``, ``roles`` (strings), ``enabled`` (False ends what the user
    may do within a second), ``created_at`` and ``password_changed_at`` (aware datetimes). Where a
    directory can't be asked, its methods raise :class:`DirectoryUnavailable`.
    """

    def by_id(self, user_id: Any, /) -> U | None:
        """Return the user with an id, enabled or not, or None.

        :param user_id: what a token says: any JSON value, of the right type or not.
        """
        ...

    def by_name(self, name: str, /) -> U | None:
        """Return the user with a name, enabled or not, or None.

        :param name: what was typed: any text.
        """
        ...

    def verify(self, name: str, password: str, /) -> U | None:
        """Return the user with a name and a password, or None.

        One answer and the same work for every failure: a user who is unknown or disabled, who has
        no password or another one.

        :param name: what was typed: any text.
        :param password: what was typed: any text.
        """
        ...


@runtime_checkable
class PasswordStore(UserDirectory[U], Protocol[U]):
    """A directory that changes passwords, for ``JWT_PASSWORD_URL_RULE``.

    It may have ``check_password(user, password)`` as well, which raises :class:`WeakPassword` and
    changes nothing. It is asked first, so that a password which will not do ends no session.
    """

    def set_password(self, user: Any, password: str, /, *, keep_sid: str | None = None) -> None:
        """Give a user another password.

        The route ends the user's other sessions, before and after. A directory that ends them
        itself spares the one that asks.

        :param user: a user of this directory.
        :param password: the new one.
        :param keep_sid: the session that asks, which goes on; None where there is none.
        :raises WeakPassword: it is none that will do; nothing has changed.
        :raises NoSuchUser: the user is not there any more.
        """
        ...


@runtime_checkable
class UserStore(PasswordStore[U], Protocol[U]):
    """A directory that takes new users, for ``JWT_REGISTER_URL_RULE``."""

    def add(
        self,
        name: str,
        password: str | None = None,
        *,
        email: str | None = None,
        roles: Iterable[str] = (),
    ) -> U:
        """Add a user, and return it.

        :param name: as it is shown.
        :param password: None for a user who can't sign in by password.
        :param email: an address of electronic mail.
        :param roles: what the user may do.
        :raises UnfitName: nobody may have such a name.
        :raises UnfitEmail: the address is none.
        :raises UserExists: somebody has it.
        :raises WeakPassword: the password is none that will do.
        """
        ...


class UserError(ValueError):
    """A user can't be what was asked for. The text is for the client, and quotes nothing.

    :param description: one line for the client.
    """

    #: A stable name of what is wrong, for programs.
    code = "invalid_user"
    #: The status of the answer.
    status_code = 400

    def __init__(self, description: str) -> None:
        super().__init__(description)
        self.description = description


class UserExists(UserError):
    """There is a user of that name."""

    code = "username_taken"
    status_code = 409

    def __init__(self) -> None:
        super().__init__("There is a user of that name")


class UnfitName(UserError):
    """Nobody may have such a name."""

    code = "unfit_name"


class UnfitEmail(UserError):
    """A text is no address of electronic mail, or another user has it where none may."""

    code = "unfit_email"


class WeakPassword(UserError):
    """A password is none that will do.

    :param reason: ``too_short``, ``too_long``, ``unfit``, ``common``, ``name`` or ``refused``.
    :param description: one line for the client.
    """

    code = "weak_password"

    def __init__(self, reason: str, description: str) -> None:
        super().__init__(description)
        self.reason = reason


class UserInUse(UserError):
    """Rows of other tables belong to a user, who can't be removed while they are there."""

    code = "user_in_use"

    def __init__(self) -> None:
        super().__init__("Something else belongs to the user")


def refused_user(error: UserError) -> JWTError:
    """Return the refusal of a request for a user who can't be."""
    named, status = error.code.replace("_", " ").title(), error.status_code
    return JWTError(named, error.description, status, error_code=error.code)


class NoSuchUser(LookupError):
    """A user that was to be changed is not there (any more)."""


class DirectoryUnavailable(JWTError):
    """The directory of users can't be asked at the moment: every view answers 503.

    :param description: one line for the client.
    """

    code = 503

    def __init__(self, description: str = "Users can't be looked up at the moment") -> None:
        super().__init__(
            "Service Unavailable",
            description,
            503,
            {"Retry-After": str(RETRY_SECONDS)},
            error_code="users_unavailable",
        )


def identity_from(extension: Extension, users: UserDirectory) -> Callable[[Mapping[str, Any]], Any]:
    """Return the identity handler of an application whose users are in a directory."""

    def identity(claims: Mapping[str, Any]) -> Any:
        user = users.by_id(extension.named_in(claims))
        if user is None or not getattr(user, "enabled", True):
            return None
        # With a store the sessions were ended; a session's own claims are as old as its sign-in.
        if current_state().sessions is None and _is_outdated(user, claims):
            raise invalid_token(RevokedToken())
        return user

    return identity


def _is_outdated(user: Any, claims: Mapping[str, Any]) -> bool:
    changed: datetime | None = getattr(user, "password_changed_at", None)
    iat: Any = claims.get("iat")
    # Whole seconds, which is what a token says; one that says nothing may be of any age.
    if changed is None:
        return False
    # A moment without a zone is UTC, as in claims, and not of the zone that the server is in.
    return not isinstance(iat, int | float) or iat < numeric_date(changed)


def roles_of(user: Any) -> Any:
    """Return the roles that a user of a directory has."""
    return getattr(user, "roles", None)
