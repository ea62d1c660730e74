"""Each reason why a document is not shown, on an index that makes just that stage lose it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.corpus import Corpus
from tests.rerankers import HashReranker, hash_score
from tests.unit.retrieval.explained_index import (
    CONDITIONS,
    QUESTIONS,
    ExplainedIndex,
    explained_index,
)

from briefqa.datatypes import ChunkId, DocId
from briefqa.errors import LimitError, QuestionError
from briefqa.retrieval import embed_question, parse_conditions
from briefqa.retrieval.reasons import in_words
from briefqa.retrieval.search import rank
from briefqa.retrieval.why_not import Exclusion, Reason, WhyNot

_DOCUMENTS = st.integers(0, 129).map("d{}.md".format)
_TOPS = st.sampled_from([None, 3, 30])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> ExplainedIndex:
    """An index with more chunks than there are candidates."""
    return explained_index(tmp_path_factory.mktemp("why_not"))


def _index_of(folder: Path, **texts: str) -> ExplainedIndex:
    corpus = Corpus(folder / "briefs", folder / "index")
    for name, text in texts.items():
        corpus.write(f"{name}.txt", text)
    corpus.sync()
    return ExplainedIndex(corpus, corpus.open())


@settings(max_examples=80)
@given(doc_id=_DOCUMENTS, asked=st.tuples(QUESTIONS, st.integers(1, 100), CONDITIONS), top=_TOPS)
def test_reason_agrees_with_what_the_stages_did(
    place: ExplainedIndex, doc_id: str, asked: tuple[str, int, tuple[str, ...]], top: int | None
) -> None:
    """Whatever is asked, each reason is given exactly where its stage did lose the document."""
    question, k, where = asked
    if top is not None:
        place = replace(place, reranker=HashReranker(), rerank_top=top)
    matching = place.generation.documents_matching(parse_conditions(where))
    shown = [passage.hit for passage in place.search(question, k, *where).passages]
    own = [hit for hit in shown if hit.chunk.doc_id == doc_id]

    why = place.why_not(doc_id, question, k, *where)

    assert (why.reason is Reason.EXCLUDED) == (doc_id not in {info.doc_id for info in matching})
    assert (why.reason is Reason.SHOWN) == bool(own)
    if why.reason is Reason.EXCLUDED:
        return
    candidates = _candidates(place, question, where)
    assert (why.reason is Reason.NO_CANDIDATE) == (doc_id not in candidates.values())
    if own:
        assert (why.rank, why.chunk_id) == (own[0].rank, own[0].chunk.chunk_id)
    if why.reason is Reason.REPEAT:
        assert shown[(why.rank or 0) - 1].chunk.chunk_id == why.repeat_of
    if why.reason is Reason.RERANKED:
        assert (why.rank_before or 0) <= (top or 0)
        assert (why.rerank_score or 0) <= (why.rerank_last or 0)
    if why.reason is Reason.OUTRANKED:
        assert (why.rank or 0) > max(k, top or 0)
        scores = [
            sum(each.contribution for each in part) for part in (why.stages, why.last_through)
        ]
        assert scores[0] <= scores[1] + 1e-6
    assert doc_id in in_words(why)


def _candidates(place: ExplainedIndex, question: str, where: Sequence[str]) -> dict[ChunkId, DocId]:
    among = place.generation.matching(parse_conditions(where)) if where else None
    asked = embed_question(question, place.corpus.embedder, place.generation.words)
    ranking = rank(asked, place.generation, among=among)
    return {chunk.chunk_id: chunk.doc_id for chunk in ranking.order}


@settings(max_examples=40)
@given(doc_id=_DOCUMENTS, question=QUESTIONS)
def test_ranks_in_the_searches_are_exact(place: ExplainedIndex, doc_id: str, question: str) -> None:
    """Past the candidates as well: that is where a lost document is."""
    index, embedder = place.generation, place.corpus.embedder
    (chunk,) = index.chunks_of(DocId(doc_id))
    every = [each for info in index.documents() for each in index.chunks_of(info.doc_id)]
    (asked,) = embedder.embed_queries([question])
    nearness = embedder.embed_documents([each.embedded_text for each in every]) @ asked
    mine = float(embedder.embed_documents([chunk.embedded_text])[0] @ asked)

    why = place.why_not(doc_id, question, 100)

    assert why.dense is not None
    assert why.dense.chunk_id == chunk.chunk_id
    assert why.dense.score == pytest.approx(mine, abs=1e-5)
    assert np.sum(nearness > mine + 1e-5) < why.dense.rank <= np.sum(nearness > mine - 1e-5)
    assert why.dense.found == len(every)
    assert why.dense.last == pytest.approx(float(np.sort(nearness)[::-1][99]), abs=1e-5)
    holding = {term for term in question.split() if term in chunk.text.replace(".", "").split()}
    assert set(why.held) == holding
    assert (why.lexical is None) == (not holding)


def test_a_document_that_is_not_there_is_said_with_the_ids_like_it(tmp_path: Path) -> None:
    """A slip in the id is the likeliest reason of all, and easy to mend."""
    place = _index_of(
        tmp_path, **{"grid/power": "The grid is old.", "chips": "Chips.", "ai-chips-2025": "More."}
    )

    def close(doc_id: str) -> tuple[str, ...]:
        why = place.why_not(doc_id, "chips", 5)
        assert why.reason is Reason.UNKNOWN
        return why.close

    assert close("power.txt") == ("grid/power.txt",)
    assert close("Grid/Powr.txt") == ("grid/power.txt",)
    assert close("chips")[0] == "chips.txt"
    assert "ai-chips-2025.txt" in close("chips")
    assert close("zzzzzzzz") == ()
    assert "did you mean 'grid/power.txt'?" in in_words(place.why_not("power.txt", "chips", 5))


def test_each_condition_that_leaves_a_document_out_is_named_with_its_value(
    place: ExplainedIndex,
) -> None:
    """The reader sees which condition to drop, or which date to correct."""
    why = place.why_not("d1.md", "chip", 5, "published>=2025", "doc_id~1", "author!=Writer 1")
    undated = place.why_not("d0.md", "chip", 5, "published>=1900")

    assert why.reason is Reason.EXCLUDED
    assert why.excluded_by == (
        Exclusion("published>=2025", "published", ("2021",)),
        Exclusion("author!=Writer 1", "author", ("Writer 1",)),
    )
    assert "published>=2025, and its published is '2021'" in in_words(why)
    assert undated.excluded_by == (Exclusion("published>=1900", "published", ()),)
    assert "it states no published" in in_words(undated)


def test_a_document_that_neither_search_puts_forward_is_no_candidate(tmp_path: Path) -> None:
    """Its ranks say how far it is off, and the words what it would have to hold."""
    texts = {f"t{number}": f"Coal and wind, note {number}." for number in range(110)}
    place = _index_of(tmp_path, **texts, lost="Ferries sail twice.")

    why = place.why_not("lost.txt", "coal and wind", 5)

    assert why.reason is Reason.NO_CANDIDATE
    assert why.dense is not None
    assert why.dense.rank == why.dense.found == 111
    assert (why.lexical, why.held) == (None, ())
    assert (why.chunk_id, why.rank, why.stages) == (None, None, ())
    assert in_words(why).endswith("and it holds none of the words: coal, wind.")


def test_the_last_candidate_is_one_and_the_next_is_not(place: ExplainedIndex) -> None:
    """Off by one, the reason would be the wrong stage for just the documents in doubt."""
    (asked,) = place.corpus.embedder.embed_queries(["volcano"])
    nearest = place.generation.vectors.search(asked[np.newaxis], 101)[0]
    last, next_ = place.generation.chunks([chunk_id for chunk_id, _ in nearest[99:]])

    reasons = [place.why_not(each.doc_id, "volcano", 5).reason for each in (last, next_)]

    assert reasons == [Reason.OUTRANKED, Reason.NO_CANDIDATE]


def test_a_candidate_that_others_outrank_is_told_where_it_loses(tmp_path: Path) -> None:
    """The last one shown is what it had to beat."""
    place = _index_of(
        tmp_path,
        best="Coal plants burn coal.",
        second="Coal is mined, and plants burn it.",
        lost="A plant.",
    )

    why = place.why_not("lost.txt", "who burns coal in plants", 2)

    assert (why.reason, why.rank, why.passages) == (Reason.OUTRANKED, 3, 3)
    lost = {
        mine.stage: theirs.contribution - mine.contribution
        for mine, theirs in zip(why.stages, why.last_through, strict=True)
    }
    assert why.loses_in is not None
    assert lost[why.loses_in] == max(lost.values())
    assert "ranks 3 of 3, and 2 are shown; it loses most" in in_words(why)


def test_equals_lose_in_no_stage(tmp_path: Path) -> None:
    """No stage is to blame where only the order of ids decides."""
    # The same words to every stage, and in another order, so that neither repeats the other.
    place = _index_of(tmp_path, a="Coal grid dam port ship tax.", b="Tax ship port dam grid coal.")

    why = place.why_not("b.txt", "coal", 1)

    assert (why.reason, why.rank, why.loses_in) == (Reason.OUTRANKED, 2, None)
    assert "its score equals that of the last of these" in in_words(why)


def test_a_document_that_repeats_another_is_told_which(tmp_path: Path) -> None:
    """It is in the index, it fits, and still it is never seen."""
    text = "Coal plants burn coal in the north of the country."
    place = _index_of(tmp_path, a=text, b=text, other="Ferries sail twice a day.")

    why = place.why_not("b.txt", "who burns coal", 3)

    (shown,) = (
        passage.hit
        for passage in place.search("who burns coal", 3).passages
        if passage.document.doc_id == "a.txt"
    )
    assert why.reason is Reason.REPEAT
    assert (why.repeat_of, why.rank) == (shown.chunk.chunk_id, shown.rank)
    assert why.chunk_id in shown.duplicates
    assert str(why.repeat_of) in in_words(why)


def test_a_reranker_that_moves_a_document_down_is_named(place: ExplainedIndex) -> None:
    """Retrieval did find it, so it is the reranker that has to be looked at."""
    question, k = "wind coal dam", 5
    plain = [passage.hit for passage in place.search(question, k).passages]
    scores = [hash_score(hit.chunk.embedded_text) for hit in plain]
    lost = plain[int(np.argmin(scores))]

    reranked = replace(place, reranker=HashReranker())
    why = reranked.why_not(lost.chunk.doc_id, question, k)

    assert why.reason is Reason.RERANKED
    assert (why.rank_before, why.rerank_top) == (lost.rank, 20)
    assert why.rank is not None
    assert why.rank > k
    assert why.rerank_score == min(scores)
    assert f"moved down by the reranker, from rank {lost.rank} to {why.rank}" in in_words(why)


def test_a_document_that_is_there_is_said_to_be(place: ExplainedIndex) -> None:
    """Whoever overlooked it is told the rank."""
    hit = place.search("wind coal dam", 3).passages[1].hit

    why = place.why_not(hit.chunk.doc_id, "wind coal dam", 3)

    assert (why.reason, why.rank) == (Reason.SHOWN, 2)
    assert in_words(why) == f"{str(hit.chunk.doc_id)!r} is there, at rank 2."


def test_what_cannot_be_asked_is_refused(place: ExplainedIndex) -> None:
    """The same questions and limits as of a search."""
    with pytest.raises(QuestionError):
        place.why_not("d1.md", " ", 5)
    with pytest.raises(LimitError):
        place.why_not("d1.md", "coal", 0)


def test_a_question_without_words_is_said_to_have_none() -> None:
    """A sentence that lists no words would read as if some were left out."""
    why = WhyNot(DocId("a.txt"), "?", 5, Reason.NO_CANDIDATE)

    assert "the question has no words to look up" in in_words(why)
