"""The ways of protecting a view that are compared, one file each."""

from __future__ import annotations

from .authlib_protector import AUTHLIB as AUTHLIB
from .httpauth import HTTPAUTH as HTTPAUTH
from .jwt_extended import JWT_EXTENDED as JWT_EXTENDED
from .pyjwt_by_hand import BY_HAND as BY_HAND
from .this_package import THIS_PACKAGE as THIS_PACKAGE

CANDIDATES = (THIS_PACKAGE, JWT_EXTENDED, HTTPAUTH, AUTHLIB, BY_HAND)
