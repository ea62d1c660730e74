"""Reads dates, as exact as they are given."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from briefqa.answering.grounding.vocabulary import MONTHS
from briefqa.answering.grounding.words import Token, TokenKind

EARLIEST_YEAR, LATEST_YEAR = 1500, 2100
_ENDS = frozenset({"st", "nd", "rd", "th"})
_LAST_DAY = 31
_LAST_MONTH = 12
_YEAR_DIGITS = 4


@dataclass(frozen=True, slots=True)
class CalendarDate:
    """A date in tokens [start, end); what is not said of it is None."""

    start: int
    end: int
    year: int | None = None
    month: int | None = None
    day: int | None = None

    def holds(self, other: "CalendarDate") -> bool:
        """Say whether this date says all that ``other`` does."""
        return all(
            theirs is None or theirs == ours
            for theirs, ours in (
                (other.year, self.year),
                (other.month, self.month),
                (other.day, self.day),
            )
        )


def read_date(tokens: Sequence[Token], at: int) -> CalendarDate | None:
    """Return the date that begins at token ``at``: at least a month, and a day or a year."""
    return (
        _numeric(tokens, at)
        or _day_first(tokens, at)
        or _month_first(tokens, at)
        or _slashed(tokens, at)
    )


def year_at(tokens: Sequence[Token], at: int) -> int | None:
    """Return the year that stands at ``at`` as four digits; None if none does."""
    number = _number(tokens, at)
    if number is None or len(tokens[at].text) != _YEAR_DIGITS:
        return None
    return number if EARLIEST_YEAR <= number <= LATEST_YEAR else None


def _numeric(tokens: Sequence[Token], at: int) -> CalendarDate | None:
    """Read ``2025-03-03``."""
    year, month, day = year_at(tokens, at), _number(tokens, at + 2), _number(tokens, at + 4)
    if year is None or month is None or day is None or not _joined(tokens[at : at + 5], "-"):
        return None
    is_real = 1 <= month <= _LAST_MONTH and 1 <= day <= _LAST_DAY
    return CalendarDate(at, at + 5, year, month, day) if is_real else None


def _slashed(tokens: Sequence[Token], at: int) -> CalendarDate | None:
    """Read ``03/04/2025``, the day first unless it cannot be."""
    parts = tokens[at].text.split("/") if tokens[at].kind is TokenKind.CODE else []
    if len(parts) != 3 or not all(p.isdecimal() for p in parts):  # noqa: PLR2004 - day, month, year
        return None
    day, month, year = (int(part) for part in parts)
    if day > _LAST_DAY:
        year, day = day, year
    if month > _LAST_MONTH:
        day, month = month, day
    is_real = 1 <= month <= _LAST_MONTH and 1 <= day <= _LAST_DAY
    is_year = EARLIEST_YEAR <= year <= LATEST_YEAR
    return CalendarDate(at, at + 1, year, month, day) if is_real and is_year else None


def _day_first(tokens: Sequence[Token], at: int) -> CalendarDate | None:
    """Read ``3 March 2025`` and ``3rd of March``."""
    day, end = _day(tokens, at)
    if day is None:
        return None
    if _word(tokens, end) == "of":
        end += 1
    month = _month(tokens, end)
    if month is None:
        return None
    end += 1
    past = end + 1 if _word(tokens, end) in {",", "."} else end
    year = year_at(tokens, past)
    return CalendarDate(at, end if year is None else past + 1, year, month, day)


def _month_first(tokens: Sequence[Token], at: int) -> CalendarDate | None:
    """Read ``March 3, 2025``, ``March 3`` and ``March 2025``."""
    month = _month(tokens, at)
    if month is None:
        return None
    end = at + 2 if _word(tokens, at + 1) == "." else at + 1
    if (year := year_at(tokens, end)) is not None:
        return CalendarDate(at, end + 1, year, month)
    past = end + 1 if _word(tokens, end) == "," else end
    if past > end and (year := year_at(tokens, past)) is not None:
        return CalendarDate(at, past + 1, year, month)
    day, end = _day(tokens, end)
    if day is None:
        return None
    past = end + 1 if _word(tokens, end) == "," else end
    year = year_at(tokens, past)
    return CalendarDate(at, end if year is None else past + 1, year, month, day)


def _day(tokens: Sequence[Token], at: int) -> tuple[int | None, int]:
    number = _number(tokens, at)
    if number is None or not 1 <= number <= _LAST_DAY:
        return None, at
    after = _word(tokens, at + 1)
    return number, at + 2 if after in _ENDS else at + 1


def _month(tokens: Sequence[Token], at: int) -> int | None:
    if at >= len(tokens) or not tokens[at].is_capital:
        return None
    return MONTHS.get(tokens[at].lower)


def _number(tokens: Sequence[Token], at: int) -> int | None:
    is_number = at < len(tokens) and tokens[at].kind is TokenKind.NUMBER
    return int(tokens[at].text) if is_number and tokens[at].text.isdecimal() else None


def _joined(tokens: Sequence[Token], mark: str) -> bool:
    """Say whether these are numbers with only ``mark`` between them."""
    return all(token.text == mark for token in tokens[1::2]) and all(
        a.end == b.start for a, b in pairwise(tokens)
    )


def _word(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].lower if at < len(tokens) else ""
