"""The loaders: what an application has Flask-JWT-Extended call, and what happens without them."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

from flask import current_app, jsonify
from flask.typing import ResponseReturnValue

from .config import config
from .exceptions import Claims, Refusal
from .former_loaders import about_key, about_token

Callback = Callable[..., Any]
CallbackT = TypeVar("CallbackT", bound=Callback)


def message(text: str, status: int) -> ResponseReturnValue:
    """Return the answer that has a text in it."""
    return jsonify({current_app.config["JWT_ERROR_MESSAGE_KEY"]: text}), status


def _unauthorized(text: str) -> ResponseReturnValue:
    return message(text, HTTPStatus.UNAUTHORIZED)


def _invalid_token(text: str) -> ResponseReturnValue:
    return message(text, HTTPStatus.UNPROCESSABLE_ENTITY)


def _expired_token(_header: Claims, _claims: Claims) -> ResponseReturnValue:
    return message("Token has expired", HTTPStatus.UNAUTHORIZED)


def _needs_fresh_token(_header: Claims, _claims: Claims) -> ResponseReturnValue:
    return message("Fresh token required", HTTPStatus.UNAUTHORIZED)


def _revoked_token(_header: Claims, _claims: Claims) -> ResponseReturnValue:
    return message("Token has been revoked", HTTPStatus.UNAUTHORIZED)


def _user_lookup_error(_header: Claims, claims: Claims) -> ResponseReturnValue:
    identity = claims.get(config.identity_claim_key)
    return message(f"Error loading the user {identity}", HTTPStatus.UNAUTHORIZED)


def _verification_failed(_header: Claims, _claims: Claims) -> ResponseReturnValue:
    return message("User claims verification failed", HTTPStatus.BAD_REQUEST)


def _nothing(_identity: Any) -> dict[str, Any]:
    return {}


def no_blocklist(_header: Claims, _claims: Claims) -> bool:
    """Revoke nothing."""
    return False


def any_claims(_header: Claims, _claims: Claims) -> bool:
    """Accept all claims."""
    return True


def configured_decode_key(_header: Claims, _claims: Claims) -> Any:
    """Return the key that verifies by the configuration."""
    return config.decode_key


def configured_encode_key(_identity: Any) -> Any:
    """Return the key that signs by the configuration."""
    return config.encode_key


def _itself(identity: Any) -> Any:
    return identity


class Loaders:
    """The functions of one application; each loader is a decorator that returns its function.

    A function may be a coroutine function.
    """

    def __init__(self) -> None:
        self._user_claims_callback: Callback = _nothing
        self._jwt_additional_header_callback: Callback = _nothing
        self._decode_key_callback: Callback = configured_decode_key
        self._encode_key_callback: Callback = configured_encode_key
        self._expired_token_callback: Callback = _expired_token
        self._invalid_token_callback: Callback = _invalid_token
        self._needs_fresh_token_callback: Callback = _needs_fresh_token
        self._revoked_token_callback: Callback = _revoked_token
        self._token_in_blocklist_callback: Callback = no_blocklist
        self._token_verification_callback: Callback = any_claims
        self._token_verification_failed_callback: Callback = _verification_failed
        self._unauthorized_callback: Callback = _unauthorized
        self._user_identity_callback: Callback = _itself
        self._user_lookup_callback: Callback | None = None
        self._user_lookup_error_callback: Callback = _user_lookup_error

    def publish(self) -> None:
        """Have the next request use what has changed."""

    @property
    def looks_at_tokens(self) -> bool:
        """Whether there is a function that refuses tokens which are good."""
        return (
            self._token_in_blocklist_callback is not no_blocklist
            or self._token_verification_callback is not any_claims
        )

    def answer_to(self, refusal: Refusal) -> Any:
        """Return the answer to a refusal, of the loader of its kind.

        :param refusal: the refusal.
        :return: what a view may return.
        """
        callback: Callback = getattr(self, f"_{refusal.loader}_callback")
        return callback(*refusal.told())

    def additional_claims_loader(self, callback: CallbackT) -> CallbackT:
        """Set the function that returns further claims for each token.

        :param callback: called with the identity; returns a dict.
        :return: the function, unchanged.
        """
        self._user_claims_callback = callback
        return callback

    def additional_headers_loader(self, callback: CallbackT) -> CallbackT:
        """Set the function that returns further fields for the JOSE header of each token.

        :param callback: called with the identity; returns a dict.
        :return: the function, unchanged.
        """
        self._jwt_additional_header_callback = callback
        return callback

    def decode_key_loader(self, callback: CallbackT) -> CallbackT:
        """Set the function that returns the key for a token, which nobody has verified yet.

        It is called for each request: such tokens are not remembered.

        :param callback: called with the header and the claims, as dicts; returns a secret or a PEM
            text, or None for a token that is to be refused.
        :return: the function, unchanged.
        """
        self._decode_key_callback = about_key(callback)
        self.publish()
        return callback

    def encode_key_loader(self, callback: CallbackT) -> CallbackT:
        """Set the function that returns the key that signs a token.

        :param callback: called with the identity; returns a secret or a PEM text.
        :return: the function, unchanged.
        """
        self._encode_key_callback = callback
        self.publish()
        return callback

    def expired_token_loader(self, callback: CallbackT) -> CallbackT:
        """Set the function that answers a request whose token has expired.

        :param callback: called with the header and the claims, as dicts; returns what a view may.
        :return: the function, unchanged.
        """
        self._expired_token_callback = about_token("expired_token_loader", callback)
        return callback

    def invalid_token_loader(self, callback: CallbackT) -> CallbackT:
        """Set the function that answers a request whose token is refused.

        :param callback: called with a text that says why; returns what a view may.
        :return: the function, unchanged.
        """
        self._invalid_token_callback = callback
        return callback

    def needs_fresh_token_loader(self, callback: CallbackT) -> CallbackT:
        """Set the function that answers a request whose token is not fresh.

        :param callback: called with the header and the claims, as dicts; returns what a view may.
        :return: the function, unchanged.
        """
        self._needs_fresh_token_callback = about_token("needs_fresh_token_loader", callback)
        return callback

    def revoked_token_loader(self, callback: CallbackT) -> CallbackT:
        """Set the function that answers a request whose token was revoked.

        :param callback: called with the header and the claims, as dicts; returns what a view may.
        :return: the function, unchanged.
        """
        self._revoked_token_callback = about_token("revoked_token_loader", callback)
        return callback

    def token_in_blocklist_loader(self, callback: CallbackT) -> CallbackT:
        """Set the function that tells whether a token was revoked.

        :param callback: called with the header and the claims, as dicts; returns True or False.
        :return: the function, unchanged.
        """
        self._token_in_blocklist_callback = about_token("token_in_blocklist_loader", callback)
        self.publish()
        return callback

    def token_verification_failed_loader(self, callback: CallbackT) -> CallbackT:
        """Set the function that answers where ``token_verification_loader`` has refused.

        :param callback: called with the header and the claims, as dicts; returns what a view may.
        :return: the function, unchanged.
        """
        self._token_verification_failed_callback = callback
        return callback

    def token_verification_loader(self, callback: CallbackT) -> CallbackT:
        """Set the function that tells whether the claims of a good token are accepted.

        :param callback: called with the header and the claims, as dicts; returns True or False.
        :return: the function, unchanged.
        """
        self._token_verification_callback = callback
        self.publish()
        return callback

    def unauthorized_loader(self, callback: CallbackT) -> CallbackT:
        """Set the function that answers a request without a token.

        :param callback: called with a text that says why; returns what a view may.
        :return: the function, unchanged.
        """
        self._unauthorized_callback = callback
        return callback

    def user_identity_loader(self, callback: CallbackT) -> CallbackT:
        """Set the function that returns what names a user in tokens.

        :param callback: called with what a token is made for; returns text, or a whole number.
        :return: the function, unchanged.
        """
        self._user_identity_callback = callback
        return callback

    def user_lookup_loader(self, callback: CallbackT) -> CallbackT:
        """Set the function that finds the user of a token: ``current_user``.

        :param callback: called with the header and the claims, as dicts; returns the user, or None
            where there is none (any more).
        :return: the function, unchanged.
        """
        self._user_lookup_callback = callback
        self.publish()
        return callback

    def user_lookup_error_loader(self, callback: CallbackT) -> CallbackT:
        """Set the function that answers where ``user_lookup_loader`` has found nobody.

        :param callback: called with the header and the claims, as dicts; returns what a view may.
        :return: the function, unchanged.
        """
        self._user_lookup_error_callback = callback
        return callback
