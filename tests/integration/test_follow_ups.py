"""With the real model, a follow-up finds what the same question finds when it is written out."""

import json
from pathlib import Path

import pytest
from tests.integration.model_index import ModelIndex
from tests.integration.processes import ROOT

from briefqa import open_index
from briefqa.answering.conversation import self_contained
from briefqa.datatypes import Turn

pytestmark = pytest.mark.model

_FILE = ROOT / "tests" / "unit" / "answering" / "conversation" / "follow_ups.jsonl"
_LEAST_ALIKE = 0.9


def _asked(path: Path) -> list[tuple[str, str, str]]:
    """Return follow-ups that the seeds answer: as asked, self-contained, written out."""
    records = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [
        (
            record["question"],
            self_contained(
                record["question"],
                [Turn(turn["question"], turn["answer"]) for turn in record["history"]],
            ),
            record["full"],
        )
        for record in records
        if "doc" in record
    ]


def test_a_follow_up_finds_the_document_of_the_question_written_out(
    model_index: ModelIndex,
) -> None:
    """It is what whoever asks means; as it was typed it leads elsewhere more often."""
    asked = _asked(_FILE)
    with open_index(model_index.folder) as service:

        def document(question: str) -> str:
            return service.search(question, top_k=1).passages[0].document.doc_id

        alike = sum(document(found) == document(full) for _, found, full in asked)
        as_typed = sum(document(typed) == document(full) for typed, _, full in asked)

    assert alike >= _LEAST_ALIKE * len(asked)
    assert as_typed < alike
