"""A sentence is given as soon as it is whole, and never sooner."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from briefqa.answering.generating import SentenceSplitter
from briefqa.answering.generating.splitting import LONGEST

_BITS = st.sampled_from(
    [
        "The port opened in 1931.", " ", "\n", "Dr. Smith", "e.g.", "3.5", "[kqzt]", "“Yes!”",
        "(no)", "- item", "1. ", "**bold**", "```", "...", "?", "U.S.", "<think>", "</think>",
        "港は開いた。", "x" * 50,
    ]
)  # fmt: skip
_TEXTS = st.lists(_BITS | st.text(max_size=5), max_size=30).map("".join)


def _split(pieces: list[str]) -> list[str]:
    splitter = SentenceSplitter()
    return [*(each for piece in pieces for each in splitter.feed(piece)), *splitter.finish()]


@given(_TEXTS, st.lists(st.integers(0, 400), max_size=8))
@example("The end. [kqzt] Next", [9, 10, 12])
@example("y" * (LONGEST + 9), [LONGEST - 1, LONGEST])
def test_sentences_do_not_depend_on_how_the_text_is_cut(text: str, places: list[int]) -> None:
    """Servers send tokens, words or lines, and an answer must be the same."""
    cuts = [0, *sorted({min(place, len(text)) for place in places}), len(text)]
    pieces = [text[start:end] for start, end in pairwise(cuts)]

    assert _split(pieces) == _split([text]) == _split(list(text))


@given(_TEXTS)
def test_nothing_but_space_rules_and_thoughts_is_lost(text: str) -> None:
    """What is not judged is not said, so that no word may fall between two sentences."""
    if "<think>" in text or "```" in text:
        return

    said = "".join("".join(_split([text])).split())
    kept = "".join(line for line in text.splitlines() if line.strip(" \t*_#>|=-"))
    letters = [c for c in "".join(kept.split()) if c.isalnum()]

    assert [c for c in said if c.isalnum()] == letters


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("It is open. It is free.", ["It is open.", "It is free."]),
        ("It is open. [kqzt] It is free. [kqzt]", ["It is open. [kqzt]", "It is free. [kqzt]"]),
        ("It is open [kqzt]. It is free.", ["It is open [kqzt].", "It is free."]),
        ("Dr. Smith paid 3.5 million, e.g. for Dover.", None),
        ("The U.S. agreed. So did J. Smith.", ["The U.S. agreed.", "So did J. Smith."]),
        ("- One port\n- Two docks", ["- One port", "- Two docks"]),
        ("1. The port. 2. The dock.", ["1. The port.", "2. The dock."]),
        ("Is it? Yes!", ["Is it?", "Yes!"]),
        ("“It is open.” She left.", ["“It is open.”", "She left."]),
        ("<think>It is a port.\nOr not.</think>It is open.", ["It is open."]),
        ("<think>It never ends.", []),
        ("```\nIt is open.\n```", ["It is open."]),
        ("港は開いた。船は出た。", ["港は開いた。", "船は出た。"]),
        ("", []),
    ],
)
def test_sentences_are_those_that_a_reader_sees(text: str, sentences: list[str] | None) -> None:
    """Marks of citation stay with the sentence that they follow."""
    assert _split([text]) == ([text] if sentences is None else sentences)


def test_sentence_is_given_when_the_next_one_begins() -> None:
    """A reader waits for as little as can be."""
    splitter = SentenceSplitter()

    assert splitter.feed("The port is open. ") == []
    assert splitter.feed("T") == ["The port is open."]


def test_sentence_without_an_end_is_cut() -> None:
    """A model that never ends a sentence must not fill the memory."""
    found = _split(["word " * 2_000])

    assert len(found) > 4
    assert max(map(len, found)) <= LONGEST
