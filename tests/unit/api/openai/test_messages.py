"""The text of a message, put together in pieces or at once."""

import re

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from briefqa.api.openai.messages import MessageText, without_images_and_tags
from briefqa.datatypes import AnswerSentence, Verdict

_SENTENCES = st.lists(
    st.builds(
        AnswerSentence,
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
        st.lists(st.integers(1, 12), max_size=3, unique=True).map(tuple),
        st.just(Verdict.SUPPORTED),
        dated=st.none() | st.just("2024-05"),
    ),
    max_size=5,
)


@given(_SENTENCES)
def test_marks_are_where_they_are_said_to_be(sentences: list[AnswerSentence]) -> None:
    """Offsets are kept from the first, whatever brackets a sentence has of its own."""
    text = MessageText("http://x")
    pieces = [text.add_sentence(sentence) for sentence in sentences]

    assert "".join(pieces) == str(text)
    expected = [number for sentence in sentences for number in sentence.citations]
    assert [mark.number for mark in text.marks] == expected
    for mark in text.marks:
        assert str(text)[mark.start : mark.end] == f"[{mark.number}]"


_PIECES = st.sampled_from(
    ["![", "](http://x)", "<img src=x>", "<!--", "<a>", "!", "[", "]", "<", "a", " ", "\\", "x < y"]
)


@given(st.lists(_PIECES, max_size=10).map("".join))
def test_no_image_or_html_is_left_in_a_quote(text: str) -> None:
    """By a parser of Markdown that knows both; a link needs a reader who clicks on it."""
    kinds = {
        token.type
        for block in MarkdownIt().parse(f"- “{without_images_and_tags(text)}”")
        for token in (block, *(block.children or ()))
    }

    assert kinds & {"image", "html_inline", "html_block"} == set()


def test_ordinary_text_stays_as_it_is() -> None:
    """Escapes would be read aloud, copied and searched for in vain."""
    for text in ["x < 3!", "[see](http://x)", "**Bold!** [1] “a” <3", "a_b*c"]:
        assert without_images_and_tags(text) == text
        assert re.search(r"\\", text) is None
