"""The rows of a table written as text, however it is quoted, encoded or broken."""

import codecs
import csv
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import islice
from types import TracebackType
from typing import Self

from briefqa.documents.decoding import encoding_of
from briefqa.documents.files import SourceStream
from briefqa.errors import DocumentError

_HEAD_BYTES = 1 << 16
_LONGEST_RECORD = 2_000_000
_MOST_OPEN_QUOTES = 20
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff]")
_STATED = re.compile(r"sep=([^\r\n])\r?\n?")
_AS_WESTERN = "briefqa.western"


@dataclass(frozen=True, slots=True)
class Row:
    """A row, counted from 1; ``error`` says why its cells are not known."""

    number: int
    cells: list[str]
    error: DocumentError | None = None


class RowReader:
    """Reads the rows of a table in order; used as a context, it leaves the stream open."""

    def __init__(self, file: SourceStream) -> None:
        self._source = file.source
        head = file.stream.peek(_HEAD_BYTES)[:_HEAD_BYTES]
        encoding = encoding_of(head, file.source)
        # What is not in the encoding of the first part is read as Windows would, not lost.
        errors = _AS_WESTERN if encoding.startswith("utf-8") else "replace"
        self.head = codecs.getincrementaldecoder(encoding)("replace").decode(head)
        self.delimiter = ","
        self._text = TextIOWrapper(file.stream, encoding, errors, newline="")
        self._waiting: deque[str] = deque()
        self._taken: list[str] = []
        self._ran_out = False
        self._has_stopped = False
        self._sampled: deque[Row] = deque()
        self._number = 0
        self._open_quotes = 0
        self.stated_delimiter = self._read_stated()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._text.detach()

    def sample(self, count: int) -> list[Row]:
        """Return the first rows; they are still read in turn."""
        self._sampled = deque(islice(self._read(), count))
        return list(self._sampled)

    def __iter__(self) -> Iterator[Row]:
        while self._sampled:
            yield self._sampled.popleft()
        yield from self._read()

    def _read_stated(self) -> str | None:
        """Take the line in which Excel states what divides the cells, if there is one."""
        csv.field_size_limit(_LONGEST_RECORD + 1)
        line = self._line()
        if found := _STATED.fullmatch(line):
            return found[1]
        if line:
            self._waiting.append(line)
        return None

    def _read(self) -> Iterator[Row]:
        while not self._has_stopped and (row := self._next()) is not None:
            yield row
            if self._open_quotes == _MOST_OPEN_QUOTES:
                self._has_stopped = True
                self._number += 1
                yield self._broken("and what follows is not read: too many quotes are not closed")

    def _next(self) -> Row | None:
        self._taken, self._ran_out = [], False
        self._number += 1
        reader = csv.reader(self._lines(), delimiter=self.delimiter, skipinitialspace=True)
        try:
            cells = next(reader, None)
        except _TooLongError:
            return self._too_long()
        except csv.Error as error:
            return self._broken(f"cannot be divided into cells: {error}")
        if cells is None:
            return None
        # More than a line is asked for inside quotes only.
        return self._unclosed() if self._ran_out else Row(self._number, list(map(_clean, cells)))

    def _lines(self) -> Iterator[str]:
        length = 0
        while line := self._line():
            self._taken.append(line)
            length += len(line)
            if length > _LONGEST_RECORD:
                raise _TooLongError
            yield line
        self._ran_out = bool(self._taken)

    def _line(self) -> str:
        if self._waiting:
            return self._waiting.popleft()
        line = rest = self._text.readline(_LONGEST_RECORD + 1)
        while len(line) > _LONGEST_RECORD and rest and not rest.endswith(("\n", "\r")):
            rest = self._text.readline(_LONGEST_RECORD)
        return line

    def _too_long(self) -> Row:
        if len(self._taken) > 1:
            return self._unclosed()
        return self._broken(
            f"has more than {_LONGEST_RECORD:,} characters, the most that is read of one row",
            reason="too_large",
        )

    def _unclosed(self) -> Row:
        """Give up the first line of what was taken for a row; the others are read anew."""
        self._waiting.extendleft(reversed(self._taken[1:]))
        self._open_quotes += 1
        return self._broken("opens a quote that is never closed, so that its end cannot be told")

    def _broken(self, detail: str, *, reason: str = "corrupt") -> Row:
        where = f"{self._source}:{self._number}"
        return Row(self._number, [], DocumentError(where, reason=reason, detail=detail))


class _TooLongError(Exception):
    """A row is longer than any is."""


def _clean(cell: str) -> str:
    cell = cell.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub(" ", cell).strip()


def _as_western(error: UnicodeError) -> tuple[str, int]:
    """Read bytes that are not UTF-8 as Windows would."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(_AS_WESTERN, _as_western)
