"""Fields of any source become `Metadata`, and `Metadata` a readable header."""

import re
from collections.abc import Mapping
from datetime import date

from briefqa.datatypes import JsonValue, Metadata

_NAMES: dict[str, tuple[str, ...]] = {
    "title": ("title", "headline", "name"),
    "authors": ("authors", "author", "creator", "by"),
    "published": ("published", "date", "publication_date", "report_date", "publish_date", "issued"),
    "tags": ("tags", "keywords", "categories", "topics"),
    "language": ("language", "lang"),
    "source_url": ("source_url", "url", "link", "canonical_url"),
    "abstract": ("abstract", "summary", "description", "excerpt"),
}
# fmt: off
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)
# fmt: on
_DAY_FIRST = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)?\s+([A-Za-z]+)\.?,?\s+([0-9]{4})")
_MONTH_FIRST = re.compile(r"([A-Za-z]+)\.?\s+([0-9]{1,2})(?:st|nd|rd|th)?,?\s+([0-9]{4})")
_MONTH_ONLY = re.compile(r"([A-Za-z]+)\.?,?\s+([0-9]{4})")
_ISO = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:[T ]+[0-9]{1,2}:[0-9:.,+Zz -]*)?)?)?")


FILE_CREATED = "File created"
"""What the date of a word processor's or PDF file is of."""


def field_of(name: str, fields: Mapping[str, JsonValue]) -> str | None:
    """Return the key under which ``fields`` holds the metadata field ``name``."""
    lowered = {key.lower().replace("-", "_"): key for key in reversed(list(fields))}
    return next((lowered[n] for n in _NAMES[name] if n in lowered and fields[lowered[n]]), None)


def read_metadata(fields: Mapping[str, JsonValue]) -> Metadata:
    """Return the metadata that ``fields`` hold under any of their usual names.

    A value that cannot be what its name says (a date that is none) stays in ``extra``.
    """
    keys = {name: field_of(name, fields) for name in _NAMES}
    values = {name: fields[key] if key is not None else None for name, key in keys.items()}
    published = parse_date(_text(values["published"]) or "")
    used = {key for name, key in keys.items() if key and (name != "published" or published)}
    return Metadata(
        title=_text(values["title"]),
        authors=_texts(values["authors"]),
        published=published,
        tags=_texts(values["tags"]),
        language=_text(values["language"]),
        source_url=_text(values["source_url"]),
        abstract=_text(values["abstract"]),
        extra={key: value for key, value in fields.items() if key not in used},
    )


def parse_date(text: str) -> str | None:
    """Return ``text`` as an ISO 8601 date of day, month or year precision, if it is a date."""
    text = text.strip()
    if found := _ISO.fullmatch(text):
        year, month, day = found.groups()
    elif found := _DAY_FIRST.fullmatch(text):
        day, month, year = found[1], _month(found[2]), found[3]
    elif found := _MONTH_FIRST.fullmatch(text):
        month, day, year = _month(found[1]), found[2], found[3]
    elif found := _MONTH_ONLY.fullmatch(text):
        month, day, year = _month(found[1]), None, found[2]
    else:
        return None
    try:
        full = date(int(year), int(month or 1), int(day or 1)).isoformat()
    except ValueError:
        return None
    return full[: len("2025-03-03" if day else "2025-03" if month else "2025")]


def _month(name: str) -> str:
    """Return the number of a month; "0", which no date has, if ``name`` is none."""
    name = "sep" if name.lower() == "sept" else name.lower()
    return str(next((i for i, month in enumerate(_MONTHS, 1) if name in {month, month[:3]}), 0))


def _text(value: JsonValue) -> str | None:
    """Return ``value`` as one line of text; of a mapping, what names it."""
    if isinstance(value, dict):
        named = (value.get(key) for key in ("name", "title", "tag", "label", "value"))
        return next((_text(item) for item in named if item), None)
    if isinstance(value, list):
        return ", ".join(_texts(value)) or None
    if value is None or isinstance(value, bool):
        return None
    return " ".join(str(value).split()) or None


def _texts(value: JsonValue) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    return tuple(text for text in map(_text, items) if text)


def header_lines(
    metadata: Metadata, roles: Mapping[str, str], *, dated: str = "Published"
) -> list[tuple[str, str]]:
    """Return the lines that open a document's text, each with its field's name.

    The abstract is prose like any other, and so has no label. ``roles`` gives
    the role of an author, where the source states one. ``dated`` says what the
    date is of: a word processor knows when a file was made, not when it came out.
    """
    authors = [f"{a} ({roles[a]})" if a in roles else a for a in metadata.authors]
    stated = (
        ("title", "Title", metadata.title),
        ("authors", "Authors" if len(authors) > 1 else "Author", ", ".join(authors)),
        ("published", dated, metadata.published),
    )
    lines = [(field, f"{label}: {value}") for field, label, value in stated if value]
    return [*lines, ("abstract", metadata.abstract)] if metadata.abstract else lines


def roles_of(authors: JsonValue) -> dict[str, str]:
    """Return the role of each author that is given as a mapping with a name and a role."""
    if not isinstance(authors, list):
        return {}
    roles: dict[str, str] = {}
    for author in authors:
        if isinstance(author, dict):
            name, role = _text(author), _text(author.get("role"))
            if name and role:
                roles[name] = role
    return roles
