"""Users in a database, and their passwords: the extra ``users``."""

from __future__ import annotations

from ..errors import ConfigurationError
from ..user_directory import DirectoryUnavailable as DirectoryUnavailable
from ..user_directory import NoSuchUser as NoSuchUser
from ..user_directory import PasswordStore as PasswordStore
from ..user_directory import UnfitEmail as UnfitEmail
from ..user_directory import UnfitName as UnfitName
from ..user_directory import UserDirectory as UserDirectory
from ..user_directory import UserError as UserError
from ..user_directory import UserExists as UserExists
from ..user_directory import UserInUse as UserInUse
from ..user_directory import UserStore as UserStore
from ..user_directory import WeakPassword as WeakPassword
from ..user_names import name_key as name_key

try:
    from .directory import Users as Users
    from .model import User as User
    from .model import UserMixin as UserMixin
    from .model import UUIDUser as UUIDUser
    from .session_kinds import UncommittedWork as UncommittedWork
    from .tables import add_tables as add_tables
except ModuleNotFoundError as missing:
    if (missing.name or "").partition(".")[0] not in {"argon2", "limits", "sqlalchemy"}:
        raise
    raise ConfigurationError(
        f"flask_jwt.users needs the package {missing.name}: pip install 'flask-jwt-reborn[users]'"
    ) from None
