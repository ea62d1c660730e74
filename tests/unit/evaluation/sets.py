"""Question sets as files, and one who answers with what a test lays down."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from briefqa.errors import UnknownDocumentError
from briefqa.evaluation.running import Asked, Found
from briefqa.evaluation.runs import CitedQuote, GivenAnswer, RankedPassage


def write_lines(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    """Write one JSON object a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def ranked(doc_id: str, text: str, *, rank: int = 1, tokens: int | None = 4) -> RankedPassage:
    """Make a passage that begins its document."""
    return RankedPassage(
        rank=rank,
        doc_id=doc_id,
        chunk_id=f"{doc_id}#0-{len(text)}",
        start=0,
        end=len(text),
        score=1 / rank,
        scores={"dense": 0.5},
        text=text,
        tokens=tokens,
    )


@dataclass
class PlannedAsker:
    """Finds every document in the order given, and quotes the first of them."""

    texts: Mapping[str, str]
    refused: Mapping[str, Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def search(self, question: str, /, *, top_k: int) -> Found:
        """Return the ``top_k`` first documents, or fail as planned."""
        self.asked.append(question)
        if question in self.refused:
            raise self.refused[question]
        passages = [
            ranked(doc_id, text, rank=rank)
            for rank, (doc_id, text) in enumerate(self.texts.items(), 1)
        ]
        return Found(tuple(passages[:top_k]), {"total": 2.0})

    def ask(self, question: str, /, *, top_k: int) -> Asked:  # noqa: ARG002 - as the protocol has it
        """Quote the first document."""
        doc_id, text = next(iter(self.texts.items()))
        cited = CitedQuote(1, doc_id, 0, len(text), text)
        return Asked(GivenAnswer(True, 0.75, f"{text} [1]", (cited,)), {"total": 3.0})  # noqa: FBT003

    def text(self, doc_id: str, /) -> str:
        """Return the text of a document."""
        if doc_id not in self.texts:
            raise UnknownDocumentError(doc_id)
        return self.texts[doc_id]
