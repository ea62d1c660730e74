"""Lines are put together as they were before they were broken."""

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.documents.pdf.joining import BROKEN, Mender, ends_sentence, join

_WORDS = st.lists(st.text("abcdefgh", min_size=4, max_size=9), min_size=2, max_size=12)


def _mended(*lines: str, elsewhere: str = "") -> str:
    text = reduce(join, lines)
    return Mender([text, elsewhere]).mend(text).text


@given(_WORDS, st.data())
def test_breaking_a_text_anywhere_and_joining_it_gives_the_text(
    words: list[str], data: st.DataObject
) -> None:
    """Wherever the typesetter broke a line, the reader must not see it."""
    text = " ".join(words)
    cut = data.draw(st.integers(0, len(words) - 1))
    at = data.draw(st.integers(2, len(words[cut]) - 2))
    start = len(" ".join(words[:cut])) + (1 if cut else 0)
    first, second = f"{text[: start + at]}-", text[start + at :]

    assert _mended(first, second) == text


@given(_WORDS, st.data())
def test_places_move_with_the_hyphens(words: list[str], data: st.DataObject) -> None:
    """A page that begins inside a word begins at the same letter when the word is whole."""
    lines = [f"{word[:2]}-" if data.draw(st.booleans()) else word for word in words]
    text, starts = "", []
    for line in lines:
        text = join(text, line)
        starts.append(len(text) - len(line))

    mended = Mender([]).mend(text)

    assert BROKEN not in mended.text
    for line, start in zip(lines, starts, strict=True):
        assert mended.text.startswith(line[:2], mended.moved(start))


@pytest.mark.parametrize(
    ("lines", "elsewhere", "joined"),
    [
        (("competi-", "tion grows"), "", "competition grows"),
        (("a co-", "operation"), "", "a cooperation"),
        (("a co-", "operation"), "co-operation", "a co-operation"),
        (("a co-", "operation"), "co-operation; cooperation; cooperation", "a cooperation"),
        (("AI-", "based"), "", "AI-based"),
        (("the state-of-the-", "art"), "", "the state-of-the-art"),
        (("2019-", "2021"), "", "2019-2021"),
        (("Smith-", "Jones"), "", "Smith-Jones"),
        (("soft\xad", "ware"), "", "software"),
        (("see https://example.org/a-", "b/c"), "", "see https://example.org/a-b/c"),
        (("either/", "or"), "", "either/or"),
        (("the end –", "or not"), "", "the end – or not"),
        (("委员会发表", "了报告"), "", "委员会发表了报告"),
        (("two", "words"), "", "two words"),
    ],
)
def test_line_ends_are_undone(lines: tuple[str, ...], elsewhere: str, joined: str) -> None:
    """The same word must be found however its line was broken."""
    assert _mended(*lines, elsewhere=elsewhere) == joined


@pytest.mark.parametrize(
    ("text", "ends"),
    [("It ends.", True), ("It ends.” 3", True), ("He said:", True), ("It goes on", False)],
)
def test_ends_of_sentences_are_seen(text: str, ends: bool) -> None:  # noqa: FBT001 - a row's answer
    """What does not end may go on on the next page."""
    assert ends_sentence(text) is ends
