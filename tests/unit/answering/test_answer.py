"""An answer proves itself, or there is none."""

import hashlib
import random
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.corpus import Corpus, RecordingEmbedder, fill
from tests.rerankers import HashReranker, hash_score
from tests.unit.strategies import source_text

from briefqa.answering import (
    Models,
    Options,
    answer_question,
    search_passages,
    weigh_question,
)
from briefqa.answering.abstention import Calibration, confidence
from briefqa.answering.evidence import FEATURES
from briefqa.datatypes import Answer, Verdict
from briefqa.errors import LimitError, QuestionError
from briefqa.indexing import Generation
from briefqa.retrieval import parse_condition

# Answers whatever is asked, and nothing.
_ALWAYS = Calibration(weights=(0.0,) * len(FEATURES), bias=5.0, threshold=0.5)
_NEVER = Calibration(weights=(0.0,) * len(FEATURES), bias=-5.0, threshold=0.5)

_FACTS = st.sampled_from(
    [
        "The grid needs ten gigawatts of power, as others found [7].",
        "It grew by half in a year [1] [2].",
        "Power is dear [12]; coal, the board says, is dearer.",
        "- The grid: old\n- The dams: older than the grid\n",
        "# Power\n\nWho needs power? The grid does.\n",
        "Näher als Öl liegt 太陽 the power 😀 of the sun.",
    ]
)
_TEXTS = st.lists(_FACTS | source_text, min_size=1, max_size=4).map("\n\n".join)
_QUESTION = "Who needs the power of the grid?"


def _corpus(folder: Path) -> Corpus:
    (folder / "briefs").mkdir()
    return Corpus(folder / "briefs", folder / "index", RecordingEmbedder(256))


def _ask(corpus: Corpus, generation: Generation, question: str, calibration: Calibration) -> Answer:
    return answer_question(
        question, generation, Models(corpus.embedder, calibration=calibration), Options()
    )


@settings(max_examples=30)
@given(st.lists(_TEXTS, min_size=1, max_size=3))
def test_every_citation_proves_itself(texts: list[str]) -> None:
    """Quote, offsets and both hashes, over the worst text there is, checked with hashlib alone."""
    with tempfile.TemporaryDirectory() as name:
        corpus = _corpus(Path(name))
        for at, text in enumerate(texts):
            path = corpus.folder / f"d{at}{'.md' if at % 2 else '.txt'}"
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
        corpus.sync(allow_empty=True)
        with corpus.open() as generation:
            answer = _ask(corpus, generation, _QUESTION, _ALWAYS)

            for citation in answer.citations:
                text = generation.document(citation.document.doc_id).text
                file = (corpus.folder / citation.document.source).read_bytes()
                assert text[citation.span.start : citation.span.end] == citation.quote
                assert hashlib.sha256(text.encode()).hexdigest() == citation.document.text_sha256
                assert hashlib.sha256(file).hexdigest() == citation.document.file_sha256

        numbers = [citation.number for citation in answer.citations]
        assert numbers == list(range(1, len(numbers) + 1))
        assert [int(n) for n in re.findall(r"\[(\d+)\]", answer.text)] == numbers
        assert [s.citations for s in answer.sentences] == [(n,) for n in numbers]
        assert {s.verdict for s in answer.sentences} <= {Verdict.SUPPORTED}
        assert answer.answered == bool(answer.text) == bool(numbers)
        assert {c.chunk_id for c in answer.citations} <= {
            p.hit.chunk.chunk_id for p in answer.passages
        }


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """Three files, four documents, more chunks, indexed."""
    corpus = fill(_corpus(tmp_path))
    corpus.sync()
    return corpus


def test_answer_says_what_its_citations_quote(corpus: Corpus) -> None:
    """In one line, sentence by sentence, each followed by its number."""
    with corpus.open() as generation:
        answer = _ask(corpus, generation, "Where does Germany make chips?", _ALWAYS)

    said = " ".join(
        f"{' '.join(citation.quote.split())} [{citation.number}]" for citation in answer.citations
    )
    assert answer.text == said
    assert answer.text.startswith("Germany makes chips in Dresden. ")
    assert (answer.answered, answer.reason, answer.model) == (True, None, None)
    assert answer.citations[0].document.doc_id == "chips.md"
    assert (answer.citations[0].place.heading, answer.citations[0].place.number) == (("Chips",), 3)


