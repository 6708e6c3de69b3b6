"""What a candidate has to get right before anything is timed."""

from __future__ import annotations

from .application import KEPT, WHOAMI, Application, is_refusal, is_success
from .keys import Keys
from .tokens import new_user_id

#: What is sent where a token should be.
MALFORMED_TOKEN = "garbage"


class UnsafeCandidateError(RuntimeError):
    """A candidate lets in whom it should refuse, or the other way round."""


def check_safety(application: Application, other_keys: Keys) -> dict[str, int]:
    """Try a candidate with a good token and with all that it has to refuse."""
    name = f"{application.candidate.name} with {application.keys.algorithm}"
    user_id = new_user_id()
    token = application.mint.good(user_id)
    answers = application.get(KEPT, token), application.get(WHOAMI, token)
    if not is_success(answers[0][0]) or answers[1] != (200, user_id):
        raise UnsafeCandidateError(f"{name} refuses a good token: {answers[1]}")
    statuses = {}
    for kind, refused in _to_be_refused(application, other_keys).items():
        statuses[kind], _ = application.get(KEPT, refused)
        if is_success(statuses[kind]):
            raise UnsafeCandidateError(f"{name} accepts {kind}")
        if not is_refusal(statuses[kind]):
            raise UnsafeCandidateError(f"{name} answers {kind} with {statuses[kind]}")
    return statuses


def _to_be_refused(application: Application, other_keys: Keys) -> dict[str, str | None]:
    mint = application.mint
    return {
        "a request without a token": None,
        "a malformed token": MALFORMED_TOKEN,
        "a bad signature": mint.badly_signed(new_user_id()),
        "an expired token": mint.expired(new_user_id()),
        "another key's token": application.mint_with(other_keys).good(new_user_id()),
    }
