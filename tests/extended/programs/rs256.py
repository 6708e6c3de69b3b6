# Signed by a private key, verified by the public one.
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask, jsonify
from flask_jwt_extended import JWTManager, create_access_token, get_jwt_identity, jwt_required

private_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

app = Flask(__name__)
app.config["JWT_ALGORITHM"] = "RS256"
app.config["JWT_PRIVATE_KEY"] = private_key.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.TraditionalOpenSSL,
    serialization.NoEncryption(),
).decode()
app.config["JWT_PUBLIC_KEY"] = private_key.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
jwt = JWTManager(app)


@app.route("/login", methods=["POST"])
def login():
    return jsonify(access_token=create_access_token("ines"))


@app.route("/protected")
@jwt_required()
def protected():
    return jsonify(get_jwt_identity())


TOKEN = {
    "header": {"alg": "RS256", "kid": "str", "typ": "JWT"},
    "claims": {
        "csrf": "str",
        "exp": "iat + 900",
        "fresh": False,
        "iat": "int",
        "jti": "str",
        "nbf": "int",
        "sub": "ines",
        "type": "access",
    },
}
NAMED = {"answer": {"access_token": TOKEN}, "because": "a key that has a name can be replaced"}
REQUESTS = [
    ("POST /login", 200, {"differs": NAMED}),
    ("GET /protected", 200, {"bearer": "access_token"}),
    ("GET /protected", 422, {"headers": {"Authorization": "Bearer ${access_token}A"}}),
]
