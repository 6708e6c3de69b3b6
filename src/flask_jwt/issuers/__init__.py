"""Tokens of other issuers: how their servers are asked, and what goes wrong with them."""

from __future__ import annotations

from .errors import FetchError as FetchError
from .fetching import Fetch as Fetch
from .fetching import FetchRequest as FetchRequest
from .fetching import FetchResponse as FetchResponse
