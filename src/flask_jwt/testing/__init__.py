"""For an application's tests, and for those of a store of one's own."""

from __future__ import annotations

from .cheap_hashing import cheap_hashing as cheap_hashing
from .client import sign_in as sign_in
from .fake_issuer import FakeIssuer as FakeIssuer
from .protection import assert_protected as assert_protected
from .settings import settings as settings
from .store_contract import SessionStoreContract as SessionStoreContract
from .user_contract import UserDirectoryContract as UserDirectoryContract
from .user_contract import UserStoreContract as UserStoreContract
