"""Reads tables written as text (CSV, TSV): a document a row, one by one."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import StringIO

from briefqa.datatypes import Block, BlockKind, Document, JsonValue, Mark, PositionUnit, Span
from briefqa.documents.draft import Draft
from briefqa.documents.files import SourceStream
from briefqa.documents.metadata import header_lines, parse_date, read_metadata
from briefqa.documents.plain import plain_blocks
from briefqa.documents.tables.rows import Row, RowReader
from briefqa.errors import DocumentError

_DELIMITERS = ",;\t|"
_SAMPLE_ROWS = 50
_LONGEST_NAME = 80
_LONGEST_LINE = 200
_SENTENCE_BLANKS = 3
_TEXT_COLUMNS = (
    "text", "full_text", "fulltext", "content", "body", "article", "passage", "paragraph",
    "abstract", "summary", "description",
)  # fmt: skip
_NAMES = {"id", "_id", "title", "author", "authors", "date", "url", *_TEXT_COLUMNS}
_LISTS = {"author", "authors", "tags", "keywords", "categories", "topics"}


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the names of a table's columns stand, and which columns mean something.

    ``header`` is the number of the row that holds the ``names``; a table without
    names has none.
    """

    header: int = 0
    names: tuple[str, ...] = ()

    def fields(self, cells: Sequence[str]) -> dict[str, str]:
        """Return the cells of a row that hold text, by the names of their columns."""
        names = [*self.names, *(f"column {i + 1}" for i in range(len(self.names), len(cells)))]
        return {name: cell for name, cell in zip(names, cells, strict=False) if cell}


def read_rows(file: SourceStream) -> Iterator[Document | DocumentError]:
    """Yield the document of each row of a table, or what is wrong with it.

    Rows are counted as a spreadsheet does: the row with the names is 1 where
    nothing stands above it, and a cell with line breaks in it makes no more
    rows. A column called ``text``, ``content``, ``body`` or the like is the text
    of the document; without one the text says of each column what it holds. An
    ``_id`` names the document; an ``id`` does so together with the file, as the
    tables of a folder may each count from 1.

    Raises:
        OSError: If the file cannot be read.
    """
    with RowReader(file) as rows:
        rows.delimiter = _delimiter(rows.head, rows.stated_delimiter, file.source)
        sample = rows.sample(_SAMPLE_ROWS)
        layout = _layout([row for row in sample if row.error is None])
        is_empty = True
        for row in rows:
            if row.number == layout.header or (row.error is None and not any(row.cells)):
                continue
            is_empty = False
            try:
                yield _read_row(file, row, layout)
            except DocumentError as error:
                yield error
    if is_empty:
        yield DocumentError(file.source, reason="empty", detail="holds no row of data")


def _read_row(file: SourceStream, row: Row, layout: _Layout) -> Document:
    where = f"{file.source}:{row.number}"
    if row.error is not None:
        raise DocumentError(where, reason=row.error.reason, detail=row.error.detail)
    draft = Draft(PositionUnit.ROW)
    if row.number <= layout.header or not layout.names:
        line = " | ".join(cell for cell in row.cells if cell)
        line = " ".join(line.split())
        draft.add(line, [Block(Span(0, len(line)), BlockKind.LINES)], [Mark(0, row.number)])
        return draft.finish(file.source, where, read_metadata({}), file.sha256)
    fields = layout.fields(row.cells)
    described = _described(dict(fields))
    keys = {name.lower().replace(" ", "_"): name for name in reversed(fields)}
    doc_id = where
    if "_id" in keys:
        doc_id = fields.pop(keys["_id"])
    elif "id" in keys:
        doc_id = f"{file.source}/{fields.pop(keys['id'])}"
    text_column = next((keys[name] for name in _TEXT_COLUMNS if name in keys), None)
    text = fields.pop(text_column) if text_column else None
    metadata = read_metadata({name: _value(name, cell) for name, cell in fields.items()})
    if text is None:
        for part, kind in described:
            draft.add(part, [Block(Span(0, len(part)), kind)], [Mark(0, row.number)])
    else:
        header = header_lines(metadata, {})
        draft.add_header(header, {field: row.number for field, _ in header})
        draft.add(text, plain_blocks(text)[0], [Mark(0, row.number)])
    return draft.finish(file.source, doc_id, metadata, file.sha256)


