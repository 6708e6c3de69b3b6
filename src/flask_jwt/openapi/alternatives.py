"""What a requirement asks of a token, as OpenAPI can say it: scopes and roles, in alternatives.

What else a requirement asks is left out of an alternative: its text is in the description of the
operation. An alternative that asks no more than another one makes that one needless, so that an
operation never seems to be open to fewer tokens than it is, nor to more where this can be said.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import product

from ..requirements.combined import AllOf, AnyOf, Requirement
from ..requirements.leaves import Role, Scope

#: The scopes and the roles that a token has to have, all of them: each with one name.
Grants = frozenset[Scope | Role]

#: Of more alternatives than this, what all of them ask is said instead.
MAX_ALTERNATIVES = 16


def alternatives_of(requirement: Requirement | None) -> Sequence[Grants]:
    """Return the grants of which a token needs one; a single empty one where none can be said."""
    if isinstance(requirement, Scope):
        return [frozenset(map(Scope, requirement.names))]
    if isinstance(requirement, Role):
        return _fewest([frozenset({Role(name)}) for name in requirement.names])
    if isinstance(requirement, AllOf):
        return reduce(_both, map(alternatives_of, requirement.parts))
    if isinstance(requirement, AnyOf):
        return _fewest([grants for part in requirement.parts for grants in alternatives_of(part)])
    return [frozenset()]


def shared_by(alternatives: Sequence[Grants]) -> Grants:
    """Return what each of the alternatives asks."""
    return frozenset.intersection(*alternatives)


def names_of(kind: type[Scope | Role], grants: Grants) -> list[str]:
    """Return the names of the scopes, or of the roles, among grants."""
    return sorted(grant.names[0] for grant in grants if isinstance(grant, kind))


def _both(left: Sequence[Grants], right: Sequence[Grants]) -> Sequence[Grants]:
    return _fewest([one | other for one, other in product(left, right)])


def _fewest(alternatives: Sequence[Grants]) -> Sequence[Grants]:
    distinct = list(dict.fromkeys(alternatives))
    fewest = [grants for grants in distinct if not any(other < grants for other in distinct)]
    return fewest if len(fewest) <= MAX_ALTERNATIVES else [shared_by(fewest)]
