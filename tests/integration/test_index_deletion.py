"""What is deleted is gone: from answers, memory and files, and after a clean-up from the disk."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.faults.canary import CASES, deletion_trials
from tests.faults.trial import ALL, told


@pytest.mark.parametrize("way", CASES)
def test_deleted_words_are_nowhere(way: str, tmp_path: Path) -> None:
    """People delete what must not be found: a copy that was overlooked is a leak."""
    trials = list(deletion_trials("document deleted", tmp_path, ALL, {way: CASES[way]}))

    assert len(trials) == 2
    assert told(trials) == ""


def test_document_that_was_not_deleted_is_found(tmp_path: Path) -> None:
    """A search that finds nothing proves nothing unless it finds what is there."""
    way = "file deleted"
    kept = replace(CASES[way], delete=lambda corpus: corpus.sync())

    first, second = deletion_trials("document deleted", tmp_path, ALL, {way: kept})

    assert {
        "search still gives it",
        "ask still gives it",
        "search over HTTP still gives it",
        "the list still gives it",
        "the document still gives it",
        "the text route still gives it",
        "the filter on tag still gives it",
        "the text is in .bin",
        "the vector is in .bin",
        "the row of tokens is in .bin",
        "the row of signs is in .bin",
        "the text is counted among the tokens",
        "the tag is in .sqlite",
        "the heading is a term of the word index",
        "a stored field of the word index holds it",
    } <= set(first.problems)
    assert any(problem.startswith("the running service holds") for problem in first.problems)
    assert {"the text is in .bin", "the heading is a term of the word index"} <= set(
        second.problems
    )
