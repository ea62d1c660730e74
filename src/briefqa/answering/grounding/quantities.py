"""Reads quantities: a number or a range, its unit, its bound and the way it went."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from briefqa.answering.grounding.dates import year_at
from briefqa.answering.grounding.numerals import Form, Numeral, read_numeral
from briefqa.answering.grounding.units import (
    CURRENCIES,
    LONGEST_PHRASE,
    PERCENT,
    PREFIXES,
    SIGNS,
    TIMES,
    UNIT_PHRASES,
    UNIT_SYMBOLS,
    UNIT_WORDS,
    Unit,
)
from briefqa.answering.grounding.words import Token, TokenKind

YEAR = "calendar year"
ORDINAL = "ordinal"
SHARE = "share"
VAGUE = "vague"

_MINUS = frozenset({"-", "\N{MINUS SIGN}", "minus"})
_DASHES = frozenset({"-", "–", "\N{EM DASH}", "to"})
_BOUNDS = {
    ("over",): 1,
    ("above",): 1,
    ("exceeding",): 1,
    ("more", "than"): 1,
    ("at", "least"): 1,
    ("upwards", "of"): 1,
    ("under",): -1,
    ("below",): -1,
    ("less", "than"): -1,
    ("fewer", "than"): -1,
    ("at", "most"): -1,
    ("up", "to"): -1,
    ("nearly",): -1,
    ("almost",): -1,
}
_CENTURY = 100
_ROUNDING = Fraction(1, 200)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in tokens [start, end): from ``low`` to ``high``, which are equal but in ranges.

    ``unit`` is None for a count. ``bound`` is 1 for at least, -1 for at most; ``sign`` is
    -1 after a minus. ``numeral`` is the number before its unit. ``is_bare`` says that it is
    the word one or an ordinal in words: these often say nothing of a number.
    """

    start: int
    end: int
    low: Fraction
    high: Fraction
    unit: str | None
    numeral: Fraction
    bound: int = 0
    sign: int = 1
    is_bare: bool = False
    is_change: bool = False

    def equals(self, other: "Quantity") -> bool:
        """Say whether the two are the same number of the same thing."""
        same = (self.low, self.high) == (other.low, other.high)
        if self.is_change and other.low == other.high:
            same = False
        if {self.unit, other.unit} == {SHARE, PERCENT}:
            # A third is 33 %: what is given as a whole number of per cent was rounded.
            same = abs(self.low - other.low) < _ROUNDING and abs(self.high - other.high) < _ROUNDING
        return same and units_agree(self.unit, other.unit)


def units_agree(one: str | None, other: str | None) -> bool:
    """Say whether two units are one, or one is left unsaid where it goes without saying."""
    if one == other or {one, other} in ({None, YEAR}, {SHARE, PERCENT}):
        return True
    return None in {one, other} and bool({one, other} & CURRENCIES)


def read_quantity(tokens: Sequence[Token], at: int) -> Quantity | None:
    """Return the quantity that begins at token ``at``, as long as it goes; None if none does."""
    first = _single(tokens, at)
    if first is None:
        return None
    found = _range(tokens, first) or _of(tokens, first) or first
    return replace(found, bound=_bound(tokens, at))


def _single(tokens: Sequence[Token], at: int) -> Quantity | None:
    place, sign = at, 1
    if tokens[place].lower in _MINUS and _is_apart(tokens, at) and at + 1 < len(tokens):
        place, sign = at + 1, -1
    place, currency = _currency(tokens, place)
    if place >= len(tokens):
        return None
    numeral = read_numeral(tokens, place)
    if numeral is None or (sign < 0 and tokens[place].kind is TokenKind.WORD):
        return None
    factor, end = Fraction(1), numeral.end
    unit = currency
    if unit is None:
        found = _unit(tokens, numeral)
        if found is not None:
            (unit, factor), end = found
        elif numeral.is_plain and sign > 0 and year_at(tokens, place) is not None:
            unit = YEAR
        else:
            unit = _unit_of_form(numeral.form)
    if numeral.form is Form.MULTIPLE and unit is None:
        unit = TIMES
    value = numeral.value * factor
    word = tokens[place].lower
    is_bare = unit in {None, ORDINAL} and (
        (word == "one" and numeral.end == place + 1) or (unit == ORDINAL and not word.isdecimal())
    )
    return Quantity(at, end, value, value, unit, numeral.value, sign=sign, is_bare=is_bare)


def _unit_of_form(form: Form) -> str | None:
    return {
        Form.ORDINAL: ORDINAL,
        Form.SHARE: SHARE,
        Form.MULTIPLE: TIMES,
        Form.VAGUE: VAGUE,
    }.get(form)


def _is_apart(tokens: Sequence[Token], at: int) -> bool:
    """Say whether the mark at ``at`` belongs to what follows and not to what stands before."""
    follows = at + 1 < len(tokens) and tokens[at].end == tokens[at + 1].start
    parted = at == 0 or tokens[at - 1].end < tokens[at].start or tokens[at - 1].text == "("
    return parted and (follows or tokens[at].lower == "minus")


