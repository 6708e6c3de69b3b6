"""Programs that replace hooks, or do without the route."""

from __future__ import annotations

import time

from tests.support.http_client import Answer
from tests.support.tokens import claims, compact, parts_of

from .conftest import Program

HEADER = "X-Orchestra-Token"


def seat(program: Program, token: str) -> Answer:
    """Ask for the protected view with a token in the program's own header."""
    return program.server.get("/seat", (HEADER, token))


def player(program: Program, name: str, **changed: object) -> str:
    """Sign a token that the program's decode handler reads."""
    return compact({**claims(None, **changed), "player": name}, program.secret)


class TestEveryHookReplaced:
    """The program with a hook in every place."""

    def test_sign_in(self, hooks: Program) -> None:
        """The response handler gets a token that can still be decoded from bytes."""
        answer = hooks.sign_in("rosa", "violin")

        assert answer.status == 200
        token = answer.json["token"]
        assert answer.json == {"token": token, "player": "rosa", "length": len(token)}
        header, payload = parts_of(token)
        assert header == {"typ": "JWT", "alg": "HS256", "orchestra": "north"}
        assert payload["player"] == "rosa"
        assert payload["exp"] - payload["iat"] == 300
        assert seat(hooks, token).json == {"player": "rosa"}

    def test_refusals(self, hooks: Program) -> None:
        """What PyJWT says of a token reaches the program's error handler, with its own status."""
        now = int(time.time())
        seen = {
            kind: seat(hooks, token)
            for kind, token in {
                "expired": player(hooks, "rosa", exp=now - 60),
                "signature": compact(claims(1), "another secret of a sufficient length"),
                "banned": player(hooks, "banned"),
                "ghost": player(hooks, "ghost"),
            }.items()
        }

        assert {answer.status for answer in seen.values()} == {421}
        assert {answer.header("X-Refused") for answer in seen.values()} == {"yes"}
        assert {kind: answer.json for kind, answer in seen.items()} == {
            "expired": {"problem": "Invalid token", "detail": "Signature has expired"},
            "signature": {"problem": "Invalid token", "detail": "Signature verification failed"},
            "banned": {"problem": "Invalid token", "detail": "This player is banned"},
            "ghost": {"problem": "Invalid JWT", "detail": "User does not exist"},
        }

    def test_own_place_of_the_token(self, hooks: Program) -> None:
        """With a request handler of its own, the ``Authorization`` header is nothing."""
        answer = hooks.server.get("/seat", token=player(hooks, "rosa"))

        assert answer.status == 421
        assert answer.json["problem"] == "Authorization Required"

    def test_wrong_password(self, hooks: Program) -> None:
        """A refused sign-in goes through the error handler too."""
        answer = hooks.sign_in("rosa", "trumpet")

        assert answer.status == 421
        assert answer.json == {"problem": "Bad Request", "detail": "Invalid credentials"}

    def test_replaced_between_requests(self, hooks: Program) -> None:
        """Hooks that are replaced between two requests are used from the next one on."""
        token = hooks.sign_in("rosa", "violin").json["token"]
        assert seat(hooks, token).json == {"player": "rosa"}

        assert hooks.server.post("/replace", {}).status == 200

        assert hooks.server.get(f"/seat?t={token}").json == {"player": "ROSA"}
        refused = seat(hooks, token)
        assert refused.status == 403
        assert (
            refused.text == "no: Authorization Required. Request does not contain an access token"
        )
        assert hooks.sign_in("rosa", "violin").text.count(".") == 2

    def test_deprecated_request_handler(self, hooks: Program) -> None:
        """A deprecated ``auth_request_handler`` still is the whole of sign-in."""
        assert hooks.server.post("/old-style", {}).status == 200

        answer = hooks.server.post_form("/auth", {"who": "emil", "key": "violin"})
        assert answer.status == 200
        assert seat(hooks, answer.json["token"]).json == {"player": "emil"}


