"""A number that a reader can work out from what is stated and cited is supported, and no other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.answering.grounding import judge_sentence
from briefqa.datatypes import Verdict

_QUOTES = ["The fund held £2 billion in 2023.", "It holds £3 billion now."]
_COURSE = "from £2 billion in 2023 to £3 billion now"


@pytest.mark.parametrize(
    ("sentence", "verdict"),
    [
        (f"The fund rose by £1 billion, {_COURSE}.", Verdict.SUPPORTED),
        (f"The fund rose by 50 %, {_COURSE}.", Verdict.SUPPORTED),
        (f"The fund rose by £2.5 billion, {_COURSE}.", Verdict.CONTRADICTED),
        (f"The fund fell by £1 billion, {_COURSE}.", Verdict.CONTRADICTED),
        (f"The fund rose by 33 %, {_COURSE}.", Verdict.UNSUPPORTED),
        ("The fund rose by £1 billion.", Verdict.CONTRADICTED),
        ("It rose by £1 billion, from £2 billion to £4 billion.", Verdict.CONTRADICTED),
    ],
)
def test_results_are_held_to_their_operands(sentence: str, verdict: Verdict) -> None:
    """The operands must be in the sentence, and in the words that it cites."""
    assert judge_sentence(sentence, _QUOTES).verdict is verdict


@given(st.integers(2, 900), st.integers(2, 900), st.integers(2, 900))
def test_only_sum_and_difference_follow(one: int, other: int, said: int) -> None:
    """Of two amounts in one unit, whatever they are."""
    quotes = [f"The port has £{one} million. The dock has £{other} million."]
    sentence = (
        f"The port has £{one} million, the dock has £{other} million, £{said} million in question."
    )
    follows = said in {one + other, abs(one - other), one, other}

    found = judge_sentence(sentence, quotes).verdict

    if follows and said not in {one, other}:
        assert found in {Verdict.SUPPORTED, Verdict.PARTLY}
    if not follows:
        assert found in {Verdict.UNSUPPORTED, Verdict.CONTRADICTED}
