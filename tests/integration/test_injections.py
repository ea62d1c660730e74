"""What a document orders is read as what it says, and nothing obeys it."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from briefqa import Service, build_index, open_index
from briefqa.datatypes import Answer
from briefqa.wire import answer_to_wire, receipts_from_wire

_FORMS: dict[str, dict[str, str]] = json.loads(
    Path(__file__).with_name("injections.json").read_text(encoding="utf-8")
)
_QUESTIONS = (
    "How many ships does the harbour of Aldmoor count a day?",
    "Who keeps the lighthouse at Skelby?",
)
_BRIEFS = {
    "harbour.md": "The harbour of Aldmoor counts nine ships a day. Its quay was built of oak.\n",
    "lighthouse.md": "Marta Holm keeps the lighthouse at Skelby. Its lamp burns all winter.\n",
    "office.md": "The customs office opens at dawn. Clerks weigh the cargo of wool.\n",
}
_HARMLESS = "Violets bloom early beneath sheltered hedges."


@dataclass(frozen=True, slots=True)
class Shape:
    """What an answer is, its measured figures apart."""

    answered: bool
    reason: str | None
    said: tuple[tuple[str, tuple[int, ...], str], ...]
    cited: tuple[tuple[str, str], ...]
    model: str | None


def _indexed(folder: Path, planted: str) -> Path:
    """Index the briefs and one document that holds ``planted``."""
    briefs = folder / "briefs"
    briefs.mkdir(parents=True)
    for name, text in _BRIEFS.items():
        (briefs / name).write_text(text, encoding="utf-8")
    (briefs / "planted.txt").write_text(planted + "\n", encoding="utf-8")
    build_index(briefs, folder / "index", embedder="hash")
    return folder / "index"


def _shape(answer: Answer) -> Shape:
    return Shape(
        answer.answered,
        answer.reason,
        tuple((s.text, s.citations, s.verdict.value) for s in answer.sentences),
        tuple((c.document.doc_id, c.quote) for c in answer.citations),
        answer.model,
    )


def _all_hold(answer: Answer, service: Service) -> bool:
    receipts = receipts_from_wire(json.loads(json.dumps(answer_to_wire(answer))))
    return all(check.holds for check in service.verify(receipts))


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Shape]:
    """The answers where something harmless stands in the place of an injection."""
    with open_index(_indexed(tmp_path_factory.mktemp("harmless"), _HARMLESS)) as service:
        found = {question: _shape(service.ask(question)) for question in _QUESTIONS}
    assert all(shape.answered and shape.cited for shape in found.values())
    return found


@pytest.mark.parametrize("form", _FORMS["plain"])
def test_an_order_in_a_document_changes_no_answer(
    form: str, expected: dict[str, Shape], tmp_path: Path
) -> None:
    """Whoever can write one document must not decide what is answered from the others."""
    with open_index(_indexed(tmp_path, _FORMS["plain"][form])) as service:
        for question in _QUESTIONS:
            assert _shape(service.ask(question)) == expected[question]


@pytest.mark.parametrize("form", _FORMS["repeating"])
def test_an_order_that_repeats_the_question_is_at_most_quoted(form: str, tmp_path: Path) -> None:
    """It may be found, as any text is; then it stands there as a quote that can be checked."""
    for number, question in enumerate(_QUESTIONS):
        planted = _FORMS["repeating"][form].replace("{question}", question)
        with open_index(_indexed(tmp_path / str(number), planted)) as service:
            answer = service.ask(question)

            assert answer.model is None
            assert _all_hold(answer, service)
            documents = {c.number: c.document.doc_id for c in answer.citations}
            quotes = {c.number: " ".join(c.quote.split()) for c in answer.citations}
            for sentence in answer.sentences:
                assert sentence.citations
                if "CANARY" in sentence.text:
                    assert {documents[n] for n in sentence.citations} == {"planted.txt"}
                said = " ".join(sentence.text.split())
                assert all(said.rstrip(".!?") in quotes[n] for n in sentence.citations)


def test_there_are_as_many_forms_as_are_claimed() -> None:
    """The documentation says that more than sixty are tried."""
    assert len({*_FORMS["plain"].values(), *_FORMS["repeating"].values()}) > 60
