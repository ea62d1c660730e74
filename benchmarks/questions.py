"""Reads question sets: what is asked, whether it can be answered, and where from."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from briefqa import Service, build_index, open_index


@dataclass(frozen=True, slots=True)
class Question:
    """One question; ``evidence`` are (doc_id, quote) pairs, where the set names them."""

    text: str
    is_answerable: bool
    evidence: tuple[tuple[str, str], ...] = ()


def read_questions(path: Path) -> list[Question]:
    """Read a JSONL file of questions.

    A line has ``question`` or ``text``; ``evidence`` with ``doc`` and ``quote``; or
    ``answerable``. A question with an empty evidence is one that the documents do not answer.
    """
    found: list[Question] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        evidence = record.get("evidence")
        quotes = tuple((e["doc"], e["quote"]) for e in evidence or () if "quote" in e)
        can = record.get("answerable", evidence != [])
        found.append(Question(record.get("question") or record["text"], can, quotes))
    return found


def never_twice(questions: Sequence[str], *, times: int = 0) -> Iterator[str]:
    """Yield the questions over and over, with other letters of the last word in upper case.

    The work is the same, and nothing helps that is remembered by the text. ``times`` is how
    often they were asked before.
    """
    for time in count(times):
        for question in questions:
            before, _, last = question.rpartition(" ")
            letters = (c.upper() if time >> n & 1 else c.lower() for n, c in enumerate(last))
            yield f"{before} {''.join(letters)}"


@contextmanager
def indexed(documents: Path) -> Iterator[tuple[Service, Path]]:
    """Index a folder, or one corpus file, into a temporary index; give it opened, and its path."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = documents
        if documents.is_file():
            folder = Path(scratch, "documents")
            folder.mkdir()
            shutil.copy(documents, folder)
        build_index(folder, Path(scratch, "index"))
        with open_index(Path(scratch, "index")) as service:
            yield service, Path(scratch, "index")
