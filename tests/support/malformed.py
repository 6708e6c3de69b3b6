"""Malformed tokens: good ones with a single thing wrong, and a good signature wherever it can be.

The names say what is wrong. Everything in :func:`malformed_tokens` can be sent in a header of HTTP;
what can't is in :func:`unsendable_tokens`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import zlib

#: Stands in the header and in the claims of every token, and has no place in an answer or a log.
MARKER = "x-marks-the-spot"

_CAP = 8192


class Forge:
    """Puts tokens together by hand, signed with the right secret."""

    def __init__(self, secret: bytes, now: int) -> None:
        self.secret = secret
        self.now = now
        self.header = f'{{"typ":"JWT","alg":"HS256","x-note":"{MARKER}"}}'
        times = f'"exp":{now + 300},"iat":{now},"nbf":{now}'
        self.payload = f'{{{times},"identity":1,"note":"{MARKER}"}}'

    def signature(self, signing_input: str, hash_name: str = "sha256") -> str:
        """Return the encoded signature of a signing input."""
        return base64url(hmac.digest(self.secret, signing_input.encode(), hash_name))

    def sealed(self, signing_input: str) -> str:
        """Return a signing input with its signature behind it."""
        return f"{signing_input}.{self.signature(signing_input)}"

    def token(self, header: str | bytes | None = None, payload: str | bytes | None = None) -> str:
        """Return a token with the JSON texts given, and the good ones instead of None."""
        return self.sealed(f"{encoded(header or self.header)}.{encoded(payload or self.payload)}")

    def with_header(self, **members: str) -> str:
        """Return a token with other header parameters, given as JSON texts."""
        return self.token(header=changed(self.header, members))

    def with_claims(self, **members: str) -> str:
        """Return a token with other claims, given as JSON texts."""
        return self.token(payload=changed(self.payload, members))


def base64url(data: bytes) -> str:
    """Encode as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def encoded(text: str | bytes) -> str:
    """Encode a JSON text as a part of a token."""
    return base64url(text.encode() if isinstance(text, str) else text)


def changed(text: str, members: dict[str, str]) -> str:
    """Return a JSON object with other members, given as JSON texts; an empty one takes it out."""
    raw = {name: json.dumps(value) for name, value in json.loads(text).items()} | members
    return "{" + ",".join(f'"{name}":{value}' for name, value in raw.items() if value) + "}"


def with_member(text: str, member: str) -> str:
    """Return a JSON object with a member, given as text, behind the others."""
    return f"{text[:-1]},{member}}}"


def good_token(secret: bytes, now: int) -> str:
    """Return the token of which the others are made."""
    return Forge(secret, now).token()


def malformed_tokens(secret: bytes, now: int) -> dict[str, str]:
    """Return tokens that every verifier with this secret for HS256 has to refuse.

    The verifier may have a leeway of less than a minute, and has no audience.
    """
    forge = Forge(secret, now)
    return {
        **_other_parts(forge),
        **_other_base64(forge),
        **_other_signatures(forge),
        **_other_algorithms(forge),
        **_other_header_parameters(forge),
        **_other_claims(forge),
        **{f"header: {name}": forge.token(header=raw) for name, raw in _json(forge.header).items()},
        **{f"claims: {name}": forge.token(None, raw) for name, raw in _json(forge.payload).items()},
    }


def unsendable_tokens(secret: bytes, now: int) -> dict[str, str]:
    """Return malformed tokens that no header of HTTP carries as they are."""
    forge = Forge(secret, now)
    good = forge.token()
    header, payload, signature = good.split(".")
    around = {
        "space": " ", "tab": "\t", "newline": "\n", "CRLF": "\r\n", "form feed": "\f", "NUL": "\0",
        "no-break space": "\xa0", "line separator": "\u2028", "byte-order mark": "\ufeff",
        "zero-width space": "\u200b", "lone surrogate": "\ud800", "key": "\U0001f511",
    }  # fmt: skip
    return {
        "empty": "",
        **{f"{name} before": text + good for name, text in around.items()},
        **{f"{name} behind": good + text for name, text in around.items()},
        **{
            f"{name} in the header": forge.sealed(f"{header[:8]}{text}{header[8:]}.{payload}")
            for name, text in around.items()
            if name != "lone surrogate"
        },
        **{
            f"{name} in the signature": f"{header}.{payload}.{signature[:8]}{text}{signature[8:]}"
            for name, text in around.items()
        },
        "fullwidth dots": good.replace(".", "\uff0e"),
        "fullwidth letter": good.replace("e", "\uff45", 1),
        "Cyrillic letter": good.replace("e", "\u0435", 1),
        "Arabic digit": good.replace("0", "\u0660", 1),
        "long s": good.replace("S", "\u017f", 1),
        "Kelvin sign": good.replace("K", "\u212a", 1),
    }


