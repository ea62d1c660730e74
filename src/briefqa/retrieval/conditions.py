r"""The language of conditions on documents: ``published>=2025-01-01``, read and written.

A condition is FIELD COMPARISON VALUE, with white space between them or none. A
value, or a name, that begins with a quotation mark ends with one; inside, ``\"``
stands for the mark and ``\\`` for the backslash. Nothing else has a meaning.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from briefqa.datatypes import Comparison, Condition
from briefqa.errors import ConditionError, LimitError
from briefqa.indexing.fields import (
    EXTRA,
    FIELDS,
    FieldKind,
    date_of,
    fold,
    fold_name,
    number_of,
)

MOST_CONDITIONS = 20
"""Most conditions that may be joined."""

_MOST_CHARACTERS = 1000
_ALIASES = {"authors": "author", "date": "published", "tags": "tag", "url": "source_url"}
_COMPARISONS = " ".join(Comparison)
_MEANT = {
    "==": "=", "=>": ">=", "=<": "<=", "<>": "!=", "=~": "~", "~=": "~", "~~": "~", "=!": "!=",
}  # fmt: skip
_SIGNS = re.compile(r"[=!<>~]+")
_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ORDERS = {Comparison.LESS, Comparison.AT_MOST, Comparison.MORE, Comparison.AT_LEAST}


def parse_conditions(items: Iterable[str | Condition]) -> tuple[Condition, ...]:
    """Return ``items`` as conditions, each checked, in their order.

    Raises:
        ConditionError: If one cannot be understood; its ``place`` says which.
        LimitError: If there are more than 20.
    """
    given = list(items)
    if len(given) > MOST_CONDITIONS:
        raise LimitError("filters", found=len(given), least=0, most=MOST_CONDITIONS)  # noqa: EM101
    found: list[Condition] = []
    for place, item in enumerate(given):
        try:
            found.append(parse_condition(item) if isinstance(item, str) else check_condition(item))
        except ConditionError as error:
            raise error.at(place) from error
    return tuple(found)


def parse_condition(text: str) -> Condition:
    """Return the condition that ``text`` states.

    Raises:
        ConditionError: If it cannot be understood.
    """
    text = _encodable(text)
    rest = text.strip()
    _check_length(text, len(rest), 4 * _MOST_CHARACTERS)
    if not rest:
        raise ConditionError(text, text, f"it is empty; write FIELD {_COMPARISONS} VALUE")
    field, rest = _read_name(text, rest)
    signs = _SIGNS.match(rest)
    if signs is None:
        detail = (
            f"no comparison follows {_shown(field)}; write one of {_COMPARISONS} and a value, "
            "and in a terminal put the condition in quotes"
        )
        raise ConditionError(text, field, detail)
    value = _read_value(text, rest[signs.end() :].strip())
    comparison = _comparison(text, signs[0])
    return _checked(Condition(field, comparison, value), text)


def render_condition(condition: Condition) -> str:
    """Return ``condition`` as `parse_condition` reads it, in its shortest form."""
    field, value = condition.field, condition.value
    if field != field.strip() or field.startswith('"') or _SIGNS.search(field):
        field = _quoted(field)
    if value != value.strip() or value.startswith('"') or _SIGNS.match(value):
        value = _quoted(value)
    return f"{field}{condition.comparison}{value}"


def nothing_satisfies(conditions: Sequence[Condition]) -> str:
    """Return the sentence that says so."""
    return f"No document satisfies the conditions: {', '.join(map(render_condition, conditions))}."


def check_condition(condition: Condition) -> Condition:
    """Return ``condition`` with its field's usual name, if it can be answered.

    Raises:
        ConditionError: If there is no such field, or it does not compare so with such a value.
    """
    return make_condition(condition.field, condition.comparison, condition.value)


def make_condition(field: str, comparison: str, value: str) -> Condition:
    """Return the condition of these three parts, with the field's usual name.

    Raises:
        ConditionError: If there is no such field, or it does not compare so with such a value.
    """
    field, comparison, value = (_encodable(part) for part in (field, comparison, value))
    text = f"{field} {comparison} {value}"
    return _checked(Condition(field.strip(), _comparison(text, comparison), value), text)


def _encodable(text: str) -> str:
    """Return ``text`` with half characters, which no encoding can write, as question marks."""
    return text.encode("utf-8", "replace").decode()


def _checked(condition: Condition, text: str) -> Condition:
    """Return ``condition``, written as ``text``, with its field's usual name."""
    condition = replace(condition, field=_usual_name(text, condition.field))
    value = condition.value
    if not fold(value):
        detail = f"no value follows {condition.comparison}; write what {condition.field} is to be"
        raise ConditionError(text, value, detail)
    _check_length(text, len(condition.field) + len(value), _MOST_CHARACTERS)
    kind = FIELDS.get(condition.field, FieldKind.ANY)
    if kind is FieldKind.DATE:
        _check_date(condition, text)
    elif condition.comparison in _ORDERS:
        _check_order(condition, kind, text)
    return condition


