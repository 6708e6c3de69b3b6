"""The keys of version 3 of Flask-JWT-Extended that are gone since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..migration.extended_names import FORMER_KEYS
from ..settings.declare import Config, Group, setting
from ..settings.types import names, parse_flag, text
from .deprecation import warn

_KINDS = ("access", "refresh")


@dataclass(frozen=True, slots=True)
class FormerSettings(Group):
    """What the loaders of version 3 go by."""

    title = "Version 3"

    # In version 3 it was False unless set: who gives a function means it to be asked.
    asks_blacklist: bool = setting("JWT_BLACKLIST_ENABLED", True, parse_flag, "True or False")
    """whether `token_in_blacklist_loader` is asked; False is logged"""
    blacklist_kinds: tuple[str, ...] = names(
        "JWT_BLACKLIST_TOKEN_CHECKS",
        list(_KINDS),
        "'access', 'refresh', or a list of them",
        empty=True,
        fits=_KINDS.__contains__,
    )
    """the kinds of tokens that it is asked about; leaving one out is logged"""
    user_claims: str = text("JWT_USER_CLAIMS", "user_claims")
    """the claim with what `user_claims_loader` returns"""

    def warnings(self) -> Iterable[str]:
        """Tell of tokens that nobody can take back."""
        if not self.asks_blacklist:
            yield (
                "app.config['JWT_BLACKLIST_ENABLED'] is False: token_in_blacklist_loader is not "
                "asked, and tokens that were revoked are accepted; leave the key out"
            )
        elif missing := [kind for kind in _KINDS if kind not in self.blacklist_kinds]:
            yield (
                f"app.config['JWT_BLACKLIST_TOKEN_CHECKS'] lacks {' and '.join(missing)}: such "
                "tokens are accepted although they were revoked; leave the key out"
            )


def warn_of_former_keys(config: Config) -> None:
    """Tell the program which of its keys are gone."""
    for key, today in FORMER_KEYS.items():
        if key in config:
            warn(key, today)
