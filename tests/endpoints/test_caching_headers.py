"""An answer that carries a token is never stored (RFC 6750 section 5.3)."""

from __future__ import annotations

import pytest

from tests.support.server import Server
from tests.support.serving import sign_in

ANSWERS = ["plain", "answer-text", "answer-dict", "answer-tuple", "answer-response", "whole-view"]


@pytest.mark.parametrize("name", ANSWERS)
def test_no_store(several: Server, name: str) -> None:
    """However the application answers a sign-in, the answer says ``no-store`` and nothing else."""
    answer = sign_in(several, name)

    assert answer.status in (200, 201)
    assert answer.text.count(".") == 2
    assert answer.header("Cache-Control") == "no-store"


def test_headers_of_the_application_stay(several: Server) -> None:
    """Other headers of the application's answer, and its status, stay as they are."""
    assert sign_in(several, "answer-response").header("X-Own") == "stays"
    assert sign_in(several, "answer-tuple").status == 201


def test_protected_views_decide_for_themselves(several: Server) -> None:
    """The answer of a protected view gets no header from the extension."""
    token = sign_in(several, "plain").json["access_token"]

    assert several.get("/plain/me", token=token).header("Cache-Control") is None
