"""Users in a database, and their passwords: the extra ``users``."""

from __future__ import annotations

from ..errors import ConfigurationError

try:
    from .directory import Users as Users
    from .model import User as User
    from .model import UserMixin as UserMixin
    from .model import UUIDUser as UUIDUser
    from .names import name_key as name_key
    from .session_kinds import UncommittedWork as UncommittedWork
    from .tables import add_tables as add_tables
except ModuleNotFoundError as missing:
    if (missing.name or "").partition(".")[0] not in {"argon2", "limits", "sqlalchemy"}:
        raise
    raise ConfigurationError(
        f"flask_jwt.users needs the package {missing.name}: pip install 'flask-jwt-reborn[users]'"
    ) from None
