"""A sentence says what its quotes say, or the judgement names the claim that does not."""

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.unit.strategies import hostile_text

from briefqa.answering.grounding import ClaimKind, judge_sentence
from briefqa.datatypes import Verdict

_ONES = str.split("zero one two three four five six seven eight nine ten eleven twelve")
_UNITS = (" billion pounds", " kg", " GW", " per cent", " percentage points", " people", " °C")


@st.composite
def _written(draw: st.DrawFn, value: int) -> str:
    """Write a count in any of its forms."""
    forms = [f"{value:,}", f"{value}.0", f"{value / 1000:g} thousand", str(value)]
    if value < len(_ONES):
        forms.append(_ONES[value])
    if value % 100_000 == 0:
        forms += [f"{value / 10**6:g} million", f"{value / 10**6:g}m"]
    return draw(st.sampled_from(forms))


_COUNTS = st.integers(0, 1400) | st.integers(1, 900).map(lambda n: n * 100_000)


@given(st.data(), _COUNTS, _COUNTS)
def test_numbers_are_held_exactly_if_their_values_are_equal(
    data: st.DataObject, said: int, cited: int
) -> None:
    """However the two are written; the oracle is Python's own comparison."""
    sentence = f"The fund paid for {data.draw(_written(said))} laptops last winter."
    quote = f"Last winter the fund paid for {data.draw(_written(cited))} laptops."

    judgement = judge_sentence(sentence, [quote])

    assert judgement.holds == (said == cited), judgement


@given(
    st.decimals(1, 10**7, places=2).map(Fraction),
    st.sampled_from(_UNITS),
    st.data(),
)
def test_changed_digit_is_always_caught(value: Fraction, unit: str, data: st.DataObject) -> None:
    """Also in the pence, and whatever is counted."""
    number = f"{float(value):,.2f}"
    at = data.draw(st.sampled_from([i for i, c in enumerate(number) if c.isdigit()]))
    digit = data.draw(st.sampled_from([d for d in "0123456789" if d != number[at]]))
    changed = number[:at] + digit + number[at + 1 :]

    judgement = judge_sentence(
        f"The plan sets the limit at {changed}{unit}.",
        [f"The plan sets the limit at {number}{unit}."],
    )

    assert judgement.verdict is Verdict.CONTRADICTED


@given(hostile_text.filter(str.strip), hostile_text, st.sampled_from((" ", "\n", "\t \n")))
@example("It is [7].", "", " ")
def test_verbatim_sentence_is_always_supported(text: str, more: str, space: str) -> None:
    """An extractive answer cannot fail its own check, whatever the documents hold."""
    quote = space.join((more, *text.split(), more))

    judgement = judge_sentence(" ".join(text.split()), [quote])

    assert judgement.verdict is Verdict.SUPPORTED


@given(hostile_text, st.lists(hostile_text, max_size=3))
def test_any_text_is_judged(sentence: str, quotes: list[str]) -> None:
    """A judgement is never a crash, and its verdict is the worst of its claims."""
    judgement = judge_sentence(sentence, quotes)

    assert judgement.verdict in {claim.outcome for claim in judgement.claims}


@pytest.mark.parametrize(("whole", "part"), [("12 labs", "2 labs"), ("-3 °C", "3 °C")])
def test_part_that_cuts_a_number_is_no_part(whole: str, part: str) -> None:
    """`2 labs` stands in `12 labs`, and is another number."""
    assert not judge_sentence(part, [whole]).holds


_SAME = [
    ("The fund holds £2 billion.", "The fund holds 2bn."),
    ("The fund holds £2 billion.", "The fund holds two billion pounds."),
    ("The fund holds £2 billion.", "The fund holds GBP 2,000,000,000."),
    ("Growth was 5 % a year.", "Growth was five per cent a year."),
    ("Growth was 5 pp a year.", "Growth was 500 basis points a year."),
    ("Two dozen labs joined.", "24 labs joined."),
    ("Half of the labs joined.", "50 % of the labs joined."),
    ("Two of five labs joined.", "Two out of five labs joined."),
    ("Between 10 and 20 labs joined.", "10–20 labs joined."),
    ("About 200 labs joined.", "About 200 labs joined the network."),
    ("The second lab joined.", "The 2nd lab joined."),
    ("The plant gives 5,000 MW of power.", "The plant gives 5 GW of power."),
    ("It appeared on 3 March 2025.", "It appeared on 2025-03-03."),
    ("It appeared on March 3, 2025.", "It appeared on 3rd March 2025."),
    ("It appeared in 2025.", "It appeared on 3 March 2025."),
    ("The United Kingdom leads on AI.", "The UK leads on AI."),
    ("J. Nye coined the term.", "Joseph Nye coined the term."),
    ("The AI Security Institute tests models.", "The AISI tests models."),
    ("Labs joined.", "Not only firms but labs joined."),
]


