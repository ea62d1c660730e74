"""Two statements differ only if they speak of one matter and cannot both be true."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.strategies import hostile_text

from briefqa.answering.grounding.claims import ClaimKind
from briefqa.answering.grounding.differing import Attested, find_differences
from briefqa.answering.grounding.statements import read_statement

_OLD, _NEW = "2024-05-01", "2025-03-10"
_DIFFERENT = {
    "UK exports of AI services reached £3 billion in 2024.": (
        "Exports of UK AI services were £2 billion in 2024."
    ),
    "The UK's AI safety budget is £100 million.": (
        "The UK's AI safety budget is now £150 million."
    ),
    "The new visa scheme opens on 3 March 2025.": "The new visa scheme will open on 10 June 2025.",
    "The ministry supports a ban on live facial recognition.": (
        "The ministry opposes a ban on live facial recognition."
    ),
    "The council will fund the new bridge.": "The council will not fund the new bridge.",
    "The government plans to build 300,000 homes a year.": (
        "The government now plans to build 250,000 homes a year."
    ),
    "Unemployment in Wales rose to 5% in June 2024.": (
        "Unemployment in Wales fell to 3.9% in June 2024."
    ),
    "The Bletchley Declaration was signed by 28 countries.": (
        "The Bletchley Declaration was signed by twenty-nine countries."
    ),
    "Construction costs are estimated at £4.2 billion, officials said.": (
        "Construction costs are estimated at £6.1 billion."
    ),
    "Ferry traffic increased in 2023.": "Ferry traffic decreased in 2023.",
    "Tests are mandatory for all frontier models.": "Tests are not mandatory for frontier models.",
    "The fee for a licence is £20 a year.": "The fee for a licence is $20 a year.",
    "The work on the old bridge took 3 weeks.": "The work on the old bridge took 3 months.",
}
_COMPATIBLE = {
    # Of other times.
    "In 2023 exports of chips were £5 billion.": "In 2024 exports of chips were £6 billion.",
    "Exports of chips were £5 billion in 2023.": "Exports of chips were £6 billion in 2024.",
    "Growth in the UK was 2% last year.": "Growth in the UK was 3% last year.",
    "Growth in the UK was 2% in the first quarter.": (
        "Growth in the UK was 3% in the second quarter."
    ),
    "The advisory committee met in Leeds in 2024.": "The advisory committee met in Leeds in 2025.",
    # Of other things.
    "Exports from Wales were £5 billion in 2023.": "Exports from Scotland were £6 billion in 2023.",
    "Coal output in the north was 5 million tonnes.": (
        "Oil output in the north was 3 million tonnes."
    ),
    "Imports from China were £5 billion in 2023.": "Exports to China were £6 billion in 2023.",
    "The rate for small firms in the scheme is 10%.": (
        "The rate for large firms in the scheme is 20%."
    ),
    "Section 3 of the Act covers safety tests.": "Section 4 of the Act covers safety tests.",
    "GPT-4 scored 70% on the bar exam.": "GPT-5 scored 90% on the bar exam.",
    "The highest rate of income tax is 45%.": "The lowest rate of income tax is 20%.",
    "It has 3,000 staff in London.": "It has 5,000 staff in London.",
    "UK exports of financial services to the EU were £30 billion.": (
        "UK exports of services to the EU were £35 billion."
    ),
    # Of one thing, and both true.
    "Costs of the new line are between £2 billion and £4 billion.": (
        "Costs of the new line are £3 billion."
    ),
    "The mean score of the model on the test was 2.04.": (
        "The mean score of the model on the test was 2.0."
    ),
    "About 2 million people use the service in France.": (
        "2.04 million people use the service in France."
    ),
    "More than 100 firms in Leeds joined the scheme.": (
        "In total 120 firms in Leeds joined the scheme."
    ),
    "The programme for schools cost £3 billion, of which £1 billion was spent in 2023.": (
        "The programme for schools cost £3 billion."
    ),
    "Reports of adverse events, sleep quality, and appetite were collected.": (
        "No adverse events were reported."
    ),
}


def _said(one: str, other: str, *dates: str | None) -> list[tuple[str, str]]:
    published = dates or (_OLD, _NEW)
    found = find_differences(
        Attested(read_statement(one), published[0]),
        Attested(read_statement(other), published[1]),
    )
    return [(each.ours, each.theirs) for each in found]


@pytest.mark.parametrize(("one", "other"), _DIFFERENT.items())
def test_what_cannot_both_be_true_differs(one: str, other: str) -> None:
    """Numbers, units, dates, directions and denials, put in somewhat other words."""
    found = _said(one, other)

    assert found
    assert all(mine in one and yours in other for mine, yours in found)


@pytest.mark.parametrize(("one", "other"), _COMPATIBLE.items())
def test_what_may_both_be_true_does_not_differ(one: str, other: str) -> None:
    """A false alarm makes a reader doubt two documents that agree."""
    assert _said(one, other) == []


_STATEMENTS = st.sampled_from([*_DIFFERENT, *_DIFFERENT.values(), *_COMPATIBLE]) | hostile_text
_DATES = st.sampled_from([None, _OLD, _NEW, "2025"])


@settings(max_examples=300)
@given(_STATEMENTS, _STATEMENTS, _DATES, _DATES)
def test_order_of_the_two_makes_no_difference(
    one: str, other: str, old: str | None, new: str | None
) -> None:
    """Rankings decide what is read first; they must not decide what differs."""
    forth, back = _said(one, other, old, new), _said(other, one, new, old)

    assert forth == [(mine, yours) for yours, mine in back]
    assert all(mine != yours for mine, yours in forth)


@given(_STATEMENTS, _DATES, _DATES)
def test_what_is_said_twice_does_not_differ(said: str, old: str | None, new: str | None) -> None:
    """A statement repeated in a later document is no news."""
    assert _said(said, said, old, new) == []


@given(st.integers(2, 10**6), st.integers(2, 10**6))
def test_counts_differ_unless_one_is_the_other_rounded(one: int, other: int) -> None:
    """The oracle rounds in decimal."""
    said = _said(f"The old mill employs {one} people.", f"The old mill employs {other:,} people.")

    gap, largest = abs(one - other), max(one, other)
    steps = [10 ** (len(str(n)) - len(str(n).rstrip("0"))) if n >= 100 else 1 for n in (one, other)]
    is_rounded = steps[0] != steps[1] and 2 * gap <= max(steps) and gap <= 0.08 * largest
    years = [1500 <= each <= 2100 for each in (one, other)]
    assert bool(said) == (one != other and not is_rounded) or any(years)


def test_kind_of_a_difference_is_told() -> None:
    """Who lists disagreements may want to part figures from positions."""
    old, new = "The council will fund the new bridge.", "The council will not fund the new bridge."

    (found,) = find_differences(Attested(read_statement(old)), Attested(read_statement(new)))

    assert (found.kind, found.ours, found.theirs) == (ClaimKind.NEGATION, "fund", "not fund")


def test_few_words_are_enough_where_the_documents_are_of_one_subject() -> None:
    """A short sentence says little by itself, but more under a title."""
    sentences = "The plant will be finished by 2030.", "The plant will be finished by 2034."
    subject = frozenset({"harbour"})

    alone = find_differences(*(Attested(read_statement(each), _OLD) for each in sentences))
    together = find_differences(
        *(Attested(read_statement(each), _OLD, subject) for each in sentences)
    )

    assert not alone
    assert [(each.ours, each.theirs) for each in together] == [("2030", "2034")]


def test_titles_that_share_a_word_are_not_of_one_subject() -> None:
    """Every university has students, and every history of one says how many."""
    sentences = "The university has 5,000 students.", "The university has 17,000 students."
    titles = frozenset({"history", "univers", "chicago"}), frozenset({"history", "univers", "leed"})

    found = find_differences(
        *(
            Attested(read_statement(said), _OLD, title)
            for said, title in zip(sentences, titles, strict=True)
        )
    )

    assert not found