def _other_parts(forge: Forge) -> dict[str, str]:
    header, payload, signature = forge.token().split(".")
    members = f'"payload":"{payload}","protected":"{header}","signature":"{signature}"'
    return {
        "a word": MARKER,
        "one part": header,
        "two parts": f"{header}.{payload}",
        "signed text only": forge.sealed(payload),
        "four parts": f"{header}.{payload}.{signature}.{signature}",
        "five parts, as of JWE": f"{header}.{signature}.{signature}.{payload}.{signature}",
        "four parts, the last empty": f"{header}.{payload}.{signature}.",
        "four parts, the first empty": f".{header}.{payload}.{signature}",
        "four parts, signed well": forge.sealed(f"{header}.{payload}.{payload}"),
        "dots": "..",
        "many dots": "." * _CAP,
        "two dots between": forge.sealed(f"{header}..{payload}"),
        "no header": forge.sealed(f".{payload}"),
        "no claims": forge.sealed(f"{header}."),
        "no signature": f"{header}.{payload}.",
        "parts in another order": forge.sealed(f"{payload}.{header}"),
        "colons for dots": f"{header}:{payload}:{signature}",
        "percent-encoded dots": f"{header}%2E{payload}%2E{signature}",
        "twice": f"{header}.{payload}.{signature},{header}.{payload}.{signature}",
        "scheme before": f"Bearer,{header}.{payload}.{signature}",
        "quoted": f'"{header}.{payload}.{signature}"',
        "in angle brackets": f"<{header}.{payload}.{signature}>",
        "flattened JSON": f"{{{members}}}",
        "JSON with compact inside": f'{{"{header}.{payload}.":"",{members}}}',
        "longer than the cap": forge.with_claims(filler=json.dumps("x" * _CAP)),
        "long signature": f"{header}.{payload}.{'A' * _CAP}",
    }


def _other_base64(forge: Forge) -> dict[str, str]:
    odd = {"header": _of_length(forge.header, 1), "claims": _of_length(forge.payload, 1)}
    even = {"header": _of_length(forge.header, 0), "claims": _of_length(forge.payload, 0)}
    symbols = {
        "header": with_member(forge.header, '"symbols":"~~~???~~~???>>>"'),
        "claims": with_member(forge.payload, '"symbols":"~~~???~~~???>>>"'),
    }
    tokens = {}
    for part in ("header", "claims"):
        spellings = {
            "padded": encoded(odd[part]) + "==",
            "half padded": encoded(odd[part]) + "=",
            "padded without need": encoded(even[part]) + "====",
            "unused bits set": _unused_bit_set(encoded(odd[part])),
            "a lone last character": encoded(even[part]) + "A",
            "a bang behind": encoded(even[part]) + "!",
            "a bang inside": "!" + encoded(even[part]),
            "padding inside": encoded(odd[part]) + "==" + encoded("{}"),
            "standard alphabet": base64.b64encode(symbols[part].encode()).decode().rstrip("="),
            "not encoded": forge.header if part == "header" else forge.payload,
            "encoded twice": encoded(encoded(odd[part])),
            "base32": base64.b32encode(odd[part].encode()).decode().rstrip("="),
            "hexadecimal": odd[part].encode().hex(),
        }
        for name, spelling in spellings.items():
            other = encoded(forge.payload if part == "header" else forge.header)
            text = f"{spelling}.{other}" if part == "header" else f"{other}.{spelling}"
            tokens[f"{part} {name}"] = forge.sealed(text)
    return tokens


def _other_signatures(forge: Forge) -> dict[str, str]:
    header, payload, signature = forge.token().split(".")
    text = f"{header}.{payload}"
    raw = hmac.digest(forge.secret, text.encode(), "sha256")
    other = Forge(hashlib.sha256(forge.secret).digest(), forge.now)
    signatures = {
        "padded": signature + "=",
        "unused bits set": _unused_bit_set(signature),
        "cut short": signature[:-1],
        "cut to a lone last character": signature[:41],
        "comma behind": signature + ",",
        "semicolon behind": signature + ";",
        "first half": base64url(raw[:16]),
        "one byte more": base64url(raw + b"\0"),
        "one bit wrong": base64url(bytes([raw[0] ^ 1]) + raw[1:]),
        "last bit wrong": base64url(raw[:-1] + bytes([raw[-1] ^ 1])),
        "reversed": base64url(raw[::-1]),
        "zeros": base64url(bytes(32)),
        "one zero": base64url(b"\0"),
        "in hexadecimal": raw.hex(),
        "encoded twice": encoded(signature),
        "in upper case": signature.upper(),
        "by another secret": other.signature(text),
        "by no secret": base64url(hashlib.sha256(text.encode()).digest()),
        "of the claims alone": forge.signature(payload),
        "without the dot": forge.signature(header + payload),
        "of the JSON": forge.signature(f"{forge.header}.{forge.payload}"),
        "of another token": forge.with_claims(identity="2").rpartition(".")[2],
        "by HMAC with SHA-384": forge.signature(text, "sha384"),
        "by HMAC with SHA-512": forge.signature(text, "sha512"),
    }
    return {
        **{f"signature {name}": f"{text}.{value}" for name, value in signatures.items()},
        "signature in the standard alphabet": _in_standard_alphabet(forge),
        "claims changed": f"{header}.{forge.with_claims(identity='2').split('.')[1]}.{signature}",
        "header changed": f"{forge.with_header(cty='1').split('.')[0]}.{payload}.{signature}",
    }


