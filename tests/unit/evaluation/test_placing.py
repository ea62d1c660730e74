"""A reference is placed where its very words stand, or is said to have no place."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.corpus import Corpus

from briefqa.datatypes import DocId, Span
from briefqa.errors import DatasetError, UnknownDocumentError
from briefqa.evaluation.datasets import Reference
from briefqa.evaluation.loading import load_dataset
from briefqa.evaluation.measures import Stretch
from briefqa.evaluation.placing import Placer, read_record_texts

_A = DocId("a")
_TEXTS = st.text(st.sampled_from("ab .\r\n"), min_size=1).filter(str.strip)


def _canonical(record: str, header: str) -> str:
    body = record.replace("\r\n", "\n").replace("\r", "\n")
    return f"{header}\n\n{body}" if header else body


@given(record=_TEXTS, header=st.sampled_from(["", "Title: a b", "a\nb"]), data=st.data())
def test_span_of_a_record_is_placed_at_its_own_words(
    record: str, header: str, data: st.DataObject
) -> None:
    """Behind any header and with any line breaks, though the words may stand elsewhere too."""
    start = data.draw(st.integers(0, len(record) - 1))
    end = data.draw(st.integers(start + 1, len(record)))
    canonical = _canonical(record, header)
    splits_a_break = any(record[at - 1 : at + 1] == "\r\n" for at in (start, end))

    placed = Placer(lambda _: canonical, {_A: record}).place(
        Reference(_A, record[start:end], Span(start, end))
    )

    if splits_a_break:
        return
    (place,) = placed.places
    behind = len(_canonical(record, "")) - len(_canonical(record[:end], ""))
    assert place.end == len(canonical) - behind
    assert canonical[place.start : place.end] == _canonical(record[start:end], "")


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        (Reference(DocId("missing"), "x"), "no such document"),
        (Reference(_A, "not there"), "does not hold these words"),
        (Reference(_A, "other", Span(0, 5)), "other words stand at 0 to 5"),
        (Reference(DocId("changed"), "old", Span(0, 3)), "not that of the set"),
    ],
)
def test_reference_without_a_place_says_why(reference: Reference, why: str) -> None:
    """It would otherwise count as a miss of the search, or not at all."""
    texts = {"a": "words of a", "changed": "new"}

    def canonical(doc_id: str) -> str:
        if doc_id not in texts:
            raise UnknownDocumentError(doc_id)
        return texts[doc_id]

    placed = Placer(canonical, {DocId("changed"): "old"}).place(reference)

    assert placed.places == ()
    assert why in (placed.problem or "")


def test_quote_stands_wherever_its_words_do() -> None:
    """Its set does not say which of them is meant; white space is folded, and no pattern read."""
    text = "a (b)\n c; a (b) c"

    placed = Placer(lambda _: text).place(Reference(_A, "a  (b) c"))

    assert placed.places == (Stretch("a", 0, 8), Stretch("a", 10, 17))


def test_only_wanted_records_are_read(tmp_path: Path) -> None:
    """A corpus may be larger than memory."""
    rows = [{"_id": 1, "text": "one"}, {"_id": "2", "text": "two"}, {"_id": "3"}]
    path = tmp_path / "corpus.jsonl.gz"
    path.write_bytes(gzip.compress("".join(f"{json.dumps(r)}\n" for r in rows).encode()))

    assert read_record_texts(path, {DocId("1"), DocId("3")}) == {"1": "one"}
    path.write_bytes(b"not gzip")
    with pytest.raises(DatasetError, match="cannot be read"):
        read_record_texts(path, {DocId("1")})


def test_header_of_an_indexed_record_moves_its_references(tmp_path: Path) -> None:
    """The real reader writes title, authors, date and abstract before the text."""
    corpus = Corpus(tmp_path / "documents", tmp_path / "index")
    record = {"_id": "a", "title": "T", "authors": ["B"], "date": "2025", "abstract": "Sum.\nIt.",
              "text": " lead\r\nThe words.\rEnd "}  # fmt: skip
    path = corpus.write("corpus.jsonl", json.dumps(record) + "\n")
    start = record["text"].index("words")
    corpus.sync()

    with corpus.open() as generation:
        placer = Placer(
            lambda doc_id: generation.document(DocId(doc_id)).text, read_record_texts(path, {_A})
        )
        placed = placer.place(Reference(_A, "words.\rEnd", Span(start, start + 10)))
        (place,) = placed.places
        text = generation.document(_A).text

    assert text[place.start : place.end] == "words.\nEnd"


@pytest.mark.parametrize("name", ["chunking", "squad2-dev", "xquad-dev/vi"])
def test_every_reference_of_the_real_sets_has_its_place(
    shared: Path, name: str, tmp_path: Path
) -> None:
    """Not one is lost between the offsets of a set and those of an index."""
    dataset = load_dataset(shared / "data" / name)
    assert dataset.corpus is not None
    wanted = {r.doc_id for q in dataset.queries for r in q.references}
    texts = read_record_texts(dataset.corpus, wanted)
    few = set(sorted(wanted)[:40])
    corpus = Corpus(tmp_path / "documents", tmp_path / "index")
    records = [{"_id": d, "title": "A title", "text": texts[d]} for d in sorted(few)]
    corpus.write("corpus.jsonl", "".join(f"{json.dumps(r)}\n" for r in records))
    corpus.sync()

    with corpus.open() as generation:
        placer = Placer(lambda doc_id: generation.document(DocId(doc_id)).text, texts)
        placed = [placer.place(r) for q in dataset.queries for r in q.references if r.doc_id in few]

    assert len(placed) > 50
    assert [each.problem for each in placed if each.problem is not None] == []
