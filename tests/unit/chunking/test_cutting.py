"""A document becomes chunks that fit the model's window."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.chunking.counters import COUNTERS, BlindCounter, ByteCounter, WordCounter
from tests.unit.chunking.laws import assert_chunks_are_sound
from tests.unit.strategies import documents, make_document

from briefqa.chunking import ChunkingOptions, chunk_document
from briefqa.datatypes import Block, BlockKind, Document, Span
from briefqa.documents.markdown import markdown_blocks
from briefqa.documents.plain import plain_blocks
from briefqa.protocols import TokenCounter

_MakeCounter = Callable[[int], TokenCounter]


def _markdown(text: str, *, title: str | None = None) -> Document:
    return make_document(text, list(markdown_blocks(text)), title=title)


@given(
    documents(),
    st.sampled_from(COUNTERS),
    st.sampled_from((8, 16, 40, 254)),
    st.integers(8, 250),
    st.integers(0, 40),
)
def test_chunks_tile_the_text_and_fit_the_window(
    document: Document, make_counter: _MakeCounter, max_tokens: int, size: int, prefix: int
) -> None:
    """What a chunk misses cannot be found, and what the window cuts off is never seen."""
    options = ChunkingOptions(size=size, prefix=prefix)

    assert_chunks_are_sound(document, make_counter(max_tokens), options)


@given(documents(), st.integers(1, 3), st.sampled_from(COUNTERS))
def test_the_smallest_window_still_gives_every_word(
    document: Document, max_tokens: int, make_counter: _MakeCounter
) -> None:
    """A character of more tokens than the window holds cannot fit, but must not hang or vanish."""
    chunks = chunk_document(document, make_counter(max_tokens), ChunkingOptions())

    kept = "".join("".join(chunk.text.split()) for chunk in chunks)
    assert kept == "".join(document.text.split())


@pytest.mark.parametrize(
    ("options", "max_tokens"),
    [(ChunkingOptions(size=0), 8), (ChunkingOptions(prefix=-1), 8), (ChunkingOptions(), 0)],
)
def test_options_without_room_are_refused(options: ChunkingOptions, max_tokens: int) -> None:
    """No chunk at all would be the other outcome."""
    with pytest.raises(ValueError, match="no room"):
        chunk_document(_markdown("Text."), WordCounter(max_tokens), options)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Aa bb cc dd. Ee ff gg hh.\n\nIi jj kk. Ll mm nn.",
            ["Aa bb cc dd. Ee ff gg hh.", "Ii jj kk. Ll mm nn."],
        ),
        (
            "One two three four five. Six seven eight nine ten now. And so on.",
            ["One two three four five.", "Six seven eight nine ten now. And so on."],
        ),
        (
            "so long a line that it does not end, with a part here and\none more part there",
            ["so long a line that it does not end,", "with a part here and\none more part there"],
        ),
        ("aaaa bbbb cccc " * 5, ["aaaa bbbb cccc " * 4 + "aaaa", "bbbb cccc"]),
        ("x" * 60, ["x" * 52, "x" * 8]),
    ],
    ids=["blocks", "sentences", "clauses", "words", "anywhere"],
)
def test_cuts_fall_where_they_harm_least(text: str, expected: list[str]) -> None:
    """A passage that starts in the middle of a thought is hard to read."""
    chunks = chunk_document(_markdown(text), WordCounter(), ChunkingOptions(size=13, prefix=0))

    assert [chunk.text for chunk in chunks] == expected


def test_a_list_stays_with_the_line_that_announces_it() -> None:
    """Items without their question answer nothing."""
    text = "Aa bb cc dd ee.\n\nThe costs are:\n\n- one two\n- three four\n"

    chunks = chunk_document(_markdown(text), WordCounter(), ChunkingOptions(size=14, prefix=0))

    assert [chunk.text for chunk in chunks] == [
        "Aa bb cc dd ee.",
        "The costs are:\n\n- one two\n- three four",
    ]


def test_prefix_names_what_stands_above_and_not_in_the_chunk() -> None:
    """Title and headings tell the model what a passage is about; twice is no better."""
    text = "Intro text.\n\n# One\n\nBody.\n\n## Two\n\nMore."

    chunks = chunk_document(_markdown(text, title="The  title"), WordCounter(), ChunkingOptions())

    assert [(c.heading, c.prefix, c.embedded_text) for c in chunks] == [
        ((), "The title", "The title\nIntro text."),
        (("One",), "The title", "The title\n# One\n\nBody."),
        (("One", "Two"), "The title\nOne", "The title\nOne\n## Two\n\nMore."),
    ]


def test_later_parts_of_a_section_repeat_its_heading() -> None:
    """Without it, the second half of a long section would stand for nothing."""
    text = "# One\n\n" + "## Two\n\n" + "Some words here. " * 40

    chunks = chunk_document(_markdown(text), WordCounter(), ChunkingOptions(size=50))

    assert [chunk.prefix for chunk in chunks[:3]] == ["", "One", "One\nTwo"]
    assert {chunk.prefix for chunk in chunks[2:]} == {"One\nTwo"}


def test_a_long_prefix_keeps_title_and_nearest_heading() -> None:
    """They say most; what lies between goes first."""
    text = "# Aa aa\n\n## Bb bb\n\n### Cc cc\n\n" + "Some words here. " * 30

    chunks = chunk_document(
        _markdown(text, title="Tt tt"), WordCounter(), ChunkingOptions(size=30, prefix=4)
    )

    assert chunks[-1].prefix == "Tt tt\nCc cc"


def test_header_chunk_needs_no_title_before_it() -> None:
    """Its first line is the title."""
    text = "Title: T\nAuthor: A B\n\nBody."
    header = Block(Span(0, 20), BlockKind.HEADER)
    document = make_document(text, [header, *_moved(plain_blocks("Body.")[0], 22)], title="T")

    [chunk] = chunk_document(document, WordCounter(), ChunkingOptions())

    assert chunk.prefix == ""
    assert [sentence.of(text) for sentence in chunk.sentences] == [
        "Title: T\nAuthor: A B",
        "Body.",
    ]


def _moved(blocks: Sequence[Block], by: int) -> list[Block]:
    return [Block(Span(b.span.start + by, b.span.end + by), b.kind, b.heading) for b in blocks]


@given(documents(), st.integers(8, 60))
def test_chunking_twice_gives_the_same_chunks(document: Document, size: int) -> None:
    """Chunk ids name passages in the index; the same input must give the same ones."""
    options = ChunkingOptions(size=size)

    assert chunk_document(document, ByteCounter(), options) == chunk_document(
        document, ByteCounter(), options
    )


@dataclass(frozen=True, slots=True)
class _Large:
    name: str
    text: str
    make_counter: _MakeCounter = WordCounter


_LARGE = (
    _Large("one word", "x" * 100_000),
    _Large("one word of strangers", "\U0010ffff" * 100_000),
    _Large("one sentence", "word " * 50_000),
    _Large("one sentence without a space", "a!?" * 30_000),
    _Large("sentences", "This is one. " * 10_000),
    _Large("a list", "- an item of the list\n" * 10_000),
    _Large("a table", "| a | b |\n|---|---|\n" + "| one | two |\n" * 10_000),
    _Large("wrapped lines", "These are words of a line\n" * 30_000),
    _Large("short paragraphs", "A line\n\n" * 10_000),
    _Large("headings", "# One\n\nText.\n\n" * 3_000),
    _Large("blank", "a" + " " * 200_000 + "\n" * 50_000 + "b"),
    _Large("nothing that counts", "```\n" + "\u0301\n" * 10_000, BlindCounter),
    _Large("quotes", "“a”. ” " * 10_000),
)


@pytest.mark.parametrize("large", _LARGE, ids=lambda large: large.name)
def test_large_texts_take_time_in_proportion(large: _Large) -> None:
    """Where cost grows with the square of the length, one file stops the whole folder."""
    tokens = large.make_counter(254)
    started = time.process_time()

    for blocks in (list(markdown_blocks(large.text)), plain_blocks(large.text)[0]):
        assert chunk_document(make_document(large.text, blocks), tokens, ChunkingOptions())

    # Each takes about a second; with squares, ten and more.
    assert time.process_time() - started < 8
