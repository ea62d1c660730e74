"""The language in which the words of a document are read."""

from pathlib import Path

import pytest
from tests.corpus import Corpus

from briefqa.backends.tantivy import analysis
from briefqa.backends.tantivy.analysis import language_of_document
from briefqa.indexing.generations import LEXICAL

# Of three words, none of which is a stop word in any language: nothing tells but what is stated.
_SPANISH = "Regulaciones nacionales energéticas.\n"
_ASKED = "regulación nacional energética"


def _languages(corpus: Corpus) -> tuple[str, list[str]]:
    """Return the language of a question that tells nothing, and what it finds."""
    corpus.sync()
    with corpus.open() as generation:
        found = [chunk_id for chunk_id, _ in generation.words.search(_ASKED, 9)]
        chunks = generation.chunks(found)
        return generation.words.language("?"), [chunk.doc_id for chunk in chunks]


@pytest.mark.parametrize("stated", ["es", "es-MX", "ES", "es_AR", " es "])
def test_the_language_that_front_matter_states_is_believed(empty: Corpus, stated: str) -> None:
    """A brief too short to tell its language is still found by other forms of its words."""
    empty.write("a.md", f'---\nlanguage: "{stated}"\n---\n\n{_SPANISH}')

    assert _languages(empty) == ("es", ["a.md"])


def test_without_one_the_words_tell(empty: Corpus) -> None:
    """Little text with accents and no stop words is of a language that is not known."""
    empty.write("a.md", _SPANISH)

    assert _languages(empty) == ("", [])


@pytest.mark.parametrize("stated", ["tlh", "x", "und", "-", "English and French"])
def test_a_language_that_is_not_known_does_not_overrule_the_words(
    empty: Corpus, stated: str
) -> None:
    """Front matter is written by people, who write anything."""
    text = "La regulación de la energía es una de las tareas que no ha terminado el gobierno.\n"
    empty.write("a.md", f'---\nlanguage: "{stated}"\n---\n\n{text}')

    language, _ = _languages(empty)

    assert language == "es"


def test_what_is_stated_wins_over_the_words(empty: Corpus) -> None:
    """`en-GB` is English, also for a brief that quotes Spanish at length."""
    text = "La regulación de la energía es una de las tareas que no ha terminado el gobierno.\n"
    empty.write("a.md", f"---\nlanguage: en-GB\n---\n\n{text}")

    language, _ = _languages(empty)

    assert language == "en"


def test_an_unchanged_document_is_not_told_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Telling took a tenth of the time in which one changed brief in a hundred was taken in."""
    told: list[str] = []

    def tell(text: str) -> str:
        told.append(text)
        return language_of_document(text)

    monkeypatch.setattr(analysis, "language_of_document", tell)
    updated, fresh = (Corpus(tmp_path / "briefs", tmp_path / name) for name in ("index", "fresh"))
    updated.write("a.md", "The ministries were asked for their budgets, and they were late.\n")
    updated.write("b.md", "Las regulaciones de los países no han sido una de las tareas.\n")
    updated.write("c.md", f"---\nlanguage: es\n---\n\n{_SPANISH}")
    updated.write("d.md", "人工智能治理需要国际合作。各国政府正在讨论前沿模型的安全标准。\n")
    updated.sync()
    told.clear()
    updated.write("a.md", "They were asked for it, and they were early.\n\n" * 99)
    updated.sync()

    assert all("early" in text for text in told)
    fresh.sync()
    assert _word_files(updated) == _word_files(fresh)


def _word_files(corpus: Corpus) -> dict[str, bytes]:
    """Return the files of the word index that serves, by what their names end with."""
    with corpus.open() as generation:
        folder = generation.ref.folder(corpus.index) / LEXICAL
    # The head has the names, which are drawn.
    return {path.suffix: path.read_bytes() for path in folder.iterdir() if path.suffix != ".json"}


def test_each_document_of_a_mixed_folder_is_read_in_its_own_language(tmp_path: Path) -> None:
    """A folder of briefs from three countries is one index, also after a change of one."""
    corpus = Corpus(tmp_path / "briefs", tmp_path / "index")
    corpus.write("en.md", "The ministries were asked for their budgets, and they were late.\n")
    corpus.write("es.md", "Las regulaciones de los países no han sido una de las tareas.\n")
    corpus.write("zh.md", "人工智能治理需要国际合作。各国政府正在讨论前沿模型的安全标准。\n")
    corpus.sync()
    corpus.write("en.md", "The ministries were asked for their budgets, and they were early.\n")
    corpus.sync()

    with corpus.open() as generation:
        for question, doc_id in [
            ("What is the budget of the ministry?", "en.md"),
            ("¿Cuál es la tarea de la regulación del país?", "es.md"),
            ("前沿模型的安全", "zh.md"),
        ]:
            (best, _), *_ = generation.words.search(question, 3)
            assert generation.chunks([best])[0].doc_id == doc_id
