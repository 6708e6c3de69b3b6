"""What a token has to say before a view is reached, combined with ``&``, ``|`` and ``~``."""

from .combined import Requirement
from .leaves import Acr, Amr, Check, Claim, Issuer, MaxAge, Role, Scope

__all__ = ["Acr", "Amr", "Check", "Claim", "Issuer", "MaxAge", "Requirement", "Role", "Scope"]
