"""Lists are found in passages and quoted as lists."""

import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.corpus import Corpus, RecordingEmbedder

from briefqa.answering.extracting import Quote, extract, read_question
from briefqa.answering.extracting.listing import MOST_LISTED
from briefqa.answering.extracting.lists import lists_in
from briefqa.chunking import ChunkingOptions
from briefqa.datatypes import DocId
from briefqa.indexing import Generation
from briefqa.retrieval import embed_question, find_hits


def _open(folder: str, text: str, *, size: int = 60) -> tuple[Generation, RecordingEmbedder]:
    (Path(folder) / "briefs").mkdir()
    corpus = Corpus(Path(folder) / "briefs", Path(folder) / "index", RecordingEmbedder(256))
    corpus.write("plan.md", text)
    corpus.write("other.md", "A ship sails to the port each week, whatever the weather is.\n")
    corpus.sync(chunking=ChunkingOptions(size=size, prefix=8))
    return corpus.open(), corpus.embedder


def _quoted(text: str, question: str, *, size: int = 60) -> list[str]:
    """Return what is quoted of ``text``, cut into chunks of ``size`` tokens."""
    with tempfile.TemporaryDirectory() as folder:
        generation, embedder = _open(folder, text, size=size)
        with generation:
            asked = embed_question(question, embedder, generation.words)
            hits = find_hits(asked, generation, k=5)
            found = extract(asked, read_question(question), hits, generation, embedder)
            return [_words_of(quote) for quote in found.quotes]


def _words_of(quote: Quote) -> str:
    chunk = quote.hit.chunk
    return chunk.text[quote.span.start - chunk.span.start : quote.span.end - chunk.span.start]


_PILLARS = """\
Copper is dear this year.

The plan for the grid rests on three pillars:

{0} Build dams in the north.
{1} Lay copper along the coast. It lasts.
{2} Train the crews.

A ship sails to the port.
"""


@pytest.mark.parametrize("marks", ["* * *", "1. 2. 3.", "- - -"])
def test_items_are_quoted_under_the_line_that_announces_them(marks: str) -> None:
    """Who asks for three pillars wants three, and each can be checked by itself."""
    said = _quoted(_PILLARS.format(*marks.split()), "What are the three pillars of the plan?")

    assert said == [
        "The plan for the grid rests on three pillars:",
        "Build dams in the north.",
        "Lay copper along the coast. It lasts.",
        "Train the crews.",
    ]


def test_list_goes_on_in_the_next_chunk() -> None:
    """How long a chunk is says nothing of how many pillars a plan has."""
    said = _quoted(_PILLARS.format("*", "*", "*"), "What are the three pillars?", size=20)

    assert said[0] == "The plan for the grid rests on three pillars:"
    assert said[-1] == "Train the crews."


def test_sentences_that_count_on_are_a_list() -> None:
    """Not every list has marks; the announcement says how many there are."""
    sentences = [
        "The grid of the north went through three eras.",
        "First, an era of dams, now gone.",
        "It was followed by an era of coal.",
        "We are now in an era of wind.",
    ]
    text = " ".join([*sentences, "The port is new."])

    assert _quoted(text, "What are the three eras of the grid?") == sentences


def test_question_for_one_thing_gets_no_list() -> None:
    """The items are spared whoever asks for none of them."""
    said = _quoted(_PILLARS.format("*", "*", "*"), "Where to lay the copper?")

    assert said[0] == "Lay copper along the coast."
    assert "The plan for the grid rests on three pillars:" not in said


def test_long_list_is_cut_to_the_items_that_answer() -> None:
    """An answer stays readable, and has what was asked for."""
    items = [f"Port number {at} is to be closed." for at in range(14)]
    items[11] = "The dams of the grid are risks to be lowered."
    text = "The risks of the grid:\n\n" + "".join(f"* {item}\n" for item in items)

    said = _quoted(text, "List the risks of the dams of the grid.", size=400)

    assert len(said) == MOST_LISTED
    assert items[11] in said
    assert said[1:] == [item for item in items if item in said]


_LINES = st.lists(
    st.sampled_from(
        [
            "A pillar of the plan.",
            "* A dam of the plan.",
            "* Coal. It is dear.",
            "",
            "## Plan",
            "First, dams.",
        ]
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(_LINES, st.integers(8, 60))
def test_lists_lie_within_chunks_in_order_and_apart(lines: list[str], size: int) -> None:
    """Every item is a span of a chunk that begins and ends with a sentence of it."""
    text = "\n".join(lines)
    with tempfile.TemporaryDirectory() as folder:
        generation, _ = _open(folder, f"The plan.\n{text}\n", size=size)
        with generation:
            for found in lists_in(generation.chunks_of(DocId("plan.md"))):
                spans = [line.span for line in found.items]
                if found.announced is not None:
                    spans.insert(0, found.announced.span)
                assert spans == sorted(spans)
                assert all(one.end <= other.start for one, other in pairwise(spans))
                for line in found.items:
                    assert line.span.start in {span.start for span in line.chunk.sentences}
                    assert line.span.end in {span.end for span in line.chunk.sentences}
