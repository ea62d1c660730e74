"""What was embedded outlives the process that did it, and nothing else is ever taken for it."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.corpus import Corpus, RecordingEmbedder

from briefqa.errors import BackendError
from briefqa.indexing import embedding, read_current
from briefqa.indexing.generations import LEXICAL
from briefqa.indexing.journal import JOURNAL, Embedded, EmbeddingJournal
from briefqa.indexing.token_runs import ChunkTokens
from briefqa.protocols import TokenVectors, Vectors

_DIM = 20


def _journal(folder: Path, *, model_id: str = "model@1") -> EmbeddingJournal:
    return EmbeddingJournal(folder / JOURNAL, model_id=model_id, dim=_DIM, with_tokens=True)


def _made(number: int, tokens: int | None) -> Embedded:
    draw = np.random.default_rng(number)
    kept = None
    if tokens is not None:
        kept = ChunkTokens(
            draw.integers(0, 30_000, tokens, dtype=np.int32),
            np.arange(tokens, dtype=np.int32),
            draw.integers(0, 256, (tokens, 3), dtype=np.uint8),
        )
    return Embedded(bytes([number]) * 32, draw.random(_DIM, dtype=np.float32), kept)


def _is_same(one: Embedded | None, other: Embedded) -> bool:
    if one is None or one.key != other.key or (one.tokens is None) != (other.tokens is None):
        return False
    if one.tokens is not None and other.tokens is not None:
        pairs = (
            (getattr(one.tokens, n), getattr(other.tokens, n)) for n in ("ids", "starts", "codes")
        )
        if not all(np.array_equal(*pair) for pair in pairs):
            return False
    return one.row.tobytes() == other.row.tobytes()


_COUNTS = st.lists(st.one_of(st.none(), st.integers(0, 9)), min_size=1, max_size=5)


@given(counts=_COUNTS)
def test_what_was_added_is_there_for_the_next_run(counts: list[int | None]) -> None:
    """To the last bit: the index must come out as if nothing had been stopped."""
    made = [_made(number, count) for number, count in enumerate(counts)]
    with tempfile.TemporaryDirectory() as folder:
        for each in made:
            with _journal(Path(folder)) as journal:
                journal.add([each], still=0)

        with _journal(Path(folder)) as journal:
            assert all(_is_same(journal.read(each.key), each) for each in made)
            assert journal.read(b"?" * 32) is None


@settings(max_examples=60)
@given(counts=_COUNTS, data=st.data())
def test_of_a_damaged_journal_only_whole_records_are_used(
    counts: list[int | None], data: st.DataObject
) -> None:
    """A kill tears the last record, a power cut may do worse: no vector may be made of that."""
    made = [_made(number, count) for number, count in enumerate(counts)]
    later = _made(99, 3)
    with tempfile.TemporaryDirectory() as folder:
        path, ends = Path(folder, JOURNAL), [0]
        with _journal(Path(folder)) as journal:
            for each in made:
                journal.add([each], still=0)
                ends.append(path.stat().st_size)
        written = bytearray(path.read_bytes())
        place = data.draw(st.integers(0, len(written) - 1))
        if data.draw(st.booleans()):
            del written[place:]
        else:
            written[place] ^= 1 << data.draw(st.integers(0, 7))
        path.write_bytes(written)

        with _journal(Path(folder)) as journal:
            journal.add([later], still=0)
        with _journal(Path(folder)) as journal:
            for each, end in zip(made, ends[1:], strict=True):
                found = journal.read(each.key)
                assert _is_same(found, each) if end <= place else found is None
            assert _is_same(journal.read(later.key), later)


def test_another_model_s_journal_is_not_used(tmp_path: Path) -> None:
    """Nor are its records mixed with ours."""
    with _journal(tmp_path) as journal:
        journal.add([_made(1, 2)], still=0)

    with _journal(tmp_path, model_id="model@2") as journal:
        assert journal.read(_made(1, 2).key) is None
        journal.add([_made(2, 2)], still=0)
    with _journal(tmp_path, model_id="model@2") as journal:
        assert _is_same(journal.read(_made(2, 2).key), _made(2, 2))
        assert journal.read(_made(1, 2).key) is None


def test_a_journal_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    """It saves time at best, so it must not cost an index."""
    (tmp_path / JOURNAL).mkdir()

    with _journal(tmp_path) as journal:
        journal.add([_made(1, 2)], still=0)

        assert journal.read(_made(1, 2).key) is None


def test_a_disk_with_little_room_is_left_to_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build that had just enough room before must have it still."""
    room = shutil.disk_usage(tmp_path)._replace(free=30_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: room)
    with _journal(tmp_path) as journal:
        journal.add([_made(1, 2)], still=10)
        assert (tmp_path / JOURNAL).exists()

        journal.add([_made(2, 2)], still=1_000)

        assert journal.read(_made(1, 2).key) is None
    assert not (tmp_path / JOURNAL).exists()


class _StoppingEmbedder(RecordingEmbedder):
    """Fails once it was given so many texts."""

    def __init__(self, after: int, failure: BaseException) -> None:
        super().__init__()
        self._left = after
        self._failure = failure

    def embed_document_tokens(self, texts: Sequence[str], /) -> tuple[Vectors, list[TokenVectors]]:
        self._left -= len(texts)
        if self._left < 0:
            raise self._failure
        return super().embed_document_tokens(texts)


def _files(corpus: Corpus) -> dict[str, bytes]:
    """Return what is in the generation that serves, but for the names tantivy makes up."""
    folder = read_current(corpus.index).serving.folder(corpus.index)
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.parent.name != LEXICAL and path.name != "manifest.json"
    }


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), BackendError("out of memory")])
@pytest.mark.parametrize("is_first", [True, False], ids=["first build", "update"])
def test_a_stopped_run_goes_on_where_it_was(
    empty: Corpus,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    failure: BaseException,
    *,
    is_first: bool,
) -> None:
    """Hours of embedding must not be lost, and the index must be what it would have been."""
    monkeypatch.setattr(embedding, "_BATCH", 4)
    texts = [f"Fact {number} of many. It is told once." for number in range(40)]
    if not is_first:
        empty.write("known.txt", "\n\n".join(texts[:5]))
        empty.sync()
    # The last repeats the first: equal texts share what was embedded before the stop.
    empty.write_records("facts.jsonl", *((f"f{n}", t) for n, t in enumerate([*texts, texts[0]])))
    empty.embedder = _StoppingEmbedder(24, failure)
    with pytest.raises(type(failure)):
        empty.sync()
    assert (empty.index / JOURNAL).exists()

    empty.embedder = RecordingEmbedder()
    report = empty.sync()

    undisturbed = Corpus(empty.folder, tmp_path / "undisturbed")
    undisturbed.sync()
    assert 0 < report.embedded == len(empty.embedder.seen) <= 28
    assert report.embedded + report.reused == report.chunks
    assert _files(empty) == _files(undisturbed)
    assert not (empty.index / JOURNAL).exists()
