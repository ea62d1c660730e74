"""Conditions in SQL against a plain reading of the same rules, over metadata of every kind."""

import hashlib
import operator
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from briefqa.datatypes import (
    Chunk,
    ChunkId,
    Comparison,
    Condition,
    DocId,
    Document,
    DocumentInfo,
    JsonValue,
    Metadata,
    PositionMap,
    Span,
)
from briefqa.documents.metadata import parse_date
from briefqa.indexing.catalogue import Catalogue
from briefqa.indexing.catalogue_writer import CatalogueWriter
from briefqa.indexing.fields import FIELDS, MOST_VALUES, date_of, field_rows, fold, number_of
from briefqa.retrieval import parse_condition

# Few of each kind, so that many are equal, and some that could be taken for another kind.
_WORDS = [
    "AI", "ai", "Ai  sovereignty", "sovereignty", "Müller", "muller", "Straße", "STRASSE", "太陽",
    "%", "_", "' OR 1=1 --", '"', "a\0b", "\ud800", "ﬁn", "fin", "NULL", "true",
]  # fmt: skip
_NUMBERS = ["7", "7.0", "07", "-1", "12.10", "12.1", "2025", "1e3", "9" * 15, "9" * 16]
_DATES = ["2025", "2025-03", "2025-03-31", "2025-04", "2024-12-31", "3 March 2025", "2025-02-30"]
_TEXT = st.sampled_from(_WORDS) | st.text(max_size=6)
_ANY = st.sampled_from([*_WORDS, *_NUMBERS, *_DATES]) | st.text(max_size=6)
_LANGUAGES = st.sampled_from(["en", "EN-gb", "en_US", "eng", "de", "en-", "en."])
_JSON: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.sampled_from([7, 7.0, 2025, -1, 12.1, 10**20, 1e300]) | _ANY,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "B", "c d"]), inner, max_size=2)
    ),
    max_leaves=5,
)
_METADATA = st.builds(
    Metadata,
    title=st.none() | _TEXT.filter(str.isascii),
    authors=st.lists(_TEXT, max_size=3).map(tuple),
    published=st.none() | st.sampled_from(_DATES[:5]),
    tags=st.lists(_TEXT, max_size=3).map(tuple),
    language=st.none() | _LANGUAGES,
    source_url=st.none() | _TEXT,
    extra=st.dictionaries(st.sampled_from(["a", "Pages", "c-d"]), _JSON, max_size=3),
)
_NAMES = st.sampled_from(
    [f"metadata.{name}" for name in ("a", "A", "pages", "c_d", "a.a", "a.b", "pages.C D", "none")]
)
_SIGNS = st.sampled_from(list(Comparison))
_TEXT_SIGNS = st.sampled_from([Comparison.EQUAL, Comparison.NOT_EQUAL, Comparison.CONTAINS])
_DATE_SIGNS = st.sampled_from([each for each in Comparison if each is not Comparison.CONTAINS])


def _is_said(text: str) -> bool:
    return bool(fold(text))


_CONDITIONS = (
    st.builds(
        Condition,
        st.sampled_from(["title", "author", "tag", "source_url", "source", "doc_id"]),
        _TEXT_SIGNS,
        _TEXT.filter(_is_said),
    )
    | st.builds(Condition, st.just("published"), _DATE_SIGNS, st.sampled_from(_DATES[:6]))
    | st.builds(Condition, st.just("language"), _TEXT_SIGNS, _LANGUAGES)
    | st.builds(Condition, _NAMES, _TEXT_SIGNS, _ANY.filter(_is_said))
    | st.builds(Condition, _NAMES, _SIGNS, st.sampled_from([*_NUMBERS[:7], *_DATES[:6]]))
)

_Date = tuple[int, ...]
_Sortable = Decimal | _Date
# Any: two numbers, or two dates.
_ORDERS: dict[Comparison, Callable[[Any, Any], bool]] = {
    Comparison.EQUAL: operator.eq,
    Comparison.NOT_EQUAL: operator.eq,
    Comparison.LESS: operator.lt,
    Comparison.AT_MOST: operator.le,
    Comparison.MORE: operator.gt,
    Comparison.AT_LEAST: operator.ge,
}


def _number(text: str) -> Decimal | None:
    is_plain = re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", text)
    return Decimal(text) if is_plain and len(re.sub(r"[-.]", "", text)) <= 15 else None


