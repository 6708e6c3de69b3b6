"""The decision on a token, check by check."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Literal, NamedTuple, TypeVar

from ..app_state import AppState, current_state
from ..authentication.authenticator import default_jwt_decode_callback
from ..authentication.errors import JWTError, unavailable
from ..core.claims import TIME_CLAIMS
from ..core.clock import format_utc
from ..core.compact_jws import decode_base64url, parse_header, split_compact
from ..core.errors import InvalidClaim, InvalidHeader, MalformedToken, MissingClaim, TokenError
from ..core.key_ring import KeyRing
from ..core.strict_json import StrictJSONError, parse_object
from ..core.verifier import check_type, kind_of, refuse_signature
from ..hooks import await_result
from ..keys.settings import VerifierSettings
from ..sessions.errors import StoreUnavailable

T = TypeVar("T")

_NAMING_CLAIMS = ("iss", "aud", "sub", "jti")


class Check(NamedTuple):
    """One check: a stable name for programs, a title and a reason for people, and its result."""

    name: str
    title: str
    why: str
    state: Literal["passed", "failed", "not reached"] = "not reached"
    #: What it saw, or why the token is refused.
    found: str = ""

    def __repr__(self) -> str:
        return f"<Check: {self.name} {self.state}>"


def _run(checks: Iterable[Check], details: Iterator[str]) -> Iterator[Check]:
    """Take a detail for each check, until a TokenError refuses the token."""
    remaining = iter(checks)
    for check in remaining:
        try:
            yield check._replace(state="passed", found=next(details))
        except TokenError as error:
            yield check._replace(state="failed", found=error.description)
            break
    yield from remaining


def _verified(state: AppState, token: str) -> Generator[str, None, Mapping[str, Any]]:
    """Yield the detail of each check of the verifier, in its order, and return the claims."""
    ring, now = state.keys.snapshot().ring, state.clock()
    max_bytes = state.settings[VerifierSettings].max_token_bytes
    if len(token) <= max_bytes:
        yield f"{len(token):,} characters of at most {max_bytes:,}."
    header_part, payload_part, signature_part, signing_input = split_compact(token, max_bytes)
    yield f"{len(header_part)}, {len(payload_part)} and {len(signature_part)} characters."
    header = yield from _header(header_part, state.keys.types)
    payload = decode_base64url(payload_part, "payload")
    yield f"{len(payload)} bytes."
    signature = decode_base64url(signature_part, "crypto")
    yield f"{len(signature)} bytes."
    yield from _signature(ring, header, signing_input, signature, now)
    try:
        claims = parse_object(payload)
    except StrictJSONError as error:
        raise MalformedToken(f"Invalid payload string: {error}") from None
    yield f"{_counted(len(claims), 'claim')}."
    yield from _claims(state, claims, now)
    return claims


def _header(part: bytes, types: frozenset[str]) -> Generator[str, None, Mapping[str, Any]]:
    raw = decode_base64url(part, "header")
    yield f"{len(raw)} bytes."
    refusal: InvalidHeader | None = None
    header: Mapping[str, Any] = {}
    try:
        header = parse_header(raw)
    except InvalidHeader as error:
        refusal = error
    yield "One JSON object, no member twice."
    if refusal is not None:
        raise refusal
    yield f"It has {', '.join(header)}."
    check_type(header, types)
    has_type = "typ" in header
    yield f"typ is {kind_of(header['typ'])}." if has_type else "No typ, which counts as JWT."
    return header


def _signature(
    ring: KeyRing, header: Mapping[str, Any], signing_input: bytes, signature: bytes, now: float
) -> Iterator[str]:
    algorithm = header["alg"]
    if algorithm not in ring.algorithms:
        refuse_signature(header, ring)
    yield f"{algorithm}; accepted here: {', '.join(sorted(ring.algorithms))}."
    candidates = ring.candidates(algorithm, header.get("kid"), now)
    if not candidates:
        refuse_signature(header, ring)
    named = "names a key" if "kid" in header else "names no key"
    yield f"The token {named}; {_counted(len(candidates), 'key')} of ours may have signed it."
    if not any(key.verify(signing_input, signature) for key in candidates):
        refuse_signature(header, ring)
    yield "One of our keys made it, over exactly these two parts."


def _claims(state: AppState, claims: Mapping[str, Any], now: float) -> Iterator[str]:
    policy = state.policy
    refusal: InvalidClaim | None = None
    try:
        policy.check(claims, now)
    except MissingClaim:
        raise
    except InvalidClaim as error:
        refusal = error
    yield f"All there: {', '.join(policy.required)}."
    if refusal is not None and refusal.claim in TIME_CLAIMS:
        raise refusal
    until = f"until {format_utc(claims['exp'])}" if "exp" in claims else "for ever"
    yield f"Good {until}, and {policy.leeway:g} s of leeway."
    if refusal is not None:
        raise refusal
    named = [name for name in _NAMING_CLAIMS if name in claims]
    required = [name for name, value in (("iss", policy.issuer), ("aud", policy.audience)) if value]
    found = f"It has {', '.join(named)}" if named else "It has none of them"
    yield f"{found}; this application asks for {', '.join(required) or 'none'}."


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


#: The checks in the verifier's order.
GATE = (
    Check(
        "length",
        "Short enough",
        "The text is measured before anything is decoded, so that nobody can make the server work "
        "through megabytes.",
    ),
    Check(
        "parts",
        "Three parts",
        "A compact JWS is header, payload and signature with two dots between them, in ASCII. "
        "Anything else could be read in two ways.",
    ),
    Check(
        "header letters",
        "Header in canonical base64url",
        "No padding, no other alphabet, no bits left over: each text has one spelling, so a token "
        "has no twins.",
    ),
    Check(
        "header JSON",
        "Header in strict JSON",
        "A member that stands there twice is read differently by two programs. That is an attack.",
    ),
    Check(
        "parameters",
        "Nothing in the header that changes the rules",
        "crit, b64 and zip ask to read the rest differently, and every other parameter has to be "
        "what the standard says. Keys that come with a token are never looked at.",
    ),
    Check(
        "kind",
        "The right kind of token",
        "typ keeps kinds apart: a refresh token or a password reset must not pass for an access "
        "token.",
    ),
    Check(
        "payload letters",
        "Payload in canonical base64url",
        "As for the header. The payload is not read before the signature is checked.",
    ),
    Check(
        "signature letters",
        "Signature in canonical base64url",
        "As for the header: a signature that can be spelt in two ways gives a token two names.",
    ),
    Check(
        "algorithm",
        "An algorithm of ours",
        "The server decides, never the token. With “none” or with a public key as the secret, "
        "anybody could sign.",
    ),
    Check(
        "key",
        "A key of ours",
        "kid only chooses among the keys that the server has, for this algorithm, and not retired.",
    ),
    Check(
        "signature",
        "The signature",
        "Whoever has no key can't make it, and one changed character in header or payload breaks "
        "it.",
    ),
    Check(
        "payload JSON",
        "Payload in strict JSON",
        "As for the header: even signed text has to mean one thing only.",
    ),
    Check(
        "required claims",
        "The claims that have to be there",
        "A token without an expiry would be good for ever.",
    ),
    Check(
        "times",
        "The right time",
        "Not expired, not from the future, and each time a number. The leeway is for clocks that "
        "differ a little.",
    ),
    Check(
        "names",
        "Issuer, audience and names",
        "A token that was made by somebody else, or for somebody else, is not for this "
        "application, however good its signature is.",
    ),
)

_HOOK = Check(
    "decode hook",
    "The application's own word",
    "This application decodes tokens with a hook of its own (jwt_decode_handler), or has a "
    "loader find their keys: what that lets through is let in.",
)

_ADMISSION = (
    Check(
        "revocation",
        "Not revoked",
        "Whoever signs out, or ends a session elsewhere, ends its access tokens too, before they "
        "expire.",
    ),
    Check(
        "identity",
        "Somebody stands behind it",
        "The user may have been deleted since. The application's identity handler is asked at each "
        "request, and nothing of its answer is remembered.",
    ),
)


def inspect(token: str) -> list[Check]:
    """Look at a token as a request to this application would have it looked at."""
    state = current_state()
    if decodes_itself(state):
        return list(_run((_HOOK, *_ADMISSION), _decided(state, token, _decoded(state, token))))
    # A key may be so new that this worker has not heard of it: then the file is read again.
    with suppress(TokenError):
        state.keys.verify(token)
    return list(_run((*GATE, *_ADMISSION), _decided(state, token, _verified(state, token))))


def decodes_itself(state: AppState) -> bool:
    """Tell whether a function of the application's own decides on tokens, or finds their keys."""
    has_hook = state.extension.jwt_decode_callback is not default_jwt_decode_callback
    return has_hook or state.keys.are_loaded