@pytest.mark.parametrize(("sentence", "quote"), _SAME)
def test_same_claim_in_other_words_is_supported(sentence: str, quote: str) -> None:
    """A writer may choose another form for the same number, date or name."""
    judgement = judge_sentence(sentence, [quote])

    assert judgement.verdict is Verdict.SUPPORTED, judgement.worst


_WRONG = [
    ("£3 billion", "£2 billion", ClaimKind.QUANTITY),
    ("£2 million", "£2 billion", ClaimKind.QUANTITY),
    ("$2 billion", "£2 billion", ClaimKind.QUANTITY),
    ("5 percentage points", "5 %", ClaimKind.QUANTITY),
    ("15 labs", "10-20 labs", ClaimKind.QUANTITY),
    ("10-20 labs", "10 labs", ClaimKind.QUANTITY),
    ("over 400 labs", "under 400 labs", ClaimKind.QUANTITY),
    ("2 ports and 2 labs in May", "3 ports and 2 labs in May", ClaimKind.QUANTITY),
    ("46 programmes and 5 labs", "5 programmes and 46 labs", ClaimKind.QUANTITY),
    ("a budget in 2024", "a budget in 2025", ClaimKind.DATE),
    ("a budget on 4 March 2025", "a budget on 3 March 2025", ClaimKind.DATE),
    ("the plan of Peter Kyle", "the plan of David Lammy", ClaimKind.NAME),
    ("the unsafe plan", "the safe plan", ClaimKind.NEGATION),
]


@pytest.mark.parametrize(("said", "cited", "kind"), _WRONG)
def test_other_value_of_the_same_claim_is_contradicted(
    said: str, cited: str, kind: ClaimKind
) -> None:
    """And the judgement names the words on both sides."""
    judgement = judge_sentence(f"Ministers approved {said}.", [f"Ministers approved {cited}."])

    assert judgement.verdict is Verdict.CONTRADICTED
    worst = judgement.worst
    assert worst is not None
    assert worst.kind is kind
    assert worst.said in f"Ministers approved {said}."
    assert worst.quoted is not None
    assert worst.quoted in f"Ministers approved {cited}."


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("Exports fell by 3 %.", "Exports rose by 3 %."),
        ("Exports rose 3 % while rents fell 5 %.", "Exports fell 3 % while rents rose 5 %."),
        ("Trade strengthens the union.", "Trade weakens the union."),
        ("The UK does not lead on AI.", "The UK leads on AI."),
        ("The UK leads on AI.", "The UK never leads on AI."),
        ("The UK can act.", "The UK cannot act."),
    ],
)
def test_what_is_turned_round_is_contradicted(sentence: str, quote: str) -> None:
    """All the words are there, and one of them says the opposite."""
    assert judge_sentence(sentence, [quote]).verdict is Verdict.CONTRADICTED


def test_date_is_not_held_by_its_year() -> None:
    """The quote does not say the day."""
    judgement = judge_sentence("It appeared on 3 March 2025.", ["It appeared in 2025."])

    assert judgement.verdict is Verdict.UNSUPPORTED


def test_certainty_that_the_quote_lacks_is_partly_supported() -> None:
    """`May` and `will` are not the same promise."""
    judgement = judge_sentence("Rents will rise.", ["Rents may rise."])

    assert judgement.verdict is Verdict.PARTLY


def test_nothing_supports_what_cites_nothing() -> None:
    """And words that no quote has are said to be missing."""
    assert judge_sentence("Rents rise.", []).verdict is Verdict.UNSUPPORTED
    judgement = judge_sentence("Rents soared in coastal towns.", ["Boats need harbours."])
    assert judgement.verdict is Verdict.UNSUPPORTED
