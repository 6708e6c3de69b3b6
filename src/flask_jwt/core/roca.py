"""ROCA (CVE-2017-15361): RSA keys of a generator whose moduli can be factored.

Its primes are ``k * M + (65537**a mod M)``, M being the product of the first small primes. Modulo
each of these the modulus is therefore a power of 65537, which a random one hardly ever is for all.
"""

from __future__ import annotations

from functools import cache

_GENERATOR = 65537
# M of the shortest keys that are loaded at all, of 992 bits and more, has the primes to this one.
# A good key has the fingerprint once in 2**55.
_LARGEST_PRIME = 353


def has_roca_fingerprint(modulus: int) -> bool:
    """Tell whether an RSA modulus looks like one that can be factored."""
    return all(modulus % prime in powers for prime, powers in _marks())


@cache
def _marks() -> list[tuple[int, frozenset[int]]]:
    """Return what each small prime leaves of a power of the generator."""
    numbers = range(3, _LARGEST_PRIME + 1, 2)
    primes = [one for one in numbers if all(one % by for by in range(3, one, 2))]
    return [(prime, frozenset(_powers(prime))) for prime in primes]


def _powers(prime: int) -> list[int]:
    found = [1]
    while (power := found[-1] * _GENERATOR % prime) != 1:
        found.append(power)
    return found
