"""A document that a newer one replaces is out of every search, and back when it was in force."""

import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefqa.datatypes import (
    Chunk,
    ChunkId,
    DocId,
    Document,
    DocumentInfo,
    JsonValue,
    Metadata,
    PositionMap,
    Span,
)
from briefqa.indexing.catalogue import Catalogue
from briefqa.indexing.catalogue_writer import CatalogueWriter
from briefqa.indexing.superseding import Statement, superseding_of
from briefqa.retrieval import date_conditions, parse_conditions

_IDS = tuple("abcdef")
_DAYS = st.dates(date(2024, 1, 1), date(2024, 1, 6)).map(date.isoformat)
_CLAIMS = st.lists(
    st.tuples(
        st.sampled_from(_IDS),
        st.sampled_from(["supersedes", "superseded_by"]),
        st.sampled_from(_IDS),
    ),
    max_size=8,
)

Edges = set[tuple[str, str]]
"""(older, newer)"""


def _info(source: str, title: str = "", doc_id: str = "", **extra: JsonValue) -> DocumentInfo:
    published = extra.pop("published", None)
    metadata = Metadata(published=None if published is None else str(published), extra=extra)
    return DocumentInfo(DocId(doc_id or source), source, title or source, metadata, "", "")


def _catalogue(folder: Path, infos: Sequence[DocumentInfo]) -> Catalogue:
    with CatalogueWriter(folder) as writer:
        for info in infos:
            chunk = Chunk(ChunkId(info.doc_id), info.doc_id, Span(0, 4), "text", (), "", ())
            writer.add(Document(info, "text", PositionMap()), [chunk], [b""])
    return Catalogue(folder)


def _searched(catalogue: Catalogue, *conditions: str, as_of: str | None = None) -> set[str]:
    found = catalogue.selector.searched(
        (*parse_conditions(conditions), *date_conditions(as_of=as_of))
    )
    ids = catalogue.chunk_ids()
    return set(ids) if found is None else {ids[place] for place in found.positions}


def _newer_of(edges: Edges, start: str) -> set[str]:
    reached, found = {start}, set[str]()
    while True:
        found |= {newer for older, newer in edges if older in reached}
        if found <= reached:
            return found
        reached |= found


def _left_out(edges: Edges, there: set[str]) -> set[str]:
    """Return who is left out, by walking from each document to all that are newer."""
    straight = {(older, newer) for older, newer in edges if older not in _newer_of(edges, newer)}
    return {each for each in _IDS if _newer_of(straight, each) & there}


@settings(max_examples=150, deadline=None)
@given(
    claims=_CLAIMS,
    dates=st.fixed_dictionaries({}, optional=dict.fromkeys(_IDS, _DAYS)),
    as_of=st.none() | _DAYS,
)
def test_who_is_left_out_agrees_with_walking_the_graph(
    claims: list[tuple[str, str, str]], dates: Mapping[str, str], as_of: str | None
) -> None:
    """Chains, forks, circles and dates in any mixture; never a document with none in its place."""
    edges = {
        (other, by) if field == "supersedes" else (by, other)
        for by, field, other in claims
        if by != other
    }
    stated: dict[str, dict[str, list[JsonValue]]] = {each: {} for each in _IDS}
    for by, field, other in claims:
        stated[by].setdefault(field, []).append(other)
    infos = [
        _info(
            each,
            published=dates.get(each),
            supersedes=stated[each].get("supersedes"),
            superseded_by=stated[each].get("superseded_by"),
        )
        for each in _IDS
    ]
    there = set(_IDS) if as_of is None else {each for each in dates if dates[each] <= as_of}
    with tempfile.TemporaryDirectory() as folder:
        catalogue = _catalogue(Path(folder), infos)

        found = _searched(catalogue, as_of=as_of)
        superseded = catalogue.selector.superseded(date_conditions(as_of=as_of))
        undated = catalogue.selector.undated(date_conditions(as_of=as_of))
        catalogue.close()

    gone = _left_out(edges, there)
    assert found == there - gone
    assert set(superseded) == there & gone
    assert all((older, each) in edges for older in superseded for each in superseded[older])
    assert all(superseded.values())
    assert undated == (0 if as_of is None else len(set(_IDS) - set(dates) - gone))


@given(claims=_CLAIMS, order=st.randoms(use_true_random=False))
def test_order_of_what_is_said_makes_no_difference(
    claims: list[tuple[str, str, str]], order: Random
) -> None:
    """Rankings must not depend on the order of files."""
    doc_ids = {number: DocId(each) for number, each in enumerate(_IDS)}
    said = [
        Statement(_IDS.index(by), field, other, (_IDS.index(other),)) for by, field, other in claims
    ]
    shuffled = said.copy()
    order.shuffle(shuffled)

    one, other = superseding_of(said, doc_ids), superseding_of(shuffled, doc_ids)

    assert one == other
    assert list(one.newer) == list(other.newer)