def _date(text: str) -> _Date | None:
    parsed = parse_date(text)
    return tuple(map(int, parsed.split("-"))) if parsed else None


def _compares(field: str, value: str, condition: Condition) -> bool:
    """Tell whether one value of a field compares as the condition says; for !=, is equal."""
    asked, sign = condition.value, condition.comparison
    found, wanted = fold(value), fold(asked)
    if field == "language":
        found, wanted = found.replace("_", "-"), wanted.replace("_", "-")
    if sign is Comparison.CONTAINS:
        return wanted in found
    is_equality = sign in {Comparison.EQUAL, Comparison.NOT_EQUAL}
    if field == "language" and found.startswith(f"{wanted}-"):
        return True
    if field != "published" and is_equality and found == wanted:
        return True
    pairs: list[tuple[_Sortable | None, _Sortable | None]] = []
    if field.startswith("metadata."):
        pairs.append((_number(found), _number(wanted)))
    if field.startswith("metadata.") or field == "published":
        pairs.append(_coarsened(_date(value), _date(asked)))
    return any(
        _ORDERS[sign](ours, theirs)
        for ours, theirs in pairs
        if ours is not None and theirs is not None
    )


def _coarsened(ours: _Date | None, theirs: _Date | None) -> tuple[_Date | None, _Date | None]:
    coarser = min(len(ours or ()), len(theirs or ()))
    return (ours or ())[:coarser] or None, (theirs or ())[:coarser] or None


def _below(value: JsonValue, name: str) -> Iterator[tuple[str, JsonValue]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _below(item, f"{name}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from _below(item, name)
    else:
        yield name, value


def _values(info: DocumentInfo, field: str) -> Sequence[str]:
    meta = info.metadata
    if field.startswith("metadata."):
        wanted = field.removeprefix("metadata.").casefold()
        found = [pair for key, value in meta.extra.items() for pair in _below(value, key)]
        kept = [v for name, v in found if name.casefold().replace("-", "_") == wanted]
        return [str(v).lower() if isinstance(v, bool) else str(v) for v in kept if v is not None]
    of_field: dict[str, Sequence[str | None]] = {
        "title": [info.title],
        "author": meta.authors,
        "published": [meta.published],
        "tag": meta.tags,
        "language": [meta.language],
        "source_url": [meta.source_url],
        "source": [info.source],
        "doc_id": [info.doc_id],
    }
    return [value for value in of_field[field] if value is not None]


def _satisfies(info: DocumentInfo, condition: Condition) -> bool:
    some = any(
        _compares(condition.field, value, condition) for value in _values(info, condition.field)
    )
    return not some if condition.comparison is Comparison.NOT_EQUAL else some


def _document(number: int, metadata: Metadata, chunks: int) -> tuple[Document, list[Chunk]]:
    doc_id, text = DocId(f"Folder/d{number}.md"), "x" * (chunks + 1)
    digest = hashlib.sha256(text.encode()).hexdigest()
    title = metadata.title or f"d{number}.md"
    info = DocumentInfo(doc_id, f"Folder/d{number}.md", title, metadata, digest, digest)
    cut = [
        Chunk(ChunkId(f"{number}#{at}"), doc_id, Span(at, at + 1), "x", (), "", ())
        for at in range(chunks)
    ]
    return Document(info, text, PositionMap()), cut


def _write(folder: Path, documents: Sequence[tuple[Document, list[Chunk]]]) -> Catalogue:
    with CatalogueWriter(folder) as writer:
        for document, chunks in documents:
            writer.add(document, chunks, [b"key"] * len(chunks))
    return Catalogue(folder)


_ONE = Metadata(authors=("Neil Lawrence",), published="2025", extra={"Pages": ["7", 12.1]})


@settings(max_examples=150)
@given(
    st.lists(st.tuples(_METADATA, st.integers(0, 3)), min_size=1, max_size=5),
    st.lists(_CONDITIONS, min_size=1, max_size=8),
)
@example([(_ONE, 2)], [parse_condition("published>=2025-03"), parse_condition("published>2025-03")])
@example([(_ONE, 2)], [parse_condition("metadata.pages>=12"), parse_condition("author!=neil")])
@example([(Metadata(language="en."), 1)], [parse_condition("language=en")])
def test_documents_are_matched_as_the_rules_say(
    made: list[tuple[Metadata, int]], conditions: list[Condition]
) -> None:
    """A filter that lets one document too many through has lost its point."""
    documents = [_document(at, metadata, chunks) for at, (metadata, chunks) in enumerate(made)]
    # Written in an order that is not that of their ids.
    documents.reverse()
    with tempfile.TemporaryDirectory() as name:
        catalogue = _write(Path(name), documents)
        ids = catalogue.chunk_ids()
        for joined in [*([each] for each in conditions), conditions[:2], []]:
            expected = [
                (document, chunks)
                for document, chunks in documents
                if all(_satisfies(document.info, each) for each in joined)
            ]

            found = list(catalogue.documents_matching(joined))
            positions = catalogue.selector.matching(joined).positions

            assert found == sorted((d.info for d, _ in expected), key=lambda i: i.doc_id), joined
            assert [ids[at] for at in positions] == [
                chunk.chunk_id for _, chunks in expected for chunk in chunks
            ]
        catalogue.close()


def test_a_selection_of_the_same_conditions_is_kept(tmp_path: Path) -> None:
    """A chat that filters asks with the same filter again and again."""
    catalogue = _write(tmp_path, [_document(0, _ONE, 3)])

    first = catalogue.selector.matching([parse_condition("author~lawrence")])

    assert catalogue.selector.matching((parse_condition("author~lawrence"),)) is first
    catalogue.close()


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Two\n\twords\u3000here ", "two words here"),
        ("STRASSE Straße", "strasse strasse"),
        ("Dvořák's élan", "dvorak's elan"),
        ("De\u0301ja\u0300", "deja"),
        ("ﬁve \uff26\uff29\uff36\uff25 ⅷ", "five five viii"),
        ("がぎ й ё", "がぎ й ё"),
        ("a\0b \ud800", "a b ?"),
    ],
)
def test_what_makes_no_difference_is_folded(text: str, folded: str) -> None:
    """Case, spacing and the accents of Latin letters do not; marks of other scripts do."""
    assert fold(text) == folded


