"""Signed tokens without Flask: keys, the strict parser, claim rules, signer and verifier."""

from __future__ import annotations

from .algorithms import ALGORITHMS as ALGORITHMS
from .algorithms import Algorithm as Algorithm
from .claims import ClaimsPolicy as ClaimsPolicy
from .clock import Clock as Clock
from .clock import system_clock as system_clock
from .errors import ClaimsError as ClaimsError
from .errors import ExpiredToken as ExpiredToken
from .errors import ImmatureToken as ImmatureToken
from .errors import InvalidAudience as InvalidAudience
from .errors import InvalidClaim as InvalidClaim
from .errors import InvalidHeader as InvalidHeader
from .errors import InvalidIssuer as InvalidIssuer
from .errors import InvalidSignature as InvalidSignature
from .errors import KeyMaterialError as KeyMaterialError
from .errors import MalformedToken as MalformedToken
from .errors import MissingClaim as MissingClaim
from .errors import TokenError as TokenError
from .errors import WeakKeyError as WeakKeyError
from .key_ring import KeyRing as KeyRing
from .keys import Key as Key
from .signer import Signer as Signer
from .verifier import VerifiedToken as VerifiedToken
from .verifier import Verifier as Verifier