class TestByHand:
    """``JWT_AUTH_URL_RULE = None``, ``_jwt_required`` and optional authentication."""

    def token(self, by_hand: Program) -> str:
        """Sign in at the program's own endpoint."""
        answer = by_hand.server.post_form("/login", {"pin": "1234"})
        assert answer.status == 200, answer
        return str(answer.json["access_token"])

    def test_no_route(self, by_hand: Program) -> None:
        """None registers no route."""
        assert by_hand.server.post("/auth", {}).status == 404

    def test_own_endpoint(self, by_hand: Program) -> None:
        """A token of ``jwt.jwt_encode_callback`` is good, and is text that can be decoded."""
        answer = by_hand.server.post_form("/login/plain", {})
        tokens = [self.token(by_hand), answer.json["token"]]

        for token in tokens:
            assert by_hand.server.get("/strict", token=token).json == {"hello": "Rosa"}
            _, payload = parts_of(token)
            assert payload["identity"] == 42
            assert payload["exp"] - payload["iat"] == 86400

    def test_error_of_an_own_endpoint(self, by_hand: Program) -> None:
        """A ``JWTError`` that a view raises is answered as the extension's own."""
        answer = by_hand.server.post_form("/login", {"pin": "0000"})

        assert answer.status == 401
        assert answer.header("X-Tries") == "3"
        assert answer.json["description"] == "Wrong PIN"

    def test_optional(self, by_hand: Program) -> None:
        """Catching the error of ``_jwt_required`` makes authentication optional."""
        get = by_hand.server.get

        assert get("/", token=self.token(by_hand)).json == {"hello": "Rosa"}
        assert get("/").json == {"hello": "guest", "because": "Authorization Required"}
        assert get("/", token="bogus").json == {"hello": "guest", "because": "Invalid token"}

    def test_strict(self, by_hand: Program) -> None:
        """Uncaught, the error of ``_jwt_required`` is the refusal, with the realm it was given."""
        answer = by_hand.server.get("/strict")

        assert answer.status == 401
        assert answer.header("WWW-Authenticate") == 'JWT realm="Login Required"'

    def test_no_leeway(self, by_hand: Program) -> None:
        """A leeway of 0, an int, refuses a token in the second it expires."""
        token = compact(claims(42, exp=int(time.time())), by_hand.secret)

        assert by_hand.server.get("/strict", token=token).status == 401

    def test_identity_lasts_as_long_as_the_request(self, by_hand: Program) -> None:
        """After the view the identity is still there, and in the next request it is not."""
        get = by_hand.server.get

        assert get("/strict", token=self.token(by_hand)).header("X-Seen-By") == "Rosa"
        assert get("/nobody").header("X-Seen-By") == "nobody"
        assert get("/nobody", token=self.token(by_hand)).json == {"hello": False}
        assert get("/strict", token="bogus").header("X-Seen-By") == "nobody"


class TestExtending:
    """The program whose hooks call the functions that they replace."""

    def test_sign_in(self, extending: Program) -> None:
        """Claims, header and answer are what they are by default, and what the program adds."""
        answer = extending.sign_in("rosa", "violin")
        header, payload = parts_of(answer.json["access_token"])

        assert answer.header("X-Singer") == "rosa"
        assert header == {"typ": "JWT", "alg": "HS256", "choir": "north"}
        assert payload["exp"] - payload["iat"] == 2 * 86400
        assert payload["nbf"] == payload["iat"]
        assert (payload["identity"], payload["voice"]) == (1, "alto")

    def test_places(self, extending: Program) -> None:
        """The token is taken from the header, and where there is none from the query."""
        get, token = extending.server.get, extending.token("emil", "violin")

        assert get("/sing", token=token).json == {"name": "emil"}
        assert get(f"/sing?token={token}").json == {"name": "emil"}

    def test_own_sign_in_and_own_token(self, extending: Program) -> None:
        """The default sign-in answers for a route of the program's; ``_jwt`` makes tokens."""
        who = {"username": "rosa", "password": "violin"}
        signed_in = extending.server.post("/sign-in", who)
        token = extending.server.get("/token-of/2").json["token"]

        assert signed_in.status == 200
        assert extending.server.get("/sing", token=token).json == {"name": "emil"}

    def test_refusals(self, extending: Program) -> None:
        """The errors of PyJWT that the decode handler knows, and the default answer, changed."""
        late = compact(claims(1, voice="alto", exp=int(time.time()) - 60), extending.secret)
        bass = compact(claims(1, voice="bass"), extending.secret)
        seen = {
            kind: extending.server.get("/sing", token=token)
            for kind, token in {"late": late, "bass": bass, "bogus": "bogus"}.items()
        }

        assert {answer.status for answer in seen.values()} == {401}
        assert {answer.header("X-Choir") for answer in seen.values()} == {"Login Required"}
        assert {kind: answer.json["description"] for kind, answer in seen.items()} == {
            "late": "Sign in again",
            "bass": "Another voice",
            "bogus": "Not enough segments",
        }
        assert "Traceback" not in extending.server.log
