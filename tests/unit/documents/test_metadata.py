"""Fields of any source become metadata, and metadata a readable header."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.datatypes import JsonValue, Metadata
from briefqa.documents.metadata import header_lines, parse_date, read_metadata, roles_of

_DAY_FORMS = ("%Y-%m-%d", "%d %B %Y", "%B %d, %Y", "%d %b %Y", "%b %d %Y", "%d %B, %Y")
_ORDINALS = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(("name", "role", "title", "x")), inner, max_size=3)
    ),
    max_leaves=8,
)
# fmt: off
_NAMES = (
    "title", "headline", "name", "authors", "author", "creator", "by", "published", "date",
    "report_date", "tags", "keywords", "language", "lang", "url", "source_url", "abstract",
    "summary", "excerpt", "Title", "AUTHOR", "report-date", "other",
)
# fmt: on


@given(st.dates(min_value=date(1000, 1, 1)), st.sampled_from(_DAY_FORMS))
def test_days_are_read_in_the_forms_people_write(day: date, form: str) -> None:
    """Filters by date and citations need one form."""
    assert parse_date(day.strftime(form)) == day.isoformat()
    assert parse_date(f" {day.strftime(form).upper()}\n") == day.isoformat()


@given(st.dates(min_value=date(1000, 1, 1)))
def test_ordinals_times_months_and_years_are_read(day: date) -> None:
    """A less exact date is kept as exact as it is, never filled up."""
    ordinal = f"{day.day}{_ORDINALS.get(day.day, 'th')}"

    assert parse_date(day.strftime(f"{ordinal} %B %Y")) == day.isoformat()
    assert parse_date(day.strftime(f"%B {ordinal}, %Y")) == day.isoformat()
    assert parse_date(f"{day.isoformat()}T09:30:00Z") == day.isoformat()
    assert parse_date(f"{day.isoformat()} 09:30:00.5 +01:00") == day.isoformat()
    assert parse_date(day.strftime("%B %Y")) == day.strftime("%Y-%m")
    assert parse_date(day.strftime("%b. %Y")) == day.strftime("%Y-%m")
    assert parse_date(day.strftime("%Y-%m")) == day.strftime("%Y-%m")
    assert parse_date(day.strftime("%Y")) == day.strftime("%Y")


@given(
    st.integers(1000, 2999), st.integers(0, 13), st.integers(0, 32), st.sampled_from(_DAY_FORMS[:1])
)
def test_days_that_no_calendar_has_are_refused(year: int, month: int, day: int, form: str) -> None:
    """31 February in an answer is worse than no date."""
    written = f"{year}-{month:02}-{day:02}"
    try:
        expected = datetime.strptime(written, form).date().isoformat()  # noqa: DTZ007 - a day
    except ValueError:
        expected = None

    assert parse_date(written) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "31 February 2025",
        "February 30, 2024",
        "2025-02-31",
        "2025-13",
        "0000-01-01",
        "2025 was a good year",
        "2025-03 and later",
        "3 Marvember 2025",
        "Report 2025",
        "03/04/2025",
        "٢٠٢٥-٠٣-٠٣",
        "12345",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    """A line that only begins like a date is text."""
    assert parse_date(text) is None


def test_september_has_two_short_forms() -> None:
    """Sept is as usual as Sep."""
    assert parse_date("3 Sept 2025") == parse_date("3 Sep. 2025") == "2025-09-03"


@given(st.dictionaries(st.sampled_from(_NAMES), _JSON))
def test_odd_values_are_kept_or_left_out_but_never_fail(fields: dict[str, JsonValue]) -> None:
    """Front matter is written by hand, and nothing holds it to a type."""
    metadata = read_metadata(fields)

    for _, line in header_lines(metadata, roles_of(fields.get("authors"))):
        assert line.splitlines() == [line]
    assert all(fields[name] == value for name, value in metadata.extra.items())
    assert all(metadata.authors)
    assert metadata.title is None or metadata.title.strip()


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "T", "authors": ["A B", "C D"], "published": "2025-03-03", "abstract": "S."},
        {"Headline": "T", "author": "A B, C D", "report_date": "3 March 2025", "excerpt": "S."},
        {
            "title": "  T\n",
            "Author": [{"name": "A B", "role": "lead"}, {"name": "C D"}],
            "report-date": "2025-03-03T00:00:00Z",
            "summary": "S.",
        },
    ],
)
def test_fields_are_known_by_their_usual_names(fields: dict[str, JsonValue]) -> None:
    """Each publishing system has names of its own."""
    metadata = read_metadata(fields)

    assert (metadata.title, metadata.published, metadata.abstract) == ("T", "2025-03-03", "S.")
    assert ", ".join(metadata.authors) == "A B, C D"
    assert metadata.extra == {}


def test_a_date_that_is_none_stays_where_it_can_be_seen() -> None:
    """What cannot be read must not vanish."""
    metadata = read_metadata({"date": "soon", "draft": True})

    assert metadata.published is None
    assert metadata.extra == {"date": "soon", "draft": True}


def test_header_states_what_people_ask_for() -> None:
    """`Who wrote the brief?` finds its answer in these lines."""
    metadata = Metadata(title="T", authors=("A B", "C D"), published="2025-03", abstract="S.")

    lines = header_lines(metadata, {"A B": "lead"})

    assert lines == [
        ("title", "Title: T"),
        ("authors", "Authors: A B (lead), C D"),
        ("published", "Published: 2025-03"),
        ("abstract", "S."),
    ]
    assert header_lines(Metadata(authors=("A B",)), {}) == [("authors", "Author: A B")]
    assert header_lines(Metadata(tags=("x",), language="en"), {}) == []