@pytest.mark.parametrize(
    "said",
    [
        "briefs/old.md",
        "BRIEFS/Old.md",
        "old.md",
        "./old.md",
        "Forecast of exports, 2024",
        "forecast of  exports, 2024",
        ["other.md", "old.md"],
    ],
)
def test_older_document_is_found_by_any_of_its_names(tmp_path: Path, said: JsonValue) -> None:
    """People write what they see: a path, a file's name, a title; one or several."""
    infos = [
        _info("briefs/new.md", "Forecast", supersedes=said),
        _info("briefs/old.md", "Forecast of exports, 2024"),
        _info("briefs/other.md"),
        _info("third.md"),
    ]
    catalogue = _catalogue(tmp_path, infos)

    found = _searched(catalogue)

    kept = {"briefs/new.md", "briefs/other.md", "third.md"}
    assert found == (kept - {"briefs/other.md"} if isinstance(said, list) else kept)
    assert not catalogue.selector.superseding.misreferences


def test_name_beside_the_document_comes_before_the_same_name_elsewhere(tmp_path: Path) -> None:
    """Folders by year hold files of one name."""
    infos = [
        _info("2024/new.md", supersedes="old.md"),
        _info("2023/old.md"),
        _info("2024/old.md"),
    ]

    assert _searched(_catalogue(tmp_path, infos)) == {"2024/new.md", "2023/old.md"}


def test_file_of_records_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """Its name stands for all documents that it holds."""
    infos = [
        _info("new.md", supersedes="notes.jsonl"),
        _info("notes.jsonl", doc_id="n1"),
        _info("notes.jsonl", doc_id="n2"),
    ]

    assert _searched(_catalogue(tmp_path, infos)) == {"new.md"}


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("gone.md", "which no document of the index has for id, path, file name or title"),
        ("new.md", "which is this document itself"),
        ("twin.md", "which is one of several documents ('2023/twin.md', '2024/twin.md')"),
    ],
)
def test_what_names_no_single_other_document_is_said(
    tmp_path: Path, said: str, problem: str
) -> None:
    """Nothing is left out by guesswork, and nothing goes wrong in silence."""
    infos = [_info("new.md", supersedes=said), _info("2023/twin.md"), _info("2024/twin.md")]
    catalogue = _catalogue(tmp_path, infos)

    (wrong,) = catalogue.selector.superseding.misreferences

    assert wrong.doc_id == "new.md"
    assert problem in wrong.detail
    assert _searched(catalogue) == {info.doc_id for info in infos}


def test_circle_is_said_once_and_leaves_nothing_out(tmp_path: Path) -> None:
    """Of two that replace each other neither may vanish."""
    infos = [
        _info("a.md", supersedes="b.md"),
        _info("b.md", supersedes=["a.md", "c.md"]),
        _info("c.md"),
    ]
    catalogue = _catalogue(tmp_path, infos)

    (wrong,) = catalogue.selector.superseding.misreferences

    assert (wrong.doc_id, "'b.md' supersede each other" in wrong.detail) == ("a.md", True)
    assert _searched(catalogue) == {"a.md", "b.md"}


@pytest.mark.parametrize("named", ["doc_id=old.md", "source=old.md"])
def test_document_that_is_named_is_searched_all_the_same(tmp_path: Path, named: str) -> None:
    """Who asks for the old words by name gets them."""
    catalogue = _catalogue(tmp_path, [_info("new.md", supersedes="old.md"), _info("old.md")])

    assert _searched(catalogue, named) == {"old.md"}
    assert _searched(catalogue, "doc_id~old") == set()
    assert catalogue.selector.superseded(parse_conditions(["doc_id~old"])) == {
        "old.md": ("new.md",)
    }


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("published<2025", {"old.md"}),
        ("published<=2024-12-31", {"old.md"}),
        ("published=2024", {"old.md"}),
        ("published<=2025", {"new.md"}),
        ("published>=2024", {"new.md"}),
    ],
)
def test_condition_on_the_last_date_is_an_as_of(
    tmp_path: Path, condition: str, found: set[str]
) -> None:
    """However the last day is written, documents are as they stood then."""
    infos = [
        _info("new.md", published="2025-03-01", supersedes="old.md"),
        _info("old.md", published="2024-05-01"),
    ]

    assert _searched(_catalogue(tmp_path, infos), condition) == found


def test_index_where_nothing_is_superseded_is_searched_as_a_whole(tmp_path: Path) -> None:
    """Such an index must answer as fast as before."""
    catalogue = _catalogue(tmp_path, [_info("new.md", supersedes="gone.md"), _info("old.md")])

    assert catalogue.selector.searched(()) is None


def test_long_line_of_versions_is_followed_to_its_end() -> None:
    """Ten thousand versions of one document are no reason to run out of stack."""
    count = 10_000
    doc_ids = {number: DocId(f"{number:05}") for number in range(count)}
    said = [
        Statement(number + 1, "supersedes", str(number), (number,)) for number in range(count - 1)
    ]

    left_out = superseding_of(said, doc_ids).left_out(lambda number: number == count - 1)

    np.testing.assert_array_equal(sorted(left_out), range(count - 1))
