"""A quote is found again wherever its words stand, and nowhere else."""

import importlib.util
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.corpus import Corpus

from briefqa.answering import Receipt, ReceiptCheck, Standing, check_receipt, check_receipts
from briefqa.answering.relocating import FoldedText
from briefqa.datatypes import DocId, Span
from briefqa.indexing import Generation
from briefqa.wire import citation_to_wire

_SCRIPT = Path(__file__).parents[3] / "examples" / "verify_receipt.py"
_QUOTES = ("The grid needs 5 plants.", "Copper is dear in May.", "needs 5", "太陽は高い。")
_PIECES = st.sampled_from(
    [*_QUOTES, "The grid needs 50 plants.", "The  grid\nneeds 5 plants.", "Why?", "so", "\n", "  "]
)
_TEXTS = st.lists(_PIECES, max_size=8).map(" ".join)


def _fold(text: str) -> str:
    return re.sub(r"\s+", " ", text.strip())


def _splits_word(text: str, at: int) -> bool:
    around = text[max(0, at - 1) : at + 1] if 0 < at < len(text) else ""
    return len(around) == 2 and all(re.match(r"[0-9A-Za-z]", each) for each in around)


def _places(text: str, quote: str) -> Iterator[Span]:
    """Try every part of the text: slow, and with no cleverness to be wrong."""
    for start in range(len(text)):
        for end in range(start + 1, min(len(text), start + 3 * len(quote)) + 1):
            part = text[start:end]
            is_tight = part == part.strip() and bool(part)
            is_whole = not _splits_word(text, start) and not _splits_word(text, end)
            if is_tight and is_whole and _fold(part) == _fold(quote):
                yield Span(start, end)


def _nearest(text: str, quote: str, offset: int) -> Span | None:
    places = list(_places(text, quote))
    return min(places, key=lambda span: (abs(span.start - offset), span.start), default=None)


@given(text=_TEXTS, quote=st.sampled_from(_QUOTES), offset=st.integers(-5, 250))
@example(text="a  b a b", quote="a b", offset=2)
def test_nearest_place_is_the_one_that_trying_every_place_gives(
    text: str, quote: str, offset: int
) -> None:
    """White space folded or not, overlapping or not, before the old place or after it."""
    found = FoldedText(text)

    assert found.nearest(quote, offset) == _nearest(text, quote, offset)
    if _nearest(text, quote, offset) is not None:
        assert found.may_hold(quote)


@given(
    st.lists(st.sampled_from(["a ", "b ", "ab", "\n", "a\nb "]), max_size=12).map("".join),
    st.sampled_from(["a", "b", "ab", "a b", " b a", "a a", "", " "]),
)
@example("a b a b", "a b")
def test_small_alphabets_repeat_and_overlap(text: str, quote: str) -> None:
    """Where almost everything looks alike, an offset that is off by one shows."""
    for offset in range(-1, len(text) + 1):
        assert FoldedText(text).nearest(quote, offset) == _nearest(text, quote, offset)


@dataclass(frozen=True, slots=True)
class _Changed:
    """Receipts of an index, and the index after its documents have changed."""

    receipts: list[Receipt]
    index: Generation


def _receipts(index: Generation) -> list[Receipt]:
    """Return a receipt of every place at which one of the quotes stands."""
    return [
        Receipt(
            number,
            info.doc_id,
            span.start,
            span.end,
            span.of(index.document(info.doc_id).text),
            info.text_sha256,
            info.file_sha256,
        )
        for info in index.documents()
        for number, span in enumerate(
            [
                span
                for quote in _QUOTES
                for span in _places(index.document(info.doc_id).text, quote)
            ],
            1,
        )
    ]


def _expected(receipt: Receipt, index: Generation) -> tuple[Standing, str | None, Span | None]:
    infos = {info.doc_id: info for info in index.documents()}
    own = infos.get(DocId(receipt.doc_id))
    if own is not None and own.text_sha256 == receipt.text_sha256:
        return Standing.HOLDS, None, None
    others = [info for info in infos.values() if info is not own]
    same = [info for info in others if info.text_sha256 == receipt.text_sha256]
    for info in [*([own] if own else []), *same, *others]:
        span = _nearest(index.document(info.doc_id).text, receipt.quote, receipt.start)
        if span is not None:
            return Standing.MOVED, info.doc_id, span
    return Standing.GONE, None, None


def _found(check: ReceiptCheck) -> tuple[Standing, str | None, Span | None]:
    if check.now is None:
        return check.standing, None, None
    return check.standing, check.now.document.doc_id, check.now.span


@cache
def _script() -> Callable[..., Iterator[str]]:
    spec = importlib.util.spec_from_file_location("verify_receipt", _SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    # Any: the script is no part of the package.
    problems: Any = module.problems
    return problems  # type: ignore[no-any-return] # the same


_FOLDERS = st.dictionaries(st.sampled_from(["a.txt", "b.txt", "c.txt"]), _TEXTS, min_size=1)


@settings(max_examples=15)
@given(before=_FOLDERS, after=_FOLDERS)
@example(before={"a.txt": "Copper is dear in May."}, after={"b.txt": "Copper is dear in May."})
@example(
    before={"b.txt": "Copper is dear in May."},
    after={"a.txt": "so Copper is dear in May.", "c.txt": "Copper is dear in May."},
)
@example(
    before={"a.txt": "Why? Copper is dear in May. so"},
    after={"a.txt": "so", "b.txt": "Copper  is dear\nin May.", "c.txt": "Copper is dear in May."},
)
def test_standing_after_any_change_is_that_of_trying_every_place(
    before: dict[str, str], after: dict[str, str]
) -> None:
    """And what moved verifies again, for a program that does not know of us."""
    with TemporaryDirectory() as folder:
        corpus = Corpus(Path(folder) / "briefs", Path(folder) / "index")
        for name, text in before.items():
            corpus.write(name, f"Power. {text}")
        corpus.sync()
        with corpus.open() as index:
            receipts = _receipts(index)
        for name in before:
            (corpus.folder / name).unlink()
        for name, text in after.items():
            corpus.write(name, f"Power. {text}")
        corpus.sync()
        with corpus.open() as index:
            checks = check_receipts(receipts, index, locate=corpus.folder.joinpath)

            assert [_found(each) for each in checks] == [_expected(r, index) for r in receipts]
            for receipt, check in zip(receipts, checks, strict=True):
                assert check == check_receipt(receipt, index, locate=corpus.folder.joinpath)
                assert check.holds == (check.standing is Standing.HOLDS)
                if check.now is not None:
                    renewed = json.loads(json.dumps(citation_to_wire(check.now)))
                    assert list(_script()(renewed, corpus.index, corpus.folder)) == []


def test_what_stands_in_the_place_of_a_quote_that_is_gone_is_told(tmp_path: Path) -> None:
    """Who revisits an answer begins by looking at what the text says now."""
    corpus = Corpus(tmp_path / "briefs", tmp_path / "index")
    corpus.write("a.txt", "The fund holds 4 million.\n")
    corpus.sync()
    with corpus.open() as index:
        (info,) = index.documents()
        text = index.document(info.doc_id).text
    quote = "The fund holds 4 million."
    start = text.index(quote)
    receipt = Receipt(
        1, "a.txt", start, start + len(quote), quote, info.text_sha256, info.file_sha256
    )
    corpus.write("a.txt", "The fund holds 9 million.\n")
    corpus.sync()

    with corpus.open() as index:
        check = check_receipt(receipt, index)

    assert (check.standing, check.instead) == (Standing.GONE, "The fund holds 9 million.")
