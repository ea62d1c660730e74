"""What is tantivy's own about its index."""

import random
import stat
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from tantivy import Index

from briefqa.backends.tantivy import TantivyBackend
from briefqa.backends.tantivy import index as tantivy
from briefqa.datatypes import ChunkId
from briefqa.errors import IndexDamagedError
from briefqa.protocols import DocumentWords, Selection

ENTRIES = [(ChunkId("a"), "salt and silt"), (ChunkId("b"), "corn")]


def build(folder: Path, entries: Sequence[tuple[ChunkId, str]]) -> None:
    """Index each entry as an English document of its own."""
    TantivyBackend().build(folder, [DocumentWords([entry], language="en") for entry in entries])


def names_in(folder: Path) -> list[str]:
    """Return the suffixes, or the names where there is none."""
    return sorted(path.suffix or path.name for path in folder.iterdir())


def test_a_built_folder_holds_data_only(tmp_path: Path) -> None:
    """Every file there is hashed into the manifest; a lock has no place among them."""
    build(tmp_path, ENTRIES)

    assert names_in(tmp_path) == [
        ".fast", ".fieldnorm", ".idx", ".json", ".pos", ".store", ".term",
    ]  # fmt: skip
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert len(modes) == 1, "the server may run as another user than the indexer"


def test_reading_writes_nothing(tmp_path: Path) -> None:
    """A published generation is immutable, and may be mounted read-only."""
    build(tmp_path, ENTRIES)
    before = {path: path.stat().st_mtime_ns for path in [tmp_path, *tmp_path.iterdir()]}

    index = TantivyBackend().open(tmp_path)

    assert [name for name, _ in index.search("corn", 3)] == ["b"]
    assert {path: path.stat().st_mtime_ns for path in [tmp_path, *tmp_path.iterdir()]} == before


def test_an_open_index_outlives_its_folder(tmp_path: Path) -> None:
    """Old generations are removed while a server may still answer from them."""
    build(tmp_path, ENTRIES * 500)
    index = TantivyBackend().open(tmp_path)

    for path in tmp_path.iterdir():
        path.unlink()

    assert [name for name, _ in index.search("corn", 2)] == ["b", "b"]


@pytest.mark.parametrize("name", ["meta.json", ".idx", ".store"])
def test_a_missing_file_is_damage(tmp_path: Path, name: str) -> None:
    """Tantivy's own error is a dump of its insides."""
    build(tmp_path, ENTRIES)
    next(path for path in tmp_path.iterdir() if path.name.endswith(name)).unlink()

    with pytest.raises(IndexDamagedError, match="tantivy cannot read it"):
        TantivyBackend().open(tmp_path)


def test_several_segments_answer_like_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory decides how many segments there are, and must not decide the ranking."""
    draw = random.Random(1)  # noqa: S311 - words, not secrets
    words = [f"w{number}" for number in range(3000)]
    entries = [
        (ChunkId(str(number)), " ".join(draw.choices(words, k=60))) for number in range(12000)
    ]
    for name in ("one", "many"):
        (tmp_path / name).mkdir()
    build(tmp_path / "one", entries)
    monkeypatch.setattr(tantivy, "_WRITER_BYTES", 15_000_000)
    build(tmp_path / "many", entries)
    segments = [
        Index.open(str(tmp_path / name)).searcher().num_segments for name in ("one", "many")
    ]
    assert segments[0] == 1 < segments[1]

    one, many = (TantivyBackend().open(tmp_path / name) for name in ("one", "many"))

    for question in (" ".join(draw.choices(words, k=4)) for _ in range(50)):
        found, expected = many.search(question, 20), one.search(question, 20)
        assert [name for name, _ in found] == [name for name, _ in expected]
        assert [score for _, score in found] == pytest.approx([score for _, score in expected])


def test_many_documents_far_apart_are_found_as_few_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How a search is held to a part of the index is a matter of speed alone."""
    draw = random.Random(4)  # noqa: S311 - words, not secrets
    texts = [" ".join(draw.choices(["salt", "silt", "corn", "fern"], k=6)) for _ in range(900)]
    build(tmp_path, [(ChunkId(str(at)), text) for at, text in enumerate(texts)])
    index = TantivyBackend().open(tmp_path)
    among = Selection(np.arange(0, 900, 12, dtype=np.int64))

    in_ranges = index.search("salt fern", 50, among=among)
    monkeypatch.setattr(tantivy, "_MOST_RANGES", 10)
    passed_over = index.search("salt fern", 50, among=among)

    assert in_ranges == passed_over
    assert len(in_ranges) == 50


