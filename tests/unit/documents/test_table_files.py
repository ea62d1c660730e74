"""Tables written as text are read row by row."""

import csv
import hashlib
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.documents.blocks import assert_blocks_cover

from briefqa.datatypes import BlockKind, Document, PositionUnit
from briefqa.documents.files import SourceFile, SourceStream, checked_stream, open_regular
from briefqa.documents.tables import read_rows
from briefqa.documents.tables import rows as table_rows
from briefqa.errors import DocumentError


@contextmanager
def _stream(data: bytes, name: str) -> Iterator[SourceStream]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        with (
            open_regular(SourceFile(path, name)) as raw,
            checked_stream(name, raw) as stream,
        ):
            yield stream


def _read(data: bytes | str, name: str = "t.csv") -> list[Document | DocumentError]:
    whole = data if isinstance(data, bytes) else data.encode()
    with _stream(whole, name) as stream:
        return list(read_rows(stream))


def _documents(data: bytes | str, name: str = "t.csv") -> list[Document]:
    found = _read(data, name)
    assert [error for error in found if isinstance(error, DocumentError)] == []
    return [document for document in found if isinstance(document, Document)]


def _rows(document: Document) -> set[int | None]:
    return {document.position_map.number_at(document.text, b.span.start) for b in document.blocks}


_CELL = st.text(
    st.characters(categories=["L", "P", "S", "Zs"], exclude_characters="\ufeff"), max_size=12
) | st.sampled_from(['say "no"', "two\nlines", "a;b,c\td|e"])


