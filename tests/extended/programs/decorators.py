# Decorators of the application's own, on functions and coroutines.
from functools import wraps

from flask import Flask, jsonify
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    get_jwt,
    get_jwt_identity,
    jwt_required,
    verify_jwt_in_request,
)

app = Flask(__name__)
app.config["JWT_SECRET_KEY"] = "super-secret"
jwt = JWTManager(app)


def admin_required():
    def wrapper(fn):
        @wraps(fn)
        def decorator(*args, **kwargs):
            verify_jwt_in_request()
            if get_jwt().get("is_administrator"):
                return fn(*args, **kwargs)
            return jsonify(msg="Admins only!"), 403

        return decorator

    return wrapper


def header_and_claims(fn):
    @wraps(fn)
    def decorator(*args, **kwargs):
        header, claims = verify_jwt_in_request(fresh=True)
        return fn(header["alg"], claims["sub"])

    return decorator


@app.route("/login/<name>", methods=["POST"])
def login(name):
    claims = {"is_administrator": name == "ines"}
    token = create_access_token(name, fresh=name == "ines", additional_claims=claims)
    return jsonify(access_token=token)


@app.route("/admin")
@admin_required()
def admin():
    return jsonify(foo="bar")


@app.route("/fresh")
@header_and_claims
def fresh(algorithm, who):
    return jsonify([algorithm, who])


@app.route("/coroutine")
@jwt_required()
async def coroutine():
    return jsonify(get_jwt_identity())


REQUESTS = [
    ("POST /login/ines", 200, {"keep": "admins_"}),
    ("POST /login/otto", 200),
    ("GET /admin", 200, {"bearer": "admins_access_token"}),
    ("GET /admin", 403, {"bearer": "access_token"}),
    ("GET /admin", 401),
    ("GET /fresh", 200, {"bearer": "admins_access_token"}),
    ("GET /fresh", 401, {"bearer": "access_token"}),
    ("GET /coroutine", 200, {"bearer": "access_token", "answer": "otto"}),
    ("GET /coroutine", 401),
]
