"""What programs have imported from Flask-JWT-Extended's module of this name."""

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
from .tokens import create_access_token as create_access_token
from .tokens import create_refresh_token as create_refresh_token
from .tokens import decode_token as decode_token
from .tokens import get_csrf_token as get_csrf_token
from .tokens import get_jti as get_jti
from .tokens import get_unverified_jwt_headers as get_unverified_jwt_headers

if not TYPE_CHECKING:
    from .former_names import name_of_module as __getattr__  # noqa: F401