def _currency(tokens: Sequence[Token], at: int) -> tuple[int, str | None]:
    token = tokens[at]
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if token.text in SIGNS:
        return at + 1, SIGNS[token.text]
    if after is not None and after.text == "$" and token.text in PREFIXES:
        return at + 2, PREFIXES[token.text]
    is_number = after is not None and after.kind is TokenKind.NUMBER
    if is_number and token.text in CURRENCIES:
        return at + 1, token.text
    return at, None


def _unit(tokens: Sequence[Token], numeral: Numeral) -> tuple[Unit, int] | None:
    if numeral.form is Form.ORDINAL:
        return None
    end = numeral.end
    if numeral.form is Form.VAGUE and end < len(tokens) and tokens[end].lower == "of":
        end += 1
    if end < len(tokens) and tokens[end].text == "-":
        end += 1
    words = [token.lower for token in tokens[end : end + LONGEST_PHRASE]]
    for length in range(len(words), 1, -1):
        if unit := UNIT_PHRASES.get(tuple(words[:length])):
            return unit, end + length
    if not words:
        return None
    unit = UNIT_SYMBOLS.get(tokens[end].text) or UNIT_WORDS.get(words[0])
    return None if unit is None else (unit, end + 1)


def _are_two(one: Quantity, other: Quantity, *, is_course: bool, is_priced: bool) -> bool:
    """Say whether two numbers with a "to" between are no range.

    From £2 billion to £3 billion is where something began and where it went; in 2023, to £3
    billion is a year and an amount.
    """
    if one.unit == YEAR:
        return is_priced
    return is_course and one.unit is not None and other.unit not in {None, YEAR}


def _range(tokens: Sequence[Token], first: Quantity) -> Quantity | None:
    """Read on where ``first`` is the lower end of a range."""
    at = first.end
    word = tokens[at].lower if at + 1 < len(tokens) else ""
    before = tokens[first.start - 1].lower if first.start else ""
    if word not in _DASHES and not (word == "and" and before == "between"):
        return None
    second = _single(tokens, at + 1)
    if second is None or second.sign < 0:
        return None
    is_priced = tokens[at + 1].text in SIGNS
    if _are_two(first, second, is_course=before == "from" and word == "to", is_priced=is_priced):
        return None
    low, high = first, second
    if low.unit == YEAR and high.unit is None and high.low < _CENTURY:
        century = low.low - low.low % _CENTURY
        return replace(low, end=high.end, high=century + high.low)
    if low.unit in {None, YEAR} and high.unit not in {None, YEAR}:
        # Ten to twenty per cent: what follows the second number speaks of both.
        scale = high.low / high.numeral if high.numeral else Fraction(1)
        low = replace(low, unit=high.unit, low=low.low * scale, high=low.low * scale)
    if high.unit is None and low.unit is not None:
        high = replace(high, unit=low.unit)
    if not units_agree(low.unit, high.unit):
        return None
    unit = low.unit if low.unit is not None else high.unit
    start = _rescaled(low, high, tokens)
    return replace(
        low,
        end=high.end,
        low=start,
        high=high.high,
        unit=unit,
        is_bare=False,
        is_change=before == "from",
    )


def _rescaled(low: Quantity, high: Quantity, tokens: Sequence[Token]) -> Fraction:
    """Return the lower end, which shares the upper one's scale where it names none: 2-3 billion."""
    digits = [token.value for token in tokens[low.end : high.end] if token.kind is TokenKind.NUMBER]
    written = digits[0] if digits else high.numeral
    if written and high.numeral != written and low.low < _CENTURY * 10 and low.low < written * 10:
        return low.low * (high.numeral / written)
    return low.low


def _of(tokens: Sequence[Token], first: Quantity) -> Quantity | None:
    """Read ``two of five`` and ``two out of five``, which state a share by two counts."""
    at = first.end
    if first.unit is not None or at >= len(tokens):
        return None
    if tokens[at].lower == "out":
        at += 1
    if at + 1 >= len(tokens) or tokens[at].lower not in {"of", "in"}:
        return None
    place = at + 2 if tokens[at + 1].lower == "the" and at + 2 < len(tokens) else at + 1
    whole = _single(tokens, place)
    if whole is None or whole.unit is not None or not 0 < first.low <= whole.low:
        return None
    share = first.low / whole.low
    numeral = first.low * 10**9 + whole.low
    return replace(
        first, end=whole.end, low=share, high=share, unit=SHARE, numeral=numeral, is_bare=False
    )


def _bound(tokens: Sequence[Token], at: int) -> int:
    before = tuple(token.lower for token in tokens[max(0, at - 2) : at])
    return _BOUNDS.get(before) or _BOUNDS.get(before[-1:], 0)
