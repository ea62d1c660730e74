"""What conditions are held against: the fields of a document, folded, and their comparison."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import islice

from briefqa.datatypes import Comparison, Condition, DocumentInfo, JsonValue

EXTRA = "metadata."
"""Begins the name of a field that only some sources have, such as ``metadata.publisher``."""


class FieldKind(StrEnum):
    """How the values of a field compare."""

    TEXT = "text"
    DATE = "date"
    LANGUAGE = "language"
    ANY = "any"
    """As numbers where both values are numbers, as dates where both are dates, else as text."""


FIELDS: Mapping[str, FieldKind] = {
    "title": FieldKind.TEXT,
    "author": FieldKind.TEXT,
    "published": FieldKind.DATE,
    "tag": FieldKind.TEXT,
    "language": FieldKind.LANGUAGE,
    "source_url": FieldKind.TEXT,
    "source": FieldKind.TEXT,
    "doc_id": FieldKind.TEXT,
}
"""The fields that every source has a place for."""

MOST_VALUES = 100
"""How many fields of a source's own are kept of a document, and how many values of each.

A record may carry a vector of a thousand numbers, which nobody filters by.
"""

FIELDS_SCHEMA = """
CREATE TABLE fields (
    field TEXT NOT NULL, text TEXT NOT NULL, document INTEGER NOT NULL, number REAL, date TEXT,
    PRIMARY KEY (field, text, document)
) WITHOUT ROWID, STRICT;
"""
"""A row for each value of a document: folded, and as number and date where it is one."""

_EQUAL = {Comparison.EQUAL, Comparison.NOT_EQUAL}
_MARKS = re.compile("(?<=[a-z])[\u0300-\u036f]+")
# No zeros in front, which belong to names such as 007, and no more digits than a double keeps.
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_MOST_DIGITS = 15
_ISO_DATE = re.compile(r"[0-9]{4}(?:-[0-9]{2}){0,2}")
_LONGEST_DATE = 60


FieldRow = tuple[str, str, int, float | None, str | None]
"""Field, folded value, number of the document, value as a number, value as a date."""


class TermKind(StrEnum):
    """What a term says of a row of ``fields``."""

    TEXT = "text"
    """The folded value is this one."""
    BEGINNING = "beginning"
    """It begins so."""
    PART = "part"
    """It holds this."""
    NUMBER = "number"
    """As a number it compares so."""
    DATE = "date"
    """As a date it compares so, at the coarser of the two precisions."""
    DATED = "dated"
    """It is a date."""


@dataclass(frozen=True, slots=True)
class Term:
    """What is true of a row: ``sign`` is one of = < <= > >=, for a number or a date."""

    kind: TermKind
    value: str | float = ""
    sign: str = "="


@dataclass(frozen=True, slots=True)
class Predicate:
    """Finds the documents with a row of ``field`` of which any of ``terms`` is true.

    With ``is_negated`` these are the ones that do not satisfy the condition.
    """

    field: str
    terms: tuple[Term, ...]
    is_negated: bool = False


DATED = Predicate("published", (Term(TermKind.DATED),))
"""Finds the documents that state when they were published."""


def fold(text: str) -> str:
    """Return ``text`` without what makes no difference to people.

    That is case, compatibility forms (``ﬁ``, full width), runs of white space, and
    the accents of Latin letters, which the word index leaves out as well.
    """
    # SQLite's functions end a text at the first NUL, and no encoding has half characters.
    plain = text.replace("\0", " ").encode("utf-8", "replace").decode()
    folded = unicodedata.normalize("NFKC", plain).casefold()
    bare = _MARKS.sub("", unicodedata.normalize("NFKD", folded))
    return " ".join(unicodedata.normalize("NFKC", bare).split())


def fold_name(name: str) -> str:
    """Return a field's name as it is compared: ``Report-Number`` is ``report_number``."""
    return fold(name).replace("-", "_")


def number_of(text: str) -> float | None:
    """Return what ``text`` is as a number, if it is a plain decimal of at most 15 digits."""
    if not _NUMBER.fullmatch(text) or sum(map(str.isdigit, text)) > _MOST_DIGITS:
        return None
    return float(text)


def date_of(text: str) -> str | None:
    """Return what ``text`` is as an ISO date of year, month or day precision, if it is one."""
    text = text.strip()
    if _ISO_DATE.fullmatch(text):
        try:
            date.fromisoformat(text + "-01-01"[len(text) - 4 :])
        except ValueError:
            return None
        return text
    if len(text) > _LONGEST_DATE or not any(map(str.isdigit, text)):
        return None
    # A question needs no readers, which take long to import, until a date is written out.
    from briefqa.documents.metadata import parse_date  # noqa: PLC0415

    return parse_date(text)


def field_rows(info: DocumentInfo, number: int) -> list[FieldRow]:
    """Return the rows of ``fields`` for a document, which the catalogue knows by ``number``."""
    rows: dict[tuple[str, str], FieldRow] = {}
    for field, value in _values(info):
        text = _folded(field, value)
        if text:
            is_extra = field.startswith(EXTRA)
            is_dated = is_extra or FIELDS[field] is FieldKind.DATE
            rows[field, text] = (
                field,
                text,
                number,
                number_of(text) if is_extra else None,
                date_of(value) if is_dated else None,
            )
    return [rows[key] for key in sorted(rows)]