@given(
    st.integers(2, 4).flatmap(
        lambda width: st.lists(
            st.lists(_CELL, min_size=width, max_size=width), min_size=1, max_size=6
        )
    ),
    st.sampled_from(["excel", "unix", "excel-tab"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_the_csv_module_writes_reads_word_for_word(
    rows: list[list[str]], dialect: str, encoding: str
) -> None:
    """An independent writer: each row its document, each cell in it, each at its number."""
    names = ["Topic", "Place", "Amount", "Remark"][: len(rows[0])]
    written = io.StringIO()
    csv.writer(written, dialect=dialect).writerows([names, *rows])

    documents = _read(written.getvalue().encode(encoding))

    expected = {
        number: [" ".join(cell.split()) for cell in row]
        for number, row in enumerate(rows, 2)
        if any(cell.strip() for cell in row)
    }
    if not expected:
        return
    found = [document for document in documents if isinstance(document, Document)]
    assert [_rows(document) for document in found] == [{number} for number in expected]
    for document, row in zip(found, expected.values(), strict=True):
        assert_blocks_cover(document.text, document.blocks)
        assert document.text == "\n".join(
            f"{name}: {cell}" for name, cell in zip(names, row, strict=True) if cell
        )


@given(
    st.binary(max_size=300)
    | st.lists(st.sampled_from(['"', ",", ";", "\n", "\r", "a", "é", "\0", "\t", " "])).map(
        lambda parts: "".join(parts).encode()
    )
)
def test_any_bytes_give_documents_or_errors(data: bytes) -> None:
    """One bad row must cost no more than itself."""
    try:
        found = _read(b"x" + data)
    except DocumentError as error:
        assert error.reason == "not_text"  # noqa: PT017 - either is right
        return
    assert found
    for document in found:
        if isinstance(document, Document):
            assert_blocks_cover(document.text, document.blocks)
            document.text.encode()


def test_a_column_of_text_is_the_text_and_the_others_metadata() -> None:
    """Corpora come as tables, and their columns are what people filter by."""
    [document] = _documents(
        "_id,Title,Text,Author,date,tags,Country\n"
        'd1,On heat,"Heat is costly.\n\nIt rises.",Jane Doe; John Roe,'
        "2024-03-05,heat; cost,France\n"
    )

    metadata = document.info.metadata
    assert document.info.doc_id == "d1"
    assert document.text == (
        "Title: On heat\nAuthors: Jane Doe, John Roe\nPublished: 2024-03-05\n\n"
        "Heat is costly.\n\nIt rises."
    )
    assert (metadata.title, metadata.authors) == ("On heat", ("Jane Doe", "John Roe"))
    assert (metadata.published, metadata.tags) == ("2024-03-05", ("heat", "cost"))
    assert metadata.extra == {"Country": "France"}
    assert document.position_map.unit is PositionUnit.ROW
    assert _rows(document) == {2}


def test_without_a_column_of_text_each_cell_is_named() -> None:
    """A number says nothing without the name of its column."""
    first, second = _documents(
        "Country;Year;Value;Code\nFrance;2020;1.5;007\nUK;2021;2;\n", "emissions.csv"
    )

    assert first.text == "Country: France\nYear: 2020\nValue: 1.5\nCode: 007"
    assert first.info.metadata.extra == {
        "Country": "France",
        "Year": 2020,
        "Value": 1.5,
        "Code": "007",
    }
    assert [block.kind for block in first.blocks] == [BlockKind.LINES]
    assert (first.info.doc_id, second.info.doc_id) == ("emissions.csv:2", "emissions.csv:3")
    assert (
        first.info.file_sha256
        == hashlib.sha256(b"Country;Year;Value;Code\nFrance;2020;1.5;007\nUK;2021;2;\n").hexdigest()
    )


def test_ids_of_two_tables_do_not_collide() -> None:
    """Tables count from 1, and a folder holds many."""
    [one] = _documents("id,name\n1,Anna\n", "one.csv")
    [two] = _documents("id,name\n1,Ben\n", "two.csv")

    assert (one.info.doc_id, two.info.doc_id) == ("one.csv/1", "two.csv/1")
    assert one.text == "id: 1\nname: Anna"


def test_long_cells_are_prose() -> None:
    """A passage of a page must be cut between sentences, not cited whole."""
    long = "This sentence goes on for a while. " * 20

    [document] = _documents(f"Place,Report,Year\nParis,{long},2020\n")

    assert [block.kind for block in document.blocks] == [
        BlockKind.LINES,
        BlockKind.PARAGRAPH,
        BlockKind.LINES,
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_what_divides_the_cells_is_found_out(delimiter: str) -> None:
    """Half of Europe writes semicolons, for its comma is in the numbers."""
    table = f"Land{delimiter}Wert\nFrankreich{delimiter}1\nItalien{delimiter}2\n"

    assert [d.text for d in _documents(table)] == [
        "Land: Frankreich\nWert: 1",
        "Land: Italien\nWert: 2",
    ]
    assert [d.text for d in _documents(f"sep={delimiter}\na{delimiter}b\n1{delimiter}2\n")] == [
        "a: 1\nb: 2"
    ]


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8-sig", "utf-16-le", "utf-16"])
def test_encodings_are_found_out(encoding: str) -> None:
    """Spreadsheets save as the machine they run on prefers."""
    rows = "Stadt,Beschreibung\n" + "Köln,Schöne Grüße und viele Bäume überall\n" * 3

    assert _documents(rows.encode(encoding))[0].text.startswith("Stadt: Köln\n")


def test_bytes_that_are_not_utf8_are_not_lost() -> None:
    """One pasted word in another encoding must not change the rest, nor vanish."""
    data = b"Name,Ort\n" + f"Ana,{'Köln ' * 1000}\n".encode() * 100 + b"Jos\xe9,Paris\n"

    assert _documents(data)[-1].text == "Name: José\nOrt: Paris"


def test_rows_of_another_length_keep_their_words() -> None:
    """People add a remark where there is no column for it."""
    short, long = _documents("Place,Year\nParis\nRome,2020,see note\n")

    assert short.text == "Place: Paris"
    assert long.text == "Place: Rome\nYear: 2020\ncolumn 3: see note"


def test_rows_above_the_names_are_kept_and_counted() -> None:
    """Offices of statistics put a title above the table."""
    title, row = _documents("Table 1: Emissions,,\n,,\nCountry,Year,Value\nFrance,2020,1.5\n")

    assert (title.text, _rows(title)) == ("Table 1: Emissions", {1})
    assert (row.text, _rows(row)) == ("Country: France\nYear: 2020\nValue: 1.5", {4})


def test_a_table_without_names_is_read_from_its_first_row() -> None:
    """Its first row is as good as any."""
    assert [d.text for d in _documents("1,Paris\n2,Rome\n")] == ["1 | Paris", "2 | Rome"]
    assert [d.text for d in _documents("only,names\n")] == ["only | names"]


def test_columns_of_one_name_are_told_apart() -> None:
    """The second must not replace the first."""
    [document] = _documents("Value,Value,\n1,2,3\n")

    assert document.text == "Value: 1\nValue (2): 2\ncolumn 3: 3"


def test_a_quote_that_is_never_closed_costs_one_row() -> None:
    """It would swallow all that follows."""
    error, second, third = _read('a,b\n"lone, 1\n2,3\n4,5\n')

    assert isinstance(error, DocumentError)
    assert (error.source, error.reason) == ("t.csv:2", "corrupt")
    assert "never closed" in error.detail
    assert isinstance(second, Document)
    assert isinstance(third, Document)
    assert (_rows(second), _rows(third)) == ({3}, {4})


def test_a_file_full_of_open_quotes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is looked for as far as a row may go, and that must not take for ever."""
    monkeypatch.setattr(table_rows, "_LONGEST_RECORD", 1000)
    data = "a,b\n" + ('"x\n' + "some,words\n" * 200) * 1000

    found = _read(data)

    errors = [error for error in found if isinstance(error, DocumentError)]
    assert len(errors) == 21
    assert "not read" in errors[-1].detail
    assert found[-1] is errors[-1]


def test_a_row_past_all_use_costs_itself() -> None:
    """Memory is for rows people write."""
    error, row = _read("a,b\n" + "x" * 3_000_000 + ",1\n1,2\n")

    assert isinstance(error, DocumentError)
    assert (error.source, error.reason) == ("t.csv:2", "too_large")
    assert isinstance(row, Document)
    assert _rows(row) == {3}


def test_an_empty_table_says_so() -> None:
    """Nothing else would tell that a file gave nothing."""
    [error] = _read(" \n,,\n\n")

    assert isinstance(error, DocumentError)
    assert error.reason == "empty"


def test_a_file_changed_while_it_is_read_is_reported(tmp_path: Path) -> None:
    """A receipt must name the bytes that were read."""
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + f"1,{'x' * 2000}\n" * 1000)

    def read() -> None:
        with (
            open_regular(SourceFile(path, "t.csv")) as raw,
            checked_stream("t.csv", raw) as stream,
        ):
            rows = read_rows(stream)
            next(rows)
            path.write_text("a,b\n" + f"2,{'y' * 2000}\n" * 1000)
            assert sum(1 for _ in rows)

    with pytest.raises(DocumentError, match="changed by another program"):
        read()
