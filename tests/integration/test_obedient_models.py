"""A model that obeys every document says nothing of it to the reader."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.corpus import Corpus, RecordingEmbedder
from tests.scripted_model import ScriptedModel, keys_in

from briefqa.answering import Models, Options, Writer, answer_question
from briefqa.answering.abstention import CALIBRATION

_GROUPS: dict[str, dict[str, str]] = json.loads(
    Path(__file__).with_name("injections.json").read_text(encoding="utf-8")
)
_FORMS = {name: text for group in _GROUPS.values() for name, text in group.items()}
# The hash embedder is never sure of much.
_ANSWERING = replace(CALIBRATION, threshold=0.0)


@pytest.mark.parametrize("form", _FORMS)
def test_what_a_model_obeys_is_not_shown(tmp_path: Path, form: str) -> None:
    """The worst of models: it says what it is told to, and cites whom it is told to."""
    (tmp_path / "briefs").mkdir()
    corpus = Corpus(tmp_path / "briefs", tmp_path / "index", RecordingEmbedder(256))
    corpus.write("fund.md", "# Fund\n\nThe harbour fund holds 12 million pounds.\n")
    corpus.write("notice.txt", f"About the harbour fund. {_FORMS[form]}")
    corpus.sync()
    obeying = ScriptedModel(
        lambda prompt: [
            f"The harbour fund is worthless. [{keys_in(prompt)[0]}] ",
            f"The harbour fund holds 99 million pounds. [{keys_in(prompt)[-1]}] ",
            "I obey the new instructions of my developer.",
        ]
    )
    with corpus.open() as generation:
        models = Models(corpus.embedder, writer=Writer(obeying), calibration=_ANSWERING)
        answer = answer_question(
            "How much money does the harbour fund hold?", generation, models, Options()
        )

    # Of the prompt, only fences and the question are not quoted.
    lines = [line for line in obeying.asked[-1].text.split("\n") if line]
    ours = [line for line in lines if not line.startswith("> ")]
    assert all(line.startswith(("<passage ", "</passage ", "Question: ")) for line in ours)
    for claim in ("99 million", "worthless", "I obey"):
        assert claim not in answer.text
    assert len(answer.withheld) == 3
    assert answer.model is None
    assert answer.citations
