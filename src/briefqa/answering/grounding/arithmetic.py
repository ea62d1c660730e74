"""Numbers that a sentence works out from others which it states, and which its quotes hold."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations

from briefqa.answering.grounding.quantities import SHARE, YEAR, Quantity, units_agree
from briefqa.answering.grounding.statements import Statement
from briefqa.answering.grounding.units import PERCENT

_RISING = frozenset(
    str.split("rose rise rises risen grew grow grown increase increased more higher up")
)
_FALLING = frozenset(
    str.split(
        "fell fall falls fallen dropped declined decrease decreased less lower down cut shrank"
    )
)
_MOST_OPERANDS = 8


def worked_out(
    quantity: Quantity, sentence: Statement, quotes: Statement
) -> tuple[Quantity, Quantity] | None:
    """Return the two quantities of ``quotes`` that ``quantity`` follows from, if it does.

    Both must be said in the sentence as well: then a reader can work it out again. It may be
    their sum, their difference, or the change from the first to the second in per cent,
    rounded as it is said. A sentence that says *rose* of what fell follows from nothing.
    """
    if quantity.unit in {None, YEAR} or quantity.low != quantity.high:
        return None
    stated = [
        (each, held)
        for each in sentence.quantities
        if each is not quantity and each.unit not in {None, YEAR} and each.low == each.high
        if (held := next((q for q in quotes.quantities if each.equals(q)), None)) is not None
    ][:_MOST_OPERANDS]
    for (one, held), (other, other_held) in combinations(stated, 2):
        if not units_agree(one.unit, other.unit) or not _goes_as_said(one, other, sentence):
            continue
        if any(_is_result(quantity, result, unit) for result, unit in _results(one, other)):
            return held, other_held
    return None


def _results(one: Quantity, other: Quantity) -> Iterator[tuple[Fraction, str | None]]:
    yield one.low + other.low, one.unit
    yield abs(one.low - other.low), one.unit
    if one.low and one.unit not in {PERCENT, SHARE}:
        yield abs(other.low - one.low) / one.low, PERCENT


def _is_result(quantity: Quantity, result: Fraction, unit: str | None) -> bool:
    if not units_agree(quantity.unit, unit):
        return False
    if unit != PERCENT:
        return quantity.low == result
    # As many places as were said: 33 % is a third, 33.4 % is not.
    scale = quantity.numeral / quantity.low if quantity.low else Fraction(100)
    places = Fraction(1, 2) / quantity.numeral.denominator
    return abs(quantity.numeral - result * scale) <= places


def _goes_as_said(one: Quantity, other: Quantity, sentence: Statement) -> bool:
    """Say whether the sentence's words of direction agree with how its numbers go."""
    words = _words(sentence)
    is_up = other.low > one.low
    return not (words & _FALLING if is_up else words & _RISING)


def is_shown_by_numbers(word: str, sentence: Statement, quotes: Statement) -> bool:
    """Say whether ``word`` (rose, fell, more) is borne out by numbers that were worked out."""
    is_direction = word.lower() in _RISING | _FALLING
    return is_direction and any(worked_out(q, sentence, quotes) for q in sentence.quantities)


def _words(sentence: Statement) -> frozenset[str]:
    return frozenset(token.lower for token in sentence.tokens)


def operands(pair: Sequence[Quantity], quotes: Statement) -> str:
    """Return the words of the quotes that a result follows from."""
    return ", ".join(quotes.said(each.start, each.end) for each in pair)
