"""Which sentences are quoted, and in which order."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.small_index import passage, small_index

from briefqa.answering.extracting import (
    Quote,
    ScoredSentence,
    choose_quotes,
    content_weights,
    coverage,
    read_question,
    score_sentences,
)
from briefqa.backends.hashing import HashEmbedder
from briefqa.datatypes import Chunk, ChunkId, DocId, Span
from briefqa.protocols import LexicalIndex
from briefqa.retrieval import embed_question, find_hits, term_weights

_EMBEDDER = HashEmbedder()
_QUESTION = "How much power does the grid need?"
_SENTENCES = (
    "The grid needs much power.",
    "Power for the grid is dear.",
    "It needs more than a dam gives.",
    "This is so.",
    "They grow each year, as does the grid.",
    "The grid has three needs:",
    "Does the grid need power?",
    "**What does the grid need?**",
    "Power grids.",
    "Grid power is needed.",
    "A ship sails to the port.",
    "However, the power plants are old.",
    "However, the power plants of the grid are old.",
    "How much power grid needs.",
    "It: how much power does the grid need.",
)


def _chunk(doc_id: str, start: int, sentences: Sequence[str]) -> Chunk:
    """Make a chunk of ``sentences``, a blank between each two."""
    spans: list[Span] = []
    at = start
    for sentence in sentences:
        spans.append(Span(at, at + len(sentence)))
        at += len(sentence) + 1
    span = Span(start, spans[-1].end)
    chunk_id = ChunkId(f"{doc_id}#{span.start}-{span.end}")
    return Chunk(chunk_id, DocId(doc_id), span, " ".join(sentences), (), "", tuple(spans))


def _ranked(chunks: Sequence[Chunk], question: str = _QUESTION) -> list[ScoredSentence]:
    asked = embed_question(question, _EMBEDDER)
    with tempfile.TemporaryDirectory() as folder:
        index = small_index(chunks, _EMBEDDER, Path(folder))
        hits = find_hits(asked, index, k=5)
        weights = content_weights(term_weights(question, index.words), index.words)
        return score_sentences(asked, hits, weights, index, _EMBEDDER)


def _words_of(quote: Quote) -> str:
    chunk = quote.hit.chunk
    return chunk.text[quote.span.start - chunk.span.start : quote.span.end - chunk.span.start]


def _said(*documents: Sequence[str], question: str = _QUESTION) -> list[str]:
    """Return what is quoted from documents of one chunk each."""
    chunks = [_chunk(f"d{at}", 0, sentences) for at, sentences in enumerate(documents)]
    return [
        _words_of(quote)
        for quote in choose_quotes(_ranked(chunks, question), read_question(question))
    ]


_DOCUMENT = st.lists(st.sampled_from(_SENTENCES), min_size=1, max_size=5)


@settings(max_examples=40)
@given(st.lists(_DOCUMENT, min_size=1, max_size=4))
def test_quotes_are_few_apart_and_in_reading_order(documents: list[list[str]]) -> None:
    """The laws of a readable answer, over folders that repeat themselves and lean on the before."""
    # Two chunks a document, so that quotes of one document come from different hits.
    chunks = [
        _chunk(f"d{at // 2}", 500 * (at % 2), sentences) for at, sentences in enumerate(documents)
    ]
    ranked = _ranked(chunks)

    quotes = choose_quotes(ranked, read_question(_QUESTION))

    assert bool(quotes) == bool(ranked)
    assert len(quotes) <= 3
    places = [(quote.hit.chunk.doc_id, quote.span) for quote in quotes]
    for at, (doc_id, span) in enumerate(places):
        for other, rival in places[:at]:
            assert doc_id != other or span.start >= rival.end or span.end <= rival.start
    for quote in quotes:
        words = _words_of(quote)
        assert not words.rstrip("*").endswith((":", "?"))
        ends = {span.end: n for n, span in enumerate(quote.hit.chunk.sentences)}
        last = ends[quote.span.end]
        starts = [span.start for span in quote.hit.chunk.sentences[max(0, last - 2) : last + 1]]
        assert quote.span.start in starts
    assert len({_words_of(quote).casefold() for quote in quotes}) == len(quotes)
    if quotes:
        assert quotes[0].hit == ranked[0].hit
        assert quotes[0].span.end == ranked[0].span.end
        order = list(dict.fromkeys(doc_id for doc_id, _ in places))
        by_document = sorted(places[1:], key=lambda p: (order.index(p[0]), p[1]))
        assert places[1:] == by_document


@pytest.mark.parametrize(
    "unfit",
    [
        "The grid needs much power:",
        "**The grid needs much power:**",
        "How much power does the grid need?",
        "_How much power does the grid need?_",
        "Grid power.",
    ],
)
def test_what_announces_asks_or_only_names_is_not_quoted(unfit: str) -> None:
    """The nearest sentence of all to a question is that question, and answers nothing."""
    assert _said([unfit]) == []
    assert _said([unfit, "The power that the grid needs is ten gigawatts."]) == [
        "The power that the grid needs is ten gigawatts."
    ]


@pytest.mark.parametrize(
    ("question", "vague", "answer"),
    [
        (
            "Who built the northern dam?",
            "The northern dam was built by some men.",
            "The northern dam was built by Ann Lee.",
        ),
        (
            "When was the northern dam built?",
            "The northern dam was built when so few were.",
            "The northern dam was built in May 1936.",
        ),
        (
            "How many turbines does the northern dam have?",
            "The northern dam does have big turbines.",
            "The northern dam does have 17 turbines.",
        ),
        (
            "How much did the northern dam cost?",
            "The northern dam did cost a fortune.",
            "The northern dam did cost £4 million.",
        ),
        (
            "What is an arch dam?",
            "Of an arch dam he saw what is left.",
            "An arch dam is a dam curved against the water.",
        ),
    ],
)
def test_sentence_with_the_thing_asked_for_comes_first(
    question: str, vague: str, answer: str
) -> None:
    """Words shared with the question answer nothing by themselves."""
    assert _said([vague, answer], question=question)[0] == answer


def test_several_documents_are_heard_where_they_are_asked_for() -> None:
    """A comparison needs both sides, and each says it in its own words."""
    documents = [
        ["The grid of the north needs much power.", "The grid of the north needs power, and more."],
        ["The southern grid needs little power.", "A port is new."],
        ["A ship sails to the port.", "It is new."],
    ]
    chunks = [_chunk(f"d{at}", 0, sentences) for at, sentences in enumerate(documents)]
    question = "How do the grids differ in the power they need?"

    quotes = choose_quotes(_ranked(chunks, question), read_question(question))

    assert {quote.hit.chunk.doc_id for quote in quotes} >= {"d0", "d1"}
    assert len(quotes) <= 5


@settings(max_examples=20)
@given(st.lists(_DOCUMENT, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_choice_does_not_depend_on_the_order_of_hits(
    documents: list[list[str]], random: Random
) -> None:
    """Equal passages rank by their hits' ranks, however they are handed over."""
    chunks = [_chunk(f"d{at}", 0, sentences) for at, sentences in enumerate(documents)]
    asked = embed_question(_QUESTION, _EMBEDDER)
    with tempfile.TemporaryDirectory() as folder:
        index = small_index(chunks, _EMBEDDER, Path(folder))
        hits = find_hits(asked, index, k=5)
        weights = term_weights(_QUESTION, index.words)

        shuffled = random.sample(hits, len(hits))
        ranked = score_sentences(asked, hits, weights, index, _EMBEDDER)
        again = score_sentences(asked, shuffled, weights, index, _EMBEDDER)

    request = read_question(_QUESTION)
    assert choose_quotes(ranked, request) == choose_quotes(again, request)


