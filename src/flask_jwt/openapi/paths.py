"""The rules of an application, by the paths of a document."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from flask import Flask, has_request_context, request
from werkzeug.routing import Rule

from ..authorization.route_audit import methods_of_rule
from .dialect import Part

_VARIABLE = re.compile(r"<(?:[^<>]*:)?([^<>:]+)>")
# The scheme and the host of a server's address, which may be variables.
_ORIGIN = re.compile(r"^[^/]*//[^/]*")
_NAMED = re.compile(r"\{[^{}]*\}")


class RulesByPath:
    """The rules of one application."""

    def __init__(self, app: Flask) -> None:
        self._by_path: defaultdict[str, list[Rule]] = defaultdict(list)
        # A document may call a variable something else than its rule does.
        self._by_shape: defaultdict[str, list[Rule]] = defaultdict(list)
        for rule in app.url_map.iter_rules():
            path = _VARIABLE.sub(r"{\1}", rule.rule)
            self._by_path[path].append(rule)
            self._by_shape[_NAMED.sub("{}", path)].append(rule)
        self._root = (request.script_root if has_request_context() else "") or (
            app.config["APPLICATION_ROOT"].rstrip("/")
        )

    def find(self, document: Part, item: Part, path: str, method: str) -> list[Rule]:
        """Return the rules that a path of a document stands for with a method.

        There may be several: of other hosts, or with other converters.
        """
        for prefix in (*self._prefixes(document, item), ""):
            full = prefix + path
            for rules in (self._by_path.get(full), self._by_shape.get(_NAMED.sub("{}", full))):
                found = [rule for rule in rules or () if method in methods_of_rule(rule)]
                if found:
                    return found
        return []

    def _prefixes(self, document: Part, item: Part) -> Iterator[str]:
        """Yield what may stand before the paths of a document: its base path, or its servers'."""
        base_path = document.get("basePath")
        servers = item.get("servers") or document.get("servers") or ()
        for url in [base_path] if base_path else [server.get("url", "") for server in servers]:
            prefix = _ORIGIN.sub("", url, count=1).rstrip("/")
            if prefix:
                yield prefix
            if self._root and prefix.startswith(f"{self._root}/"):
                yield prefix.removeprefix(self._root)
