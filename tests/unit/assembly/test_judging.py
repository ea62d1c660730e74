"""The sentences of an answer are judged by what they cite; an honest one always passes."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.terminal import Terminal

from briefqa import Service, build_index, open_index
from briefqa.answering import Receipt
from briefqa.assembly.judging import check_sentences, sentences_from_wire, with_sentences
from briefqa.errors import UsageError
from briefqa.wire import answer_to_wire, receipts_from_wire

_SEEDS = Path(__file__).parents[3] / "seeds"
_RECEIPT = Receipt(1, "a.md", 0, 3, "The UK's AI investment stands at £2 billion.", "t", "f")
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(("text", "citations")), inner),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an index of the briefs that ship with the project."""
    made = tmp_path_factory.mktemp("judged")
    build_index(_SEEDS, made / "index", embedder="hash")
    return made


@pytest.fixture(scope="module")
def service(folder: Path) -> Iterator[Service]:
    """The index opened."""
    with open_index(folder / "index") as opened:
        yield opened


def _said(text: str) -> dict[str, object]:
    return {"sentences": [{"text": text, "citations": [1]}]}


def test_untouched_answers_pass(service: Service) -> None:
    """Each heading and each first line of the briefs as a question: none is refused."""
    questions = {
        line.strip("#- ")
        for path in _SEEDS.glob("*.md")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith(("#", "- ")) and len(line) > 10
    }
    judged = 0
    for question in sorted(questions):
        answer = json.loads(json.dumps(answer_to_wire(service.ask(question))))
        checks = check_sentences(sentences_from_wire(answer), receipts_from_wire(answer))
        assert [check.problem for check in checks if not check.holds] == []
        judged += len(checks)

    assert judged > 50


def test_problem_names_the_sentence_and_both_claims() -> None:
    """A reader sees at once what was changed."""
    value = _said("The UK's AI investment stands at £3 billion.")

    (check,) = check_sentences(sentences_from_wire(value), [_RECEIPT])

    assert check.problem == "sentence 1 says '£3 billion', its quotes say '£2 billion'"
    found = with_sentences({"holds": True, "receipts": []}, [check])
    assert found["holds"] is False


def test_sentence_is_judged_only_by_what_it_cites() -> None:
    """The right words in another receipt prove nothing."""
    value = _said(_RECEIPT.quote)
    right, wrong = replace(_RECEIPT, number=2), replace(_RECEIPT, quote="Boats need harbours.")

    (check,) = check_sentences(sentences_from_wire(value), [wrong, right])
    (uncited,) = check_sentences(sentences_from_wire(value), [right])

    assert not check.holds
    assert uncited.problem == "sentence 1 cites no quote"


@given(_JSON)
def test_junk_is_refused(value: object) -> None:
    """Nothing a file may hold is an unexpected error."""
    try:
        found = sentences_from_wire({"sentences": value})
    except UsageError as error:
        assert "sentences" in str(error)  # noqa: PT017 - most examples are refused
        return
    assert len(found) == len(value) if isinstance(value, list) else found == []


def test_verify_refuses_a_sentence_that_its_quotes_contradict(folder: Path) -> None:
    """The receipts all hold, and the answer is still a forgery."""
    terminal = Terminal(folder)
    answer = terminal.json("ask", "How large is the UK's AI investment?")
    assert terminal.json("verify", "-", stdin=json.dumps(answer))["holds"] is True
    first, *rest = answer["sentences"]
    said = first["text"].replace("£2 billion", "£3 billion", 1)
    forged = {**answer, "sentences": [{**first, "text": said}, *rest]}
    assert said != first["text"]

    done = terminal("verify", "-", stdin=json.dumps(forged))
    found = terminal.json("verify", "-", code=1, stdin=json.dumps(forged))

    assert done.returncode == 1
    assert "broken sentence 1 says '£3 billion'" in " ".join(done.stdout.split())
    assert all(receipt["holds"] for receipt in found["receipts"])
    assert "contradicted" in [sentence["verdict"] for sentence in found["sentences"]]
