"""The checks of the verifier one by one, each by the function that the verifier itself calls.

Where one such function decides several checks, each check calls it and leaves the errors of the
later ones to them.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from ..core.claims import TIME_CLAIMS
from ..core.compact import decode_base64url, parse_header, split_compact
from ..core.errors import InvalidClaim, InvalidHeader, MalformedToken, MissingClaim
from ..core.strict_json import StrictJSONError, parse_object
from ..core.verifier import check_type, kind_of, refuse_signature
from .steps import Check, GateInspection

_NAMING_CLAIMS = ("iss", "aud", "sub", "jti")


def _length(inspection: GateInspection) -> str:
    size, most = len(inspection.token), inspection.rules.max_bytes
    try:
        split_compact(inspection.token, most)
    except MalformedToken:
        if size > most:
            raise
    return f"{size:,} characters of at most {most:,}."


def _parts(inspection: GateInspection) -> str:
    inspection.parts = split_compact(inspection.token, inspection.rules.max_bytes)
    header, payload, signature, _ = inspection.parts
    return f"{len(header)}, {len(payload)} and {len(signature)} characters."


def _header_letters(inspection: GateInspection) -> str:
    inspection.raw_header = decode_base64url(inspection.parts[0], "header")
    return f"{len(inspection.raw_header)} bytes."


def _header_json(inspection: GateInspection) -> str:
    with suppress(InvalidHeader):
        parse_header(inspection.raw_header)
    return "One JSON object, no member twice."


def _parameters(inspection: GateInspection) -> str:
    inspection.header = parse_header(inspection.raw_header)
    return f"It has {_listed(inspection.header)}."


def _kind(inspection: GateInspection) -> str:
    check_type(inspection.header, inspection.rules.types)
    if "typ" not in inspection.header:
        return "No typ, which counts as JWT."
    return f"typ is {kind_of(inspection.header['typ'])}."


def _payload_letters(inspection: GateInspection) -> str:
    inspection.raw_payload = decode_base64url(inspection.parts[1], "payload")
    return f"{len(inspection.raw_payload)} bytes."


def _signature_letters(inspection: GateInspection) -> str:
    inspection.signature = decode_base64url(inspection.parts[2], "crypto")
    return f"{len(inspection.signature)} bytes."


def _algorithm(inspection: GateInspection) -> str:
    keys = inspection.rules.keys
    if inspection.header["alg"] not in keys.algorithms:
        refuse_signature(inspection.header, keys)
    return f"{inspection.header['alg']}; accepted here: {_listed(sorted(keys.algorithms))}."


def _key(inspection: GateInspection) -> str:
    header, rules = inspection.header, inspection.rules
    candidates = rules.keys.candidates(header["alg"], header.get("kid"), rules.now)
    if not candidates:
        refuse_signature(header, rules.keys)
    named = "names no key" if "kid" not in header else "names a key"
    return f"The token {named}; {_counted(len(candidates), 'key')} of ours may have signed it."


def _signature(inspection: GateInspection) -> str:
    header, rules = inspection.header, inspection.rules
    signing_input = inspection.parts[3]
    for key in rules.keys.candidates(header["alg"], header.get("kid"), rules.now):
        if key.verify(signing_input, inspection.signature):
            break
    else:
        refuse_signature(header, rules.keys)
    return "One of our keys made it, over exactly these two parts."


def _payload_json(inspection: GateInspection) -> str:
    try:
        inspection.claims = parse_object(inspection.raw_payload)
    except StrictJSONError as error:
        raise MalformedToken(f"Invalid payload string: {error}") from None
    return f"{_counted(len(inspection.claims), 'claim')}."


def _required(inspection: GateInspection) -> str:
    policy = inspection.rules.policy
    try:
        policy.check(inspection.claims, inspection.rules.now)
    except MissingClaim:
        raise
    except InvalidClaim:
        pass
    return f"All there: {_listed(policy.required)}."


def _times(inspection: GateInspection) -> str:
    policy, now = inspection.rules.policy, inspection.rules.now
    try:
        policy.check(inspection.claims, now)
    except InvalidClaim as error:
        if error.claim in TIME_CLAIMS:
            raise
    ends = datetime.fromtimestamp(inspection.claims["exp"], UTC)
    return f"Good until {ends:%Y-%m-%d %H:%M:%S} UTC, and {policy.leeway:g} s of leeway."


def _names(inspection: GateInspection) -> str:
    policy = inspection.rules.policy
    policy.check(inspection.claims, inspection.rules.now)
    named = [name for name in _NAMING_CLAIMS if name in inspection.claims]
    asked = [name for name, value in (("iss", policy.issuer), ("aud", policy.audience)) if value]
    found = f"It has {_listed(named)}" if named else "It has none of them"
    return f"{found}; this application asks for {_listed(asked) if asked else 'none'}."


def _listed(names: Any) -> str:
    return ", ".join(names)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


#: The checks in the verifier's order.
GATE = (
    Check(
        "length",
        "Short enough",
        "The text is measured before anything is decoded, so that nobody can make the server work "
        "through megabytes.",
        _length,
    ),
    Check(
        "parts",
        "Three parts",
        "A compact JWS is header, payload and signature with two dots between them, in ASCII. "
        "Anything else could be read in two ways.",
        _parts,
    ),
    Check(
        "header letters",
        "Header in canonical base64url",
        "No padding, no other alphabet, no bits left over: each text has one spelling, so a token "
        "has no twins.",
        _header_letters,
    ),
    Check(
        "header JSON",
        "Header in strict JSON",
        "A member that stands there twice is read differently by two programs. That is an attack.",
        _header_json,
    ),
    Check(
        "parameters",
        "Nothing in the header that changes the rules",
        "crit, b64 and zip ask to read the rest differently, and every other parameter has to be "
        "what the standard says. Keys that come with a token are never looked at.",
        _parameters,
    ),
    Check(
        "kind",
        "The right kind of token",
        "typ keeps kinds apart: a refresh token or a password reset must not pass for an access "
        "token.",
        _kind,
    ),
    Check(
        "payload letters",
        "Payload in canonical base64url",
        "As for the header. The payload is not read before the signature is checked.",
        _payload_letters,
    ),
    Check(
        "signature letters",
        "Signature in canonical base64url",
        "As for the header: a signature that can be spelt in two ways gives a token two names.",
        _signature_letters,
    ),
    Check(
        "algorithm",
        "An algorithm of ours",
        "The server decides, never the token. With “none” or with a public key as the secret, "
        "anybody could sign.",
        _algorithm,
    ),
    Check(
        "key",
        "A key of ours",
        "kid only chooses among the keys that the server has, for this algorithm, and not retired.",
        _key,
    ),
    Check(
        "signature",
        "The signature",
        "Whoever has no key can't make it, and one changed character in header or payload breaks "
        "it.",
        _signature,
    ),
    Check(
        "payload JSON",
        "Payload in strict JSON",
        "As for the header: even signed text has to mean one thing only.",
        _payload_json,
    ),
    Check(
        "required claims",
        "The claims that have to be there",
        "A token without an expiry would be good for ever.",
        _required,
    ),
    Check(
        "times",
        "The right time",
        "Not expired, not from the future, and each time a number. The leeway is for clocks that "
        "differ a little.",
        _times,
    ),
    Check(
        "names",
        "Issuer, audience and names",
        "A token that was made by somebody else, or for somebody else, is not for this "
        "application, however good its signature is.",
        _names,
    ),
)