def _check_length(text: str, characters: int, most: int) -> None:
    if characters > most:
        detail = f"it has {characters:,} characters; at most {most:,} are read"
        raise ConditionError(text, text, detail)


def _check_date(condition: Condition, text: str) -> None:
    field, value = condition.field, condition.value
    if condition.comparison is Comparison.CONTAINS:
        detail = (
            f"{field} is a date, to which ~ does not apply; {field}=2025-03 holds for any day "
            "of that month"
        )
        raise ConditionError(text, condition.comparison, detail)
    if date_of(value) is None:
        detail = f"{_shown(value)} is no date; write 2025, 2025-03 or 2025-03-31"
        raise ConditionError(text, value, detail)


def _check_order(condition: Condition, kind: FieldKind, text: str) -> None:
    field, value = condition.field, condition.value
    if kind is not FieldKind.ANY:
        detail = (
            f"{field} is text, which {condition.comparison} does not order; "
            f"write one of {_signs_but_orders()}"
        )
        raise ConditionError(text, condition.comparison, detail)
    if number_of(fold(value)) is None and date_of(value) is None:
        detail = (
            f"{condition.comparison} orders numbers and dates, and {_shown(value)} is neither; "
            f"write one, or one of {_signs_but_orders()}"
        )
        raise ConditionError(text, value, detail)


def _signs_but_orders() -> str:
    return " ".join(each for each in Comparison if each not in _ORDERS)


def _usual_name(text: str, field: str) -> str:
    if field[: len(EXTRA)].lower() == EXTRA and fold_name(field[len(EXTRA) :]):
        return EXTRA + field[len(EXTRA) :].strip()
    name = fold_name(field)
    name = _ALIASES.get(name, name)
    if name in FIELDS:
        return name
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

    close = get_close_matches(name, [*FIELDS, *_ALIASES], n=2)
    meant = f"did you mean {' or '.join(close)}? " if close else ""
    own = EXTRA + (name if name.isidentifier() else "NAME")
    detail = (
        f"no field {_shown(field)}; {meant}there are {', '.join(FIELDS)}, and {own} for what "
        "else a source states"
    )
    raise ConditionError(text, field, detail)


def _comparison(text: str, signs: str) -> Comparison:
    try:
        return Comparison(signs)
    except ValueError:
        meant = f"did you mean {_MEANT[signs]}? " if signs in _MEANT else ""
        detail = f"{_shown(signs)} is no comparison; {meant}there are {_COMPARISONS}"
        raise ConditionError(text, signs, detail) from None


def _read_name(text: str, rest: str) -> tuple[str, str]:
    """Return the field at the start of ``rest``, and what follows."""
    if rest.startswith('"'):
        name, end = _read_quoted(text, rest)
        return name, rest[end:].strip()
    signs = _SIGNS.search(rest)
    end = signs.start() if signs else len(rest)
    return rest[:end].strip(), rest[end:]


def _read_value(text: str, rest: str) -> str:
    if not rest.startswith('"'):
        return rest
    value, end = _read_quoted(text, rest)
    if rest[end:]:
        detail = (
            f"{_shown(rest[end:])} follows the closing quotation mark; "
            'inside a quoted value write \\" for a mark'
        )
        raise ConditionError(text, rest[end:], detail)
    return value


def _read_quoted(text: str, rest: str) -> tuple[str, int]:
    found = _QUOTED.match(rest)
    if found is None:
        detail = (
            f"{_shown(rest)} has no closing quotation mark, or a backslash before something else "
            'than " or \\'
        )
        raise ConditionError(text, rest, detail)
    return _ESCAPED.sub(r"\1", found[1]), found.end()


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _shown(part: str, most: int = 60) -> str:
    return repr(part if len(part) <= most else f"{part[: most - 1]}…")
