"""Users in a database: two pages to register, to sign in and to look after an account."""

from flask import Flask, Response, render_template

from flask_jwt import JWT
from flask_jwt.users import Users

app = Flask(__name__)
app.config.update(
    JWT_SESSION_STORE="sqlite:///sessions.db",
    JWT_TOKEN_LOCATION=["cookies"],
    JWT_REGISTER_URL_RULE="/auth/register",
    JWT_SCRIPT_URL_RULE="/flask_jwt.js",
)
app.config.from_prefixed_env()  # FLASK_SECRET_KEY becomes app.config["SECRET_KEY"]
jwt = JWT(app, users=Users("sqlite:///users.db"))


@app.get("/")
def account() -> str:
    """Show the page of whoever is signed in: its script asks /auth/me who that is."""
    return render_template("account.html")


@app.get("/sign-in")
def sign_in() -> str:
    """Show the page for everybody else."""
    return render_template("sign_in.html")


@app.after_request
def confine(response: Response) -> Response:
    """Let a page run and load what comes from here, in files of its own, and nothing else."""
    response.headers["Content-Security-Policy"] = (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return response
