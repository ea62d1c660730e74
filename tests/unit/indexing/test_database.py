"""SQLite reads nothing of a database that is not what was written."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.errors import IndexDamagedError
from briefqa.indexing.blocks import BLOCK_BYTES, BLOCKS, CheckedFiles, write_blocks
from briefqa.indexing.database import Database
from briefqa.indexing.integrity import entry_of

_NAME = "numbers.sqlite"
_ROWS = 4000
_BY_NUMBER = "SELECT word FROM numbers WHERE number = ?"
_BY_WORD = "SELECT number FROM numbers WHERE word = ?"
_SORTED = "SELECT word FROM numbers ORDER BY padding DESC, number LIMIT ?"


def _word(number: int) -> str:
    return f"word {number * 7919 % _ROWS:05}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of some twenty blocks, and the list of their hashes."""
    place = tmp_path_factory.mktemp("database")
    written = sqlite3.connect(place / _NAME)
    written.execute("CREATE TABLE numbers (number INTEGER PRIMARY KEY, word UNIQUE, padding)")
    rows = ((each, _word(each), f"{each % 9}" * 300) for each in range(_ROWS))
    written.executemany("INSERT INTO numbers VALUES (?, ?, ?)", rows)
    written.commit()
    written.close()
    write_blocks(place / _NAME)
    return place


def _opened(folder: Path) -> Database:
    names = [_NAME, f"{_NAME}{BLOCKS}"]
    files = CheckedFiles(folder, {name: entry_of(folder / name) for name in names})
    return Database(folder / _NAME, files)


@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), asked=st.integers(0, 3999))
def test_a_flipped_bit_changes_no_row_that_is_read(
    folder: Path, place: float, bit: int, asked: int
) -> None:
    """Of one-bit flips SQLite finds few: it would give another row, or an error of its own."""
    path = folder / _NAME
    whole = path.read_bytes()
    damaged = bytearray(whole)
    damaged[int(place * len(whole))] ^= 1 << bit
    path.write_bytes(damaged)
    found: list[object] = []

    try:
        database = _opened(folder)
        found += database.rows(_BY_NUMBER, asked)
        found += database.rows(_BY_WORD, _word(asked))
    except IndexDamagedError:
        pass
    finally:
        path.write_bytes(whole)

    assert found == [(_word(asked),), (asked,)][: len(found)]


def test_what_is_read_is_what_sqlite_itself_reads(folder: Path) -> None:
    """Rows are found by number, by index, and sorted where memory or a file is needed for it."""
    database = _opened(folder)
    expected = sqlite3.connect(folder / _NAME)

    for statement, value in ((_BY_NUMBER, 17), (_BY_WORD, _word(3999)), (_SORTED, _ROWS)):
        found = database.rows(statement, value)
        assert found == expected.execute(statement, (value,)).fetchall()
        assert found

    expected.close()
    database.close()


def test_a_row_is_read_without_the_rest_of_the_file(folder: Path) -> None:
    """A large catalogue is opened, and asked, in the time that a small one takes."""
    read: list[int] = []

    class Noted(CheckedFiles):
        def check(self, path: Path, start: int, end: int, /) -> None:
            read.append(end - start)
            super().check(path, start, end)

    database = Database(folder / _NAME, Noted(folder, {}))

    assert database.rows(_BY_NUMBER, 2000) == [(_word(2000),)]
    assert 0 < sum(read) < BLOCK_BYTES
    assert (folder / _NAME).stat().st_size > 20 * BLOCK_BYTES
    database.close()


def test_a_file_that_is_no_database_is_damage_that_names_it(tmp_path: Path) -> None:
    """SQLite's own words say neither which file it is nor what to do."""
    (tmp_path / _NAME).write_bytes(b"junk" * 1000)
    database = Database(tmp_path / _NAME, CheckedFiles(tmp_path, {}))

    with pytest.raises(IndexDamagedError, match=f"{_NAME}.*not a database"):
        database.rows("SELECT 1 FROM numbers")
    database.close()