def _other_algorithms(forge: Forge) -> dict[str, str]:
    values = {
        "missing": "", "null": "null", "true": "true", "a number": "256", "a list": '["HS256"]',
        "an object": '{"name":"HS256"}', "empty": '""', "none": '"none"', "None": '"None"',
        "nOnE": '"nOnE"', "in lower case": '"hs256"', "with a space": '"HS256 "',
        "with a NUL": '"HS256\\u0000"', "HS384": '"HS384"', "HS512": '"HS512"', "HS1": '"HS1"',
        "RS256": '"RS256"', "PS256": '"PS256"', "ES256": '"ES256"', "ES256K": '"ES256K"',
        "EdDSA": '"EdDSA"', "Ed25519": '"Ed25519"', "dir": '"dir"', "marked": f'"{MARKER}"',
    }  # fmt: skip
    unsigned = encoded(changed(forge.header, {"alg": '"none"'})) + "." + encoded(forge.payload)
    tokens = {f"alg {name}": forge.with_header(alg=value) for name, value in values.items()}
    for bits in ("384", "512"):
        text = forge.with_header(alg=f'"HS{bits}"').rpartition(".")[0]
        tokens[f"alg HS{bits}, signed so"] = f"{text}.{forge.signature(text, 'sha' + bits)}"
    return {**tokens, "alg none, not signed": f"{unsigned}.", "alg none, two parts": unsigned}


def _other_header_parameters(forge: Forge) -> dict[str, str]:
    compressor = zlib.compressobj(wbits=-15)
    deflated = compressor.compress(forge.payload.encode()) + compressor.flush()
    parameters = {
        "typ": ("null", "1", "true", '["JWT"]', "{}", '""', '"JWT "', '"jose"', '"JOSE+JSON"',
                '"refresh+jwt"', '"dpop+jwt"', '"application/secevent+jwt"', '"JWT\\u0000"'),
        "kid": ("null", "1", "false", f'["{MARKER}"]', "{}", '""', f'"{MARKER * 20}"', '"\\u0000"'),
        "crit": ("null", "[]", "{}", '"exp"', "true", "[1]", '["exp"]', '["x-note"]', '["alg"]',
                 '["x-note","x-note"]', f'["{MARKER}"]', '["b64"]'),
        "b64": ("true", "false", "0", "null"),
        "zip": ("null", '"DEF"', '""'),
    }  # fmt: skip
    tokens = {
        f"{name} {value if len(value) < 80 else 'too long'}": forge.with_header(**{name: value})
        for name, values in parameters.items()
        for value in values
    }
    compressed = changed(forge.header, {"zip": '"DEF"'})
    return {**tokens, "zip, compressed": forge.token(compressed, deflated)}


def _other_claims(forge: Forge) -> dict[str, str]:
    now = forge.now
    times = ("null", "true", '""', "[]", "{}", f'"{now + 300}"', f"[{now + 300}]", "-1",
             "-0.5", "253402300800", "1e300", "9" * 200, f'"{MARKER}"')  # fmt: skip
    claims = {
        "exp": (*times, "false", "0", str(now - 60), f"{now - 60}.5", str((now + 300) * 1000)),
        "nbf": (*times, str(now + 60), f"{now + 60}.5", str(now * 1000)),
        "iat": (*times, str(now + 60), f"{now + 60}.5", str(now * 1000)),
        "iss": ("null", "1", "true", '""', f'["{MARKER}"]', "{}"),
        "sub": ("null", "1", "0", "true", '""', '["someone"]', "{}"),
        "jti": ("null", "1", "true", '""', '["x"]', "{}"),
        "aud": ("null", "1", "true", '""', "[]", "{}", "[1]", '[""]', '["someone",null]',
                '[["someone"]]', '"someone"', '["someone"]'),
    }  # fmt: skip
    # A time of today differs at each run, and a test's name must not.
    shown = {str(now): "now", str(now * 1000)[:-3]: "now", str(now + 300): "later"}
    shown |= {str(now - 60): "past", str(now + 60): "soon"}
    tokens = {"exp missing": forge.with_claims(exp="")}
    for name, values in claims.items():
        for value in values:
            label = value if len(value) < 80 else "of 200 digits"
            for time, word in shown.items():
                label = label.replace(time, word)
            tokens[f"{name} {label}"] = forge.with_claims(**{name: value})
    return tokens


