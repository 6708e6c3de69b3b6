"""Where the figures come from: versions, processor, load."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

from cryptography.hazmat.backends.openssl import backend

_DISTRIBUTIONS = (
    "flask-jwt-reborn",
    "Flask-JWT-Extended",
    "Flask-HTTPAuth",
    "Authlib",
    "joserfc",
    "PyJWT",
    "cryptography",
    "Flask",
    "Werkzeug",
)


def describe() -> dict[str, str]:
    """Return what a reader needs to compare these figures with their own."""
    return {
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "processor": f"{_processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        **{name: version(name) for name in _DISTRIBUTIONS},
        "OpenSSL of cryptography": backend.openssl_version_text(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
