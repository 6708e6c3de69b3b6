"""How much of what a client sends is read, parsed or verified, where tokens may be anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from io import BytesIO
from typing import Any

import pytest
from flask import request
from werkzeug.test import TestResponse

from flask_jwt import jwt_required
from flask_jwt.authentication.body import MAX_BODY_BYTES
from flask_jwt.authentication.cookies import MAX_OF_ONE_NAME, MAX_PAIRS
from flask_jwt.authentication.csrf import MAX_FORM_BYTES
from flask_jwt.stores.memory import MemoryStore
from tests.support.browsing import ACCESS, CSRF, HEADER, REFRESH, Browsing, cookie, fault
from tests.support.members import NOW

ALL = ["headers", "cookies", "query_string", "json"]
MOST = MAX_BODY_BYTES + 8192
TOO_LARGE = (401, "The body of the request is too large to be looked at for an access token")
NOBODY = (401, "Request does not contain an access token")
UPLOAD = json.dumps({"text": "x" * 200_000}).encode()


READING: dict[str, Callable[[], bytes]] = {
    "data": lambda: request.get_data(),
    "stream": lambda: request.stream.read(),
    "lines": lambda: b"".join(request.stream),
    "json": lambda: json.dumps(request.get_json()).encode(),
}


def _length(read: Callable[[], bytes]) -> str:
    return str(len(read()))


class Counted(BytesIO):
    """A body that comes in pieces, and tells how much of it was taken."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(size if size is None or size < 0 else min(size, 1000))

    def read1(self, size: int | None = -1, /) -> bytes:
        return self.read(size)

    def readinto(self, buffer: Any, /) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class Uploads(Browsing):
    """An application with every place, and a view that reads what it is sent."""

    def __init__(self) -> None:
        super().__init__(MemoryStore(lambda: NOW), JWT_TOKEN_LOCATION=ALL)
        for name, read in READING.items():
            view = jwt_required()(partial(_length, read))
            self.app.add_url_rule(f"/{name}", name, view, methods=["POST"])
        self.verified: list[str] = []
        self.tokens = self.enter().get_json()

    def count_verified(self) -> None:
        """Note each token that is verified from now on."""
        verify: Any = self.jwt.jwt_decode_callback

        @self.jwt.jwt_decode_handler
        def decode(token: str) -> Any:
            self.verified.append(token)
            return verify(token)

    def upload(
        self, body: Counted, path: str, headers: dict[str, str], *, chunked: bool
    ) -> TestResponse:
        """Send a body, with its length announced or in chunks."""
        length = {"CONTENT_LENGTH": str(len(body.getvalue()))}
        return self.send(
            "POST",
            path,
            input_stream=body,
            content_type="application/json",
            headers=headers,
            environ_overrides={"wsgi.input_terminated": True} if chunked else length,
        )

    @property
    def by_header(self) -> dict[str, str]:
        """A credential in the header."""
        return {"Authorization": f"JWT {self.tokens['access_token']}"}

    @property
    def by_cookie(self) -> dict[str, str]:
        """A credential in a cookie, with its CSRF value."""
        return {"Cookie": f"{ACCESS}={cookie(self, ACCESS)}", HEADER: self.value}


@pytest.fixture
def uploads() -> Uploads:
    """The application, with one user signed in."""
    return Uploads()


@pytest.mark.parametrize("chunked", [False, True])
class TestBodies:
    """The body as a place for a token."""

    def test_a_header_decides(self, uploads: Uploads, chunked: bool) -> None:
        """Nothing of the body is read, whatever is in it."""
        body = Counted(b'{"access_token": "bogus"}')
        answer = uploads.upload(body, "/move", uploads.by_header, chunked=chunked)

        assert answer.text == "moved"
        assert body.tell() == 0

    def test_too_large(self, uploads: Uploads, chunked: bool) -> None:
        """A body that is too large for a token is no credential, and is not read to its end."""
        data = json.dumps({"access_token": uploads.tokens["access_token"], "x": "x" * MOST})
        body = Counted(data.encode())
        answer = uploads.upload(body, "/move", {}, chunked=chunked)

        assert fault(answer) == TOO_LARGE
        assert "error=" not in answer.headers["WWW-Authenticate"]
        assert body.tell() <= (MOST + 1 if chunked else 0)

    def test_as_large_as_may_be(self, uploads: Uploads, chunked: bool) -> None:
        """64 KiB beside the largest token are read; one byte more is not."""
        data = json.dumps({"access_token": uploads.tokens["access_token"]}).encode()
        headers = {HEADER: uploads.value}
        for length, status in ((MOST, 200), (MOST + 1, 401)):
            body = Counted(data.ljust(length))
            answer = uploads.upload(body, "/data", headers, chunked=chunked)
            assert answer.status_code == status

    @pytest.mark.parametrize("read", list(READING))
    @pytest.mark.parametrize("data", [UPLOAD, b'{"text": "short"}'], ids=["large", "small"])
    def test_the_view_reads_on(
        self, uploads: Uploads, chunked: bool, read: str, data: bytes
    ) -> None:
        """A guarded view gets the whole body, however it reads it."""
        for headers in (uploads.by_header, uploads.by_cookie):
            answer = uploads.upload(Counted(data), f"/{read}", headers, chunked=chunked)
            assert answer.text == str(len(data))

    @pytest.mark.parametrize(
        "member",
        ['"n": NaN', '"n": 1' + "0" * 256, '"d": ' + "[" * 40 + "]" * 40, '"a": 1, "a": 2'],
        ids=["constant", "digits", "depth", "twice"],
    )
    def test_strict_json(self, uploads: Uploads, chunked: bool, member: str) -> None:
        """What two programs read differently, or a parser at great cost, holds no token."""
        data = f'{{"access_token": "{uploads.tokens["access_token"]}", {member}}}'.encode()

        assert fault(uploads.upload(Counted(data), "/move", {}, chunked=chunked)) == NOBODY


