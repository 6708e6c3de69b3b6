"""The names of Flask-JWT-Extended, for the applications that move by their imports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .cookies import set_access_cookies as set_access_cookies
from .cookies import set_refresh_cookies as set_refresh_cookies
from .cookies import unset_access_cookies as unset_access_cookies
from .cookies import unset_jwt_cookies as unset_jwt_cookies
from .cookies import unset_refresh_cookies as unset_refresh_cookies
from .current import current_user as current_user
from .current import get_current_user as get_current_user
from .current import get_jwt as get_jwt
from .current import get_jwt_header as get_jwt_header
from .current import get_jwt_identity as get_jwt_identity
from .current import get_jwt_request_location as get_jwt_request_location
from .jwt_manager import JWTManager as JWTManager
from .tokens import create_access_token as create_access_token
from .tokens import create_refresh_token as create_refresh_token
from .tokens import decode_token as decode_token
from .tokens import get_csrf_token as get_csrf_token
from .tokens import get_jti as get_jti
from .tokens import get_unverified_jwt_headers as get_unverified_jwt_headers
from .view_decorators import jwt_required as jwt_required
from .view_decorators import verify_jwt_in_request as verify_jwt_in_request

#: What a program takes with ``import *``: none of the modules here, which have common names.
__all__ = [
    "JWTManager",
    "create_access_token",
    "create_refresh_token",
    "current_user",
    "decode_token",
    "get_csrf_token",
    "get_current_user",
    "get_jti",
    "get_jwt",
    "get_jwt_header",
    "get_jwt_identity",
    "get_jwt_request_location",
    "get_unverified_jwt_headers",
    "jwt_required",
    "set_access_cookies",
    "set_refresh_cookies",
    "unset_access_cookies",
    "unset_jwt_cookies",
    "unset_refresh_cookies",
    "verify_jwt_in_request",
]
#: The version of Flask-JWT-Extended whose names these are.
__version__ = "4.7.4"

if not TYPE_CHECKING:
    # Names of version 3: programs find them, type checkers and completion don't.
    from .former_names import name_of_module as __getattr__  # noqa: F401
