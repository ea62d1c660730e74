"""Which sentences lean on the one before."""

import pytest

from briefqa.answering.extracting.leaning import leans


@pytest.mark.parametrize(
    "sentence",
    [
        "It needs ten gigawatts.",
        "They grow each year.",
        "However, the plants are old.",
        "This was contested.",
        "These three plants are old.",
        "The former is older.",
        "In 1685, he issued an edict.",
        "After the war, they left.",
        "Both are old.",
        "There they signed a declaration.",
        "“They are old,” she said.",
        "Therefore the plants were closed.",
    ],
)
def test_what_points_back_leans(sentence: str) -> None:
    """A reader who meets it alone asks: what?"""
    assert leans(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "The northern grid needs ten gigawatts.",
        "There are three plants.",
        "It is clear that the grid is old.",
        "This brief argues for more plants.",
        "Both the grid and the plants are old.",
        "Those who pay decide.",
        "In 1685, Louis issued an edict.",
        "Theirs is a common name.",
        "Items are listed below.",
        "Él es viejo.",
        "他们签署了一份声明。",
    ],
)
def test_what_stands_alone_does_not(sentence: str) -> None:
    """What needs no introduction is quoted without one."""
    assert not leans(sentence)