@given(st.text(st.characters()))
def test_folded_text_can_be_stored_and_has_no_odd_spaces(text: str) -> None:
    """It goes into SQLite, and is compared there byte by byte."""
    folded = fold(text)

    folded.encode()
    assert "\0" not in folded
    assert folded == " ".join(folded.split())
    assert fold(f"\n {text}\t") == folded


@given(st.from_regex(r"[0-9]{4}(-[0-9]{2}){0,3}", fullmatch=True) | _ANY | st.dates().map(str))
def test_a_date_is_what_readers_take_for_one(text: str) -> None:
    """A date in a condition is read as the same date in a file."""
    assert date_of(text) == parse_date(text)


@given(st.integers() | st.decimals(allow_nan=False, allow_infinity=False, places=3))
def test_a_number_is_plain_and_exact(value: int | Decimal) -> None:
    """Two long ids that differ must not become one double."""
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    digits = len(re.sub(r"\D", "", text))

    found = number_of(text)

    if digits > 15:
        assert found is None
    elif text != "-0.000":
        assert found is not None
        assert f"{Decimal(found):.3f}" == f"{Decimal(text):.3f}"


@pytest.mark.parametrize("text", ["", "007", "+1", "1e3", ".5", "5.", "1,000", "٣", "nan", "0x1"])
def test_what_only_resembles_a_number_is_text(text: str) -> None:
    """Agent 007 is not agent 7."""
    assert number_of(text) is None


def test_a_record_with_a_vector_does_not_swell_the_index() -> None:
    """Some data sets carry embeddings of a thousand numbers in each record."""
    extra: dict[str, JsonValue] = {"vector": [each / 7 for each in range(5000)]}
    extra |= {f"f{each}": each for each in range(5000)}
    authors = tuple(f"Author {each}" for each in range(300))
    document, _ = _document(0, Metadata(authors=authors, extra=extra), 0)

    rows = field_rows(document.info, 0)

    assert sum(field == "author" for field, *_ in rows) == 300
    assert sum(field == "metadata.vector" for field, *_ in rows) == MOST_VALUES
    assert len({field for field, *_ in rows} - set(FIELDS)) == MOST_VALUES
