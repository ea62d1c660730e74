"""A question becomes ranked hits: dense and lexical search, fused, without repeats."""

from briefqa.retrieval.search import (
    MOST_HITS,
    SearchableIndex,
    check_limit,
    check_question,
    find_hits,
)
from briefqa.retrieval.terms import held_terms, idf, term_weights

__all__ = [
    "MOST_HITS",
    "SearchableIndex",
    "check_limit",
    "check_question",
    "find_hits",
    "held_terms",
    "idf",
    "term_weights",
]
