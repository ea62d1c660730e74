"""The two collections that hold a generation: its chunks, which are searched, and all else.

A chunk is one row. Whatever else there is to say is cut into pieces that a text field can
hold, and these are found by key: no value is too long for it.
"""

from collections.abc import Iterable, Iterator

from briefqa.backends.milvus.server import Field

CHUNK_ID, POSITION, VECTOR, WORDS = "chunk_id", "position", "vector", "words"
RECORD, TOKENS = "record", "tokens"

KEY, KIND, DOCUMENT, PIECE, DATA = "key", "kind", "document", "piece", "data"
FIELD, TEXT, IS_NUMBER, NUMBER = "field", "text", "is_number", "number"
YEAR, MONTH, DAY = "year", "month", "day"
_UNUSED = "unused"

NO_WORDS = {0: 1.0}
"""Stands for the words of a chunk without any: an empty vector is refused, and 0 is no term."""

MOST_BYTES = 65_535
"""Longest text that a field holds, in bytes of UTF-8."""

_PIECE = 15_000
"""Characters, of four bytes at most."""

_MOST_PIECES = 1024


def chunk_fields(dim: int, *, words: bool = True) -> list[Field]:
    """Return the fields of a collection of chunks whose vectors have width ``dim``.

    Without ``words`` it can only be searched by meaning, as servers before 2.4 can.
    """
    sparse = [Field(WORDS, "SPARSE_FLOAT_VECTOR", index="SPARSE_INVERTED_INDEX")] if words else []
    return [
        Field(CHUNK_ID, "VARCHAR", is_key=True, max_length=MOST_BYTES),
        Field(POSITION, "INT64"),
        Field(VECTOR, "FLOAT_VECTOR", index="FLAT", dim=dim),
        *sparse,
        Field(RECORD, "ARRAY", max_length=MOST_BYTES, most=_MOST_PIECES),
        Field(TOKENS, "ARRAY", max_length=MOST_BYTES, most=_MOST_PIECES),
    ]


def record_fields() -> list[Field]:
    """Return the fields of a collection of all that is not searched by vectors."""
    return [
        Field(KEY, "VARCHAR", is_key=True, max_length=MOST_BYTES),
        Field(KIND, "VARCHAR", max_length=32),
        Field(DOCUMENT, "INT64"),
        Field(PIECE, "INT64"),
        Field(FIELD, "VARCHAR", max_length=MOST_BYTES),
        Field(TEXT, "VARCHAR", max_length=MOST_BYTES),
        Field(IS_NUMBER, "BOOL"),
        Field(NUMBER, "DOUBLE"),
        Field(YEAR, "INT64"),
        Field(MONTH, "INT64"),
        Field(DAY, "INT64"),
        Field(DATA, "VARCHAR", max_length=MOST_BYTES),
        # Milvus wants a vector in every collection.
        Field(_UNUSED, "FLOAT_VECTOR", index="FLAT", dim=2),
    ]


def record(kind: str, key: str, /, **values: object) -> dict[str, object]:
    """Return a row of records; what is not given is empty."""
    empty = {
        DOCUMENT: 0, PIECE: 0, FIELD: "", TEXT: "", IS_NUMBER: False, NUMBER: 0.0,
        YEAR: 0, MONTH: 0, DAY: 0, DATA: "", _UNUSED: [0.0, 1.0],
    }  # fmt: skip
    return {**empty, KEY: f"{kind}:{key}", KIND: kind, **values}


def pieces(text: str) -> list[str]:
    """Return ``text`` cut into pieces that a field can hold; one at least."""
    return [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)] or [""]


def records(kind: str, key: str, text: str, /, **values: object) -> Iterator[dict[str, object]]:
    """Yield the rows that hold ``text``, whatever its length; each says how many there are."""
    parts = pieces(text)
    for number, piece in enumerate(parts):
        place = {PIECE: number, NUMBER: float(len(parts)), DATA: piece}
        yield record(kind, f"{key}:{number}", **place, **values)


def joined(rows: Iterable[dict[str, object]]) -> str:
    """Return the text that `records` cut."""
    return "".join(str(row[DATA]) for row in sorted(rows, key=lambda row: int(str(row[PIECE]))))
