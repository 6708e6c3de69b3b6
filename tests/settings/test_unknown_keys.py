"""Keys of other packages, and of the releases before 0.3, that programs still set."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from flask_jwt import ConfigurationError
from tests.support import app as small
from tests.support.app import SECRET
from tests.support.tokens import claims, compact

NO_EFFECT = {
    "JWT_VERIFY": (False, "no check is ever left out"),
    "JWT_VERIFY_EXPIRATION": (False, "set JWT_EXPIRATION_DELTA"),
    "JWT_ACCESS_TOKEN_EXPIRES": (timedelta(days=1), "set JWT_EXPIRATION_DELTA"),
    "JWT_ACCESS_LIFESPAN": ({"hours": 24}, "set JWT_EXPIRATION_DELTA"),
    "JWT_HEADER_TYPE": ("Bearer", "set JWT_AUTH_HEADER_PREFIX"),
    "JWT_HEADER_NAME": ("X-Token", "write a request_handler"),
    "JWT_BLACKLIST_ENABLED": (True, "JWT_SESSION_STORE"),
    "JWT_REFRESH_TOKEN_EXPIRES": (False, "set JWT_SESSION_IDLE_DELTA"),
    "JWT_IDENTITY_CLAIM": ("sub", "write a jwt_payload_handler"),
    "JWT_ENCODE_ISSUER": ("us", "set JWT_ISSUER"),
}


def status(config: dict[str, Any], **more: Any) -> int:
    """Return the status of the guarded view for a good token with further claims."""
    app = small.make_app(PROPAGATE_EXCEPTIONS=True, **config)
    return small.status(app, compact({**claims("ann"), **more}, SECRET))


@pytest.mark.parametrize("key", NO_EFFECT)
def test_keys_without_effect(key: str, caplog: pytest.LogCaptureFixture) -> None:
    """Such a key is one warning at first use, which says what to set, and changes nothing."""
    value, advice = NO_EFFECT[key]

    assert status({key: value}) == 200
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert f"app.config['{key}'] is no key of Flask-JWT and has no effect" in record.getMessage()
    assert advice in record.getMessage()


@pytest.mark.parametrize(
    ("key", "value", "ours"),
    [
        ("JWT_DECODE_ISSUER", "https://accounts.example", "JWT_ISSUER"),
        ("JWT_DECODE_AUDIENCE", ["shop"], "JWT_AUDIENCE"),
        ("JWT_DECODE_ALGORITHMS", ["RS256"], "JWT_ALGORITHM"),
        ("JWT_ALLOWED_ALGORITHMS", "RS256", "JWT_ALGORITHM"),
    ],
)
def test_keys_that_were_to_refuse(key: str, value: Any, ours: str) -> None:
    """Where the key was to refuse tokens, none is accepted: the error names the key that does."""
    with pytest.raises(ConfigurationError, match=rf"'{key}'\] is no key.*: set {ours}"):
        status({key: value}, iss="somebody else")


def test_keys_that_refuse_no_more_than_ours() -> None:
    """Such a key may stand beside one of ours that refuses as much: another program reads it."""
    config = {
        **{"JWT_DECODE_ISSUER": "us", "JWT_ISSUER": "us", "JWT_AUDIENCE": "shop"},
        "JWT_DECODE_AUDIENCE": ["shop", "office"],
        "JWT_DECODE_ALGORITHMS": ["HS256", "RS256"],
    }
    assert status(config, iss="us", aud="shop") == 200
    assert status(config, iss="somebody else", aud="shop") == 401


@pytest.mark.parametrize(
    "config",
    [
        {"JWT_DECODE_ISSUER": "us", "JWT_ISSUER": "them"},
        {"JWT_DECODE_AUDIENCE": "shop", "JWT_AUDIENCE": ["shop", "office"]},
        {"JWT_DECODE_ALGORITHMS": ["HS256"], "JWT_KEY_FILE": "keys.json"},
    ],
)
def test_keys_that_contradict_ours(config: dict[str, Any]) -> None:
    """Where ours accepts what the other was to refuse, it is an error too."""
    with pytest.raises(ConfigurationError, match="is no key of Flask-JWT, and tokens"):
        status(config)


@pytest.mark.parametrize("key", ["JWT_DECODE_ISSUER", "JWT_VERIFY"])
def test_keys_that_are_not_set(key: str, caplog: pytest.LogCaptureFixture) -> None:
    """None is not set."""
    assert status({key: None}) == 200
    assert caplog.text == ""
