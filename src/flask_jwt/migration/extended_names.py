"""The names of Flask-JWT-Extended 4.7.4, and those of its version 3 with what they are today."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


#: What programs import from the package itself.
NAMES = words(
    """
    JWTManager create_access_token create_refresh_token current_user decode_token get_csrf_token
    get_current_user get_jti get_jwt get_jwt_header get_jwt_identity get_jwt_request_location
    get_unverified_jwt_headers jwt_required set_access_cookies set_refresh_cookies
    unset_access_cookies unset_jwt_cookies unset_refresh_cookies verify_jwt_in_request __version__
    """
)

#: Names of version 3, which work with a warning.
FORMER_NAMES = {
    "exceptions.UserLoadError": "UserLookupError",
    "fresh_jwt_required": "jwt_required(fresh=True)",
    "get_jwt_claims": "get_jwt(), which has these claims beside the others",
    "get_raw_jwt": "get_jwt()",
    "get_raw_jwt_header": "get_jwt_header()",
    "jwt_optional": "jwt_required(optional=True)",
    "jwt_refresh_token_required": "jwt_required(refresh=True)",
    "verify_fresh_jwt_in_request": "verify_jwt_in_request(fresh=True)",
    "verify_jwt_in_request_optional": "verify_jwt_in_request(optional=True)",
    "verify_jwt_refresh_token_in_request": "verify_jwt_in_request(refresh=True)",
}

#: The submodules that are here too, with the names of each.
SUBMODULES = {
    "config": frozenset({"config"}),
    "exceptions": words(
        """
        CSRFError FreshTokenRequired InvalidHeaderError InvalidQueryParamError JWTDecodeError
        JWTExtendedException NoAuthorizationError RevokedTokenError UserClaimsVerificationError
        UserLoadError UserLookupError WrongTokenError
        """
    ),
    "internal_utils": words(
        """
        JSONEncoder custom_verification_for_token get_json_encoder get_jwt_manager has_user_lookup
        user_lookup verify_token_not_blocklisted verify_token_type
        """
    ),
    "typing": words("ExpiresDelta Fresh"),
}
#: The submodules whose public names all are the package's.
REEXPORTED = frozenset({"jwt_manager", "utils", "view_decorators"})

#: What decorates callbacks.
LOADERS = words(
    """
    additional_claims_loader additional_headers_loader decode_key_loader encode_key_loader
    expired_token_loader invalid_token_loader needs_fresh_token_loader revoked_token_loader
    token_in_blocklist_loader token_verification_failed_loader token_verification_loader
    unauthorized_loader user_identity_loader user_lookup_error_loader user_lookup_loader
    """
)
#: Those whose function takes the header and the claims.
TAKING_BOTH = LOADERS - words(
    """
    additional_claims_loader additional_headers_loader encode_key_loader invalid_token_loader
    unauthorized_loader user_identity_loader
    """
)
#: Those of them whose function may take what it took in version 3, with a warning.
TAKING_LESS = words(
    """
    decode_key_loader expired_token_loader needs_fresh_token_loader revoked_token_loader
    token_in_blocklist_loader
    """
)
#: What a function of today takes.
TAKES_BOTH = "with a function of (jwt_header, jwt_payload)"
#: The decorators of version 3, which work with a warning, and those of today.
FORMER_LOADERS = {
    "claims_verification_failed_loader": "token_verification_failed_loader",
    "claims_verification_loader": "token_verification_loader",
    "token_in_blacklist_loader": "token_in_blocklist_loader",
    "user_claims_loader": "additional_claims_loader",
    "user_loader_callback_loader": "user_lookup_loader",
    "user_loader_error_loader": "user_lookup_error_loader",
}

#: What may be set, this package's own keys of the same name included.
KEYS = words(
    """
    JWT_ACCESS_COOKIE_NAME JWT_ACCESS_COOKIE_PATH JWT_ACCESS_CSRF_COOKIE_NAME
    JWT_ACCESS_CSRF_COOKIE_PATH JWT_ACCESS_CSRF_FIELD_NAME JWT_ACCESS_CSRF_HEADER_NAME
    JWT_ACCESS_TOKEN_EXPIRES JWT_ALGORITHM JWT_COOKIE_CSRF_PROTECT JWT_COOKIE_DOMAIN
    JWT_COOKIE_SAMESITE JWT_COOKIE_SECURE JWT_CSRF_CHECK_FORM JWT_CSRF_IN_COOKIES JWT_CSRF_METHODS
    JWT_DECODE_ALGORITHMS JWT_DECODE_AUDIENCE JWT_DECODE_ISSUER JWT_DECODE_LEEWAY
    JWT_ENCODE_AUDIENCE JWT_ENCODE_ISSUER JWT_ENCODE_NBF JWT_ERROR_MESSAGE_KEY JWT_HEADER_NAME
    JWT_HEADER_TYPE JWT_IDENTITY_CLAIM JWT_JSON_KEY JWT_PRIVATE_KEY JWT_PUBLIC_KEY
    JWT_QUERY_STRING_NAME JWT_QUERY_STRING_VALUE_PREFIX JWT_REFRESH_COOKIE_NAME
    JWT_REFRESH_COOKIE_PATH JWT_REFRESH_CSRF_COOKIE_NAME JWT_REFRESH_CSRF_COOKIE_PATH
    JWT_REFRESH_CSRF_FIELD_NAME JWT_REFRESH_CSRF_HEADER_NAME JWT_REFRESH_JSON_KEY
    JWT_REFRESH_TOKEN_EXPIRES JWT_SECRET_KEY JWT_SESSION_COOKIE JWT_TOKEN_LOCATION JWT_VERIFY_SUB
    """
)
#: The arguments of version 3, which work with a warning.
FORMER_ARGUMENTS = {"headers": "additional_headers", "user_claims": "additional_claims"}

#: The keys of version 3, which work with a warning.
FORMER_KEYS = {
    "JWT_BLACKLIST_ENABLED": "nothing: the function of token_in_blocklist_loader is asked if given",
    "JWT_BLACKLIST_TOKEN_CHECKS": "a function of token_in_blocklist_loader that looks at "
    "jwt_payload['type']",
    "JWT_CLAIMS_IN_REFRESH_TOKEN": "nothing: all tokens have the additional claims",
    "JWT_USER_CLAIMS": "nothing: additional claims stand beside the others",
}
#: Keys that have no effect since version 4.
GONE_KEYS = {
    "JWT_BLACKLIST_STORE": "write a function for token_in_blocklist_loader, "
    "or set JWT_SESSION_STORE",
    "JWT_VERIFY_AUDIENCE": "leave JWT_DECODE_AUDIENCE out where no audience is to be required",
}
