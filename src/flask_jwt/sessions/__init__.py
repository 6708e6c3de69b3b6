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
from .session import NewSession as NewSession
from .session import Session as Session
from .session import Use as Use
from .store import MOST_ENDED as MOST_ENDED
from .store import Feed as Feed
from .store import Reading as Reading
from .store import Revocation as Revocation
from .store import SessionStore as SessionStore
from .subject import subject_key as subject_key
