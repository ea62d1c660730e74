"""Large files are checked block by block, and nothing unchecked is used."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.corpus import Corpus

from briefqa.errors import IndexDamagedError
from briefqa.indexing.blocks import BLOCK_BYTES, BLOCKS, CheckedFiles, write_blocks
from briefqa.indexing.checks import check_files
from briefqa.indexing.integrity import entry_of

_SIZE = 3 * BLOCK_BYTES + 100


@pytest.fixture
def all_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every file of vectors count as large."""
    monkeypatch.setattr("briefqa.indexing.writing.LARGE_BYTES", 0)


def _listed(folder: Path) -> CheckedFiles:
    names = ["rows.bin", f"rows.bin{BLOCKS}"]
    return CheckedFiles(folder, {name: entry_of(folder / name) for name in names})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of three blocks and a bit, and the list of their hashes."""
    place = tmp_path_factory.mktemp("blocks")
    (place / "rows.bin").write_bytes(bytes(each * 7 % 251 for each in range(_SIZE)))
    write_blocks(place / "rows.bin")
    return place


@given(
    at=st.integers(0, _SIZE - 1),
    start=st.integers(0, _SIZE),
    length=st.integers(0, _SIZE),
    bit=st.integers(0, 7),
)
def test_a_flipped_bit_is_found_where_its_block_is_used_and_only_there(
    folder: Path, at: int, start: int, length: int, bit: int
) -> None:
    """The promise is about what is used; the rest is for `briefqa check`."""
    end = min(_SIZE, start + length)
    path = folder / "rows.bin"
    whole = path.read_bytes()
    blocks = _listed(folder)
    blocks.check(path, start, start)
    damaged = bytearray(whole)
    damaged[at] ^= 1 << bit
    path.write_bytes(damaged)
    blocks = CheckedFiles(
        folder, {name: entry_of(folder / name) for name in (path.name, path.name + BLOCKS)}
    )
    is_used = start < end and start // BLOCK_BYTES <= at // BLOCK_BYTES <= (end - 1) // BLOCK_BYTES

    try:
        if is_used:
            for _ in range(2):
                with pytest.raises(IndexDamagedError, match=r"rows\.bin"):
                    blocks.check(path, start, end)
        else:
            blocks.check(path, start, end)
        with pytest.raises(IndexDamagedError, match=r"rows\.bin"):
            blocks.check_all()
    finally:
        path.write_bytes(whole)


def test_damage_is_found_whichever_thread_comes_upon_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many blocks are shared out among threads, and an error must not stay in one of them."""
    monkeypatch.setattr("briefqa.indexing.blocks._BLOCKS_A_THREAD", 1)
    names = ["rows.bin", f"rows.bin{BLOCKS}"]
    entries = {name: entry_of(folder / name) for name in names}
    whole = (folder / "rows.bin").read_bytes()
    (tmp_path / names[1]).write_bytes((folder / names[1]).read_bytes())

    for block in range(4):
        damaged = bytearray(whole)
        damaged[block * BLOCK_BYTES] ^= 1
        (tmp_path / "rows.bin").write_bytes(damaged)
        with pytest.raises(IndexDamagedError, match=rf"from byte {block * BLOCK_BYTES}\b"):
            CheckedFiles(tmp_path, entries).check_all()
    (tmp_path / "rows.bin").write_bytes(whole)
    CheckedFiles(tmp_path, entries).check_all()


def test_a_large_file_of_another_size_is_found_at_once(folder: Path, tmp_path: Path) -> None:
    """To read beyond the end of a mapped file would end the process."""
    for name in ("rows.bin", f"rows.bin{BLOCKS}"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    names = ["rows.bin", f"rows.bin{BLOCKS}"]
    files = {name: entry_of(tmp_path / name) for name in names}
    (tmp_path / "rows.bin").write_bytes(b"?")

    with pytest.raises(IndexDamagedError, match=f"has 1 bytes instead of {_SIZE}"):
        CheckedFiles(tmp_path, files)
    (tmp_path / "rows.bin").unlink()
    with pytest.raises(IndexDamagedError, match="cannot be read"):
        CheckedFiles(tmp_path, files)


@pytest.mark.usefixtures("all_large")
def test_damage_to_a_large_file_is_told_when_it_is_used_and_mended_by_the_next_sync(
    corpus: Corpus,
) -> None:
    """Opening does not read it; a question does, and a build must not go on from it."""
    first = corpus.sync().generation
    path = corpus.index / "generations" / first / "vectors" / "rows.bin"
    data = bytearray(path.read_bytes())
    data[5] ^= 1
    path.write_bytes(data)

    with corpus.open() as generation:
        assert generation.degraded is None
        with pytest.raises(IndexDamagedError, match=r"rows\.bin"):
            generation.vectors.search(corpus.embedder.embed_queries(["chips"]), 1)
    assert [problem.path for problem in check_files(corpus.index)] == [
        f"generations/{first}/vectors/rows.bin"
    ]

    corpus.sync()

    assert check_files(corpus.index) == []
    with corpus.open() as generation:
        assert generation.vectors.search(corpus.embedder.embed_queries(["chips"]), 1)


@pytest.mark.usefixtures("all_large")
@pytest.mark.parametrize("suffix", [".idx", ".store", ".term", ".fieldnorm"])
def test_damage_to_a_large_word_index_is_told_when_words_are_searched(
    corpus: Corpus, suffix: str
) -> None:
    """A thread opens it, so it is the question that must not go on without it."""
    generation = corpus.sync().generation
    [path] = (corpus.index / "generations" / generation / "lexical").glob(f"*{suffix}")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)

    with corpus.open() as opened:
        for _ in range(2):
            with pytest.raises(IndexDamagedError, match=rf"\{suffix}"):
                opened.words.search("chips", 1)
        assert opened.damage is not None


@pytest.mark.usefixtures("all_large")
def test_a_word_index_opened_by_a_thread_answers_as_one_opened_at_once(
    corpus: Corpus, tmp_path: Path
) -> None:
    """How large the files are must not be seen in an answer."""
    corpus.sync()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("briefqa.indexing.writing.LARGE_BYTES", 10**9)
        small = Corpus(corpus.folder, tmp_path / "small")
        small.sync()

    with corpus.open() as later, small.open() as at_once:
        assert type(later.words) is not type(at_once.words)
        assert len(later.words) == len(at_once.words)
        text = "How many chips does the port ship?"
        assert later.words.search(text, 5) == at_once.words.search(text, 5)
        assert later.words.terms(text) == at_once.words.terms(text)
        assert later.words.language(text) == at_once.words.language(text)
        assert later.words.document_frequency("chip") == at_once.words.document_frequency("chip")


@pytest.mark.usefixtures("all_large")
def test_damage_to_the_list_of_hashes_is_found_at_once(corpus: Corpus) -> None:
    """The list vouches for all the rest."""
    generation = corpus.sync().generation
    path = corpus.index / "generations" / generation / "vectors" / f"rows.bin{BLOCKS}"
    path.write_bytes(path.read_bytes()[:-1] + b"?")

    with pytest.raises(IndexDamagedError, match=r"rows\.bin\.blocks"):
        corpus.open()
