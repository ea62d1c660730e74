"""Questions about the documents themselves."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from tests.corpus import Corpus, RecordingEmbedder

from briefqa.answering.extracting import MOST_DOCUMENTS, Extract, extract, read_question
from briefqa.chunking import ChunkingOptions
from briefqa.indexing import Generation
from briefqa.retrieval import embed_question, find_hits


@dataclass(frozen=True, slots=True)
class _Shelf:
    """A few briefs in an index."""

    generation: Generation
    embedder: RecordingEmbedder

    def ask(self, question: str) -> list[tuple[str, str]]:
        """Return what is quoted: the document and the words."""
        return [
            (quote.hit.chunk.doc_id, quote.span.of(self.text_of(quote.hit.chunk.doc_id)))
            for quote in self.extract(question).quotes
        ]

    def extract(self, question: str) -> Extract:
        request = read_question(question)
        asked = embed_question(request.topic, self.embedder, self.generation.words)
        hits = find_hits(asked, self.generation, k=5)
        return extract(asked, request, hits, self.generation, self.embedder)

    def text_of(self, doc_id: str) -> str:
        infos = {info.doc_id: info.doc_id for info in self.generation.documents()}
        return self.generation.document(infos[next(each for each in infos if each == doc_id)]).text


def _brief(title: str, authors: str, published: str, body: str) -> str:
    return f"---\ntitle: {title}\nauthors: [{authors}]\npublished: {published}\n---\n\n{body}\n"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Shelf]:
    """Three briefs with headers, one without, and fifteen notes on the port."""
    folder = tmp_path_factory.mktemp("shelf")
    (folder / "briefs").mkdir()
    corpus = Corpus(folder / "briefs", folder / "index", RecordingEmbedder(256))
    corpus.write(
        "dams.md",
        _brief(
            "The dams of the north",
            "Ann Lee, Jo Park",
            "2024-05-01",
            "Dams hold water for the dry months. Copper is dear. The harbour act was written"
            " by Mia Stone in 1936.",
        ),
    )
    corpus.write(
        "copper.md",
        _brief(
            "Copper for the grid",
            "Jo Park",
            "2025-02-03",
            "Copper prices rose. Copper carries the power of dams to towns. Wire is drawn thin.",
        ),
    )
    corpus.write(
        "wind.md", _brief("Wind at sea", "Kim Roe", "2025-07-09", "Turbines turn. Wind is free.")
    )
    corpus.write("plain.txt", "Nobody says who wrote this text, which tells of turbines.\n")
    for at in range(15):
        corpus.write(
            f"port{at:02}.txt", f"Quay number {at} serves the fishing port of town {at}.\n"
        )
    corpus.sync(chunking=ChunkingOptions(size=60, prefix=12))
    with corpus.open() as generation:
        yield _Shelf(generation, corpus.embedder)


def test_each_document_that_speaks_of_something_is_named_once(shelf: _Shelf) -> None:
    """The receipt of each is the sentence in which it does."""
    said = dict(shelf.ask("Which briefs discuss copper?"))

    assert set(said) == {"dams.md", "copper.md"}
    assert all("opper" in words for words in said.values())
    assert len(shelf.ask("Which briefs discuss copper?")) == len(said)


def test_documents_are_named_beyond_the_first_five_hits(shelf: _Shelf) -> None:
    """Fifteen notes on one matter are not three; and no answer names more than ten."""
    said = shelf.ask("Which documents mention the fishing port?")

    assert len(said) == MOST_DOCUMENTS
    assert len({doc_id for doc_id, _ in said}) == MOST_DOCUMENTS


@pytest.mark.parametrize(
    ("question", "doc_id"),
    [
        ("Who wrote the brief on dams?", "dams.md"),
        ("Who are the authors of the brief on copper?", "copper.md"),
        ("Who wrote Wind at sea?", "wind.md"),
        ("When was the brief on copper published?", "copper.md"),
        ("When was Wind at sea published?", "wind.md"),
    ],
)
def test_head_of_the_document_meant_says_who_and_when(
    shelf: _Shelf, question: str, doc_id: str
) -> None:
    """Title, authors and date are one receipt."""
    [(found, words)] = shelf.ask(question)

    assert found == doc_id
    assert words.startswith("Title: ")
    assert "Author" in words
    assert "Published: " in words


@pytest.mark.parametrize(
    ("question", "doc_ids"),
    [
        ("Which briefs did Jo Park write?", {"dams.md", "copper.md"}),
        ("Which briefs were written by Ann Lee?", {"dams.md"}),
        ("Which documents were published in 2025?", {"copper.md", "wind.md"}),
        ("List all documents published in 2025.", {"copper.md", "wind.md"}),
    ],
)
def test_works_of_an_author_or_a_year_are_all_named(
    shelf: _Shelf, question: str, doc_ids: set[str]
) -> None:
    """Each is proved by its own head."""
    said = shelf.ask(question)

    assert {doc_id for doc_id, _ in said} == doc_ids
    assert all(words.startswith("Title: ") for _, words in said)


def test_head_that_answers_counts_as_evidence(shelf: _Shelf) -> None:
    """It leads the sentences, and holds all that is asked for."""
    best = shelf.extract("Which briefs did Jo Park write?").ranked[0]

    assert best.text.startswith("Title: ")
    assert best.closeness == best.score == 1


def test_question_about_something_inside_a_document_is_answered_from_inside(
    shelf: _Shelf,
) -> None:
    """Acts and books have authors and dates too."""
    who = shelf.ask("Who wrote the harbour act?")
    when = shelf.ask("When was the harbour act written?")

    assert (
        who[0]
        == when[0]
        == (
            "dams.md",
            "The harbour act was written by Mia Stone in 1936.",
        )
    )


def test_unknown_author_has_no_works(shelf: _Shelf) -> None:
    """No head holds the name, and no head is quoted in its place."""
    said = shelf.ask("Which briefs did Zoe Quill write?")

    assert not [words for _, words in said if "Zoe" in words]
    assert shelf.extract("Which briefs did Zoe Quill write?").ranked[0].score < 1