def test_bracketed_number_of_a_document_is_not_taken_for_a_citation(tmp_path: Path) -> None:
    """Papers are full of `[7]`; a reader would look for our seventh source."""
    corpus = _corpus(tmp_path)
    corpus.write("paper.txt", "The grid needs ten gigawatts of power, as others found [7].\n")
    corpus.sync()
    with corpus.open() as generation:
        answer = _ask(corpus, generation, _QUESTION, _ALWAYS)

    assert re.findall(r"\[\d+\]", answer.text) == ["[1]"]
    assert answer.citations[0].quote.endswith("found [7].")


def test_declined_question_gets_passages_and_a_reason(corpus: Corpus) -> None:
    """Nothing that could be taken for an answer, but where to look on."""
    with corpus.open() as generation:
        answer = _ask(corpus, generation, "Where does Germany make chips?", _NEVER)

    assert not answer.answered
    assert (answer.text, answer.sentences, answer.citations) == ("", (), ())
    assert answer.reason is not None
    assert answer.reason.endswith(".")
    assert [passage.hit.rank for passage in answer.passages] == [1, 2, 3, 4, 5]
    assert answer.confidence < _NEVER.threshold


def test_index_without_documents_says_so(tmp_path: Path) -> None:
    """The last document was deleted: that is no crash, and no answer."""
    corpus = _corpus(tmp_path)
    corpus.sync(allow_empty=True)
    with corpus.open() as generation:
        answer = _ask(corpus, generation, _QUESTION, _ALWAYS)

    assert not answer.answered
    assert answer.passages == ()
    assert answer.reason == "The index holds no documents."


@pytest.fixture
def large(tmp_path: Path) -> Corpus:
    """Some four hundred passages that share their words."""
    draw = random.Random(2)  # noqa: S311 - words, not secrets
    words = ["grid", "power", "dam", "wind", "coal", "need", "year", "water", "price", "port"]
    corpus = _corpus(tmp_path)
    for number in range(40):
        lines = [" ".join(draw.choices(words, k=draw.randint(8, 20))) + ".\n" for _ in range(10)]
        corpus.write(f"d{number:02}.txt", "\n".join(lines).replace("grid", "The grid", 1))
    corpus.sync()
    return corpus


@pytest.mark.parametrize("question", ["What does the grid need?", "power grid coal port", "Who?"])
def test_answer_does_not_depend_on_how_many_passages_are_shown(
    large: Corpus, question: str
) -> None:
    """A larger page shows more passages of the same answer, as sure of itself as before."""
    with large.open() as generation:
        few, many = (
            answer_question(question, generation, Models(large.embedder), Options(k=k))
            for k in (1, 20)
        )
        found = weigh_question(question, generation, large.embedder).evidence

    assert (few.text, few.citations, few.answered) == (many.text, many.citations, many.answered)
    assert few.confidence == many.confidence == round(confidence(found), 4)
    assert few.passages == tuple(
        passage for passage in many.passages[:1] if few.passages[0].hit.chunk == passage.hit.chunk
    )
    assert len(many.passages) == 20


@pytest.mark.parametrize("rerank_top", [3, 20, 40])
def test_a_reranked_answer_does_not_depend_on_how_many_passages_are_shown(
    large: Corpus, rerank_top: int
) -> None:
    """Neither does how much is reranked, so showing more costs no more."""
    reranker = HashReranker()
    with large.open() as generation:
        few, many = (
            answer_question(
                "What does the grid need?", generation,
                Models(large.embedder, reranker, calibration=_ALWAYS),
                Options(k=k, rerank_top=rerank_top),
            )
            for k in (1, 30)
        )  # fmt: skip

    assert (few.text, few.citations, few.confidence) == (many.text, many.citations, many.confidence)
    assert few.passages == many.passages[:1]
    assert [p.hit.rank for p in many.passages] == list(range(1, 31))
    assert reranker.counts == [rerank_top] * 2