def _json(text: str) -> dict[str, bytes]:
    """Return texts in the place of a JSON object that are none, or no strict one."""
    members = {
        "name twice": '"x":1,"x":2', "name twice, one value": '"x":1,"x":1',
        "name twice, one escaped": '"x":1,"\\u0078":1', "name twice inside": '"x":{"y":1,"y":2}',
        "name twice, deep": '"x":[1,{"y":[{"z":null,"z":null}]}]', "empty name twice": '"":1,"":1',
        "NaN": '"x":NaN', "Infinity": '"x":Infinity', "minus Infinity": '"x":-Infinity',
        "infinite exponent": '"x":1e999', "infinite exponent, negative": '"x":[-1e999]',
        "long integer": f'"x":{"7" * 257}', "very long integer": f'"x":{"7" * 4400}',
        "long negative integer": f'"x":-{"7" * 257}', "no digits": '"x":1.',
        "arrays too deep": f'"x":{"[" * 32}{"]" * 32}', "objects too deep": _nested(32),
        "arrays far too deep": f'"x":{"[" * 1500}{"]" * 1500}', "never closed": f'"x":{"[" * 3000}',
        "NUL in a text": '"x":"a\\u0000"', "NUL in a name": '"a\\u0000":1',
        "lone surrogate": '"x":"\\ud800"', "surrogates swapped": '"x":"\\udc00\\ud800"',
        "lone surrogate in a name": '"\\udfff":1', "lone surrogate inside": '"x":[{"y":"\\udbff"}]',
        "control character": '"x":"a\x01"', "newline in a text": '"x":"a\n"', "raw NUL": '"x":"\0"',
        "unknown escape": '"x":"\\x41"', "short escape": '"x":"\\u00e"', "no name": ":1",
        "bare name": "x:1", "single quotes": "'x':1", "comment": '"x":1/**/', "no value": '"x":',
        "leading zero": '"x":01', "plus sign": '"x":+1', "no integer": '"x":.5',
        "hexadecimal number": '"x":0x1', "underscore": '"x":1_0', "undefined": '"x":undefined',
        "True": '"x":True', "fullwidth digit": '"x":\uff11', "trailing comma": '"x":1,',
    }  # fmt: skip
    whole = {
        "space only": " ", "null": "null", "true": "true", "number": "1", "list": f"[{text}]",
        "text": json.dumps(text), "pairs": json.dumps(list(json.loads(text).items())),
        "cut off": text[:-1], "two objects": text + text, "bracket behind": text + "}",
        "comma behind": text + ",", "NUL behind": text + "\0", "NUL before": "\0" + text,
        "no-break space before": "\xa0" + text, "form feed before": "\f" + text,
        "line separator behind": text + "\u2028", "byte-order mark": "\ufeff" + text,
    }  # fmt: skip
    marked = with_member(text, '"x":"\xe9"')
    return {
        **{name: with_member(text, member).encode() for name, member in members.items()},
        **{name: value.encode() for name, value in whole.items()},
        "Latin-1": marked.encode("latin-1"),
        "UTF-16": text.encode("utf-16-le"),
        "UTF-16 with a mark": text.encode("utf-16"),
        "UTF-32": text.encode("utf-32-be"),
        "UTF-8 of a surrogate": marked.encode().replace(b"\xc3\xa9", b"\xed\xa0\x80"),
        "UTF-8 overlong": marked.encode().replace(b"\xc3\xa9", b"\xc0\xaf"),
        "UTF-8 cut off": marked.encode().replace(b"\xc3\xa9", b"\xc3"),
        "UTF-8 beyond Unicode": marked.encode().replace(b"\xc3\xa9", b"\xf4\x90\x80\x80"),
    }


def _nested(depth: int) -> str:
    return '"x":' + '{"y":' * (depth - 1) + "{}" + "}" * (depth - 1)


def _of_length(text: str, remainder: int) -> str:
    """Return a JSON text with spaces behind it, until so many bytes are left over from threes."""
    return text + " " * ((remainder - len(text)) % 3)


def _unused_bit_set(part: str) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return part[:-1] + alphabet[alphabet.index(part[-1]) + 1]


def _in_standard_alphabet(forge: Forge) -> str:
    tokens = (forge.with_claims(number=str(number)) for number in range(1000))
    split = (token.rpartition(".") for token in tokens)
    return next(
        f"{text}.{signature.replace('-', '+').replace('_', '/')}"
        for text, _, signature in split
        if {"-", "_"} & set(signature)
    )
