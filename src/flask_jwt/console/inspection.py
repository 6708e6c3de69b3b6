"""What the gate thinks of a token, check by check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, TypeVar

from ..authentication.authenticator import default_jwt_decode_callback, verified_but_times
from ..authentication.errors import JWTError, unavailable
from ..core.claims import TIME_CLAIMS, ClaimsPolicy
from ..core.compact import decode_base64url, parse_header, split_compact
from ..core.errors import InvalidClaim, InvalidHeader, MalformedToken, MissingClaim, TokenError
from ..core.key_ring import KeyRing
from ..core.strict_json import StrictJSONError, parse_object
from ..core.verifier import ACCESS_TOKEN_TYPES, check_type, kind_of, refuse_signature
from ..current import AppState, current_state
from ..hooks import result_of
from ..keys.settings import VerifierSettings
from ..sessions.errors import StoreUnavailable

#: What has become of a check: one that comes after a failed one is not reached.
State = Literal["passed", "failed", "not reached"]


class Rules(NamedTuple):
    """What tokens are checked against.

    :param keys: the ring whose keys are accepted.
    :param policy: what is required of the claims.
    :param now: seconds since 1970.
    :param max_bytes: the longest token that is looked at, in bytes.
    :param types: the values of ``typ`` that are accepted, in lower case.
    """

    keys: KeyRing
    policy: ClaimsPolicy
    now: float
    max_bytes: int
    types: frozenset[str] = ACCESS_TOKEN_TYPES


@dataclass(slots=True)
class Inspection:
    """A token that is being looked at.

    :param token: its text.
    :param claims: what it says, once a check has read it.
    """

    token: str = field(repr=False)
    claims: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(slots=True, kw_only=True)
class GateInspection(Inspection):
    """A token on its way through the gate, and what the checks have found so far.

    :param rules: what it is checked against.
    """

    rules: Rules
    parts: tuple[bytes, bytes, bytes, bytes] = field(default=(b"", b"", b"", b""), repr=False)
    raw_header: bytes = field(default=b"", repr=False)
    raw_payload: bytes = field(default=b"", repr=False)
    signature: bytes = field(default=b"", repr=False)
    header: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Check(NamedTuple):
    """One check of the gate.

    :param name: a stable name, for programs.
    :param title: what it asks for, for people.
    :param why: the reason that it is there.
    :param run: is given the inspection, and returns a line that says what was found.
    :raises TokenError: by ``run``: the token is refused here.
    """

    name: str
    title: str
    why: str
    run: Callable[[Any], str]


class Outcome(NamedTuple):
    """What has become of one check.

    :param check: the check.
    :param state: whether it has passed.
    :param found: what was found, or why the token is refused; empty where it was not reached.
    """

    check: Check
    state: State
    found: str

    def __repr__(self) -> str:
        return f"<Outcome of {self.check!r}: {self.state}>"


def walk(checks: Iterable[Check], inspection: Inspection) -> list[Outcome]:
    """Run checks until one refuses the token."""
    outcomes: list[Outcome] = []
    refused = False
    for check in checks:
        if refused:
            outcomes.append(Outcome(check, "not reached", ""))
            continue
        try:
            outcomes.append(Outcome(check, "passed", check.run(inspection)))
        except TokenError as error:
            outcomes.append(Outcome(check, "failed", error.description))
            refused = True
    return outcomes


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


T = TypeVar("T")


def inspect(token: str) -> list[Outcome]:
    """Look at a token as a request to this application would have it looked at."""
    state = current_state()
    if decodes_itself(state):
        return walk((_HOOK, *_ADMISSION), Inspection(token))
    # A key may be so new that this worker has not heard of it: then the file is read again.
    with suppress(TokenError):
        state.keys.verify(token)
    ring = state.keys.snapshot().ring
    rules = Rules(
        ring, state.policy, state.clock(), state.settings[VerifierSettings].max_token_bytes
    )
    return walk((*GATE, *_ADMISSION), GateInspection(token, rules=rules))


def decodes_itself(state: AppState) -> bool:
    """Tell whether a hook of the application's own decides on tokens, instead of the gate."""
    return state.extension.jwt_decode_callback is not default_jwt_decode_callback


def _decoded(inspection: Inspection) -> str:
    state = current_state()
    # A hook is asked about expired tokens in the same way: it decides on that, too.
    found = _asked(
        state, "the decode hook", lambda: verified_but_times(state, inspection.token).claims
    )
    inspection.claims = found
    return "It has returned claims."


def _revocation(inspection: Inspection) -> str:
    state = current_state()
    sessions = state.sessions
    if sessions is None:
        return "This application keeps no sessions: a token is good until it expires."
    _asked(state, "the look at its session", lambda: sessions.check_revoked(inspection.claims))
    if "sid" in inspection.claims:
        return "Its session goes on."
    return "It is older than the sessions, and nobody has revoked it."


def _identity(inspection: Inspection) -> str:
    state = current_state()
    hook = state.extension.identity_callback
    if hook is None:
        raise TokenError("The application has no identity handler")
    identity = _asked(state, "the identity handler", lambda: result_of(hook(inspection.claims)))
    if identity is None:
        raise TokenError("User does not exist")
    return f"The identity handler returned an object of type {type(identity).__name__}."


def _asked(state: AppState, whom: str, ask: Callable[[], T]) -> T:
    # In a request, an error of the application's own is a 500. Here it is something to be shown.
    try:
        return ask()
    except TokenError:
        raise
    except StoreUnavailable:
        raise TokenError(unavailable().description) from None
    except JWTError as error:
        raise TokenError(error.description) from None
    except Exception as error:
        state.logger.exception("%s failed, at a token pasted into the console", whom)
        shown = f"{whom[0].upper()}{whom[1:]} raised {type(error).__name__}; the log says where"
        raise TokenError(shown) from error


_HOOK = Check(
    "decode hook",
    "The application's own word",
    "This application decodes tokens with a hook of its own (jwt_decode_handler). The checks of "
    "the gate are not asked: what the hook lets through is let in.",
    _decoded,
)

_ADMISSION = (
    Check(
        "revocation",
        "Not revoked",
        "Whoever signs out, or ends a session elsewhere, ends its access tokens too, before they "
        "expire.",
        _revocation,
    ),
    Check(
        "identity",
        "Somebody stands behind it",
        "The user may have been deleted since. The application's identity handler is asked at each "
        "request, and nothing of its answer is remembered.",
        _identity,
    ),
)
