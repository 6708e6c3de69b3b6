# A page without scripts: the CSRF token is a field of its form; every name is another.
from flask import Flask, render_template_string, request
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    get_csrf_token,
    jwt_required,
    set_access_cookies,
)

app = Flask(__name__)
app.config.update(
    JWT_SECRET_KEY="super-secret",
    JWT_TOKEN_LOCATION=["cookies"],
    JWT_ACCESS_COOKIE_NAME="ticket",
    JWT_ACCESS_COOKIE_PATH="/stage",
    JWT_ACCESS_CSRF_FIELD_NAME="seat",
    JWT_ACCESS_CSRF_HEADER_NAME="X-Seat",
    JWT_COOKIE_DOMAIN="localhost",
    JWT_CSRF_CHECK_FORM=True,
    JWT_CSRF_IN_COOKIES=False,
    JWT_CSRF_METHODS=["POST"],
    JWT_SESSION_COOKIE=False,
)
jwt = JWTManager(app)


@app.post("/login")
def login():
    access_token = create_access_token(identity="ines")
    response = app.make_response({"csrf_token": get_csrf_token(access_token)})
    set_access_cookies(response, access_token)
    return response


@app.route("/stage/play", methods=["GET", "POST", "PUT"])
@jwt_required()
def play():
    return render_template_string("played by {{ method }}", method=request.method)


REQUESTS = [
    ("POST /stage/play", 401),
    ("POST /login", 200),
    ("GET /stage/play", 200),
    ("PUT /stage/play", 200),
    ("POST /stage/play", 401),
    ("POST /stage/play", 401, {"data": {"seat": "wrong"}}),
    ("POST /stage/play", 200, {"data": {"seat": "$csrf_token"}}),
    ("POST /stage/play", 200, {"headers": {"X-Seat": "$csrf_token"}}),
]