def _described(fields: dict[str, str]) -> Iterator[tuple[str, BlockKind]]:
    """Yield what each column holds: short ones line by line together, long ones apart."""
    lines: list[str] = []
    for name, cell in fields.items():
        line = " ".join(f"{name}: {cell}".split())
        if len(line) <= _LONGEST_LINE:
            lines.append(line)
            continue
        if lines:
            yield "\n".join(lines), BlockKind.LINES
            lines = []
        yield line, BlockKind.PARAGRAPH
    if lines:
        yield "\n".join(lines), BlockKind.LINES


def _value(name: str, cell: str) -> JsonValue:
    """Return a cell as what it looks like: a number, a list of names, or text."""
    if name.lower() in _LISTS:
        parts = (part.strip() for part in cell.replace("|", ";").split(";"))
        return [part for part in parts if part]
    digits = cell.removeprefix("-")
    if digits.isascii() and len(digits) <= 15:  # noqa: PLR2004 - what a float holds exactly
        whole, point, rest = digits.partition(".")
        is_plain = whole.isdecimal() and (whole == "0" or not whole.startswith("0"))
        if is_plain and (rest.isdecimal() if point else True):
            return float(cell) if point else int(cell)
    return cell


def _delimiter(head: str, stated: str | None, source: str) -> str:
    """Return what divides the cells: what gives most rows the same number of them."""
    if stated is not None:
        return stated
    best, best_score = "\t" if source.lower().endswith(".tsv") else ",", (0.0, 0)
    for delimiter in _DELIMITERS:
        rows = list(_rows_of(head, delimiter))
        widths = Counter(len(row) for row in rows[: max(len(rows) - 1, 1)])
        # Of equally common widths the larger; a table of one column needs nothing to divide it.
        width, count = max(widths.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
        score = (count / max(sum(widths.values()), 1), width)
        if width > 1 and score > best_score:
            best, best_score = delimiter, score
    return best


def _rows_of(head: str, delimiter: str) -> Iterator[list[str]]:
    lines = StringIO(head, newline="")
    with suppress(csv.Error):
        for row in csv.reader(lines, delimiter=delimiter, skipinitialspace=True):
            if row:
                yield row


def _layout(rows: Sequence[Row]) -> _Layout:
    """Return where the names of the columns stand, if the first full row looks like names."""
    filled = [sum(1 for cell in row.cells if cell) for row in rows]
    widths = Counter(len(row.cells) for row in rows if any(row.cells))
    width = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))[0]
    least = max(width - 1, 1)
    first = next((i for i, count in enumerate(filled) if count >= least), None)
    if first is None or not any(filled[first + 1 :]):
        return _Layout()
    header = rows[first]
    if not _are_names(header.cells):
        return _Layout()
    seen: Counter[str] = Counter()
    names: list[str] = []
    for i, cell in enumerate(header.cells):
        name = " ".join(cell.split()) or f"column {i + 1}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return _Layout(header.number, tuple(names))


def _are_names(cells: Sequence[str]) -> bool:
    named = [cell for cell in cells if cell]
    if any(cell.lower().replace(" ", "_") in _NAMES for cell in named):
        return True
    return len(cells) > 1 and all(
        len(cell) <= _LONGEST_NAME
        and any(c.isalpha() for c in cell)
        and not parse_date(cell)
        and "://" not in cell
        and not (cell.endswith(".") and cell.count(" ") >= _SENTENCE_BLANKS)
        for cell in named
    )
