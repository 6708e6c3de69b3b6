"""What others got wrong, and which tests hold this package to better."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
#: By advisory, the tests that hold it; those without a folder are of this one.
ADVISORIES = {
    # A public key was taken for the secret of an HMAC; ``none`` was an algorithm.
    "CVE-2015-9235": [
        "test_public_keys_as_secrets.py::test_cve_2015_9235_hmac_with_the_public_key",
        "core/test_compact.py::test_algorithm",
    ],
    # The key in the token's own header verified it, or the one behind an address of it.
    "CVE-2018-0114": [
        "core/test_verifier.py::test_embedded_key_that_fits",
        "core/test_verifier.py::test_unknown_name",
        "test_requests.py::test_cve_2018_0114_no_key_is_fetched",
    ],
    # A blacklisted token could be refreshed.
    "CVE-2020-10594": [
        "test_requests.py::test_cve_2020_10594_no_token_for_a_token",
        "endpoints/test_sign_out.py::test_by_refresh_token",
        "endpoints/test_refresh.py::test_reuse_ends_the_session",
    ],
    # Sign-in told by its time who has an account.
    "CVE-2021-29621": [
        "test_requests.py::test_cve_2021_29621_same_answer",
        "examples/test_tutorial.py::test_unknown_user_costs_as_much",
    ],
    # All zeros were an ECDSA signature.
    "CVE-2022-21449": ["test_signatures.py::test_cve_2022_21449_blank_signature"],
    # SSH keys were not on a list of public keys that must not be secrets.
    "CVE-2022-29217": [
        "test_public_keys_as_secrets.py::test_cve_2022_29217_public_key_is_no_secret",
        "core/test_secrets.py::test_text_around",
    ],
    # One reader took a text for compact, another for JSON.
    "CVE-2022-39227": ["test_token_format.py::test_cve_2022_39227_compact_and_json_mixed"],
    # A secret that shipped with the program signed its administrator in.
    "CVE-2023-27524": [
        "core/test_weak_secrets.py::test_refused",
        "keys/test_configured_keys.py::test_short_secret_in_production",
        "keys/test_configured_keys.py::test_well_known_secret",
    ],
    # A shared cache gave an answer with a cookie to the next client.
    "CVE-2023-30861": [
        "endpoints/test_sign_in.py::test_no_store",
        "authentication/test_request_path.py::test_no_session_is_opened",
    ],
    # ``BEGIN RSA PUBLIC KEY`` was a secret; so was any public key after a space.
    "CVE-2023-48223": ["core/test_secrets.py::test_refused"],
    "CVE-2026-34950": [
        "test_public_keys_as_secrets.py::test_cve_2026_34950_prefixed_key_as_secret"
    ],
    # A part of the issuer's name was the issuer.
    "CVE-2024-53861": [
        "core/test_claims.py::test_no_match",
        "core/test_claims.py::test_implied",
    ],
    # Dots and segments without a bound took memory.
    "CVE-2025-30204": ["test_token_format.py::test_cve_2025_30204_dots"],
    "CVE-2025-61920": [
        "test_token_format.py::test_cve_2025_61920_oversized_part",
        "core/test_compact.py::test_length",
        "endpoints/test_malformed_sign_in.py::test_size",
    ],
    # A list of secrets signed with its wrong end.
    "CVE-2025-47278": [
        "core/test_ring.py::test_the_order_means_nothing",
        "keys/test_fallbacks.py::test_former_secrets",
        "keys/test_configured_keys.py::test_secret_at_fault",
    ],
    # Deep claims ended the stack.
    "CVE-2025-53864": [
        "core/test_strict_json.py::test_depth",
        "core/test_strict_json.py::test_refused",
    ],
    # Unknown critical extensions were let pass, or not even looked at.
    "CVE-2025-59420": ["core/test_compact.py::test_refused_parameters"],
    "CVE-2026-32597": [
        "core/test_compact.py::test_refused_parameters",
        "core/test_compact.py::test_escaped_name",
    ],
    # A refresh token that was used many times at once gave many sessions.
    "CVE-2026-1035": [
        "stores/test_processes.py::test_fifty_at_once_without_grace",
        "sessions/test_reuse_at_once.py::test_one_is_told",
    ],
    # What had been rotated out was good again after a restart.
    "CVE-2026-9802": ["stores/test_processes.py::test_restart_then_replay"],
    # The token's header chose the algorithm.
    "CVE-2026-22817": [
        "test_signatures.py::test_cve_2026_22817_header_selects_no_algorithm",
        "core/test_verifier.py::test_name_of_a_key_for_another_algorithm",
    ],
    # Two tokens met in one entry of a cache.
    "CVE-2026-35039": [
        "core/test_cache.py::test_by_the_whole_text",
        "core/test_cache.py::test_nobodys_change_reaches_the_next",
        "core/test_gate_properties.py::test_every_character",
        "test_token_format.py::test_cve_2026_35039_tokens_that_share_parts",
        "test_applications.py::test_token_of_another_application",
    ],
    # A failed fetch wiped the set of keys.
    "CVE-2026-48524": [
        "keys/test_key_file.py::test_later",
        "keys/test_configured_keys.py::test_a_file_is_read_once",
        "core/test_verifier.py::test_headers_do_not_pile_up",
    ],
}


@cache
def names_in(file: str) -> set[str]:
    """Return the names of the tests of a file, in classes too."""
    here = Path(__file__).parent / file
    path = here if here.exists() else TESTS / file
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


@pytest.mark.parametrize("advisory", ADVISORIES)
def test_advisory_has_its_tests(advisory: str) -> None:
    """Each test that is named for an advisory is there."""
    for named in ADVISORIES[advisory]:
        file, _, test = named.partition("::")
        assert test in names_in(file), named