def test_a_reranker_orders_what_a_search_finds_without_it(large: Corpus) -> None:
    """The same candidates in its own order, and the time it took apart from finding them."""
    question = "What does the grid need?"
    with large.open() as generation:
        plain = search_passages(question, generation, Models(large.embedder), Options(k=20))
        found = search_passages(
            question, generation, Models(large.embedder, HashReranker()), Options(rerank_top=20)
        )

    best = sorted(plain.passages, key=lambda p: -hash_score(p.hit.chunk.embedded_text))[:5]
    assert [p.hit.chunk for p in found.passages] == [p.hit.chunk for p in best]
    assert set(found.took_ms) == {*plain.took_ms, "rerank"}
    stages = sum(ms for stage, ms in found.took_ms.items() if stage != "total")
    assert 0 < stages <= found.took_ms["total"] + 0.01


def test_confidence_keeps_the_scale_it_was_fitted_on(large: Corpus) -> None:
    """A reranker that is sure of everything must not make the documents answer anything."""

    class Sure(HashReranker):
        def score(self, question: str, passages: Sequence[str], /) -> NDArray[np.float32]:
            return np.ones_like(super().score(question, passages))

    question = "What does the grid need?"
    with large.open() as generation:
        plain = answer_question(question, generation, Models(large.embedder), Options())
        sure = answer_question(question, generation, Models(large.embedder, Sure()), Options())

    # Equal scores keep their order: the passages are the same five.
    assert [p.hit.chunk for p in sure.passages] == [p.hit.chunk for p in plain.passages]
    assert sure.confidence == plain.confidence


def test_search_shows_the_passages_of_the_answer(corpus: Corpus) -> None:
    """Both routes rank alike; only one of them also answers."""
    with corpus.open() as generation:
        answer = _ask(corpus, generation, _QUESTION, _ALWAYS)
        result = search_passages(_QUESTION, generation, Models(corpus.embedder), Options())

    assert result.passages == answer.passages
    assert result.index == answer.index == generation.info
    for took in (result.took_ms, answer.took_ms):
        stages = sum(ms for stage, ms in took.items() if stage != "total")
        assert 0 < stages <= took["total"] + 0.01


def test_only_documents_that_satisfy_the_conditions_are_asked(corpus: Corpus) -> None:
    """Who asks about one document must not be answered from another that fits better."""
    where = (parse_condition("source=notes.jsonl"),)
    with corpus.open() as generation:
        answer = answer_question(
            "Where does Germany make chips?", generation,
            Models(corpus.embedder, calibration=_ALWAYS), Options(where=where),
        )  # fmt: skip
        result = search_passages(
            "Where does Germany make chips?",
            generation,
            Models(corpus.embedder),
            Options(where=where),
        )

    assert {passage.document.doc_id for passage in answer.passages} == {"n1", "n2"}
    assert {citation.document.source for citation in answer.citations} == {"notes.jsonl"}
    assert answer.conditions == result.conditions == where
    assert answer.passages == result.passages


def test_conditions_that_no_document_satisfies_are_named(corpus: Corpus) -> None:
    """An empty page would look as if the documents said nothing."""
    where = (parse_condition("published>=2025"), parse_condition("source=notes.jsonl"))
    with corpus.open() as generation:
        answer = answer_question(
            _QUESTION,
            generation,
            Models(corpus.embedder, calibration=_ALWAYS),
            Options(where=where),
        )

    assert not answer.answered
    assert (answer.passages, answer.citations, answer.text) == ((), (), "")
    assert answer.reason == (
        "No document satisfies the conditions: published>=2025, source=notes.jsonl."
    )


def test_mistakes_are_told_before_the_model_runs(corpus: Corpus) -> None:
    """A number or a question that cannot be meant costs nothing."""
    corpus.embedder.seen.clear()
    with corpus.open() as generation:
        for ask in (answer_question, search_passages):
            for k in (0, 101, 10**9):
                with pytest.raises(LimitError):
                    ask("Why?", generation, Models(corpus.embedder), Options(k=k))
            for question in (" ", "w" * 5_000):
                with pytest.raises(QuestionError):
                    ask(question, generation, Models(corpus.embedder), Options())

    assert corpus.embedder.seen == []