def _decided(
    state: AppState, token: str, claims_of_token: Generator[str, None, Mapping[str, Any]]
) -> Iterator[str]:
    claims = yield from claims_of_token
    _asked(state, "a check of tokens", lambda: state.authenticator.check_alone(token))
    yield _revocation(state, claims)
    yield _identity(state, token, claims)


def _decoded(state: AppState, token: str) -> Generator[str, None, Mapping[str, Any]]:
    # A hook is asked about expired tokens in the same way: it decides on that, too.
    claims = _asked(
        state, "the decode hook", lambda: state.authenticator.verify_ignoring_expiry(token).claims
    )
    yield "It has returned claims."
    return claims


def _revocation(state: AppState, claims: Mapping[str, Any]) -> str:
    sessions = state.sessions
    if sessions is None:
        return "This application keeps no sessions: a token is good until it expires."
    _asked(state, "the look at its session", lambda: sessions.check_revoked(claims))
    if "sid" in claims:
        return "Its session goes on."
    return "It is older than the sessions, and nobody has revoked it."


def _identity(state: AppState, token: str, claims: Mapping[str, Any]) -> str:
    if not state.extension.finds_users:
        raise TokenError("The application has no identity handler")

    def find() -> Any:
        finds, authenticator = state.extension.identity_callback, state.authenticator
        return await_result(
            (finds or authenticator.identity_hook(authenticator.verify(token)))(claims)
        )

    identity = _asked(state, "the identity handler", find)
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
