"""What is taken for an address of electronic mail."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from flask_jwt.user_directory import UnfitEmail
from flask_jwt.users.email_addresses import checked_address


@pytest.mark.parametrize(
    "typed",
    [
        "ann,bob@example.org",
        "ann;bob@example.org",
        "Ann<bob@example.org>",
        '"ann"@example.org',
        "ann(bob)@example.org",
        "ann\\@example.org",
        "ann@example.org\r\nBcc:bob",
    ],
)
def test_one_address_in_a_header(typed: str) -> None:
    """What a header would take for a name, a comment or more than one address is none."""
    with pytest.raises(UnfitEmail):
        checked_address(typed)


@pytest.mark.parametrize(
    "typed", ["o'neill+news@example.org", "zo\u00eb@ex\u00e4mple.org", "a@[::1]"]
)
def test_addresses_as_they_are(typed: str) -> None:
    """An address is kept as it was typed, and a header has that one."""
    message = EmailMessage()
    message["To"] = checked_address(f" {typed} ")

    assert [address.addr_spec for address in message["To"].addresses] == [typed]
