"""Wrong use is an error to the checkers: each comment has to be needed. Checked, never run."""

from __future__ import annotations

from flask import Flask

import flask_jwt
from flask_jwt import JWT, JWTError, create_access_token, jwt_required

from .hooks import authenticate, identity
from .views import Me, bare, bare_coroutine, called, coroutine, routed

app = Flask(__name__)
jwt = JWT(app)

jwt_required(5)  # type: ignore[call-overload]
jwt_required(b"Reading Room")  # type: ignore[call-overload]
jwt_required("Reading Room", 401)  # type: ignore[call-overload]
jwt_required(scheme="Bearer")  # type: ignore[call-overload]
jwt_required()("no view")  # type: ignore[arg-type]

called()  # type: ignore[call-arg]
called("2")  # type: ignore[arg-type]
called(2, "x")  # type: ignore[call-arg]
called(2, words="x")  # type: ignore[call-arg]
bare()  # type: ignore[call-arg]
bare("2")  # type: ignore[arg-type]
bare(2, words="x")  # type: ignore[call-arg]
routed("7")  # type: ignore[arg-type]
Me().get()  # type: ignore[call-arg]
Me().get("7")  # type: ignore[arg-type]
Me().put("7")  # type: ignore[arg-type]

number: int = called(2)  # type: ignore[assignment]
another: int = bare(2)  # type: ignore[assignment]
length: int = Me().get(7)  # type: ignore[assignment]
status: int = coroutine(7).status_code  # type: ignore[attr-defined]
bare_status: int = bare_coroutine(7).status_code  # type: ignore[attr-defined]

JWT("application")  # type: ignore[arg-type]
JWT(app, "authenticate")  # type: ignore[arg-type]
JWT(app, clock=5)  # type: ignore[arg-type]
JWT(app, scopes="read write")  # type: ignore[arg-type]
JWT(app, authenticate, identity, roles=lambda user: user.rolls)  # type: ignore[attr-defined]
JWT[str](app, authenticate)  # type: ignore[arg-type]
JWT(app, authenticate, identity).identity.id  # type: ignore[union-attr]  # noqa: B018
jwt.identity = None  # type: ignore[misc]
jwt.identity_handler("identity")  # type: ignore[type-var]
jwt.identity_handler()  # type: ignore[call-arg]
jwt.no_handler  # type: ignore[attr-defined]  # noqa: B018
JWTError("a")  # type: ignore[call-arg]
JWTError("a", "b", "401")  # type: ignore[arg-type]
JWTError("a", "b", 401, {"Retry-After": 30})  # type: ignore[dict-item]
create_access_token()  # type: ignore[call-arg]

# Names of former releases are for programs that have them, and no checker knows them.
flask_jwt.timedelta  # type: ignore[attr-defined]  # noqa: B018
flask_jwt._default_jwt_payload_handler  # type: ignore[attr-defined]  # noqa: B018
flask_jwt.current_user  # type: ignore[attr-defined]  # noqa: B018
JWT().error_handler  # type: ignore[attr-defined]  # noqa: B018
