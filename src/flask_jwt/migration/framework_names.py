"""What programs of 2015 import from Flask, Werkzeug and ``collections``, and is there no more."""

from __future__ import annotations

_ABC = """
    AsyncGenerator AsyncIterable AsyncIterator Awaitable Callable Collection Container
    Coroutine Generator Hashable ItemsView Iterable Iterator KeysView Mapping MappingView
    MutableMapping MutableSequence MutableSet Reversible Sequence Set Sized ValuesView
"""
_OF_WERKZEUG = {
    "werkzeug.datastructures": "FileStorage Headers ImmutableDict ImmutableMultiDict MultiDict",
    "werkzeug.exceptions": "abort",
    "werkzeug.local": "Local LocalProxy LocalStack release_local",
    "werkzeug.security": "check_password_hash generate_password_hash",
    "werkzeug.utils": "cached_property import_string redirect secure_filename",
}

#: Names that another module has, with that module: the same thing in both.
MOVED = {
    "flask.Markup": "markupsafe",
    "flask.escape": "markupsafe",
    **{f"collections.{name}": "collections.abc" for name in _ABC.split()},
    **{
        f"werkzeug.{name}": module
        for module, names in _OF_WERKZEUG.items()
        for name in names.split()
    },
}

_NO_STACK = "write flask.request, flask.g or flask.current_app"
_PROVIDER = "write a flask.json.provider.DefaultJSONProvider, and set it as app.json"
_URLLIB = "write urllib.parse"

#: Names that are gone, with what to write: something else than they were.
GONE = {
    "flask._app_ctx_stack": _NO_STACK,
    "flask._request_ctx_stack": _NO_STACK,
    "flask.globals._app_ctx_stack": _NO_STACK,
    "flask.globals._request_ctx_stack": _NO_STACK,
    "flask.helpers.safe_join": "write werkzeug.utils.safe_join, which returns None where this "
    "raised NotFound",
    "flask.json.JSONDecoder": _PROVIDER,
    "flask.json.JSONEncoder": _PROVIDER,
    "flask.json_available": "leave it out: it is always there",
    "flask.safe_join": "write werkzeug.utils.safe_join, which returns None where this raised "
    "NotFound",
    "flask.signals_available": "leave it out: they always are",
    "werkzeug.security.pbkdf2_bin": "write hashlib.pbkdf2_hmac",
    "werkzeug.security.pbkdf2_hex": "write hashlib.pbkdf2_hmac(…).hex()",
    "werkzeug.security.safe_str_cmp": "write hmac.compare_digest, with .encode() on both: it "
    "compares bytes, and text of ASCII alone. Where it compares passwords in clear, keep hashes "
    "and write werkzeug.security.check_password_hash(user.password_hash, password)",
    "werkzeug.urls.url_decode": f"{_URLLIB}.parse_qsl",
    "werkzeug.urls.url_encode": f"{_URLLIB}.urlencode",
    "werkzeug.urls.url_join": f"{_URLLIB}.urljoin",
    "werkzeug.urls.url_parse": f"{_URLLIB}.urlsplit",
    "werkzeug.urls.url_quote": f"{_URLLIB}.quote",
    "werkzeug.urls.url_quote_plus": f"{_URLLIB}.quote_plus",
    "werkzeug.urls.url_unquote": f"{_URLLIB}.unquote",
    "werkzeug.urls.url_unquote_plus": f"{_URLLIB}.unquote_plus",
    "werkzeug.wrappers.BaseRequest": "write werkzeug.wrappers.Request",
    "werkzeug.wrappers.BaseResponse": "write werkzeug.wrappers.Response",
}

#: Modules that are gone, with what to write.
GONE_MODULES = {
    "flask._compat": "write Python 3: str for text_type and string_types, int for "
    "integer_types, .items() for iteritems(…)",
    "flask.ext": "write the extension's own name: flask_restful for flask.ext.restful",
    "flask.exthook": "leave it out: flask.ext is no more",
    "flask.scaffold": "write flask.sansio.scaffold",
    "werkzeug._compat": "write Python 3: str for text_type and string_types",
    "werkzeug.contrib.cache": "install cachelib, and write from cachelib import SimpleCache",
    "werkzeug.contrib.fixers": "write from werkzeug.middleware.proxy_fix import ProxyFix, and "
    "say how many proxies there are for each header: x_for=1, x_proto=1",
    "werkzeug.contrib": "it is no more: look for its parts in werkzeug.middleware, cachelib and "
    "secure-cookie",
    "werkzeug.useragents": "write request.user_agent.string",
}

#: Attributes of an application or a blueprint that are gone, with what to write.
GONE_ATTRIBUTES = {
    "before_app_first_request": "call the function where the application is made, in "
    "with app.app_context(): …",
    "before_first_request": "call the function where the application is made, in "
    "with app.app_context(): …",
}
#: Those that programs set, and that nothing reads any more.
UNREAD_ATTRIBUTES = {"json_decoder": _PROVIDER, "json_encoder": _PROVIDER}


def module_gone(module: str) -> str | None:
    """Return what to write for a module that is gone, or for one within it; None for others."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        if (write := GONE_MODULES.get(".".join(parts[:length]))) is not None:
            return write
    return None


def extension_module(module: str) -> str | None:
    """Return the module that stood behind ``flask.ext.…``, or None for any other."""
    name = module.removeprefix("flask.ext.")
    return None if name == module else f"flask_{name}"
