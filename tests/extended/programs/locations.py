# Tokens in headers, cookies, the JSON body and the query string.
from flask import Flask, jsonify
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    get_jwt_request_location,
    jwt_required,
    set_access_cookies,
    unset_jwt_cookies,
)

app = Flask(__name__)
app.config["JWT_TOKEN_LOCATION"] = ["headers", "cookies", "json", "query_string"]
app.config["JWT_COOKIE_SECURE"] = False
app.config["JWT_SECRET_KEY"] = "super-secret"
jwt = JWTManager(app)


@app.route("/login", methods=["POST"])
def login():
    return jsonify(
        access_token=create_access_token("ines"), refresh_token=create_refresh_token("ines")
    )


@app.route("/login_with_cookies", methods=["POST"])
def login_with_cookies():
    response = jsonify({"msg": "login successful"})
    set_access_cookies(response, create_access_token(identity="ines"))
    return response


@app.route("/logout_with_cookies", methods=["POST"])
def logout_with_cookies():
    response = jsonify({"msg": "logout successful"})
    unset_jwt_cookies(response)
    return response


@app.route("/protected", methods=["GET", "POST"])
@jwt_required()
def protected():
    return jsonify(foo="bar", location=get_jwt_request_location())


@app.route("/refresh", methods=["POST"])
@jwt_required(refresh=True, locations=["json", "headers"])
def refresh():
    return jsonify(location=get_jwt_request_location())


@app.route("/only_headers")
@jwt_required(locations="headers")
def only_headers():
    return jsonify(location=get_jwt_request_location())


@app.route("/nobody")
@jwt_required(optional=True, locations=["headers"])
def nobody():
    return jsonify(location=get_jwt_request_location())


REQUESTS = [
    ("POST /login", 200),
    ("GET /protected", 401),
    ("GET /protected", 200, {"bearer": "access_token"}),
    ("GET /protected?jwt=$access_token", 200),
    ("GET /protected?jwt=rubbish", 422),
    ("POST /protected", 200, {"json": {"access_token": "$access_token"}}),
    ("POST /protected", 401, {"json": {"token": "$access_token"}}),
    ("POST /protected", 401, {"data": {"access_token": "$access_token"}}),
    ("POST /refresh", 200, {"json": {"refresh_token": "$refresh_token"}}),
    ("POST /refresh", 200, {"bearer": "refresh_token"}),
    ("POST /refresh?jwt=$refresh_token", 401),
    ("GET /only_headers?jwt=$access_token", 401),
    ("GET /only_headers", 200, {"bearer": "access_token"}),
    ("GET /nobody?jwt=$access_token", 200),
    ("POST /login_with_cookies", 200),
    ("GET /protected", 200),
    ("GET /only_headers", 401),
    ("POST /logout_with_cookies", 200),
    ("GET /protected", 401),
]
