"""Dates become conditions that any calendar agrees with."""

import calendar
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefqa.datatypes import DocId, Document, DocumentInfo, Metadata, PositionMap
from briefqa.errors import DateError
from briefqa.indexing.catalogue import Catalogue
from briefqa.indexing.catalogue_writer import CatalogueWriter
from briefqa.retrieval import date_conditions, parse_conditions, render_condition

# Near each other and of every precision, so that many touch.
_DAYS = st.dates(date(2023, 11, 1), date(2025, 4, 30)).map(date.isoformat)
_DATES = _DAYS | _DAYS.map(lambda day: day[:7]) | _DAYS.map(lambda day: day[:4])


def _first_day(text: str) -> date:
    return date.fromisoformat(text + "-01-01"[len(text) - 4 :])


def _last_day(text: str) -> date:
    year, month, day = (*map(int, text.split("-")), 0, 0)[:3]
    month = month or 12
    return date(year, month, day or calendar.monthrange(year, month)[1])


def _may_stand(published: str, since: str | None, as_of: str | None) -> bool:
    """Tell whether some day on which it may have been published lies between the two."""
    return (since is None or _last_day(published) >= _first_day(since)) and (
        as_of is None or _first_day(published) <= _last_day(as_of)
    )


def _catalogue(folder: Path, published: Sequence[str | None]) -> Catalogue:
    with CatalogueWriter(folder) as writer:
        for number, each in enumerate(published):
            name = f"{number:03}"
            tags = ("odd",) if number % 2 else ()
            info = DocumentInfo(
                DocId(name), name, name, Metadata(published=each, tags=tags), "", ""
            )
            writer.add(Document(info, name, PositionMap()), [], [])
    return Catalogue(folder)


@settings(max_examples=60)
@given(
    published=st.lists(st.none() | _DATES, max_size=8),
    since=st.none() | _DATES,
    as_of=st.none() | _DATES,
    others=st.sampled_from([[], ["tag=odd"], ["published!=2024"]]),
)
def test_dates_leave_out_what_a_calendar_does(
    published: list[str | None], since: str | None, as_of: str | None, others: list[str]
) -> None:
    """A document from after the day asked about would be an anachronism in the answer."""
    conditions = (*parse_conditions(others), *date_conditions(since=since, as_of=as_of))
    others_hold = {
        number
        for number, each in enumerate(published)
        if (others != ["tag=odd"] or number % 2)
        and (others != ["published!=2024"] or each is None or each[:4] != "2024")
    }

    with tempfile.TemporaryDirectory() as folder:
        catalogue = _catalogue(Path(folder), published)
        found = {int(info.doc_id) for info in catalogue.documents_matching(conditions)}
        undated = catalogue.selector.undated(conditions)
        catalogue.close()

    is_dated = since is not None or as_of is not None
    assert found == {
        number
        for number in others_hold
        if not is_dated
        or ((day := published[number]) is not None and _may_stand(day, since, as_of))
    }
    assert undated == sum(is_dated and published[number] is None for number in others_hold)


def test_a_typed_condition_on_the_date_counts_the_undated_too(tmp_path: Path) -> None:
    """It leaves them out for the same reason, and who typed it wants to know as well."""
    catalogue = _catalogue(tmp_path, [None, "2024", "2025"])

    counts = [
        catalogue.selector.undated(parse_conditions([text]))
        for text in ("date>=2025", "published=2024", "published!=2024", "tag=odd", "tag!=odd")
    ]
    catalogue.close()

    assert counts == [1, 1, 0, 0, 0]


def test_dates_are_echoed_as_conditions_that_can_be_typed() -> None:
    """Who reads a stored answer can ask again with what its filters say."""
    found = date_conditions(since="2025-03", as_of=" 2025-03-31 ")

    rendered = [render_condition(condition) for condition in found]

    assert rendered == ["published>=2025-03", "published<=2025-03-31"]
    assert parse_conditions(rendered) == found
    assert date_conditions() == ()


@pytest.mark.parametrize("name", ["since", "as_of"])
@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "now",
        "25",
        "2025-13",
        "2025-02-30",
        "2025-3",
        "0000",
        "2025/03/01",
        "\ud800",
        "²025",
        "31 March 2025",
        "2025-03-31T00:00",
        "20250331",
        "2025" * 100,
    ],
)
def test_what_is_no_date_is_named(name: str, value: str) -> None:
    """A date that was mistyped and passed over would change the answer unseen."""
    with pytest.raises(DateError) as caught:
        date_conditions(**{name: value})

    assert (caught.value.name, caught.value.found) == (name, value)
    assert str(caught.value).startswith(f"{name} is ")
    assert str(caught.value).endswith("write 2025, 2025-03 or 2025-03-31")
    assert len(str(caught.value).encode()) < 400
