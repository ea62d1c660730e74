"""Pairs the amounts of two statements that cannot both be true."""

from fractions import Fraction

from briefqa.answering.grounding.matters import is_label
from briefqa.answering.grounding.quantities import ORDINAL, SHARE, YEAR, Quantity, units_agree
from briefqa.answering.grounding.statements import Statement
from briefqa.answering.grounding.words import TokenKind

_MOST_DIFFERENCES = 2
_ROUNDED_BY = Fraction(8, 100)
_ABOUT = Fraction(5, 100)
_ROUND_FROM = 100
"""From here on the zeros that end a whole number may be those of rounding."""
_HEDGES = frozenset(
    str.split("about around roughly approximately nearly almost some circa estimated")
)

Pairs = list[tuple[Quantity, Quantity]]


def amounts_of(statement: Statement) -> list[Quantity]:
    """Return the quantities of a statement that say how much or how many, and not when."""
    return [
        each
        for each in statement.quantities
        if each.unit not in {YEAR, ORDINAL} and not each.is_bare and not is_label(each, statement)
    ]


def differing_amounts(ours: Statement, theirs: Statement) -> Pairs | None:
    """Return the amounts that stand in each other's place and differ, as pairs.

    An amount that only one of the two has is more, not other. One that is the other rounded,
    or that the other leaves room for (a range, at least, about), does not differ.

    Returns:
        The pairs, in order; None if there is no telling which amount stands for which.
    """
    left, rest = amounts_of(ours), amounts_of(theirs)
    for is_same in (_is_equal, _is_compatible):
        for quantity in tuple(left):
            match = next((each for each in rest if is_same(quantity, each, ours, theirs)), None)
            if match is not None:
                left.remove(quantity)
                rest.remove(match)
    if not left or not rest:
        return []
    if len(left) != len(rest) or len(left) > _MOST_DIFFERENCES:
        return None
    pairs = list(zip(left, rest, strict=True))
    return pairs if all(_stand_alike(a, b, ours, theirs) for a, b in pairs) else None


def _stand_alike(a: Quantity, b: Quantity, ours: Statement, theirs: Statement) -> bool:
    """Say whether two amounts are of one kind and stand among the same words."""
    if not units_agree(a.unit, b.unit) and a.numeral != b.numeral:
        return False
    if a.unit is None and b.unit is None and _head(a, ours) != _head(b, theirs):
        return False
    return bool(ours.around(a.start, a.end) & theirs.around(b.start, b.end))


def _head(quantity: Quantity, statement: Statement) -> str:
    """Return the key of the first word that is counted."""
    tokens = statement.tokens
    return tokens[quantity.end].key if quantity.end < len(tokens) else ""


def _is_equal(a: Quantity, b: Quantity, _: Statement, __: Statement) -> bool:
    return a.equals(b) and a.sign == b.sign


def _is_compatible(a: Quantity, b: Quantity, ours: Statement, theirs: Statement) -> bool:
    """Say whether two amounts may both be true."""
    if not units_agree(a.unit, b.unit) or a.sign != b.sign or SHARE in {a.unit, b.unit}:
        return False
    if a.is_change or b.is_change:
        # From 3 to 5 is 5 now.
        return a.is_change != b.is_change and a.high == b.high
    if (a.low <= b.low and b.high <= a.high) or (b.low <= a.low and a.high <= b.high):
        return True
    is_single = a.low == a.high and b.low == b.high
    return is_single and (
        (a.bound != b.bound and (_leaves_room(a, b) or _leaves_room(b, a)))
        or _is_near(a, b, ours, theirs)
    )


def _leaves_room(a: Quantity, b: Quantity) -> bool:
    """Say whether ``b`` lies where ``a`` allows: 120 is more than 100."""
    return (a.bound > 0 and b.low >= a.low) or (a.bound < 0 and b.low <= a.low)


def _is_near(a: Quantity, b: Quantity, ours: Statement, theirs: Statement) -> bool:
    """Say whether two numbers are as near as ``about`` says, or one is the other rounded."""
    gap, largest = abs(a.low - b.low), max(abs(a.low), abs(b.low))
    if _is_hedged(a, ours) or _is_hedged(b, theirs):
        return gap <= largest * _ABOUT
    return gap <= largest * _ROUNDED_BY and _is_rounded(a, b, ours, theirs)


def _is_hedged(quantity: Quantity, statement: Statement) -> bool:
    before = statement.tokens[max(0, quantity.start - 2) : quantity.start]
    return any(token.lower in _HEDGES for token in before)


def _is_rounded(a: Quantity, b: Quantity, ours: Statement, theirs: Statement) -> bool:
    """Say whether one of two numbers is the other, given to fewer places."""
    one, other = _step(a, ours), _step(b, theirs)
    if one is None or other is None or one == other:
        return False
    return abs(a.low - b.low) * 2 <= max(one, other)


def _step(quantity: Quantity, statement: Statement) -> Fraction | None:
    """Return how exactly a number is given: 2.04 million to ten thousand; None if in words."""
    written = [
        token
        for token in statement.tokens[quantity.start : quantity.end]
        if token.kind is TokenKind.NUMBER
    ]
    if len(written) != 1 or not written[0].value or not quantity.low:
        return None
    value = written[0].value
    whole, point, decimals = written[0].text.partition(".")
    step = Fraction(1, 10 ** len(decimals))
    if not point and value >= _ROUND_FROM:
        step = Fraction(10 ** (len(whole) - len(whole.rstrip("0, '’\u00a0\u2009\u202f"))))
    return abs(quantity.low) / value * step
