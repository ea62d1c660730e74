"""Where documents come from, and what their ids begin with."""

from pathlib import Path

import pytest
from tests.corpus import Corpus

from briefqa.datatypes import DocId
from briefqa.errors import MissingFolderError, NoDocumentsError, SourceNameError
from briefqa.indexing.sources import Root, Sources, roots_of


def test_a_single_folder_needs_no_name(tmp_path: Path) -> None:
    """Ids are then the paths that its owner knows."""
    assert roots_of([tmp_path]) == (Root("", tmp_path.resolve()),)


def test_several_folders_are_called_by_their_last_part_or_as_one_says(tmp_path: Path) -> None:
    """Two folders may hold files of one name."""
    for name in ("one/briefs", "two/briefs", "notes"):
        (tmp_path / name).mkdir(parents=True)

    roots = roots_of([tmp_path / "one/briefs", f"new={tmp_path}/two/briefs", tmp_path / "notes"])

    assert [root.name for root in roots] == ["briefs", "new", "notes"]


@pytest.mark.parametrize(
    "folders",
    [["one/briefs", "two/briefs"], ["=a", "b"], ["a/b=c", "b"], ["..=c", "b"], ["/", "b"]],
)
def test_folders_that_cannot_be_told_apart_are_refused(folders: list[str]) -> None:
    """The message says how to name them."""
    with pytest.raises(SourceNameError, match="NAME=FOLDER"):
        roots_of(folders)


def test_a_folder_with_an_equals_sign_in_its_name_is_a_folder(tmp_path: Path) -> None:
    """What is there wins over what it could mean."""
    (tmp_path / "a=b").mkdir()

    assert roots_of([str(tmp_path / "a=b")]) == (Root("", tmp_path / "a=b"),)


def test_several_folders_make_one_index(corpus: Corpus, tmp_path: Path) -> None:
    """Each document says which folder it is from, and moving one between them costs nothing."""
    other = Corpus(tmp_path / "evidence", tmp_path / "unused")
    other.write("power.txt", "Wind is cheap.\n")
    corpus.folders = [corpus.folder, other.folder]
    first = corpus.sync()
    corpus.embedder.seen.clear()
    (corpus.folder / "chips.md").rename(other.folder / "chips.md")

    report = corpus.sync()

    assert first.added == (
        "briefs/chips.md",
        "briefs/grid/power.txt",
        "evidence/power.txt",
        "n1",
        "n2",
    )
    assert (report.added, report.removed) == (("evidence/chips.md",), ("briefs/chips.md",))
    assert corpus.embedder.seen == []
    with corpus.open() as generation:
        path = generation.sources.path_of("evidence/chips.md", corpus.index)
        assert path is not None
        assert path.read_text().startswith("# Chips")


def test_one_of_several_folders_that_is_gone_or_empty_stops_the_sync(
    corpus: Corpus, tmp_path: Path
) -> None:
    """A disk that is not mounted must not look like a hundred deletions."""
    other = Corpus(tmp_path / "evidence", tmp_path / "unused")
    path = other.write("power.txt", "Wind is cheap.\n")
    corpus.folders = [corpus.folder, other.folder]
    first = corpus.sync()

    path.unlink()
    with pytest.raises(NoDocumentsError, match="evidence"):
        corpus.sync()
    other.folder.rmdir()
    with pytest.raises(MissingFolderError, match="evidence"):
        corpus.sync()

    with corpus.open() as generation:
        assert generation.info.generation == first.generation


def test_path_is_told_only_where_its_folder_is(tmp_path: Path) -> None:
    """A receipt cannot be checked against a file that is out of reach."""
    sources = Sources((Root("a", tmp_path), Root("b", tmp_path / "gone")), {"up.md": "0" * 32})

    assert sources.path_of("a/x/y.md", tmp_path) == tmp_path / "x/y.md"
    assert sources.path_of("b/x.md", tmp_path) is None
    assert sources.path_of("c/x.md", tmp_path) is None
    assert sources.path_of("up.md", tmp_path) is None
    (tmp_path / "uploads").mkdir()
    assert sources.path_of("up.md", tmp_path) == tmp_path / "uploads" / ("0" * 32)


def test_sources_come_back_from_their_record() -> None:
    """They are kept in CURRENT."""
    sources = Sources(
        (Root("", Path("/x")),), {"b": "1" * 32, "a": "2" * 32}, frozenset({DocId("z")})
    )

    assert Sources.from_record(sources.to_record()) == sources
