"""Saying the same again is told from adding something."""

from hypothesis import given
from hypothesis import strategies as st

from briefqa.retrieval.repeats import repeated_in, shingles

_TEXT = "The UK should support India, and offer “expertise” in safety and security to its summit."
_WORDS = st.lists(st.sampled_from(["grid", "chip", "water", "wind", "coal"]), max_size=12)


def test_typography_does_not_hide_a_repeat() -> None:
    """The same paragraph comes back with other quotes, capitals and line breaks."""
    again = _TEXT.upper().replace(", ", ",\n").replace("SECURITY", "*security*")

    assert repeated_in(shingles(again), [shingles("Another one altogether."), shingles(_TEXT)]) == 1


def test_part_of_a_passage_repeats_it() -> None:
    """A shorter cut of what was shown says nothing new."""
    assert repeated_in(shingles(_TEXT[: len(_TEXT) // 2]), [shingles(_TEXT)]) == 0


def test_passage_that_adds_something_is_no_repeat() -> None:
    """Containment, not resemblance: the longer passage has news."""
    longer = f"{_TEXT} It should also build on the technology initiative of both countries."

    assert repeated_in(shingles(longer), [shingles(_TEXT)]) is None


def test_short_texts_repeat_only_when_equal() -> None:
    """Below four words there is no run to compare: `no` must not swallow `no dam`."""
    assert repeated_in(shingles("The dam."), [shingles("the dam")]) == 0
    assert repeated_in(shingles("The dam."), [shingles("the dam broke")]) is None


@given(_WORDS, _WORDS, _WORDS)
def test_every_text_repeats_itself_and_whatever_contains_it(
    words: list[str], before: list[str], after: list[str]
) -> None:
    """The law that all of the above are examples of."""
    text = " ".join(words)

    assert repeated_in(shingles(text), [shingles(text)]) == 0
    if len(words) >= 4:
        assert repeated_in(shingles(text), [shingles(" ".join(before + words + after))]) == 0
