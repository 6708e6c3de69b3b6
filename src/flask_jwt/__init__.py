"""Token authentication for Flask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .extension import JWT as JWT
from .extension import PUBLIC_ENDPOINTS as PUBLIC_ENDPOINTS
from .settings import CONFIG_DEFAULTS as CONFIG_DEFAULTS
from .settings import ConfigurationError as ConfigurationError
from .web.authenticate import authenticate as _authenticate
from .web.context import current_identity as current_identity
from .web.context import current_token as current_token
from .web.cookie_setting import set_access_cookies as set_access_cookies
from .web.cookie_setting import set_refresh_cookies as set_refresh_cookies
from .web.cookie_setting import unset_jwt_cookies as unset_jwt_cookies
from .web.errors import JWTError as JWTError
from .web.guards import jwt_required as jwt_required
from .web.issuing import create_access_token as create_access_token
from .web.issuing import create_refresh_token as create_refresh_token
from .web.own_pages import check_request_origin as check_request_origin
from .web.own_pages import csrf_token as csrf_token
from .web.session_tokens import SessionTokens as SessionTokens

# For use inside a view, where the decorator does not fit: optional authentication.
_jwt_required = _authenticate

if not TYPE_CHECKING:
    # Names of former releases: programs find them, type checkers and completion don't.
    from .former_names import name_of_module as __getattr__  # noqa: F401
