"""What a sync does, what it says it did, and what it leaves behind when it fails."""

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.corpus import Corpus, RecordingEmbedder

from briefqa.chunking import ChunkingOptions
from briefqa.datatypes import DocId
from briefqa.documents import find_files
from briefqa.errors import IndexWriteError, MissingFolderError, NoDocumentsError
from briefqa.indexing import read_current
from briefqa.indexing.fingerprints import Fingerprints
from briefqa.indexing.sources import Root
from briefqa.protocols import Progress


def test_first_sync_indexes_everything(corpus: Corpus) -> None:
    """The report is what people read: its numbers must add up."""
    report = corpus.sync()

    assert report.added == ("chips.md", "grid/power.txt", "n1", "n2")
    assert (report.changed, report.removed, report.unchanged, report.failed) == ((), (), 0, ())
    assert report.documents == 4
    assert report.embedded + report.reused == report.chunks > 4
    assert report.published
    assert corpus.generations() == {report.generation}


def test_sync_without_changes_does_nothing(corpus: Corpus) -> None:
    """Run from a timer every minute, it must cost next to nothing."""
    first = corpus.sync()
    before = (corpus.index / "CURRENT").read_bytes()
    corpus.embedder.seen.clear()

    second = corpus.sync()

    assert not second.published
    assert (second.generation, second.chunks) == (first.generation, first.chunks)
    assert (second.unchanged, second.added, second.changed, second.removed) == (4, (), (), ())
    assert (second.embedded, second.reused) == (0, first.chunks)
    assert corpus.embedder.seen == []
    assert (corpus.index / "CURRENT").read_bytes() == before


def test_only_what_changed_is_embedded(corpus: Corpus) -> None:
    """Embedding is the slow part: a new comma must not cost the whole folder."""
    corpus.sync()
    corpus.embedder.seen.clear()
    corpus.write("grid/power.txt", "The grid is new now.\n")
    corpus.write("later.txt", "This came later.\n")
    corpus.write_records("notes.jsonl", ("n2", "Water is scarce in summer."))

    report = corpus.sync()

    assert (report.added, report.changed) == (("later.txt",), ("grid/power.txt",))
    assert (report.removed, report.unchanged) == (("n1",), 2)
    assert len(corpus.embedder.seen) == report.embedded == 2
    with corpus.open() as generation:
        assert [info.doc_id for info in generation.documents()] == [
            "chips.md",
            "grid/power.txt",
            "later.txt",
            "n2",
        ]
        found = {chunk_id for chunk_id, _ in generation.words.search("chips water grid", 50)}
        assert found <= set(generation.catalogue.chunk_ids())


def test_renamed_file_keeps_its_vectors(corpus: Corpus) -> None:
    """Moving a folder of reports must not take an hour."""
    corpus.sync()
    corpus.embedder.seen.clear()
    (corpus.folder / "chips.md").rename(corpus.folder / "grid" / "renamed.md")

    report = corpus.sync()

    assert (report.added, report.removed) == (("grid/renamed.md",), ("chips.md",))
    assert corpus.embedder.seen == []
    assert report.reused == report.chunks


def test_changed_metadata_is_a_change(corpus: Corpus) -> None:
    """A corrected author shows in citations even though the text is the same."""
    corpus.write("brief.md", "---\ntags: [a]\n---\nThe same text.\n")
    corpus.sync()
    corpus.write("brief.md", "---\ntags: [b]\n---\nThe same text.\n")

    report = corpus.sync()

    assert (report.changed, report.embedded) == (("brief.md",), 0)
    with corpus.open() as generation:
        assert generation.documents()[0].metadata.tags == ("b",)


def test_failed_files_do_not_stop_the_rest(corpus: Corpus) -> None:
    """One broken record among thousands is told at the end, and told each time."""
    corpus.write("broken.jsonl", '{"_id": "ok", "text": "Fine."}\n{oops\n')
    corpus.write("empty.md", "")

    for report in (corpus.sync(), corpus.sync()):
        assert [(e.source, e.reason) for e in report.failed] == [
            ("broken.jsonl:2", "invalid_json"),
            ("empty.md", "empty"),
        ]
        assert report.documents == 5


