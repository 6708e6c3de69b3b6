"""Sessions without Flask: refresh tokens, the protocol of stores, and the rules."""

from __future__ import annotations

from .errors import InvalidRefreshToken as InvalidRefreshToken
from .errors import RefreshTokenError as RefreshTokenError
from .errors import RefreshTokenReused as RefreshTokenReused
from .errors import RevokedToken as RevokedToken
from .errors import SessionEnded as SessionEnded
from .errors import SessionExpired as SessionExpired
from .errors import StoreBusy as StoreBusy
from .errors import StoreCrowded as StoreCrowded
from .errors import StoreForgot as StoreForgot
from .errors import StoreUnavailable as StoreUnavailable
from .models import MOST_ENDED as MOST_ENDED
from .models import Feed as Feed
from .models import NewSession as NewSession
from .models import Reading as Reading
from .models import Revocation as Revocation
from .models import Session as Session
from .models import SessionStore as SessionStore
from .models import Use as Use
from .models import subject_key as subject_key
