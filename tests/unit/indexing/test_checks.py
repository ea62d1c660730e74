"""Checks find damage in any file, and contents that no hash can show to be wrong."""

import hashlib
import json
import sqlite3

import pytest
from tests.corpus import Corpus

from briefqa.datatypes import ChunkId
from briefqa.errors import IndexDamagedError, IndexMissingError
from briefqa.indexing import GenerationRef, read_current
from briefqa.indexing.checks import check_contents, check_files
from briefqa.indexing.current import Current, replace_current
from briefqa.indexing.integrity import Problem, entry_of
from briefqa.protocols import Vectors


def _check(corpus: Corpus) -> list[Problem]:
    return check_contents(corpus.index, stores=corpus.stores, words=corpus.words)


def _sign_again(corpus: Corpus) -> str:
    """Make every hash agree with the files as they are now; return the generation's path."""
    current = read_current(corpus.index)
    folder = current.serving.folder(corpus.index)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    for name in manifest["files"]:
        entry = entry_of(folder / name)
        manifest["files"][name] = {"sha256": entry.sha256, "bytes": entry.size}
    data = json.dumps(manifest).encode()
    (folder / "manifest.json").write_bytes(data)
    ref = GenerationRef(current.serving.generation, hashlib.sha256(data).hexdigest())
    replace_current(corpus.index, Current(ref, None, current.sources))
    return f"generations/{ref.generation}"


def test_good_index_has_no_problems(corpus: Corpus) -> None:
    """A check that cries wolf is switched off."""
    corpus.sync()
    corpus.write("later.txt", "This came later.\n")
    corpus.sync()

    assert check_files(corpus.index) == []
    assert _check(corpus) == []


def test_empty_index_has_no_problems(empty: Corpus) -> None:
    """Nothing is not damage."""
    empty.sync(allow_empty=True)

    assert _check(empty) == []


def test_every_damaged_file_of_either_generation_is_named(corpus: Corpus) -> None:
    """Who repairs an index wants the whole list at once."""
    first = corpus.sync().generation
    corpus.write("later.txt", "This came later.\n")
    second = corpus.sync().generation
    damaged = [f"generations/{second}/{name}" for name in ("texts.bin", "vectors/rows.bin")]
    for name in damaged:
        (corpus.index / name).write_bytes(b"?")
    (corpus.index / "generations" / first / "manifest.json").unlink()

    for found in (check_files(corpus.index), _check(corpus)):
        assert [problem.path for problem in found] == [
            *damaged,
            f"generations/{first}/manifest.json",
        ]
        assert found[0].detail.startswith("has 1 bytes instead of ")


def test_no_index_is_an_error_not_a_clean_bill(empty: Corpus) -> None:
    """A wrong path must not look healthy."""
    with pytest.raises(IndexMissingError):
        check_files(empty.index)


_FORGERIES = {
    'UPDATE chunks SET start = start + 1, "end" = "end" + 1 WHERE position = 0': "span covers",
    "UPDATE chunks SET sentences = '[[0, 9999]]' WHERE position = 0": "sentence outside its span",
    "UPDATE chunks SET embedding_key = x'00' WHERE position = 1": "another embedding key",
    "UPDATE documents SET text_sha256 = 'x' WHERE doc_id = 'n1'": "documents of generation",
    "UPDATE documents SET metadata_sha256 = 'x'": "documents of generation",
    "DELETE FROM documents WHERE doc_id = 'n2'": "3 documents instead of 4",
    "DELETE FROM fields WHERE field = 'doc_id' AND text = 'n1'": "filters do not see 'n1'",
    "UPDATE fields SET text = 'other' WHERE text = 'n2'": "filters do not see 'n2'",
    "DELETE FROM chunks WHERE position = 2": "chunks instead of",
}


@pytest.mark.parametrize("statement", _FORGERIES)
def test_catalogue_that_contradicts_itself_is_found(corpus: Corpus, statement: str) -> None:
    """A bug can write nonsense with perfect checksums."""
    corpus.sync()
    path = read_current(corpus.index).serving.folder(corpus.index) / "catalogue.sqlite"
    with sqlite3.connect(path) as database:
        database.execute(statement)
    database.close()
    where = _sign_again(corpus)

    found = _check(corpus)

    assert check_files(corpus.index) == []
    assert f"{where}/catalogue.sqlite" in {problem.path for problem in found}
    assert any(_FORGERIES[statement] in problem.detail for problem in found), found


def test_text_that_is_not_what_its_hash_says_is_found(corpus: Corpus) -> None:
    """Every receipt rests on this hash."""
    corpus.sync()
    path = read_current(corpus.index).serving.folder(corpus.index) / "texts.bin"
    path.write_bytes(path.read_bytes().replace(b"Copper", b"Silver"))
    where = _sign_again(corpus)

    (problem,) = _check(corpus)

    assert problem.path == f"{where}/texts.bin"
    assert "grid/power.txt" in problem.detail


def _rows_of(corpus: Corpus) -> tuple[list[ChunkId], Vectors]:
    with corpus.open() as generation:
        ids = generation.catalogue.chunk_ids()
        return ids, generation.vectors.vectors(ids)


def _replace_vectors(corpus: Corpus, rows: Vectors) -> str:
    """Write ``rows`` under a good checksum; return the path of their file."""
    folder = read_current(corpus.index).serving.folder(corpus.index)
    (folder / "vectors" / "rows.bin").write_bytes(rows.tobytes())
    return f"{_sign_again(corpus)}/vectors/rows.bin"


def test_vectors_that_are_not_of_length_one_are_found(corpus: Corpus) -> None:
    """Scores of such vectors would be wrong without an error."""
    corpus.sync()
    ids, rows = _rows_of(corpus)
    rows[1] *= 2
    where = _replace_vectors(corpus, rows)

    (problem,) = _check(corpus)

    assert problem == Problem(where, f"the vector of {ids[1]!r} has length 2.000 instead of 1")


@pytest.mark.parametrize(
    ("name", "where", "detail"),
    [
        ("codes.bin", "tokens", "bytes of codes for"),
        ("ids.bin", "tokens", "ids"),
        ("starts.bin", "tokens", "starts"),
        ("ends.bin", "tokens/ends.bin", "cannot be read"),
        ("frequencies.bin", "tokens/frequencies.bin", "cannot be read"),
    ],
)
def test_tokens_of_another_index_are_found(
    corpus: Corpus, name: str, where: str, detail: str
) -> None:
    """Every later chunk would be ranked by its neighbour's words."""
    corpus.sync()
    path = read_current(corpus.index).serving.folder(corpus.index) / "tokens" / name
    path.write_bytes(path.read_bytes()[:-4])
    generation = _sign_again(corpus)

    (problem,) = _check(corpus)

    assert problem.path == f"{generation}/{where}"
    assert detail in problem.detail
    with pytest.raises(IndexDamagedError, match="tokens"):
        corpus.open()


def test_vectors_of_other_chunks_are_found(corpus: Corpus) -> None:
    """One row too few, and every later chunk would have its neighbour's vector."""
    corpus.sync()
    ids, rows = _rows_of(corpus)
    where = _replace_vectors(corpus, rows[1:])

    (problem,) = _check(corpus)

    assert problem.path == where
    assert str(len(ids)) in problem.detail
    with pytest.raises(IndexDamagedError, match=r"rows\.bin"):
        corpus.open()
