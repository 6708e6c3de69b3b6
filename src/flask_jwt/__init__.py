"""Token authentication for Flask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .all_settings import CONFIG_DEFAULTS as CONFIG_DEFAULTS
from .authentication.authenticator import authenticate as _authenticate
from .authentication.csrf import check_request_origin as check_request_origin
from .authentication.csrf import csrf_token as csrf_token
from .authentication.errors import JWTError as JWTError
from .authentication.guards import jwt_required as jwt_required
from .authentication.request_state import current_identity as current_identity
from .authentication.request_state import current_token as current_token
from .authorization.declarations import public as public
from .errors import ConfigurationError as ConfigurationError
from .extension import JWT as JWT
from .extension import PUBLIC_ENDPOINTS as PUBLIC_ENDPOINTS
from .tokens.application_api import create_access_token as create_access_token
from .tokens.application_api import create_refresh_token as create_refresh_token
from .tokens.application_api import set_access_cookies as set_access_cookies
from .tokens.application_api import set_refresh_cookies as set_refresh_cookies
from .tokens.application_api import unset_jwt_cookies as unset_jwt_cookies
from .tokens.session_tokens import SessionTokens as SessionTokens

# For use inside a view, where the decorator does not fit: optional authentication.
_jwt_required = _authenticate

if not TYPE_CHECKING:
    # Names of former releases: programs find them, type checkers and completion don't.
    from .former_names import name_of_module as __getattr__  # noqa: F401
