"""A question becomes ranked hits: dense and lexical search, fused, without repeats."""

from briefqa.retrieval.asking import LONGEST_QUESTION, Asked, check_question, embed_question
from briefqa.retrieval.conditions import (
    MOST_CONDITIONS,
    check_condition,
    make_condition,
    nothing_satisfies,
    parse_condition,
    parse_conditions,
    render_condition,
)
from briefqa.retrieval.dates import date_conditions
from briefqa.retrieval.reranking import DEFAULT_RERANK_TOP, check_rerank_top, rerank
from briefqa.retrieval.search import (
    MOST_HITS,
    RANK,
    RETRIEVE,
    SearchableIndex,
    check_limit,
    find_hits,
)
from briefqa.retrieval.terms import held_terms, idf, term_weights
from briefqa.retrieval.trimming import shown_spans

__all__ = [
    "DEFAULT_RERANK_TOP",
    "LONGEST_QUESTION",
    "MOST_CONDITIONS",
    "MOST_HITS",
    "RANK",
    "RETRIEVE",
    "Asked",
    "SearchableIndex",
    "check_condition",
    "check_limit",
    "check_question",
    "check_rerank_top",
    "date_conditions",
    "embed_question",
    "find_hits",
    "held_terms",
    "idf",
    "make_condition",
    "nothing_satisfies",
    "parse_condition",
    "parse_conditions",
    "render_condition",
    "rerank",
    "shown_spans",
    "term_weights",
]
