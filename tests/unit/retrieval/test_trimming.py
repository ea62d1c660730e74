"""Of each chunk that part is shown which bears on the question."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.corpus import Corpus, RecordingEmbedder

from briefqa.answering import Models, Options, search_passages
from briefqa.datatypes import Chunk, ChunkId, DocId, Hit, Span
from briefqa.retrieval import shown_spans

_OFFSET = 100


def _chunk(number: int, sentences: Sequence[str]) -> Chunk:
    """Make a chunk that stands at an offset, of sentences with a space between two."""
    spans: list[Span] = []
    at = _OFFSET
    for sentence in sentences:
        spans.append(Span(at, at + len(sentence)))
        at += len(sentence) + 1
    text = " ".join(sentences)
    chunk_id = ChunkId(str(number))
    whole = Span(_OFFSET, _OFFSET + len(text))
    return Chunk(chunk_id, DocId("d"), whole, text, (), "Title", tuple(spans))


_SIMILAR = st.floats(0, 1, width=32)
_HITS = st.lists(
    st.tuples(_SIMILAR, st.lists(_SIMILAR, min_size=1, max_size=6)), min_size=1, max_size=6
)


def _hits(drawn: Sequence[tuple[float, list[float]]]) -> list[Hit]:
    ordered = sorted(drawn, key=lambda each: -each[0])
    return [
        Hit(
            _chunk(rank, [f"Sentence {at}." for at in range(len(similar))]),
            score,
            rank,
            {},
            similarities=tuple(similar),
        )
        for rank, (score, similar) in enumerate(ordered, 1)
    ]


@given(_HITS)
@example([(1.0, [1.0]), (0.5, [0.0, 1e-45])])
def test_what_is_shown_is_whole_sentences_of_the_chunk(
    drawn: list[tuple[float, list[float]]],
) -> None:
    """The best of the chunk among them, so that no hit is shown without its reason."""
    hits = _hits(drawn)

    for hit, shown in zip(hits, shown_spans(hits), strict=True):
        sentences = hit.chunk.sentences
        assert shown.start in {each.start for each in sentences}
        assert shown.end in {each.end for each in sentences}
        best = sentences[hit.similarities.index(max(hit.similarities))]
        assert shown.start <= best.start < best.end <= shown.end


@given(_HITS, st.data())
def test_what_is_shown_does_not_depend_on_how_many_passages_are(
    drawn: list[tuple[float, list[float]]], data: st.DataObject
) -> None:
    """Who asks for more sees the same first ones."""
    hits = _hits(drawn)
    k = data.draw(st.integers(1, len(hits)))

    assert shown_spans(hits[:k]) == shown_spans(hits)[:k]


@given(_HITS, st.floats(0, 1, width=32))
def test_no_less_is_shown_of_a_better_hit(
    drawn: list[tuple[float, list[float]]], better: float
) -> None:
    """What stands higher is read first, and worth more of the reader's time."""
    hits = _hits(drawn)
    last = hits[-1]
    raised = replace(last, score=max(last.score, min(better, hits[0].score)))
    if len(hits) == 1:
        return

    before = shown_spans(hits)[-1]
    after = shown_spans([*hits[:-1], raised])[-1]

    assert after.start <= before.start
    assert after.end >= before.end


def test_chunk_is_shown_whole_where_there_are_no_tokens() -> None:
    """Another model's index knows nothing of single sentences."""
    (hit,) = _hits([(0.9, [0.1, 0.9, 0.1])])

    assert shown_spans([replace(hit, similarities=())]) == [hit.chunk.span]


def test_no_hits_show_nothing() -> None:
    """An index may hold no documents."""
    assert shown_spans([]) == []


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """A paragraph in which one sentence in eight has to do with ferries."""
    (tmp_path / "briefs").mkdir()
    corpus = Corpus(tmp_path / "briefs", tmp_path / "index", RecordingEmbedder(256))
    rest = [f"Pigment {n} is ground from stone number {n} in a mill." for n in range(7)]
    text = " ".join([*rest[:3], "The ferry to the island sails at noon.", *rest[3:]])
    corpus.write("mixed.txt", text)
    corpus.sync()
    return corpus


def test_passage_leaves_out_what_has_nothing_to_do_with_the_question(corpus: Corpus) -> None:
    """Its place and its words are those of the part that is shown."""
    with corpus.open() as generation:
        result = search_passages(
            "When does the ferry to the island sail?",
            generation,
            Models(corpus.embedder),
            Options(),
        )
        text = generation.document(DocId("mixed.txt")).text

    passage = result.passages[0]
    assert passage.text == passage.span.of(text)
    assert "The ferry to the island sails at noon." in passage.text
    assert len(passage.text) < len(passage.hit.chunk.text) / 2
