"""What a PDF states of itself: title, authors, date, keywords, language."""

import re

from briefqa.datatypes import JsonValue, Metadata
from briefqa.documents.metadata import parse_date, read_metadata
from briefqa.documents.pdf.cleaning import clean
from briefqa.documents.pdf.library import PdfFile

_DATE = re.compile(r"(?:D:)?\s*(\d{4})(?:-?(\d{2})(?:-?(\d{2}))?)?")
_LONGEST = 4_000
_EARLIEST_YEAR = "1980"
# What programs write in place of a title that nobody gave.
_NO_TITLE = re.compile(
    r"(?:microsoft (?:word|powerpoint|excel|publisher)\b.*|powerpoint presentation"
    r"|(?:no |un)titled.*|unknown|none|null|\W*(?:anonymous|unspecified)\W*|[\W\d_]*"
    r"|(?:document|slide|layout|presentation|book|sheet|title|draft|print|scan|page)[\W_]*\d*"
    r"|.*\.(?:docx?|pdf|tex|dvi|indd|qxd|pptx?|xlsx?|rtf|odt|pages|ps|eps|html?|txt|pm[d\d]|p65"
    r"|wpd|jpe?g|png|tiff?))",
    re.IGNORECASE,
)
_NOBODY = re.compile(
    r"\W*(?:anonymous|unknown|unspecified|none|null|users?\d*|admin\w*|owner|root|author"
    r"|windows user|microsoft.*|.*@\w+)?\W*",
    re.IGNORECASE,
)
_BETWEEN_PEOPLE = re.compile(r"\s*;\s*|\s*,?\s+(?:and|&)\s+|\s*/\s*|\s*\n\s*")
_BETWEEN_TAGS = re.compile(r"\s*[,;\n]\s*")


def read_properties(pdf: PdfFile) -> Metadata:
    """Return what the file's properties say, as far as they say it in earnest."""
    created, modified = (_date(pdf.property(name)) for name in ("CreationDate", "ModDate"))
    fields: dict[str, JsonValue] = {
        "title": _title(_line(pdf.property("Title"))),
        "authors": list[JsonValue](_people(_lines(pdf.property("Author")))),
        "published": created,
        "tags": list[JsonValue](
            filter(None, _BETWEEN_TAGS.split(_lines(pdf.property("Keywords"))))
        ),
        "language": _line(pdf.language),
        "modified": modified,
        # `creator` would be taken for an author.
        "application": _line(pdf.property("Creator")),
        "producer": _line(pdf.property("Producer")),
        "subject": _title(_line(pdf.property("Subject"))),
    }
    return read_metadata({name: value for name, value in fields.items() if value})


def _lines(value: str) -> str:
    """Return ``value`` cleaned, its lines kept apart."""
    return "\n".join(filter(None, (_line(line) for line in value[:_LONGEST].splitlines())))


def _line(value: str) -> str:
    return " ".join(clean(value[:_LONGEST]).split())


def _title(value: str) -> str:
    return "" if _NO_TITLE.fullmatch(value) else value


def _people(value: str) -> list[str]:
    people: list[str] = []
    for entry in _BETWEEN_PEOPLE.split(value):
        # "Ann Lee, Ben Oak" are two; "Lee, Ann" is one.
        names = [name for name in entry.split(", ") if name]
        is_list = ";" not in value and all(" " in name.strip() for name in names)
        people += names if is_list else [entry]
    stripped = [name.strip(" ,") for name in people]
    return [name for name in stripped if not _NOBODY.fullmatch(name)]


def _date(value: str) -> str | None:
    value = _line(value)
    found = _DATE.match(value)
    if found is None:
        return parse_date(value)
    whole = "-".join(filter(None, found.groups()))
    return parse_date(whole) if whole >= _EARLIEST_YEAR else None
