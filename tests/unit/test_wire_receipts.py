"""Receipts come back from JSON as they went in, and junk does not come back at all."""

import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.answering import Receipt, ReceiptCheck
from briefqa.errors import UsageError
from briefqa.wire import checks_to_wire, receipts_from_wire, uncited_numbers

_RECEIPTS = st.builds(
    Receipt,
    number=st.integers(),
    doc_id=st.text(),
    start=st.integers(),
    end=st.integers(),
    quote=st.text(),
    text_sha256=st.text(),
    file_sha256=st.text(),
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
_NUMBERS = st.sets(st.integers(0, 10**6), max_size=6)
_RECEIPT = Receipt(1, "a.md", 0, 3, "one", "t", "f")


@given(st.lists(_RECEIPTS))
def test_receipts_survive_json(receipts: list[Receipt]) -> None:
    """What `verify` checks is what `ask` claimed, alone or as part of an answer."""
    citations = json.loads(json.dumps([{**asdict(each), "title": "extra"} for each in receipts]))

    assert receipts_from_wire(citations) == receipts
    assert receipts_from_wire({"citations": citations, "answer": ""}) == receipts


@given(_JSON)
def test_junk_is_refused_or_has_no_receipts(value: object) -> None:
    """Nothing a file may hold is an unexpected error."""
    try:
        found = receipts_from_wire(value)
    except UsageError:
        return
    assert found == []


@pytest.mark.parametrize("name", list(asdict(_RECEIPT)))
@pytest.mark.parametrize("wrong", [None, True, 1.5, [], {}])
def test_error_names_the_field_that_is_wrong(name: str, wrong: object) -> None:
    """Somebody has to repair the file."""
    citations = [asdict(_RECEIPT), {**asdict(_RECEIPT), name: wrong}]

    with pytest.raises(UsageError, match=rf"citations\[1\]\.{name} is not"):
        receipts_from_wire(citations)


def test_marks_without_a_receipt_are_found() -> None:
    """A number that leads nowhere looks like proof and is none."""
    assert uncited_numbers("Said [1]. And [7][3]. And [7].", [_RECEIPT]) == [3, 7]


@given(said=_NUMBERS, cited=_NUMBERS)
def test_every_invented_number_is_found_and_no_honest_one(said: set[int], cited: set[int]) -> None:
    """The numbers are what a reader follows."""
    answer = " ".join(f"So it is. [{number}]" for number in said)
    receipts = [replace(_RECEIPT, number=number) for number in cited]

    assert uncited_numbers(answer, receipts) == sorted(said - cited)


def test_other_brackets_are_no_citations() -> None:
    """Words in brackets, and digits of other scripts, stand for themselves."""
    assert uncited_numbers("See [a], [1, 2], [], [-1], [٣] and (4).", []) == []


def test_checks_hold_together_only_if_each_does() -> None:
    """One broken receipt, or one missing, breaks the whole."""
    good, bad = ReceiptCheck(_RECEIPT, None), ReceiptCheck(_RECEIPT, "wrong")

    assert checks_to_wire([good], [])["holds"] is True
    assert checks_to_wire([good, bad], [])["holds"] is False
    assert checks_to_wire([good], [4])["holds"] is False
    assert checks_to_wire([good, bad], [4])["receipts"] == [
        {
            "number": 1,
            "doc_id": "a.md",
            "holds": True,
            "problem": None,
            "status": "holds",
            "now": None,
            "instead": None,
        },
        {
            "number": 1,
            "doc_id": "a.md",
            "holds": False,
            "problem": "wrong",
            "status": "holds",
            "now": None,
            "instead": None,
        },
        {
            "number": 4,
            "doc_id": None,
            "holds": False,
            "problem": "the answer cites [4], but no citation has that number",
            "status": None,
            "now": None,
            "instead": None,
        },
    ]
