"""From scored sentences to what is quoted, whatever form the answer has."""

from collections.abc import Sequence

from briefqa.answering.extracting.asking import read_question
from briefqa.answering.extracting.choosing import Quote, choose_quotes
from briefqa.answering.extracting.documents import quote_documents
from briefqa.answering.extracting.listing import DocumentedIndex, quote_list
from briefqa.answering.extracting.scoring import ScoredSentence
from briefqa.protocols import Embedder, Selection
from briefqa.retrieval import Asked


def select_quotes(
    asked: Asked,
    ranked: Sequence[ScoredSentence],
    index: DocumentedIndex,
    embedder: Embedder,
    *,
    among: Selection | None = None,
) -> list[Quote]:
    """Return what to quote, in order: of documents, of a list, or else the best sentences.

    Args:
        asked: The question.
        ranked: The sentences of the best hits, best first.
        index: Where the hits come from.
        embedder: The model that the index was built with.
        among: The chunks that may be searched, all of them if unset.
    """
    request = read_question(asked.text)
    return (
        quote_documents(asked, request, ranked, index, embedder, among=among)
        or quote_list(ranked, request, index)
        or choose_quotes(ranked, request)
    )