def values_of(info: DocumentInfo, field: str) -> list[str]:
    """Return the values that conditions on ``field`` are held against, as the source has them."""
    if field not in FIELDS:
        field = EXTRA + fold_name(field.removeprefix(EXTRA))
    return [value for name, value in _values(info) if name == field]


def needs_date(condition: Condition) -> bool:
    """Tell whether no document without a date of publication can satisfy a checked condition."""
    is_held_against_date = FIELDS.get(condition.field) is FieldKind.DATE
    return is_held_against_date and condition.comparison is not Comparison.NOT_EQUAL


def predicate_of(condition: Condition) -> Predicate:
    """Return what finds the documents that satisfy a checked condition."""
    kind = FIELDS.get(condition.field, FieldKind.ANY)
    field = condition.field
    if kind is FieldKind.ANY:
        field = EXTRA + fold_name(field.removeprefix(EXTRA))
    terms = _terms(kind, condition.comparison, condition.value, _folded(field, condition.value))
    is_negated = condition.comparison is Comparison.NOT_EQUAL
    return Predicate(field, tuple(terms), is_negated)


def statement_of(predicate: Predicate) -> tuple[str, list[str | float]]:
    """Return the SQL that finds a predicate's documents by number, and its parameters."""
    terms = [_sql(term) for term in predicate.terms]
    holds = " OR ".join(f"({sql})" for sql, _ in terms) or "FALSE"
    # Put together of our own words only: all that was written by others is a parameter.
    statement = f"SELECT document FROM fields WHERE field = ? AND ({holds})"  # noqa: S608
    return statement, [predicate.field, *(value for _, values in terms for value in values)]


def all_hold(conditions: Iterable[Condition]) -> tuple[str, list[str | float]]:
    """Return a clause on ``documents`` that is true where all hold, and its parameters."""
    clauses: list[str] = []
    values: list[str | float] = []
    for predicate in map(predicate_of, conditions):
        statement, stated = statement_of(predicate)
        clauses.append(f"number {'NOT' if predicate.is_negated else ''} IN ({statement})")
        values += stated
    return " AND ".join(clauses) or "TRUE", values


def _sql(term: Term) -> tuple[str, tuple[str | float, ...]]:
    value = term.value
    match term.kind:
        case TermKind.TEXT:
            return "text = ?", (value,)
        case TermKind.BEGINNING:
            # From "en-" up to what comes after every "en-…".
            return "text >= ? AND text < ?", bounds_of(str(value))
        case TermKind.PART:
            return "instr(text, ?)", (value,)
        case TermKind.NUMBER:
            return f"number {term.sign} ?", (value,)
        case TermKind.DATE:
            coarser = f"substr(date, 1, ?) {term.sign} substr(?, 1, length(date))"
            return coarser, (len(str(value)), value)
        case TermKind.DATED:
            return "date IS NOT NULL", ()


def bounds_of(beginning: str) -> tuple[str, str]:
    """Return the first text that begins so, and the first after all of them that does not."""
    return beginning, beginning[:-1] + chr(ord(beginning[-1]) + 1)


def _terms(kind: FieldKind, comparison: Comparison, value: str, folded: str) -> list[Term]:
    """Return what may be true of a row that compares so with ``value``; for ``!=``, equals it."""
    if comparison is Comparison.CONTAINS:
        return [Term(TermKind.PART, folded)]
    terms: list[Term] = []
    if comparison in _EQUAL and kind is not FieldKind.DATE:
        terms.append(Term(TermKind.TEXT, folded))
        if kind is FieldKind.LANGUAGE:
            terms.append(Term(TermKind.BEGINNING, f"{folded}-"))
    sign = "=" if comparison in _EQUAL else comparison.value
    number = number_of(folded) if kind is FieldKind.ANY else None
    if number is not None:
        terms.append(Term(TermKind.NUMBER, number, sign))
    dated = date_of(value) if kind in {FieldKind.ANY, FieldKind.DATE} else None
    if dated is not None:
        terms.append(Term(TermKind.DATE, dated, sign))
    return terms


def _folded(field: str, value: str) -> str:
    return fold(value).replace("_", "-") if field == "language" else fold(value)


def _values(info: DocumentInfo) -> Iterator[tuple[str, str]]:
    meta = info.metadata
    several: Sequence[tuple[str, Sequence[str | None]]] = (
        ("title", (info.title,)),
        ("author", meta.authors),
        ("published", (meta.published,)),
        ("tag", meta.tags),
        ("language", (meta.language,)),
        ("source_url", (meta.source_url,)),
        ("source", (info.source,)),
        ("doc_id", (info.doc_id,)),
    )
    for field, values in several:
        yield from ((field, value) for value in values if value is not None)
    own = ((fold_name(key), value) for key, value in meta.extra.items())
    for name, value in islice(own, MOST_VALUES):
        yield from islice(_flat(EXTRA + name, value), MOST_VALUES)


def _flat(field: str, value: JsonValue) -> Iterator[tuple[str, str]]:
    """Yield each value that a field of a source holds, under the name it has there."""
    match value:
        case None:
            return
        case dict():
            for key, item in value.items():
                yield from _flat(f"{field}.{fold_name(key)}", item)
        case list():
            for item in value:
                yield from _flat(field, item)
        case bool():
            yield field, str(value).lower()
        case _:
            yield field, str(value)
