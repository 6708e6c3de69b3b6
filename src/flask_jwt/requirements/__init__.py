"""What a token has to say before a view is reached, combined with ``&``, ``|`` and ``~``."""

from .combined import Requirement as Requirement
from .leaves import Acr as Acr
from .leaves import Amr as Amr
from .leaves import Check as Check
from .leaves import Claim as Claim
from .leaves import Issuer as Issuer
from .leaves import MaxAge as MaxAge
from .leaves import Role as Role
from .leaves import Scope as Scope
