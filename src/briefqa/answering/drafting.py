"""The sentences of an answer: taken from the documents, or written by a model and judged."""

import re
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from briefqa.answering.citing import AnswerableIndex, Citer
from briefqa.answering.disagreement import disagreements_among, find_disputes, in_order
from briefqa.answering.extracting import Extract
from briefqa.answering.options import Writer
from briefqa.datatypes import (
    AnswerSentence,
    Citation,
    Disagreement,
    Hit,
    ModelFault,
    Policy,
    SentenceSaid,
    StillWriting,
    Verdict,
)
from briefqa.retrieval.timing import Stopwatch

_BRACKETED = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Draft:
    """The sentences of an answer, the receipts that they name, and on what these differ.

    ``model`` wrote the sentences, if one did; ``withheld`` and ``fault`` are as in the answer.
    """

    sentences: tuple[AnswerSentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    model: str | None = None
    withheld: tuple[AnswerSentence, ...] = ()
    fault: ModelFault | None = None

    @property
    def text(self) -> str:
        """The sentences, each with its marks."""
        return " ".join(map(_rendered, self.sentences))


def draft_extracted(
    found: Extract, index: AnswerableIndex, watch: Stopwatch
) -> Generator[SentenceSaid, None, Draft]:
    """Say what is quoted, each sentence with itself as its receipt."""
    citer = Citer(index)
    sentences: list[AnswerSentence] = []
    disputes = find_disputes(found.quotes, found.ranked, index)
    for part in in_order(found.quotes, disputes):
        number = citer.cite(part.chunk, part.span)
        citation = citer.citations[number - 1]
        words = _said(citation.quote)
        said = AnswerSentence(words, (number,), Verdict.SUPPORTED, dated=part.dated)
        sentences.append(said)
        watch.lap("extract")
        yield SentenceSaid(said, (citation,))
        watch.leave_out()
    disagreements = tuple(
        Disagreement(
            each.about,
            tuple(citer.cite(side.chunk, side.span) for side in each.sides),
            tuple(side.said for side in each.sides),
        )
        for each in disputes
    )
    watch.lap("extract")
    return Draft(tuple(sentences), citer.citations, disagreements)


def draft_written(  # noqa: PLR0913 - what is asked, of what, of whom, and what else there is
    question: str,
    hits: Sequence[Hit],
    index: AnswerableIndex,
    writer: Writer,
    watch: Stopwatch,
    *,
    policy: Policy,
    instead: Extract,
) -> Generator[SentenceSaid | StillWriting, None, Draft]:
    """Say what a model writes and its passages bear out; closed early, it stops the model.

    Args:
        question: What is asked, self-contained.
        hits: The passages that it is given, the best first.
        index: Where they come from.
        writer: The model, and what it may take.
        watch: Told what the model took, and the judging.
        policy: What becomes of a sentence that is not supported.
        instead: What is quoted where nothing is left of what it wrote.
    """
    # Slow to import, and most answers are quoted.
    from briefqa.answering.generating import JUDGE, WRITE, write_answer  # noqa: PLC0415

    citer = Citer(index)
    sentences: list[AnswerSentence] = []
    coming = write_answer(question, hits, index, writer, watch, policy=policy)
    with closing(coming):
        while True:
            try:
                event = next(coming)
            except StopIteration as done:
                outcome = done.value
                break
            if isinstance(event, StillWriting):
                yield event
                watch.leave_out()
                continue
            known = len(citer.citations)
            numbers = dict.fromkeys(citer.cite(chunk, span) for chunk, span in event.stretches)
            said = replace(event.sentence, citations=tuple(numbers))
            sentences.append(said)
            watch.lap(WRITE, JUDGE)
            yield SentenceSaid(said, citer.citations[known:])
            watch.leave_out()
    if not sentences:
        draft = yield from draft_extracted(instead, index, watch)
        return replace(draft, withheld=outcome.withheld, fault=outcome.fault)
    differing = disagreements_among(citer.citations, index)
    watch.lap(WRITE, JUDGE)
    return Draft(
        tuple(sentences),
        citer.citations,
        differing,
        writer.model.model_id,
        outcome.withheld,
        outcome.fault,
    )


def _rendered(sentence: AnswerSentence) -> str:
    dated = f" ({sentence.dated})" if sentence.dated else ""
    marks = "".join(f"[{number}]" for number in sentence.citations)
    return f"{sentence.text}{dated} {marks}" if marks else f"{sentence.text}{dated}"


def _said(quote: str) -> str:
    """Return ``quote`` on one line; its own ``[7]`` becomes ``(7)``, for ``[n]`` is a citation."""
    return _BRACKETED.sub(r"(\1)", " ".join(quote.split()))
