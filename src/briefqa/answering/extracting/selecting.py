"""From passages to what is quoted, whatever form the answer has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from briefqa.answering.extracting.asking import Form, Request
from briefqa.answering.extracting.choosing import Quote, choose_quotes
from briefqa.answering.extracting.documents import find_documents
from briefqa.answering.extracting.listing import DocumentedIndex, quote_list
from briefqa.answering.extracting.scoring import (
    ScoredSentence,
    content_weights,
    score_sentences,
)
from briefqa.datatypes import Hit
from briefqa.protocols import Embedder, Selection
from briefqa.retrieval import Asked, term_weights


@dataclass(frozen=True, slots=True)
class Extract:
    """What the passages hold: their sentences, best first, and what of them to quote, in order.

    The lines at a document's head lead where they answer, and are scored by how much of what
    is asked for they hold. ``weights`` are of the terms asked for, without those that only
    frame a question.
    """

    ranked: tuple[ScoredSentence, ...]
    quotes: tuple[Quote, ...]
    weights: Mapping[str, float]


def extract(  # noqa: PLR0913 - a question as several stages see it, and where to look
    asked: Asked,
    request: Request,
    hits: Sequence[Hit],
    index: DocumentedIndex,
    embedder: Embedder,
    *,
    among: Selection | None = None,
) -> Extract:
    """Return what to quote: of documents, of a list, or else the best sentences.

    Args:
        asked: The topic of ``request``.
        request: What the question asks for.
        hits: The best passages, best first.
        index: Where the hits come from.
        embedder: The model that the index was built with.
        among: The chunks that may be searched, all of them if unset.
    """
    weights = content_weights(term_weights(asked.text, index.words), index.words)
    ranked = score_sentences(asked, hits, weights, index, embedder)
    documents = find_documents(asked, request, ranked, index, embedder, among=among)
    if documents and request.form is not Form.DOCUMENTS:
        spans = {(each.hit.chunk.doc_id, each.span) for each in documents}
        rest = (each for each in ranked if (each.hit.chunk.doc_id, each.span) not in spans)
        ranked = [*documents, *rest]
    quotes = (
        [Quote(each.hit, each.span) for each in documents]
        or quote_list(ranked, request, index)
        or choose_quotes(ranked, request)
    )
    return Extract(tuple(ranked), tuple(quotes), weights)
