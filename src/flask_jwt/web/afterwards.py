"""What a request leaves to be done to its answer, whichever framework makes that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Request, Response

# On the request object, as all that is known of one request.
_ATTRIBUTE = "flask_jwt_afterwards"


@dataclass(slots=True)
class Afterwards:
    """What is to be done to the answer of one request.

    :param saw_cookies: cookies were looked at, and the answer may differ by them.
    :param found_cookies: the request carries cookies of ours, and the answer is for their user.
    :param by_cookie: the claims of the token in a cookie by which the user was let in, or None.
    :param given: an answer of ours to a sign-in, and the tokens that belong into its cookies.
    :param begun: a session that the browser begins with this answer, and the access token in its
        cookie, or None.
    :param set_cookies: the ``Set-Cookie`` headers of the answer to a refresh. An application may
        make another answer of it, and a refresh token that is lost passes for a stolen one.
    :param decided: the application has set or deleted the cookies itself.
    :param no_cookies: the client uses none: its answer sets none, whoever has put them there.
    :param clear: the cookies are to be deleted.
    :param no_store: no cache may keep the answer, whatever the application says afterwards.
    """

    saw_cookies: bool = False
    found_cookies: bool = False
    by_cookie: Mapping[str, Any] | None = field(default=None, repr=False)
    given: tuple[Response, Any] | None = field(default=None, repr=False)
    begun: tuple[str, str] | None = field(default=None, repr=False)
    set_cookies: tuple[str, ...] = field(default=(), repr=False)
    decided: bool = False
    no_cookies: bool = False
    clear: bool = False
    no_store: bool = False


def afterwards(this: Request) -> Afterwards:
    """Return what is to be done to the answer of a request, so that it may be added to."""
    found: Afterwards | None = getattr(this, _ATTRIBUTE, None)
    if found is None:
        found = Afterwards()
        setattr(this, _ATTRIBUTE, found)
    return found


def afterwards_or_none(this: Request) -> Afterwards | None:
    """Return what is to be done to the answer of a request, or None for nothing."""
    found: Afterwards | None = getattr(this, _ATTRIBUTE, None)
    return found
