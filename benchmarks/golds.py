"""What answers the questions of a set: answers, sentences that people chose, or quotes."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from questions import indexed

from briefqa.assembly.opening import Opened, OpenIndex


@dataclass(frozen=True, slots=True)
class Gold:
    """A question that its documents answer, and what counts as the answer.

    ``answers`` are short, and one of them must be said. ``selected`` are the sentences that
    each reader chose. ``evidence`` are (doc_id, quote) pairs. A set has one of the three.
    """

    question: str
    answers: tuple[str, ...] = ()
    selected: tuple[tuple[str, ...], ...] = ()
    evidence: tuple[tuple[str, str], ...] = ()

    @property
    def sort(self) -> str:
        """Which of the three the set has."""
        return "selected" if self.selected else "evidence" if self.evidence else "answers"

    def is_in(self, doc_id: str, text: str) -> bool:
        """Tell whether ``text`` of a document says what answers, or a sentence of it."""
        if self.selected:
            return any(alike(text, each) for chosen in self.selected for each in chosen)
        if self.evidence:
            return any(doc_id == where and alike(text, quote) for where, quote in self.evidence)
        return any(_says(text, answer) for answer in self.answers)


def alike(one: str, other: str) -> bool:
    """Tell whether one text holds the other, white space and case apart."""
    first, second = ("".join(text.split()).casefold() for text in (one, other))
    return first in second or second in first


def read_golds(path: Path) -> list[Gold]:
    """Read the answerable questions of a set: a JSONL file, or a folder with queries.jsonl."""
    file = path / "queries.jsonl" if path.is_dir() else path
    records = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    found = []
    for record in records:
        evidence = tuple((e["doc"], e["quote"]) for e in record.get("evidence", ()))
        if not record.get("answerable", bool(evidence)):
            continue
        selected = tuple(tuple(each) for each in record.get("selected_sentences", ()) if each)
        answers = () if selected else tuple(record.get("answers", ()))
        found.append(Gold(record.get("question") or record["text"], answers, selected, evidence))
    return found


@contextmanager
def opened(documents: Path) -> Iterator[tuple[OpenIndex, Opened]]:
    """Open an index, or index documents into a temporary one and open that."""
    if (documents / "CURRENT").exists():
        index = OpenIndex(documents)
        try:
            yield index, index.current()
        finally:
            index.close()
    else:
        with indexed(documents) as (_, path), opened(path) as found:
            yield found


def pairs_of(arguments: Sequence[str]) -> list[tuple[Path, Path]]:
    """Return (documents, questions) for each ``DOCUMENTS=QUESTIONS``."""
    return [(Path(left), Path(right)) for left, _, right in (a.partition("=") for a in arguments)]


def name_of(questions: Path) -> str:
    """Return what a set is called: its folder."""
    return questions.name if questions.is_dir() else questions.parent.name


def _says(text: str, answer: str) -> bool:
    words = r"\s+".join(re.escape(word) for word in answer.split())
    return re.search(rf"(?<!\w){words}(?!\w)", text, re.IGNORECASE) is not None
