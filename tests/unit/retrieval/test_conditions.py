"""Conditions are read as written, and nothing else comes of any text."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from briefqa.datatypes import Comparison, Condition
from briefqa.errors import ConditionError, LimitError
from briefqa.retrieval import (
    MOST_CONDITIONS,
    check_condition,
    make_condition,
    nothing_satisfies,
    parse_condition,
    parse_conditions,
    render_condition,
)

_HOSTILE = st.text(
    st.one_of(st.characters(), st.sampled_from("\"\\=!<>~ \t\n\0'`;-%_*()[]{}\ud800\u3000")),
    max_size=30,
)
_FIELDS = st.sampled_from(
    ["title", "author", "published", "tag", "language", "source_url", "source", "doc_id"]
)
_NAMES = _HOSTILE.map(lambda name: f"metadata.{name}")
_DATES = st.dates().map(str).flatmap(lambda day: st.sampled_from([day, day[:7], day[:4]]))
_VALUES = _HOSTILE | _DATES | st.integers().map(str) | st.sampled_from(["3 March 2025", "-0.5"])


@st.composite
def _conditions(draw: st.DrawFn) -> Condition:
    """Any condition that can be answered."""
    made = Condition(draw(_FIELDS | _NAMES), draw(st.sampled_from(list(Comparison))), draw(_VALUES))
    try:
        return check_condition(made)
    except ConditionError:
        # Of most that are refused, the date is all that is missing.
        return check_condition(Condition("published", Comparison.AT_LEAST, draw(_DATES)))


@given(_conditions())
@example(Condition("metadata.a=b", Comparison.EQUAL, "x"))
@example(Condition('metadata."a\\', Comparison.CONTAINS, '"'))
@example(Condition("title", Comparison.EQUAL, ' "'))
@example(Condition("title", Comparison.EQUAL, "=="))
@example(Condition("title", Comparison.EQUAL, "\\"))
def test_a_condition_comes_back_from_its_text(condition: Condition) -> None:
    """Replies name the conditions that held, and they can be sent again."""
    assert parse_condition(render_condition(condition)) == condition


@given(_conditions())
def test_a_checked_condition_stays_as_it_is(condition: Condition) -> None:
    """Every surface checks, and none may change what another passed on."""
    assert check_condition(condition) == condition


@given(_HOSTILE | st.builds(lambda *parts: "".join(parts), _FIELDS | _NAMES, _HOSTILE, _VALUES))
def test_any_text_is_a_condition_or_an_explained_mistake(text: str) -> None:
    """What strangers send must neither crash nor mean something unforeseen."""
    try:
        condition = parse_condition(text)
    except ConditionError as error:
        said = str(error)
    else:
        said = render_condition(condition)
        assert parse_condition(said) == condition

    assert said.encode()


@pytest.mark.parametrize(
    ("text", "field", "comparison", "value"),
    [
        ("published>=2025-01-01", "published", ">=", "2025-01-01"),
        ("  date <  2025 ", "published", "<", "2025"),
        ("author~Lawrence", "author", "~", "Lawrence"),
        ("Authors != Neil Lawrence", "author", "!=", "Neil Lawrence"),
        ("tags=ai sovereignty", "tag", "=", "ai sovereignty"),
        ('tag="ai sovereignty"', "tag", "=", "ai sovereignty"),
        (r'title="say \"=\" and \\"', "title", "=", 'say "=" and \\'),
        ("url~gov.uk/a?b=c&d>e", "source_url", "~", "gov.uk/a?b=c&d>e"),
        ("title= =x", "title", "=", "=x"),
        ("SOURCE-URL=x", "source_url", "=", "x"),
        ("metadata.Report Number > 3", "metadata.Report Number", ">", "3"),
        ('"metadata.a=b"=c', "metadata.a=b", "=", "c"),
        ("metadata.source.publisher=ai@cam", "metadata.source.publisher", "=", "ai@cam"),
    ],
)
def test_a_condition_is_read(text: str, field: str, comparison: str, value: str) -> None:
    """The forms that pages and people use."""
    assert parse_condition(text) == Condition(field, Comparison(comparison), value)


@pytest.mark.parametrize(
    ("text", "part", "words"),
    [
        ("", "", "it is empty; write FIELD"),
        ("pubished>=2025", "pubished", "did you mean published?"),
        ("publisher=x", "publisher", "and metadata.publisher for what else"),
        ("=x", "", "no field ''"),
        ("metadata.=x", "metadata.", "metadata.NAME"),
        ("published", "published", "no comparison follows 'published'; write one of"),
        ("tag==x", "==", "did you mean =?"),
        ("published=>2025", "=>", "did you mean >=?"),
        ("author!~x", "!~", "there are = != < <= > >= ~"),
        ("tag=", "", "no value follows ="),
        ('tag=" "', " ", "no value follows ="),
        ("published>=soon", "soon", "'soon' is no date; write 2025, 2025-03 or 2025-03-31"),
        ("published=2025-02-30", "2025-02-30", "is no date"),
        ("published>=2025 and tag=x", "2025 and tag=x", "is no date"),
        ("published~2025", "~", "published=2025-03 holds for any day"),
        ("author>Lawrence", ">", "author is text, which > does not order; write one of = != ~"),
        ("metadata.pages<many", "many", "orders numbers and dates"),
        ('tag="a" b', " b", "follows the closing quotation mark"),
        ('tag="a', '"a', "no closing quotation mark"),
        (r'tag="\a"', r'"\a"', "a backslash before something else"),
        (f"title={'x' * 1001}", f"title={'x' * 1001}", "at most 1,000 are read"),
    ],
)
def test_a_mistake_is_quoted_and_its_part_named(text: str, part: str, words: str) -> None:
    """Whoever wrote it sees what to change without opening a manual."""
    with pytest.raises(ConditionError) as caught:
        parse_condition(text)

    assert caught.value.condition == text
    assert caught.value.part == part
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"condition {text[:20]!r}"[:-1])
    assert len(str(caught.value)) < 300


def test_the_place_of_a_mistake_is_told() -> None:
    """Of twenty conditions, only one has to be looked at again."""
    with pytest.raises(ConditionError) as caught:
        parse_conditions(["tag=a", Condition("tag", Comparison.EQUAL, "b"), "tag"])

    assert caught.value.place == 2


def test_no_more_conditions_than_can_be_meant_are_taken() -> None:
    """A thousand of them would be a thousand scans."""
    assert len(parse_conditions(["tag=a"] * MOST_CONDITIONS)) == MOST_CONDITIONS
    with pytest.raises(LimitError, match="filters is 21"):
        parse_conditions(["tag=a"] * (MOST_CONDITIONS + 1))


def test_parts_are_checked_like_text() -> None:
    """An object in JSON, a record in Python and a line in a terminal are one language."""
    made = make_condition(" Date", ">=", "2025")

    assert made == parse_condition("published>=2025")
    with pytest.raises(ConditionError, match="'like' is no comparison"):
        make_condition("title", "like", "x")


def test_conditions_that_nothing_satisfies_are_named() -> None:
    """Who sees no answer must see that it was the filter."""
    conditions = parse_conditions(["date>=2030", 'tag="b"'])

    assert nothing_satisfies(conditions) == (
        "No document satisfies the conditions: published>=2030, tag=b."
    )
