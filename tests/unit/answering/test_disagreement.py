"""An answer says both where documents differ, whichever was found first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from briefqa.answering.disagreement import Dispute, disagreements_among, find_disputes, in_order
from briefqa.answering.extracting import Quote
from briefqa.datatypes import (
    Chunk,
    ChunkId,
    Citation,
    DocId,
    Document,
    DocumentInfo,
    Hit,
    Metadata,
    Place,
    PositionMap,
    PositionUnit,
    Span,
)

_FIGURES = ("£2 billion", "£3 billion", "£5 billion")
_DATES = st.none() | st.sampled_from(["2024-05-01", "2025-03-10", "2025-03-11", "2026"])


@dataclass(frozen=True)
class _Index:
    """Documents of one chunk each, by id."""

    texts: Mapping[DocId, Sequence[str]]
    dates: Mapping[DocId, str | None]

    def chunk(self, doc_id: DocId) -> Chunk:
        sentences = self.texts[doc_id]
        text, spans, at = " ".join(sentences), [], 0
        for sentence in sentences:
            spans.append(Span(at, at + len(sentence)))
            at += len(sentence) + 1
        return Chunk(ChunkId(doc_id), doc_id, Span(0, len(text)), text, (), "", tuple(spans))

    def chunks(self, ids: Sequence[ChunkId], /) -> list[Chunk]:
        return [self.chunk(DocId(each)) for each in ids]

    def document(self, doc_id: DocId, /) -> Document:
        metadata = Metadata(published=self.dates[doc_id])
        info = DocumentInfo(doc_id, doc_id, f"Trade {doc_id}", metadata, "", "")
        return Document(info, " ".join(self.texts[doc_id]), PositionMap())

    def sentences(self, order: Sequence[DocId], duplicates: Sequence[str] = ()) -> list[Quote]:
        """Return all sentences, as if their documents had been found in that order."""
        hits = [
            Hit(self.chunk(each), 1.0, rank, {}, tuple(map(ChunkId, duplicates)))
            for rank, each in enumerate(order, 1)
        ]
        return [Quote(hit, span) for hit in hits for span in hit.chunk.sentences]


def _index(*documents: tuple[str, str | None]) -> _Index:
    """Make documents of a figure and a date each."""
    ids = [DocId(f"d{at}") for at in range(len(documents))]
    texts = {
        doc_id: (
            "Trade is of the essence.",
            f"Exports of AI services to France will reach {figure}.",
        )
        for doc_id, (figure, _) in zip(ids, documents, strict=True)
    }
    return _Index(texts, {doc_id: dated for doc_id, (_, dated) in zip(ids, documents, strict=True)})


def _words(disputes: Sequence[Dispute]) -> list[list[tuple[str, str | None]]]:
    return [[(side.said, side.dated) for side in each.sides] for each in disputes]


@given(
    st.lists(st.tuples(st.sampled_from(_FIGURES), _DATES), min_size=1, max_size=5),
    st.randoms(use_true_random=False),
)
def test_what_is_said_does_not_depend_on_the_order_found(
    documents: list[tuple[str, str | None]], dice: Random
) -> None:
    """One side for each figure that is given, the newest first; none if all agree."""
    index = _index(*documents)
    order = list(index.texts)
    lead = order[0]
    forth = index.sentences(order)
    dice.shuffle(order)
    back = index.sentences(order)

    found, again = (
        find_disputes([each for each in one if each.hit.chunk.doc_id == lead], one, index)
        for one in (forth, back)
    )

    assert _words(found) == _words(again)
    figures = {figure for figure, _ in documents}
    assert len(found) == (len(figures) > 1)
    for dispute in found:
        assert {side.said for side in dispute.sides} == figures
        assert all(
            side.span.of(" ".join(index.texts[side.chunk.doc_id])).endswith(f"{side.said}.")
            for side in dispute.sides
        )
        assert dispute.about == "Exports of AI services to France"
        assert len({side.chunk.doc_id for side in dispute.sides}) == len(dispute.sides)
        dates = [side.dated for side in dispute.sides]
        known = [each for each in dates if each is not None]
        assert dates == sorted(known, reverse=True) + [None] * (len(dates) - len(known))


def test_both_sides_stand_together_the_newest_first() -> None:
    """Even if the older one leads, and the newer was not chosen to be quoted at all."""
    index = _index(("£2 billion", "2024-05-01"), ("£3 billion", "2025-03-10"))
    opening, old, _, new = index.sentences([DocId("d0"), DocId("d1")])

    disputes = find_disputes([opening, old], [old, new], index)
    parts = in_order([opening, old], disputes)

    assert [(part.chunk.doc_id, part.span, part.dated) for part in parts] == [
        ("d0", opening.span, None),
        ("d1", new.span, "2025-03-10"),
        ("d0", old.span, "2024-05-01"),
    ]


def test_document_hidden_as_a_repeat_is_heard() -> None:
    """A revision repeats nearly all of what it revises, and so is no hit of its own."""
    index = _index(("£2 billion", "2024-05-01"), ("£3 billion", "2025-03-10"))
    quotes = index.sentences([DocId("d0")], duplicates=["d1"])

    disputes = find_disputes(quotes, quotes, index)

    assert _words(disputes) == [[("£3 billion", "2025-03-10"), ("£2 billion", "2024-05-01")]]


def test_one_document_does_not_disagree_with_itself() -> None:
    """A scenario is no revision; who wrote both knew of both."""
    texts = [f"Exports of AI services to France will reach {each}." for each in _FIGURES]
    index = _Index({DocId("d0"): texts}, {DocId("d0"): None})
    quotes = index.sentences([DocId("d0")], duplicates=["d0"])

    assert find_disputes(quotes, quotes, index) == []


def test_without_disputes_the_quotes_stay_as_they_are() -> None:
    """Most answers are of this kind, and must not change."""
    index = _index(("£2 billion", None), ("£2 billion", None))
    quotes = index.sentences([DocId("d0"), DocId("d1")])

    parts = in_order(quotes, find_disputes(quotes, quotes, index))

    assert [(each.chunk, each.span) for each in parts] == [
        (each.hit.chunk, each.span) for each in quotes
    ]
    assert all(one != other for one, other in pairwise(parts))


def test_citations_of_any_answer_are_compared() -> None:
    """A language model may cite both sides without saying that they differ."""
    index = _index(("£2 billion", "2024-05-01"), ("£3 billion", "2025-03-10"))
    quotes = index.sentences([DocId("d0"), DocId("d1")])
    citations = [
        Citation(
            number,
            quote.hit.chunk.chunk_id,
            index.document(quote.hit.chunk.doc_id).info,
            Place((), PositionUnit.LINE, 1),
            quote.span,
            quote.span.of(quote.hit.chunk.text),
        )
        for number, quote in enumerate(quotes, 1)
    ]

    (found,) = disagreements_among(citations, index)

    assert (found.citations, found.said) == ((4, 2), ("£3 billion", "£2 billion"))
    assert disagreements_among(citations[:3], index) == ()