def test_few_sentences_before_are_quoted_and_no_chain_of_them() -> None:
    """An answer that begins a page earlier to say who `it` is answers nobody."""
    sentences = ["The northern grid is the largest."]
    sentences += [f"It grew in the year number {at}." for at in range(5)]
    sentences += ["It does need the much power of the dam grid."]

    said = _said(sentences)

    assert said[0].endswith(sentences[-1])
    assert 2 <= said[0].count(".") <= 3


def test_best_sentence_leads() -> None:
    """Who reads one sentence only should read the one that answers."""
    best = "The grid does need much power."

    assert _said(["Much is said of the grid.", "Its need is known.", best])[0] == best


def test_what_follows_the_best_sentence_reads_as_it_stands() -> None:
    """First the rest of the same document, though another comes nearer; then the other."""
    before, best = "The grid does need power now, and much.", "Power the grid does need, how much."
    other = "How much power does the grid now need."

    ranked = _ranked([_chunk("a", 0, [before, best]), _chunk("b", 0, [other])])

    assert [sentence.text for sentence in ranked] == [best, other, before]
    assert [_words_of(quote) for quote in choose_quotes(ranked, read_question(_QUESTION))] == [
        best,
        before,
        other,
    ]


def test_same_words_are_quoted_once() -> None:
    """Three documents that say the same are one answer."""
    said = _said(
        ["The grid needs much power each year."],
        ["THE GRID NEEDS MUCH POWER EACH YEAR!", "A dam is old."],
        ["“The grid needs much power each year.”", "A port is new."],
    )

    assert len(said) == 1


