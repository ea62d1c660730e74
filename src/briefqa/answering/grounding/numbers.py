"""Holds the quantities and dates of a sentence against those of its quotes."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TypeVar

from briefqa.answering.grounding.arithmetic import operands, worked_out
from briefqa.answering.grounding.claims import Claim, ClaimKind
from briefqa.answering.grounding.dates import CalendarDate
from briefqa.answering.grounding.quantities import SHARE, YEAR, Quantity, units_agree
from briefqa.answering.grounding.statements import Statement
from briefqa.answering.grounding.units import SCALES, UNIT_WORDS, YEARS
from briefqa.answering.grounding.vocabulary import CHANGES, OPPOSITES
from briefqa.datatypes import Verdict

_MOST_COMPARED = 64
_SIZES = {
    *SCALES,
    *(word for word, (name, _) in UNIT_WORDS.items() if name in {"month", YEARS}),
    *(f"{word}{s}" for word in ("minute", "hour", "day", "week") for s in ("", "s")),
}
_NEAR = 5
_Found = TypeVar("_Found", Quantity, CalendarDate)


def compare_numbers(sentence: Statement, quotes: Statement) -> Iterator[Claim]:
    """Yield a claim for each quantity and date of the sentence."""
    for quantity in sentence.quantities:
        yield from _quantity(quantity, sentence, quotes)
    for date in sentence.dates:
        yield _date(date, sentence, quotes)
    yield from _sizes(sentence, quotes)
    yield from _repeated(sentence, quotes)


def _repeated(sentence: Statement, quotes: Statement) -> Iterator[Claim]:
    """Find a number said more often than it is quoted, in a sentence otherwise the same."""
    if not sentence.is_like(quotes):
        return
    ours = Counter((each.low, each.high) for each in sentence.quantities)
    theirs = Counter((each.low, each.high) for each in quotes.quantities)
    left = [each for each in quotes.quantities if (each.low, each.high) not in ours]
    for each in sentence.quantities:
        if 0 < theirs[each.low, each.high] < ours[each.low, each.high] and left:
            said, quoted = sentence.said(each.start, each.end), quotes.said(*_place(left[0]))
            yield Claim(ClaimKind.QUANTITY, said, quoted, Verdict.CONTRADICTED)


def _sizes(sentence: Statement, quotes: Statement) -> Iterator[Claim]:
    """Yield a claim for each size without a number: ``decades``, ``multi-billion``."""
    ours, theirs = _size_words(sentence), _size_words(quotes)
    for word, said in ours.items():
        if word in theirs:
            continue
        other = next((text for each, text in theirs.items() if each not in ours), None)
        outcome = Verdict.PARTLY if other is None else Verdict.CONTRADICTED
        yield Claim(ClaimKind.QUANTITY, said, other, outcome)


def _size_words(statement: Statement) -> dict[str, str]:
    taken = {at for each in statement.quantities for at in range(each.start, each.end)}
    return {
        token.lower.removesuffix("s"): token.text
        for at, token in enumerate(statement.tokens)
        if token.lower in _SIZES and at not in taken
    }


def _quantity(quantity: Quantity, sentence: Statement, quotes: Statement) -> Iterator[Claim]:
    said = sentence.said(quantity.start, quantity.end)
    kind = ClaimKind.DATE if quantity.unit == YEAR else ClaimKind.QUANTITY
    equal = [each for each in quotes.quantities if quantity.equals(each)][:_MOST_COMPARED]
    if equal:
        best = _nearest(quantity, equal, sentence, quotes)
        assert best is not None  # noqa: S101 - there is one
        quoted = quotes.said(best.start, best.end)
        other = _counts_something_else(quantity, equal, sentence, quotes)
        if other is not None:
            quoted = quotes.said(other.start, _head(other, quotes)[1])
            said = sentence.said(quantity.start, _head(quantity, sentence)[1])
            yield Claim(kind, said, quoted, Verdict.CONTRADICTED)
            return
        yield Claim(kind, said, quoted, _bounded(quantity, best))
        yield from _direction(quantity, best, sentence, quotes)
        return
    if quantity.unit == YEAR and (date := _dated(quantity, quotes)) is not None:
        yield Claim(kind, said, quotes.said(date.start, date.end), Verdict.SUPPORTED)
        return
    end = next((q for q in quotes.quantities if _is_end(quantity, q)), None)
    if end is not None:
        outcome = Verdict.SUPPORTED if end.is_change else Verdict.PARTLY
        yield Claim(kind, said, quotes.said(end.start, end.end), outcome)
        return
    if (pair := worked_out(quantity, sentence, quotes)) is not None:
        yield Claim(kind, said, operands(pair, quotes), Verdict.SUPPORTED)
        return
    yield from _missing(kind, quantity, sentence, quotes)


def _missing(
    kind: ClaimKind, quantity: Quantity, sentence: Statement, quotes: Statement
) -> Iterator[Claim]:
    """Say of a quantity that no quote holds whether another stands in its place."""
    said = sentence.said(quantity.start, quantity.end)
    alike = [
        each
        for each in quotes.quantities
        if units_agree(quantity.unit, each.unit) or quantity.numeral == each.numeral
    ]
    found = _nearest(quantity, alike[:_MOST_COMPARED], sentence, quotes)
    if found is not None and _shared(quantity, found, sentence, quotes):
        yield Claim(kind, said, quotes.said(found.start, found.end), Verdict.CONTRADICTED)
        return
    if quantity.unit == YEAR and (date := _nearest(quantity, quotes.dates, sentence, quotes)):
        yield Claim(kind, said, quotes.said(date.start, date.end), Verdict.CONTRADICTED)
    elif not quantity.is_bare:
        yield Claim(kind, said, None, Verdict.UNSUPPORTED)


def _bounded(quantity: Quantity, other: Quantity) -> Verdict:
    if (
        quantity.unit == SHARE
        and other.unit == SHARE
        and max(quantity.numeral, other.numeral) > 1
        and quantity.numeral != other.numeral
        and min(quantity.numeral, other.numeral) > 1
    ):
        return Verdict.CONTRADICTED
    if quantity.bound == other.bound:
        return Verdict.SUPPORTED
    return Verdict.CONTRADICTED if quantity.bound * other.bound < 0 else Verdict.PARTLY


def _is_end(quantity: Quantity, other: Quantity) -> bool:
    """Say whether ``quantity`` is one of the ends of the range ``other``."""
    is_range = other.low != other.high and quantity.low == quantity.high
    ends = {other.low, other.high}
    return is_range and quantity.low in ends and units_agree(quantity.unit, other.unit)


def _dated(quantity: Quantity, quotes: Statement) -> CalendarDate | None:
    is_year = quantity.low == quantity.high
    return next((d for d in quotes.dates if is_year and d.year == quantity.low), None)


def _counts_something_else(
    quantity: Quantity, equal: Sequence[Quantity], sentence: Statement, quotes: Statement
) -> Quantity | None:
    """Return what the quotes count of the thing that the sentence counts, if it is not this."""
    thing = _head(quantity, sentence)[0]
    if not thing or quantity.unit is not None:
        return None
    if any(_head(each, quotes)[0] in {thing, ""} for each in equal):
        return None
    return next(
        (
            each
            for each in quotes.quantities[:_MOST_COMPARED]
            if each.unit is None and _head(each, quotes)[0] == thing
        ),
        None,
    )


def _head(quantity: Quantity, statement: Statement) -> tuple[str, int]:
    """Return the key of the last word of what is counted, and where it ends."""
    at, key = quantity.end, ""
    while at < len(statement.tokens) and statement.tokens[at].is_content:
        key = statement.tokens[at].key
        at += 1
    return key, at


def _direction(
    quantity: Quantity, other: Quantity, sentence: Statement, quotes: Statement
) -> Iterator[Claim]:
    ours, theirs = _way(quantity, sentence), _way(other, quotes)
    if ours is None and theirs is None:
        return
    our_side = ours[0] if ours is not None else 0
    their_side = theirs[0] if theirs is not None else 0
    is_signed = quantity.sign != other.sign
    if our_side == their_side or (0 in {our_side, their_side} and not is_signed):
        return
    said = sentence.said(*ours[1]) if ours is not None else sentence.said(*_place(quantity))
    quoted = quotes.said(*theirs[1]) if theirs is not None else quotes.said(*_place(other))
    yield Claim(ClaimKind.DIRECTION, said, quoted, Verdict.CONTRADICTED)


def _place(found: Quantity) -> tuple[int, int]:
    return found.start, found.end


def _way(quantity: Quantity, statement: Statement) -> tuple[int, tuple[int, int]] | None:
    """Return 1 for up or -1 for down, and the words from the one that says so to the number."""
    if quantity.sign < 0:
        return -1, _place(quantity)
    tokens = statement.tokens
    clause = tokens[quantity.start].clause
    before = range(quantity.start - 1, max(-1, quantity.start - 1 - _NEAR), -1)
    after = range(quantity.end, min(len(tokens), quantity.end + 3))
    for at in (*before, *after):
        group, side = OPPOSITES.get(tokens[at].lower, (-1, 0))
        if tokens[at].clause != clause or group != CHANGES:
            continue
        is_bound = at + 1 < len(tokens) and tokens[at + 1].lower in {"than", "to"}
        if is_bound and at in before and quantity.bound:
            continue
        way = 1 if (side == 0) != bool(statement.denied[at]) else -1
        return way, (min(at, quantity.start), max(at + 1, quantity.end))
    return None


def _date(date: CalendarDate, sentence: Statement, quotes: Statement) -> Claim:
    said = sentence.said(date.start, date.end)
    holding = next((each for each in quotes.dates if each.holds(date)), None)
    if holding is not None:
        quoted = quotes.said(holding.start, holding.end)
        return Claim(ClaimKind.DATE, said, quoted, Verdict.SUPPORTED)
    other = _nearest(date, quotes.dates, sentence, quotes)
    if other is not None and not date.holds(other):
        quoted = quotes.said(other.start, other.end)
        return Claim(ClaimKind.DATE, said, quoted, Verdict.CONTRADICTED)
    years = [each for each in quotes.quantities if each.unit == YEAR]
    year = _nearest(date, years, sentence, quotes)
    if year is not None and date.year is not None and all(y.low != date.year for y in years):
        quoted = quotes.said(year.start, year.end)
        return Claim(ClaimKind.DATE, said, quoted, Verdict.CONTRADICTED)
    return Claim(ClaimKind.DATE, said, None, Verdict.UNSUPPORTED)


def _nearest(
    found: Quantity | CalendarDate,
    others: Sequence[_Found],
    sentence: Statement,
    quotes: Statement,
) -> _Found | None:
    """Return the one of ``others`` whose neighbours are most like those of ``found``."""
    return max(
        others[:_MOST_COMPARED],
        key=lambda each: _shared(found, each, sentence, quotes),
        default=None,
    )


def _shared(
    found: Quantity | CalendarDate,
    other: Quantity | CalendarDate,
    sentence: Statement,
    quotes: Statement,
) -> int:
    ours = sentence.around(found.start, found.end)
    return len(ours & quotes.around(other.start, other.end))