def test_other_model_embeds_everything_again(corpus: Corpus) -> None:
    """Vectors of two models in one index would compare nothing with nothing."""
    first = corpus.sync()
    corpus.embedder = RecordingEmbedder(dim=16)

    report = corpus.sync()

    assert report.generation != first.generation
    assert report.embedded == report.chunks == len(corpus.embedder.seen)
    assert report.unchanged == 4


def test_other_chunking_cuts_everything_again(corpus: Corpus) -> None:
    """An option that changes nothing until files change would be a trap."""
    first = corpus.sync()

    report = corpus.sync(chunking=ChunkingOptions(size=12, prefix=8))

    assert report.chunks > first.chunks
    assert report.generation != first.generation


def test_id_depends_on_content_alone(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Same input, same index: on any machine, in any folder, in any order, from any past."""
    expected = corpus.sync().generation
    elsewhere = Corpus(tmp_path / "elsewhere" / "copy", tmp_path / "other")
    shutil.copytree(corpus.folder, elsewhere.folder)
    for path in elsewhere.folder.rglob("*"):
        os.utime(path, (0, 0))
    elsewhere.write("later.txt", "This came later.\n")
    elsewhere.sync()
    (elsewhere.folder / "later.txt").unlink()
    monkeypatch.setattr(
        "briefqa.indexing.sync.find_files",
        lambda folder, leave_out: find_files(folder, leave_out=leave_out)[::-1],
    )

    assert elsewhere.sync().generation == expected
    with corpus.open() as one, elsewhere.open() as other:
        assert one.catalogue.chunk_ids() == other.catalogue.chunk_ids()
        ids = one.catalogue.chunk_ids()
        assert np.array_equal(one.vectors.vectors(ids), other.vectors.vectors(ids))


def test_moved_folder_is_noted_without_a_new_generation(corpus: Corpus, tmp_path: Path) -> None:
    """Sources are looked for where they are now."""
    report = corpus.sync()
    corpus.folder = corpus.folder.rename(tmp_path / "moved")

    again = corpus.sync()

    assert (again.generation, again.published) == (report.generation, False)
    assert read_current(corpus.index).sources.roots == (Root("", tmp_path / "moved"),)


def test_two_generations_are_kept_and_no_more(corpus: Corpus) -> None:
    """One to fall back on; the rest is disk space."""
    ids = []
    for number in range(4):
        corpus.write("later.txt", f"Version {number}.\n")
        ids.append(corpus.sync().generation)

    assert corpus.generations() == set(ids[-2:])
    current = read_current(corpus.index)
    assert current.serving.generation == ids[-1]
    assert current.previous is not None
    assert current.previous.generation == ids[-2]


def test_content_that_is_taken_back_is_served_from_the_generation_before(corpus: Corpus) -> None:
    """Undoing a change is a matter of a pointer."""
    first = corpus.sync()
    later = corpus.write("later.txt", "This came later.\n")
    second = corpus.sync()
    later.unlink()
    corpus.embedder.seen.clear()
    corpus.progress.clear()

    report = corpus.sync()

    assert (report.generation, report.published) == (first.generation, True)
    assert (report.removed, report.chunks) == (("later.txt",), first.chunks)
    assert corpus.embedder.seen == []
    assert {step.stage for step in corpus.progress} == {"looking", "reading"}
    previous = read_current(corpus.index).previous
    assert previous is not None
    assert previous.generation == second.generation


def test_damaged_generation_before_is_made_again(corpus: Corpus) -> None:
    """Going back must not mean going back to damage."""
    first = corpus.sync()
    later = corpus.write("later.txt", "This came later.\n")
    corpus.sync()
    (corpus.index / "generations" / first.generation / "texts.bin").write_bytes(b"?")
    later.unlink()

    assert corpus.sync().generation == first.generation

    with corpus.open() as generation:
        assert (generation.info.generation, generation.degraded) == (first.generation, None)


def test_sync_repairs_a_damaged_index(corpus: Corpus) -> None:
    """The advice that every damage message gives must work."""
    first = corpus.sync()
    corpus.write("later.txt", "This came later.\n")
    second = corpus.sync()
    (corpus.index / "generations" / second.generation / "vectors" / "rows.bin").write_bytes(b"?")
    corpus.embedder.seen.clear()

    report = corpus.sync()

    assert (report.generation, report.published) == (second.generation, True)
    assert len(corpus.embedder.seen) == 1, "the generation before still had the other vectors"
    with corpus.open() as generation:
        assert (generation.info.generation, generation.degraded) == (second.generation, None)
    assert corpus.generations() == {first.generation, second.generation}


def test_degraded_index_is_whole_again_when_its_content_is_wanted(corpus: Corpus) -> None:
    """The generation that serves becomes the current one, and the damaged one goes."""
    first = corpus.sync()
    later = corpus.write("later.txt", "This came later.\n")
    second = corpus.sync()
    (corpus.index / "generations" / second.generation / "vectors" / "rows.bin").write_bytes(b"?")
    later.unlink()

    assert corpus.sync().generation == first.generation

    assert corpus.generations() == {first.generation}
    with corpus.open() as generation:
        assert generation.degraded is None


@pytest.mark.parametrize("junk", [b"", b"junk", b'{"format": 99}'])
def test_sync_replaces_a_pointer_that_cannot_be_read(corpus: Corpus, junk: bytes) -> None:
    """Whatever CURRENT has become, indexing again must be enough."""
    report = corpus.sync()
    (corpus.index / "CURRENT").write_bytes(junk)

    again = corpus.sync()

    assert (again.generation, again.published) == (report.generation, True)
    with corpus.open() as generation:
        assert generation.degraded is None


def test_missing_folder_is_told_before_anything_is_made(empty: Corpus) -> None:
    """A typing error must not leave an index folder behind."""
    empty.folder = empty.folder / "nowhere"

    with pytest.raises(MissingFolderError, match="nowhere"):
        empty.sync()

    assert not empty.index.exists()


def test_folder_without_files_is_told_before_anything_is_made(empty: Corpus) -> None:
    """The message says what was looked for, and where."""
    with pytest.raises(NoDocumentsError, match=r"briefs.*\.md") as caught:
        empty.sync()

    assert caught.value.folders == (empty.folder,)
    assert not empty.index.exists()


def test_folder_that_cannot_be_read_leaves_the_index_alone(corpus: Corpus) -> None:
    """An unmounted disk looks like an empty folder: that must not empty the index."""
    before = corpus.sync()
    shutil.rmtree(corpus.folder)
    corpus.write("broken.jsonl", "{oops\n")

    with pytest.raises(NoDocumentsError, match=r"broken\.jsonl:1: is not JSON") as caught:
        corpus.sync()

    assert [error.reason for error in caught.value.failed] == ["invalid_json"]
    with corpus.open() as generation:
        assert generation.info.generation == before.generation


def test_empty_index_can_be_published_and_searched(corpus: Corpus) -> None:
    """Who asks for it gets it, and it works; documents can then be added."""
    corpus.sync()
    shutil.rmtree(corpus.folder)
    corpus.folder.mkdir()

    report = corpus.sync(allow_empty=True)

    assert (report.documents, report.chunks, len(report.removed)) == (0, 0, 4)
    with corpus.open() as generation:
        assert generation.documents() == []
        assert generation.words.search("chips", 5) == []
        assert generation.vectors.search(corpus.embedder.embed_queries(["chips"]), 5) == [[]]
    assert not corpus.sync(allow_empty=True).published
    corpus.write("later.txt", "This came later.\n")
    assert corpus.sync().added == ("later.txt",)


def test_index_inside_the_folder_is_not_indexed(empty: Corpus) -> None:
    """The default index lies beside the briefs."""
    empty.index = empty.folder / "index"
    empty.write("a.txt", "Some words.\n")

    empty.sync()

    assert not empty.sync().published


def test_progress_names_each_stage_and_reaches_its_end(corpus: Corpus) -> None:
    """A bar that stops at 97 % looks like a hang."""
    report = corpus.sync()

    ends = {step.stage: step for step in corpus.progress}
    assert ends == {
        "reading": Progress("reading", 3, 3),
        "embedding": Progress("embedding", report.embedded, report.embedded),
        "writing": Progress("writing", report.chunks, report.chunks),
    }
    for stage in ends:
        done = [step.done for step in corpus.progress if step.stage == stage]
        assert done == sorted(done)


def _stop(_: object) -> None:
    raise KeyboardInterrupt


def _refuse(_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(
    ("fail", "raised"), [(_stop, KeyboardInterrupt), (_refuse, IndexWriteError)]
)
def test_failure_at_any_sync_to_disk_leaves_the_index_as_it_was(
    corpus: Corpus,
    monkeypatch: pytest.MonkeyPatch,
    fail: Callable[[object], None],
    raised: type[BaseException],
) -> None:
    """Ctrl-C and a full disk cost the new generation, never the old one."""
    before = corpus.sync()
    corpus.write("later.txt", "This came later.\n")
    fsync = os.fsync
    steps = 0
    while True:
        steps += 1
        calls = 0

        def failing(descriptor: int) -> None:
            nonlocal calls
            calls += 1
            if calls == steps:  # noqa: B023 - called within this turn of the loop
                fail(descriptor)
            fsync(descriptor)

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", failing)
            try:
                corpus.sync()
            except raised:
                pass
            else:
                break
        names = corpus.generations()
        if read_current(corpus.index).serving.generation == before.generation:
            assert names == {before.generation}, f"at step {steps}"
        else:
            # The pointer had its new name; only the sync of the folder failed.
            assert len(names) == 2
            break
    assert steps > 8
    with corpus.open() as generation:
        assert generation.degraded is None
        assert "later.txt" in {info.doc_id for info in generation.documents()}


def test_refusal_of_the_disk_is_one_clear_line(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names the index and the reason."""
    monkeypatch.setattr(os, "fsync", _refuse)

    with pytest.raises(
        IndexWriteError, match=r"cannot write the index in '.*index': No space left"
    ):
        corpus.sync()

    assert corpus.generations() == set()


@pytest.mark.parametrize("below", ["", "deeper"])
def test_index_path_that_is_a_file_is_refused(corpus: Corpus, below: str) -> None:
    """A mistaken path ends in a message, not in a traceback."""
    corpus.index = corpus.write("file.txt", "Some words.\n") / below

    with pytest.raises(IndexWriteError, match=r"file\.txt"):
        corpus.sync()


def test_interrupt_while_embedding_leaves_nothing_behind(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Embedding is where the time goes, so that is where Ctrl-C comes."""
    before = corpus.sync()
    corpus.write("later.txt", "This came later.\n")
    monkeypatch.setattr(corpus.embedder, "embed_documents", _stop)

    with pytest.raises(KeyboardInterrupt):
        corpus.sync()

    assert corpus.generations() == {before.generation}
    assert not (corpus.index / ".lock.json").exists()


def test_leftovers_of_a_killed_sync_are_removed(corpus: Corpus) -> None:
    """A crash each night must not fill the disk."""
    corpus.sync()
    for name in (".tmp-half", "f" * 20):
        (corpus.index / "generations" / name).mkdir()
        (corpus.index / "generations" / name / "texts.bin").write_bytes(b"half")

    report = corpus.sync()

    assert corpus.generations() == {report.generation}


def test_a_disk_that_fails_after_all_was_published_is_told_as_that(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads that all is as before would look for the new documents in vain elsewhere."""

    def refuse(_: Fingerprints) -> tuple[DocId, ...]:
        detail = "disk I/O error"
        raise sqlite3.OperationalError(detail)

    with monkeypatch.context() as patched:
        patched.setattr(Fingerprints, "removed", refuse)
        with pytest.raises(IndexWriteError, match="disk I/O error; but it now holds what"):
            corpus.sync()

    assert not corpus.sync().published
