"""Everybody who is compared, in the order of the report.

Whoever needs one candidate alone imports its own file, and so loads no package of the others.
"""

from __future__ import annotations

from .authlib_protector import AUTHLIB
from .httpauth import HTTPAUTH
from .jwt_extended import JWT_EXTENDED
from .pyjwt_by_hand import BY_HAND
from .this_package import THIS_PACKAGE

CANDIDATES = (THIS_PACKAGE, JWT_EXTENDED, HTTPAUTH, AUTHLIB, BY_HAND)
