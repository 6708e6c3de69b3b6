"""The text of a Python file: read as Python reads it, and edited at exact places."""

from __future__ import annotations

import ast
import re
import tokenize
import warnings
from bisect import bisect_left
from collections.abc import Iterable
from functools import cached_property
from io import BytesIO
from itertools import accumulate
from typing import NamedTuple

# Python ends lines at these alone; str.splitlines knows others.
_LINE_END = re.compile(r"\r\n|\r|\n")
# Every encoding of programs has these bytes for themselves. Others cost as much as a file wants.
_ASCII = bytes([9, 10, 13, *range(32, 127)])


class NotPythonError(Exception):
    """A file is no program of Python 3."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        #: The line where that is seen.
        self.line = line


class Edit(NamedTuple):
    """A part of a text, between two offsets, and what takes its place."""

    start: int
    end: int
    text: str


class Source:
    """A Python file.

    :param content: its bytes.
    :raises NotPythonError: it is in no encoding that programs have, or is not what it says.
    """

    def __init__(self, content: bytes) -> None:
        try:
            self._encoding, _ = tokenize.detect_encoding(BytesIO(content).readline)
            if _ASCII.decode(self._encoding) != _ASCII.decode("ascii"):
                raise NotPythonError(1, "its encoding is none of programs")
            self.text = content.decode(self._encoding)
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise NotPythonError(line, f"it is not in {error.encoding}") from None
        except (SyntaxError, ValueError, LookupError):
            raise NotPythonError(1, "its encoding is unknown") from None
        self._is_ascii = self.text.isascii()
        # Of a line, the column of each of its characters, counted in UTF-8.
        self._columns: dict[int, list[int]] = {}
        #: Whether the text can be written back: some encodings have two ways to say the same.
        self.can_be_edited = self.text.encode(self._encoding, "replace") == content

    def tree(self) -> ast.Module:
        """Return the syntax tree.

        :raises NotPythonError: it is not Python 3, or more nested than Python reads.
        """
        try:
            with warnings.catch_warnings():
                # Of Python, about escapes in strings and such: where they are errors, too.
                warnings.simplefilter("ignore")
                return ast.parse(self.text)
        except SyntaxError as error:
            raise NotPythonError(error.lineno or 1, f"it is no Python 3: {error.msg}") from None
        except (RecursionError, MemoryError):
            raise NotPythonError(1, "it is more deeply nested than Python reads") from None
        except ValueError:
            raise NotPythonError(1, "it is no Python 3: it has a null byte") from None

    def offset(self, line: int, column: int) -> int:
        """Return the offset in the text of a position in the tree, whose columns count UTF-8."""
        start = self._line_starts[line - 1]
        if self._is_ascii:
            return start + column
        if line not in self._columns:
            end = self._line_starts[line] if line < len(self._line_starts) else len(self.text)
            # Kept, for a line may have as many imports as a file has room for.
            lengths = (
                len(character.encode("utf-8", "surrogatepass"))
                for character in self.text[start:end]
            )
            self._columns[line] = [0, *accumulate(lengths)]
        return start + bisect_left(self._columns[line], column)

    def edited(self, edits: Iterable[Edit]) -> bytes:
        """Return the file's bytes after edits, which do not overlap."""
        parts, at = [], 0
        for edit in sorted(edits):
            parts += [self.text[at : edit.start], edit.text]
            at = edit.end
        return "".join([*parts, self.text[at:]]).encode(self._encoding)

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(end.end() for end in _LINE_END.finditer(self.text))]
