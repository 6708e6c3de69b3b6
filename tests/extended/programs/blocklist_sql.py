# Each token has a row; the user lists and revokes them.
from datetime import datetime, timezone

from flask import Flask, jsonify, request
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    decode_token,
    get_jwt_identity,
    jwt_required,
)
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.exc import NoResultFound

app = Flask(__name__)
app.config.from_mapping(JWT_SECRET_KEY="super-secret", SQLALCHEMY_DATABASE_URI="sqlite://")
db = SQLAlchemy()
jwt = JWTManager()


class Token(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    jti = db.Column(db.String(36), nullable=False, unique=True)
    token_type = db.Column(db.String(10), nullable=False)
    user = db.Column(db.String(50), nullable=False)
    expires = db.Column(db.DateTime, nullable=False)
    revoked = db.Column(db.Boolean, default=False)


def store(encoded_token):
    claims = decode_token(encoded_token)
    expires = datetime.fromtimestamp(claims["exp"], timezone.utc)
    user = claims[app.config["JWT_IDENTITY_CLAIM"]]
    db.session.add(Token(jti=claims["jti"], token_type=claims["type"], user=user, expires=expires))
    db.session.commit()
    return encoded_token


@jwt.token_in_blocklist_loader
def is_revoked(_header, claims):
    try:
        return Token.query.filter_by(jti=claims["jti"]).one().revoked
    except NoResultFound:
        return True


@app.route("/auth/login", methods=["POST"])
def login():
    user = request.json["username"]
    return jsonify(
        access_token=store(create_access_token(user)),
        refresh_token=store(create_refresh_token(user)),
        unknown_token=create_access_token(user),
    ), 201


@app.route("/auth/token")
@jwt_required()
def tokens():
    found = Token.query.filter_by(user=get_jwt_identity())
    return jsonify([[one.id, one.token_type, one.revoked] for one in found])


@app.route("/auth/token/<int:token_id>", methods=["PUT"])
@jwt_required()
def revoke(token_id):
    Token.query.filter_by(id=token_id, user=get_jwt_identity()).one().revoked = True
    db.session.commit()
    return jsonify(msg="Token revoked")


db.init_app(app)
jwt.init_app(app)
with app.app_context():
    db.create_all()

REQUESTS = [
    ("POST /auth/login", 201, {"json": {"username": "ines"}}),
    ("GET /auth/token", 200, {"bearer": "access_token"}),
    ("GET /auth/token", 401, {"bearer": "unknown_token"}),
    ("PUT /auth/token/1", 200, {"bearer": "access_token"}),
    ("GET /auth/token", 401, {"bearer": "access_token"}),
]
