"""Documents that are taken over from the generation before."""

import sqlite3
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.corpus import Corpus

from briefqa.datatypes import DocId
from briefqa.errors import IndexDamagedError
from briefqa.indexing import read_current
from briefqa.indexing.catalogue import CATALOGUE, TEXTS
from briefqa.indexing.catalogue_writer import CatalogueWriter, Predecessor
from briefqa.protocols import KeptWords

_NAMES = ("a.md", "b.txt", "c.md", "d.txt", "e.md")
_TEXTS = (
    "# One\n\nEnergy is dear. Grids are old.\n\n## Two\n\n" + "Water is scarce in summer. " * 30,
    '---\nlanguage: "de"\npublished: 2024-05-01\ntags: [a, b]\n---\n\nDer Strom ist teuer.\n',
    "Copper is dear.\n",
    "The sun, 太陽, and the wind.\n",
)
_folders = st.dictionaries(st.sampled_from(_NAMES), st.sampled_from(_TEXTS), min_size=1)


def _corpus(place: Path, index: str) -> Corpus:
    (place / "folder").mkdir(exist_ok=True)
    return Corpus(place / "folder", place / index)


def _rows(index: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of the catalogue that serves, by table, and the texts."""
    folder = read_current(index).serving.folder(index)
    database = sqlite3.connect(folder / CATALOGUE)
    rows = {
        name: sorted(database.execute(f"SELECT * FROM {name}"), key=repr)  # noqa: S608 - ours
        for name in ("documents", "chunks", "fields", "files")
    }
    database.close()
    return rows | {"texts": [((folder / TEXTS).read_bytes(),)]}


@given(before=_folders, after=_folders)
@settings(max_examples=25, deadline=None)
def test_an_updated_index_has_every_row_and_token_of_a_fresh_one(
    before: dict[str, str], after: dict[str, str]
) -> None:
    """Rows that are taken over move with what was added and removed before them."""
    with tempfile.TemporaryDirectory() as folder:
        updated, fresh = _corpus(Path(folder), "updated"), _corpus(Path(folder), "fresh")
        for state in (before, after):
            for name in _NAMES:
                (updated.folder / name).unlink(missing_ok=True)
            for name, text in state.items():
                updated.write(name, text)
            updated.sync()
        fresh.sync()

        assert _rows(updated.index) == _rows(fresh.index)
        assert updated.token_files() == fresh.token_files()


def test_a_text_that_changed_since_it_was_checked_is_not_taken_over(corpus: Corpus) -> None:
    """Copied unseen, damage would get a hash of its own and pass for what was written."""
    corpus.sync()
    with corpus.open() as generation, tempfile.TemporaryDirectory() as folder:
        catalogue = generation.ref.folder(corpus.index)
        path = catalogue / TEXTS
        path.write_bytes(path.read_bytes().replace(b"Dresden", b"Leipzig"))
        assert generation.files is not None
        assert isinstance(generation.words, KeptWords)
        before = Predecessor(catalogue, generation.files, generation.words)
        writer = CatalogueWriter(Path(folder), before)

        with writer, pytest.raises(IndexDamagedError, match=r"chips\.md"):
            writer.take_over(DocId("chips.md"))
