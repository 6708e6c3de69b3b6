"""What goes into a log by mistake has no secret in it."""

from __future__ import annotations

from flask_jwt.sessions.refresh_tokens import RefreshDecision, parse_refresh_token, session_ring
from flask_jwt.sessions.service import PendingRefresh
from flask_jwt.testing.factories import new_session
from tests.support.members import Members

SECRET = b"s" * 32
PASSWORD = "hunter2-of-the-database"


def test_what_init_app_saw() -> None:
    """The password in the URL of a store does not show."""
    members = Members(f"postgresql://user:{PASSWORD}@127.0.0.1:1/x")
    registration = members.jwt.route_configs[members.app]

    for text in (repr(registration), repr(registration.routes), repr(members.jwt.route_configs)):
        assert PASSWORD not in text
        assert members.app.config["SECRET_KEY"] not in text


def test_what_makes_refresh_tokens() -> None:
    """Nor do secrets, once they are read."""
    members = Members()
    members.sign_in()
    state = members.jwt._states[members.app]
    assert state.sessions is not None

    text = "".join(repr(one) for one in (state, state.settings, state.sessions))
    assert members.app.config["SECRET_KEY"] not in text


def test_a_refresh_token() -> None:
    """A token that was taken apart shows neither itself nor its MAC."""
    text = Members().sign_in()["refresh_token"]
    token = parse_refresh_token(text)

    shown = repr(token)
    assert text not in shown
    assert repr(token.mac) not in shown
    assert repr(token.signed) not in shown
    assert token.sid in shown


def test_a_new_session() -> None:
    """With the salt of a session its refresh tokens are half made."""
    new = new_session(claims={"identity": "ann", "email": "ann@example.org"})

    assert new.salt not in repr(new)
    assert "example.org" not in repr(new)
    assert new.sid in repr(new)


def test_what_a_refresh_gives() -> None:
    """The token that is exchanged, and the keys of the session, do not show."""
    members = Members()
    with members.app.app_context():
        tokens = members.jwt.sessions.start({"id": "ann"})
        (session,) = members.jwt.sessions.list("ann")
    token = parse_refresh_token(tokens.refresh_token)
    ring = session_ring([SECRET], session.salt)
    pending = PendingRefresh(token, session, ring, RefreshDecision.ROTATE)

    shown = repr(pending) + repr(ring)
    for secret in (SECRET, token.mac, tokens.refresh_token, session.salt):
        assert str(secret) not in shown
    assert session.sid in shown
