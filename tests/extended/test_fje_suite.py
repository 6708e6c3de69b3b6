"""The test suite of Flask-JWT-Extended, with nothing changed but the import."""

from __future__ import annotations

from pathlib import Path

from tests.support.fje import run_suite

CASES = 181
#: It is for a Flask that is older than any that is supported.
SKIPPED = {"test_config::test_config_json_encoder_flask21"}
OPEN = "a view runs for OPTIONS as for any method: not without a token"
NUMBERS = "identities may be whole numbers, as they might before PyJWT 2.10"
#: The cases that fail, each with its reason.
EXCEPTIONS = {
    "test_options_method::test_access_jwt_required_enpoint": OPEN,
    "test_options_method::test_access_jwt_refresh_token_required_enpoint": OPEN,
    "test_options_method::test_access_fresh_jwt_required_enpoint": OPEN,
    "test_decode_tokens::test_invalid_sub_values[123]": NUMBERS,
    "test_view_decorators::test_non_string_identity": NUMBERS,
}


def test_whole_suite(tmp_path: Path) -> None:
    """Each of its cases passes, but for those whose reason is written here."""
    outcome = run_suite(tmp_path, "flask_jwt.extended")

    assert outcome.failed == set(EXCEPTIONS), outcome.output
    assert outcome.skipped == SKIPPED
    assert len(outcome.cases) == CASES
    assert len(EXCEPTIONS) <= 12