class TestCookies:
    """Many cookies of one name."""

    def statuses(self, uploads: Uploads, name: str, value: str | None, path: str) -> list[int]:
        """Return the statuses where the good one has 0, 1, … others before or behind it."""
        bad = [f"{name}=a.b.{number}" for number in range(6)]
        beside = [f"{CSRF}={uploads.value}"] if name == REFRESH else []
        found = []
        for place in range(7):
            pairs = [*bad[:place], f"{name}={value}", *bad[place:], *beside]
            method = "POST" if path == "/auth/refresh" else "GET"
            answer = uploads.send(method, path, *pairs, headers={HEADER: uploads.value})
            found.append(answer.status_code)
        return found

    def test_access(self, uploads: Uploads) -> None:
        """The newest four, which stand last, are verified, and no others."""
        good = cookie(uploads, ACCESS)
        uploads.count_verified()

        assert self.statuses(uploads, ACCESS, good, "/move") == [401] * 3 + [200] * 4
        # The first of four bad ones once more, to tell what is wrong with it.
        assert len(uploads.verified) == 3 * (MAX_OF_ONE_NAME + 1) + 4 * MAX_OF_ONE_NAME

    def test_refresh(self, uploads: Uploads) -> None:
        """No cookie has a longer path than the refresh token's: four planted ones stand behind."""
        good = cookie(uploads, REFRESH, "/auth/refresh")
        statuses = self.statuses(uploads, REFRESH, good, "/auth/refresh")

        assert statuses[0] == 200
        assert statuses[MAX_OF_ONE_NAME:] == [401] * 3

    def test_csrf(self, uploads: Uploads) -> None:
        """Of the values in cookies, too, the newest four count."""
        refresh = cookie(uploads, REFRESH, "/auth/refresh")
        planted = [f"{CSRF}={'A' * 42}{number}" for number in range(MAX_OF_ONE_NAME)]

        def status(*pairs: str) -> int:
            value = {HEADER: uploads.value}
            return uploads.send("POST", "/auth/refresh", *pairs, headers=value).status_code

        own, token = f"{CSRF}={uploads.value}", f"{REFRESH}={refresh}"
        assert status(own, *planted, token) == 401
        assert status(*planted, own, token) == 200

    @pytest.mark.parametrize(("others", "status"), [(MAX_PAIRS - 1, 200), (MAX_PAIRS, 401)])
    def test_cookies_of_other_names(self, uploads: Uploads, others: int, status: int) -> None:
        """More cookies than a browser keeps are not looked at."""
        good = f"{ACCESS}={cookie(uploads, ACCESS)}"

        assert uploads.send("GET", "/move", good, *["a=b"] * others).status_code == status


def test_parameters_of_one_name(uploads: Uploads) -> None:
    """A thousand tokens in the address, beside a good header, are refused unverified."""
    uploads.count_verified()
    address = "/move?" + "&".join(f"jwt=a.b.{number}" for number in range(1000))
    answer = uploads.send("GET", address, headers=uploads.by_header)

    assert fault(answer) == (400, "The request contains several access tokens in one place")
    assert uploads.verified == []


@pytest.mark.parametrize("chunked", [False, True])
def test_forms(uploads: Uploads, chunked: bool) -> None:
    """A form over 500,000 bytes is not read for its CSRF value; the header is for those."""
    form = f"csrf_token={uploads.value}&text=".encode()

    def post(length: int, **more: str) -> TestResponse:
        environ: dict[str, Any] = {"wsgi.input_terminated": True}
        return uploads.send(
            "POST",
            "/data",
            f"{ACCESS}={cookie(uploads, ACCESS)}",
            input_stream=BytesIO(form.ljust(length, b"x")),
            content_type="application/x-www-form-urlencoded",
            headers=more,
            environ_overrides=environ if chunked else {"CONTENT_LENGTH": str(length)},
        )

    assert post(MAX_FORM_BYTES).status_code == 200
    refused = post(MAX_FORM_BYTES + 1)
    assert fault(refused)[0] == 413
    assert "X-CSRF-TOKEN" in refused.get_json()["description"]
    assert post(MAX_FORM_BYTES + 1, **{HEADER: uploads.value}).status_code == 200