def test_the_order_of_a_question_s_words_changes_nothing(tmp_path: Path) -> None:
    """The sums are of 32-bit numbers, whose order shows in the last digits."""
    build(tmp_path, [*ENTRIES, (ChunkId("c"), "salt corn fern moon lamp")] * 9)
    index = TantivyBackend().open(tmp_path)

    assert index.search("salt fern moon corn", 9) == index.search("corn moon salt fern", 9)


def _in(language: str | None, *texts: str) -> DocumentWords:
    name = texts[0][:8]
    return DocumentWords(
        [(ChunkId(f"{name}{at}"), text) for at, text in enumerate(texts)], language=language
    )


SPANISH = (
    "La regulación de las inteligencias artificiales en los países de la Unión Europea "
    "es una de las tareas que el gobierno no ha terminado."
)
ENGLISH = (
    "The regulation of artificial intelligence in the countries of the European Union is "
    "one of the tasks that the government has not finished."
)
VIETNAMESE = (
    "Chính phủ Việt Nam đã công bố chiến lược quốc gia về nghiên cứu và phát triển trí tuệ "
    "nhân tạo, trong đó mà các má và mạ được nhắc đến."
)
CHINESE = "人工智能治理需要国际合作。各国政府正在讨论前沿模型的安全标准。"
PLAIN = "Revenue 2024: 10, revenue 2025: 12; budgets, taxes."


def _found(tmp_path: Path, question: str, *documents: DocumentWords) -> list[str]:
    TantivyBackend().build(tmp_path, documents)
    return [name for name, _ in TantivyBackend().open(tmp_path).search(question, 9)]


@pytest.mark.parametrize(
    ("text", "question"),
    [
        (SPANISH, "¿Qué gobiernos regulan la inteligencia artificial?"),
        (SPANISH, "regulacion"),
        (ENGLISH, "regulating intelligent governments"),
        (VIETNAMESE, "chiến lược quốc gia"),
        (CHINESE, "前沿模型的安全"),
        (PLAIN, "budget"),
    ],
)
def test_each_language_is_found_by_its_own_words(tmp_path: Path, text: str, question: str) -> None:
    """Other forms of a word, and words that no space ends, are what a reader would look for."""
    assert _found(tmp_path, question, _in(None, text))


def test_vietnamese_tones_tell_words_apart(tmp_path: Path) -> None:
    """Without its marks a syllable stands for half a dozen words."""
    TantivyBackend().build(tmp_path, [_in(None, VIETNAMESE)])
    index = TantivyBackend().open(tmp_path)

    assert [index.document_frequency(word) for word in index.terms("má mạ mả")] == [1, 1, 0]


def test_documents_of_several_languages_are_each_read_in_their_own(tmp_path: Path) -> None:
    """A folder of briefs from two countries is one index."""
    TantivyBackend().build(tmp_path, [_in(None, SPANISH), _in(None, ENGLISH)])
    index = TantivyBackend().open(tmp_path)

    spanish = index.search("¿Cuáles son las tareas del gobierno en la unión?", 1)
    english = index.search("What are the tasks of the governments in the unions?", 1)

    assert [name for name, _ in spanish] == [f"{SPANISH[:8]}0"]
    assert [name for name, _ in english] == [f"{ENGLISH[:8]}0"]
    assert index.language("¿Qué es la unión de los países?") == "es"
    assert index.language("What is the union of the countries?") == "en"


def test_a_stated_language_is_believed(tmp_path: Path) -> None:
    """A title of three words tells no language, but its front matter may."""
    TantivyBackend().build(tmp_path, [_in("es", "Regulaciones nacionales")])
    index = TantivyBackend().open(tmp_path)

    assert index.language("anything") == "es"
    assert [name for name, _ in index.search("regulación nacional", 1)] == ["Regulaci0"]


def test_an_index_knows_in_which_language_each_chunk_was_read(tmp_path: Path) -> None:
    """The next index takes it from there: another answer would change words in silence."""
    documents = [
        (_in(None, ENGLISH, ENGLISH, ENGLISH), "en"),
        (_in(None, CHINESE, CHINESE), ""),
        (_in("es", ENGLISH), "es"),
        (_in("tlh", SPANISH, SPANISH), "es"),
        (_in(None, ENGLISH, ENGLISH), "en"),
    ]
    read = [language for document, language in documents for _ in document.chunks]
    TantivyBackend().build(tmp_path, [document for document, _ in documents])
    index = TantivyBackend().open(tmp_path)

    for first in range(len(read)):
        for last in range(first, len(read)):
            assert index.languages(first, last) == read[first : last + 1]


def test_a_language_without_a_stemmer_is_unknown(tmp_path: Path) -> None:
    """Whoever weighs the scores must know that the model may not know it either."""
    TantivyBackend().build(tmp_path, [_in(None, VIETNAMESE), _in(None, CHINESE)])

    assert TantivyBackend().open(tmp_path).language("gì?") == ""