def test_sentence_that_leans_on_another_is_quoted_with_it() -> None:
    """`It needs ten gigawatts` says nothing to who does not know what `it` is."""
    said = _said(["The northern grid is the largest.", "It does need the much power of a dam."])

    assert said == ["The northern grid is the largest. It does need the much power of a dam."]


def test_sentence_that_was_quoted_is_not_quoted_again_before_what_leans_on_it() -> None:
    """Both are quoted, and the second needs no introduction any more."""
    documents = [
        "So much power does the grid need.",
        "It does need power, as much as the grid has.",
    ]

    assert _said(documents) == documents


def test_short_sentence_is_not_said_again_after_one_that_leans_on_it() -> None:
    """A quote that holds another is a repetition, however short the other is."""
    question = "Does the grid need power?"
    documents = ["Grid power needs.", "This does power the need, the grid."]

    assert _said(documents, question=question) == [" ".join(documents)]


def test_header_of_a_document_answers_only_who_asks_for_it() -> None:
    """Every title names the subject of its document, and none says anything about it."""
    header = "Title: The grid and much power\nAuthors: Ann Lee"
    body = "Ten gigawatts is what the grid does need of power."

    assert _said([header, body]) == [body]
    assert _said([header, body], question="Who wrote about the grid?")[0] == header


def test_scores_fall_and_stay_within_bounds() -> None:
    """The first sentence is the best one, and all are on one scale."""
    ranked = _ranked([_chunk("a", 0, _SENTENCES[:7]), _chunk("b", 0, _SENTENCES[7:])])

    scores = [sentence.score for sentence in ranked]
    assert scores == sorted(scores, reverse=True)
    for sentence in ranked:
        for value in (sentence.score, sentence.closeness, sentence.coverage):
            assert 0 <= value <= 1 + 1e-6


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> LexicalIndex:
    """The words of two passages."""
    chunks = [passage("a", 0, "The grid needs power"), passage("b", 0, "A dam gives power")]
    return small_index(chunks, _EMBEDDER, tmp_path_factory.mktemp("words")).words


@given(st.text(max_size=30), st.lists(st.sampled_from(["grid", "power", "dam", "volcano"])))
def test_coverage_is_a_share(words: LexicalIndex, text: str, held: list[str]) -> None:
    """None of the words is 0, all of them 1, and a word more never less."""
    weights = term_weights("Does the dam power the grid?", words)

    found = coverage(" ".join([text, *held]), weights, words)

    assert 0 <= found <= 1
    assert coverage(" ".join([text, *held, "grid"]), weights, words) >= found
    assert coverage(f"{text} the grid, powered by dams", weights, words) == pytest.approx(1)
    assert coverage(text, {}, words) == 0


def test_words_that_frame_a_question_weigh_nothing(words: LexicalIndex) -> None:
    """An answer need not say `report` to answer what the report says."""
    asked = term_weights("What does the report say of the grid?", words)
    only_frame = term_weights("Describe the document", words)

    assert set(content_weights(asked, words)) == {"grid"}
    assert content_weights(only_frame, words) == only_frame
