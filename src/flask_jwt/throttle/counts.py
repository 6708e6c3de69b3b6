"""Where attempts are counted. A URL names the place, whose packages are imported then."""

from __future__ import annotations

from importlib import import_module

from ..errors import ConfigurationError
from ..stores.faults import misconfigured
from .attempts import AttemptCounts
from .memory import MemoryCounts

_KEY = "app.config['JWT_THROTTLE_STORAGE']"
# As limits spells them, and others. redis-py speaks with Valkey as well, without its own package.
_SCHEMES = {
    **{scheme: scheme for scheme in ("redis", "rediss", "redis+unix")},
    **{scheme: scheme for scheme in ("redis+sentinel", "redis+cluster")},
    **dict.fromkeys(("unix", "valkey+unix"), "redis+unix"),
    "valkey": "redis",
    "valkeys": "rediss",
    "valkey+sentinel": "redis+sentinel",
    "valkey+cluster": "redis+cluster",
}
_EXTRAS = {"redis": "users,redis"}


def open_counts(url: str) -> AttemptCounts:
    """Return what keeps counts at a URL. Nothing is connected yet.

    :param url: ``memory://``, or that of a Redis or Valkey as ``limits`` has it: ``redis://…``,
        ``rediss://…``, ``redis+unix://…``, ``redis+sentinel://…``, ``redis+cluster://…``.
    :raises ConfigurationError: the URL is none of these, or a package is missing.
    """
    given, separator, rest = url.strip().partition("://")
    given = given.lower()
    if given == "memory" and separator:
        return MemoryCounts()
    scheme = _SCHEMES.get(given)
    if scheme is None or not separator:
        # Without the text, which may be a secret in the wrong place.
        known = ", ".join(f"{known}://" for known in ("memory", *_SCHEMES))
        raise misconfigured(f"it begins with no scheme that is known (there are {known})", _KEY)
    try:
        counts: AttemptCounts = import_module(".redis", __package__).RedisCounts(
            f"{scheme}://{rest}"
        )
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get(error.name or "", "users")
        raise ConfigurationError(
            f"{_KEY} needs the package {error.name}: pip install 'flask-jwt-reborn[{extra}]'"
        ) from None
    return counts
