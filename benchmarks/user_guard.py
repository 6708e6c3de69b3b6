"""What reading the user of a token from a database adds to a guarded request."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from .accounts import KEPT, OPEN, SITE, Accounts, our_model, ours, theirs
from .candidates.jwt_extended import JWT_EXTENDED
from .candidates.this_package import THIS_PACKAGE
from .finding import Finding
from .timing import Contestant, asking, ratio, run

_REMARK = (
    "Of each request the view returns the user's name, read by one SELECT from SQLite; what is "
    "added is added to an open view. The model is one of Flask-SQLAlchemy's, of Flask-JWT-Extended "
    "with user_lookup_loader. The token is the same again and again."
)


def measure(finding: Finding, rounds: int) -> None:
    """Time guarded requests, in turns with open ones."""
    name = THIS_PACKAGE.name
    with TemporaryDirectory() as folder, ExitStack() as stack:
        applications = {
            f"{name}, its own tables": ours(Path(folder, "ours"))[0],
            f"{name}, a model": stack.enter_context(our_model(Path(folder, "model"))),
            JWT_EXTENDED.name: stack.enter_context(theirs(Path(folder, "theirs"))),
        }
        times = {name: _contestant(name, one) for name, one in applications.items()}
        run([*times.values()], rounds, seconds=30)
    peer = times[JWT_EXTENDED.name]
    for name, one in times.items():
        finding.figures[name] = {
            "µs": one.microseconds,
            f"{JWT_EXTENDED.name} / it": ratio(peer, one),
        }
    finding.remark = _REMARK


def _contestant(name: str, accounts: Accounts) -> Contestant:
    accounts.add("ann")
    scheme = "Bearer" if name == JWT_EXTENDED.name else "JWT"
    headers = {"Authorization": f"{scheme} {accounts.token('ann')}"}
    kept, opened = (asking(accounts.app, path, headers, site=SITE) for path in (KEPT, OPEN))
    return Contestant(name, kept, opened)
