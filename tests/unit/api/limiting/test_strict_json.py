"""JSON is read in the one way that every reader would, or not at all."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.api.limiting.refusing import RefusalError
from briefqa.api.limiting.strict_json import read_json

_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # Numbers and texts that are written in more than one way.
    | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=20,
)


def _read(body: bytes, *, depth: int) -> tuple[object, RefusalError | None]:
    """Return what is read, or why nothing is."""
    try:
        return read_json(body, depth=depth), None
    except RefusalError as refusal:
        return None, refusal


@given(value=_VALUES, is_escaped=st.booleans(), has_mark=st.booleans())
def test_what_is_json_is_read_as_anyone_reads_it(
    value: object, *, is_escaped: bool, has_mark: bool
) -> None:
    """Being strict costs nobody who sends what was meant."""
    body = json.dumps(value, ensure_ascii=is_escaped).encode()

    assert read_json(b"\xef\xbb\xbf" * has_mark + body, depth=64) == json.loads(body)


@given(body=st.binary(max_size=40) | st.text('{}[]",:\\ud8019NaInfity.e-+ \n', max_size=40))
def test_any_other_bytes_are_refused_and_nothing_worse(body: bytes | str) -> None:
    """A status of 500 would be a bug that anyone can reach."""
    data = body if isinstance(body, bytes) else body.encode()

    found, refusal = _read(data, depth=8)

    if refusal is None:
        assert json.loads(data.decode("utf-8-sig")) == found
    else:
        assert refusal.kind.status in {400, 422}
        assert refusal.detail


@given(levels=st.integers(1, 40), most=st.integers(1, 40), is_object=st.booleans())
def test_nesting_is_taken_up_to_the_depth_and_no_further(
    levels: int, most: int, *, is_object: bool
) -> None:
    """The limit stated is the limit held, for lists and objects alike."""
    body = b'{"a":' * levels + b"1" + b"}" * levels if is_object else b"[" * levels + b"]" * levels

    _, refusal = _read(body, depth=most)

    assert (refusal is not None) == (levels > most)
    assert refusal is None or str(most) in refusal.detail


@given(names=st.lists(_TEXT, min_size=1, max_size=6), above=st.integers(0, 3))
def test_object_with_a_name_twice_is_refused_wherever_it_lies(names: list[str], above: int) -> None:
    """One reader takes the first, another the last, and they would act on different requests."""
    pairs = ",".join(f"{json.dumps(name)}:1" for name in names)
    body = ('{"x":[' * above + "{" + pairs + "}" + "]}" * above).encode()

    if len(set(names)) == len(names):
        read_json(body, depth=64)
    else:
        with pytest.raises(RefusalError, match="stands twice"):
            read_json(body, depth=64)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"a": NaN}', "NaN"),
        (b"[Infinity]", "Infinity"),
        (b"[-Infinity]", "-Infinity"),
        (b"[1e999]", "too large"),
        (b"[" + b"7" * 5_000 + b"]", "5000 digits"),
        (b'{"a": 1} x', "Extra data"),
        (b'{"a": 1}{"a": 1}', "Extra data"),
        (b'{"a": 1,}', "property name"),
        (b"{'a': 1}", "property name"),
        (b'{"a": "\x01"}', "control character"),
        (b'"\xff"', "not UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
        ('{"a": "é"}'.encode("latin-1"), "not UTF-8"),
        (b"[" * 300_000, "deeper than 64"),
        (b'{"a":' * 100_000, "deeper than 64"),
        (b"// a remark\n{}", "Expecting value"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_forms_that_readers_differ_on_are_refused_in_words(body: bytes, said: str) -> None:
    """Whoever sent it learns what to change."""
    with pytest.raises(RefusalError) as caught:
        read_json(body, depth=64)

    assert caught.value.kind.status == 400
    assert said in caught.value.detail


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (rb'{"a": ["x", "\ud800"]}', "#/a/1"),
        (rb'{"a": {"\udfff": 1}}', "#/a/%3F"),
        (rb'"\ud800\ud800"', "#"),
        (rb'{"a/b": "\udc00\ud800"}', "#/a~1b"),
    ],
)
def test_half_a_character_is_pointed_at(body: bytes, pointer: str) -> None:
    """Nothing can store or print it, so that it must not get to where it would be."""
    with pytest.raises(RefusalError) as caught:
        read_json(body, depth=64)

    assert caught.value.kind.status == 422
    assert [each.pointer for each in caught.value.errors] == [pointer]


def test_whole_characters_may_be_escaped() -> None:
    """Many programs write everything beyond ASCII as escapes."""
    assert read_json(rb'"\ud83d\udea2 \\ud800"', depth=1) == "🚢 \\ud800"
