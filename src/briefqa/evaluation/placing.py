"""Where the references of a question set stand in the canonical texts of an index.

A set counts in the text of its own records; a canonical text may open with a header, and
has its line breaks made alike. A reference is placed only where its very words stand.
"""

import gzip
import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from briefqa.datatypes import DocId
from briefqa.errors import DatasetError, UnknownDocumentError
from briefqa.evaluation.datasets import Reference
from briefqa.evaluation.measures import Stretch

_TEXTS_AT_HAND = 32


@dataclass(frozen=True, slots=True)
class PlacedReference:
    """A reference and where it stands; ``problem`` says why there is no such place.

    A stated span has one place; a bare quote stands wherever its words do, white space folded.
    """

    reference: Reference
    places: tuple[Stretch, ...]
    problem: str | None = None


class Placer:
    """Places references in canonical texts."""

    def __init__(
        self, canonical: Callable[[str], str], record_texts: dict[DocId, str] | None = None
    ) -> None:
        """Begin.

        Args:
            canonical: Returns the canonical text of a document; UnknownDocumentError if
                there is none of that id.
            record_texts: The texts that spans are counted in, by document, where the set
                has them; else spans count in the canonical text.
        """
        self._canonical = lru_cache(_TEXTS_AT_HAND)(canonical)
        self._record_texts = record_texts or {}

    def place(self, reference: Reference) -> PlacedReference:
        """Return where ``reference`` stands."""
        doc_id = reference.doc_id
        try:
            text = self._canonical(doc_id)
        except UnknownDocumentError:
            return self._unplaced(reference, "the index holds no such document")
        if reference.span is None:
            found = _occurrences(reference.text, text)
            if not found:
                return self._unplaced(reference, "its text does not hold these words")
            return PlacedReference(reference, tuple(Stretch(doc_id, *each) for each in found))
        start, end = reference.span.start, reference.span.end
        record = self._record_texts.get(doc_id)
        if record is not None:
            body = _even(record)
            if not text.endswith(body):
                return self._unplaced(reference, "its text is not that of the set")
            offset = len(text) - len(body)
            start, end = (offset + len(_even(record[:at])) for at in (start, end))
        if text[start:end] != _even(reference.text):
            return self._unplaced(reference, f"other words stand at {start} to {end} of its text")
        return PlacedReference(reference, (Stretch(doc_id, start, end),))

    @staticmethod
    def _unplaced(reference: Reference, why: str) -> PlacedReference:
        words = " ".join(reference.text.split())
        quoted = words if len(words) <= _SHOWN else words[: _SHOWN - 1] + "…"
        problem = f"reference “{quoted}” has no place in {reference.doc_id!r}: {why}"
        return PlacedReference(reference, (), problem)


_SHOWN = 80


def read_record_texts(corpus: Path, wanted: Collection[DocId]) -> dict[DocId, str]:
    """Return the texts of the ``wanted`` records of a JSONL file, packed or not.

    Raises:
        DatasetError: If the file cannot be read.
    """
    found: dict[DocId, str] = {}
    try:
        with gzip.open(corpus) if corpus.suffix == ".gz" else corpus.open("rb") as stream:
            for line in stream:
                # Only what can be a wanted record: the indexer says what is wrong with others.
                record = json.loads(line) if line.strip() else {}
                doc_id = DocId(str(record.get("_id")))
                if doc_id in wanted and isinstance(record.get("text"), str):
                    found[doc_id] = record["text"]
    except (OSError, EOFError, ValueError, AttributeError) as error:
        raise DatasetError(corpus, f"cannot be read: {error}") from error
    return found


def _even(text: str) -> str:
    """Return ``text`` with its line breaks made alike, as reading a record does."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _occurrences(quote: str, text: str) -> list[tuple[int, int]]:
    pattern = re.compile(r"\s+".join(re.escape(word) for word in quote.split()))
    return [match.span() for match in pattern.finditer(text)]
