"""A directory of an application's own passes what every directory has to."""

from __future__ import annotations

from flask_jwt.testing import UserDirectoryContract
from flask_jwt.user_directory import UserDirectory
from tests.support.dict_directory import DictDirectory


class TestDictDirectory(UserDirectoryContract):
    """Users in dicts."""

    def make_directory(self) -> UserDirectory:
        """Return a directory with two users."""
        directory = DictDirectory()
        directory.put(self.name, self.password)
        directory.disable(directory.put(str(self.disabled_name), self.password))
        return directory
