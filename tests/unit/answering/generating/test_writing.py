"""Whatever a model writes, what is shown rests on the words that it is said to rest on."""

import hashlib
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.corpus import Corpus
from tests.scripted_model import ScriptedModel, keys_in
from tests.unit.answering.generating.generated import FILES, small_corpus

from briefqa.answering import Models, Options, Writer, answer_question, stream_answer
from briefqa.answering.abstention import CALIBRATION, Calibration
from briefqa.answering.grounding import judge_sentence
from briefqa.datatypes import (
    Answer,
    FaultKind,
    Message,
    PassagesFound,
    Policy,
    SentenceSaid,
    StillWriting,
    Verdict,
)
from briefqa.errors import ModelFaultError
from briefqa.indexing import Generation

_QUESTION = "What does the harbour fund hold?"
_TRUE = "The harbour fund holds £2 billion."
_FALSE = "The harbour fund holds £3 billion."


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Three small files, indexed."""
    return small_corpus(tmp_path_factory.mktemp("written"))


@pytest.fixture(scope="module")
def generation(corpus: Corpus) -> Iterator[Generation]:
    """Their index, opened."""
    with corpus.open() as generation:
        yield generation


def _model(*said: str, fault: ModelFaultError | None = None) -> ScriptedModel:
    return ScriptedModel(lambda _: said, fault)


def _ask(
    corpus: Corpus,
    generation: Generation,
    model: ScriptedModel,
    policy: Policy = Policy.STRICT,
    question: str = _QUESTION,
) -> Answer:
    models = Models(corpus.embedder, writer=Writer(model), calibration=_always())
    return answer_question(question, generation, models, Options(policy=policy))


def _always() -> Calibration:
    return replace(CALIBRATION, threshold=0.0)


def _holds(answer: Answer, generation: Generation) -> None:
    """Check every receipt with hashlib alone."""
    for citation in answer.citations:
        text = generation.document(citation.document.doc_id).text
        assert text[citation.span.start : citation.span.end] == citation.quote
        assert hashlib.sha256(text.encode()).hexdigest() == citation.document.text_sha256
    numbers = [citation.number for citation in answer.citations]
    assert numbers == list(range(1, len(numbers) + 1))
    marks = {int(number) for number in re.findall(r"\[(\d+)\]", answer.text)}
    assert marks <= set(numbers)
    assert {n for sentence in answer.sentences for n in sentence.citations} <= set(numbers)


_SENTENCES = st.sampled_from(
    [
        *re.split(r"(?<=\.) ", " ".join(FILES.values()).replace("# The fund", "")),
        _TRUE, _FALSE, "The fund does not hold £2 billion.", "Nine ports left it.", "Ignore this.",
        "The ferry sails in winter. ", "See [1].", "The documents do not say.",
        "- Tickets cost four pounds",
        "The harbour fund holds £2 billion and the ferry to the island began in 1931.",
    ]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(_SENTENCES | st.text(max_size=40), max_size=8), st.sampled_from([1, 7, 1_000]))
def test_under_strict_every_sentence_is_supported_by_its_quotes(
    sentences: list[str], width: int
) -> None:
    """The promise to a reader, over anything that a model may write."""
    text = " ".join(sentences)
    pieces = [text[at : at + width] for at in range(0, len(text), width)]
    with tempfile.TemporaryDirectory() as folder:
        corpus = small_corpus(Path(folder))
        with corpus.open() as generation:
            answer = _ask(corpus, generation, _model(*pieces))
            _holds(answer, generation)

    assert answer.answered
    for sentence in answer.sentences:
        quotes = [answer.citations[number - 1].quote for number in sentence.citations]
        assert sentence.verdict is Verdict.SUPPORTED
        assert quotes
        assert judge_sentence(sentence.text, quotes).verdict is Verdict.SUPPORTED
    assert all(each.verdict is not Verdict.SUPPORTED for each in answer.withheld)
    assert (answer.model is None) or answer.model == "scripted"


def test_answer_cites_the_supporting_words_and_not_the_passage(
    corpus: Corpus, generation: Generation
) -> None:
    """A receipt for a whole page proves little."""
    model = ScriptedModel(lambda prompt: [f"{_TRUE} [{keys_in(prompt)[0]}]"])

    answer = _ask(corpus, generation, model)

    assert answer.text == f"{_TRUE} [1]"
    assert answer.citations[0].quote == _TRUE
    assert (answer.model, answer.withheld, answer.fault) == ("scripted", (), None)
    _holds(answer, generation)


def test_wrong_citation_of_a_true_sentence_is_corrected(
    corpus: Corpus, generation: Generation
) -> None:
    """The sentence is right, and the reader is led to where it stands."""
    model = ScriptedModel(lambda prompt: [f"{_TRUE} [{keys_in(prompt)[-1]}]"])

    answer = _ask(corpus, generation, model)

    assert [each.document.doc_id for each in answer.citations] == ["fund.md"]


def test_sentence_that_rests_on_two_places_cites_both(
    corpus: Corpus, generation: Generation
) -> None:
    """One quote alone does not bear it out."""
    said = "The harbour fund holds £2 billion and the ferry to the island began in 1931."

    answer = _ask(corpus, generation, _model(said))

    assert answer.text == f"{said} [1][2]"
    assert {each.document.doc_id for each in answer.citations} == {"fund.md", "ferry.txt"}


@pytest.mark.parametrize(
    ("policy", "verdicts", "withheld"),
    [
        (Policy.STRICT, [Verdict.SUPPORTED], 1),
        (Policy.FLAG, [Verdict.SUPPORTED, Verdict.CONTRADICTED], 0),
        (Policy.OFF, [Verdict.UNJUDGED, Verdict.UNJUDGED], 0),
    ],
)
def test_policy_decides_what_is_shown(
    corpus: Corpus,
    generation: Generation,
    policy: Policy,
    verdicts: list[Verdict],
    withheld: int,
) -> None:
    """By default nothing is shown that the passages do not bear out."""
    answer = _ask(corpus, generation, _model(f"{_TRUE} {_FALSE}"), policy)

    assert [sentence.verdict for sentence in answer.sentences] == verdicts
    assert len(answer.withheld) == withheld
    _holds(answer, generation)
    for sentence in (*answer.sentences, *answer.withheld):
        if sentence.verdict is Verdict.CONTRADICTED:
            assert sentence.detail is not None
            assert "£3 billion" in sentence.detail
            assert "£2 billion" in sentence.detail


@pytest.mark.parametrize(
    "said",
    [
        _FALSE,
        "The documents do not say.",
        "",
        "In sum:",
        "[1] [2]",
        "The passage is about the harbour fund.",
    ],
)
def test_where_nothing_is_left_the_answer_is_extracted(
    corpus: Corpus, generation: Generation, said: str
) -> None:
    """A model that is no help must not take away what there is without it."""
    answer = _ask(corpus, generation, _model(said))
    models = Models(corpus.embedder, calibration=_always())
    extracted = answer_question(_QUESTION, generation, models, Options())

    assert answer.model is None
    assert answer.text == extracted.text
    assert answer.citations == extracted.citations


def test_fault_keeps_what_was_judged_before_it(corpus: Corpus, generation: Generation) -> None:
    """Half an answer, told to be half, is better than none; what is not whole is not judged."""
    fault = ModelFaultError(FaultKind.CUT_OFF, "the line broke")

    answer = _ask(corpus, generation, _model(f"{_TRUE} The lighthouse is", fault=fault))

    assert answer.text == f"{_TRUE} [1]"
    assert answer.model == "scripted"
    assert answer.fault is not None
    assert (answer.fault.kind, answer.fault.detail) == (FaultKind.CUT_OFF, "the line broke")


def test_fault_at_once_leaves_an_extracted_answer(corpus: Corpus, generation: Generation) -> None:
    """Passages and sentences of the documents need no model."""
    fault = ModelFaultError(FaultKind.UNREACHABLE, "nobody listens")

    answer = _ask(corpus, generation, _model(fault=fault))

    assert answer.answered
    assert answer.model is None
    assert answer.passages
    assert answer.citations
    assert answer.fault is not None


def test_context_without_room_for_a_passage_is_told(corpus: Corpus, generation: Generation) -> None:
    """A model that was shown nothing would make it up."""
    model = ScriptedModel(lambda _: [_TRUE], context_tokens=600)

    answer = _ask(corpus, generation, model)

    assert answer.fault is not None
    assert answer.fault.kind is FaultKind.NO_ROOM
    assert model.asked == []
    assert answer.citations


def test_sentences_come_before_the_model_has_ended(corpus: Corpus, generation: Generation) -> None:
    """A reader reads while it is being written; whoever leaves stops it."""
    said = iter([f"{_TRUE} ", "", "It was set up"])
    model = ScriptedModel(lambda _: said)  # type: ignore[arg-type, return-value] # one after the other
    models = Models(corpus.embedder, writer=Writer(model), calibration=_always())

    events = stream_answer(_QUESTION, generation, models, Options())
    kinds = [type(next(events)) for _ in range(3)]
    assert not model.is_closed
    events.close()

    assert kinds == [PassagesFound, StillWriting, SentenceSaid]
    assert model.is_closed


def test_repetition_is_left_out_and_a_model_without_end_is_stopped(
    corpus: Corpus, generation: Generation
) -> None:
    """Small models fall into loops."""
    said = [f"{_TRUE} ", *(f"Rubbish number {n} is told. " for n in range(500))]
    model = _model(*[each for each in said for _ in range(2)])

    answer = _ask(corpus, generation, model)

    assert [sentence.text for sentence in answer.sentences] == [_TRUE]
    assert len(answer.withheld) < 50
    assert model.is_closed


@pytest.mark.parametrize("lead", ["According to the passage, t", "The document states that t", "T"])
def test_what_only_says_where_a_claim_is_from_is_taken_off(
    corpus: Corpus, generation: Generation, lead: str
) -> None:
    """The receipt says it, and better."""
    answer = _ask(corpus, generation, _model(f"{lead}{_TRUE[1:]}"))

    assert answer.text == f"{_TRUE} [1]"


def test_sentence_that_leans_on_one_not_shown_is_withheld(
    corpus: Corpus, generation: Generation
) -> None:
    """Its pronoun would be taken for something else than was meant."""
    said = "The ministry holds nothing at all. It was set up in March 2020 by the harbour board."

    answer = _ask(corpus, generation, _model(said))
    whole = _ask(
        corpus, generation, _model(said.replace("The ministry holds nothing at all.", _TRUE))
    )

    assert [each.text for each in answer.withheld] == said.replace(". It", ".\nIt").split("\n")
    assert answer.withheld[1].detail == "it leans on a sentence that is not shown"
    assert len(whole.sentences) == 2


def test_made_up_address_is_not_shown(corpus: Corpus, generation: Generation) -> None:
    """Most words of a sentence may be held by a quote, and its link be somebody else's."""
    said = "The harbour fund holds £2 billion, see https://evil.example.com/pay now."

    answer = _ask(corpus, generation, _model(said))

    assert "evil" not in answer.text
    assert len(answer.withheld) == 1


def test_the_same_question_gives_the_same_prompt(corpus: Corpus, generation: Generation) -> None:
    """An answer can be reproduced, and a server may keep what it has read."""
    prompts: list[Sequence[Message]] = []
    for _ in range(2):
        model = _model(_TRUE)
        _ask(corpus, generation, model)
        prompts.append(model.asked)

    assert prompts[0] == prompts[1]
