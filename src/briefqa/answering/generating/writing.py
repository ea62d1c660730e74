"""Has a model write, and lets through what the policy lets through."""

import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from briefqa.answering.citing import AnswerableIndex
from briefqa.answering.extracting.leaning import leans
from briefqa.answering.generating.marks import read_marks
from briefqa.answering.generating.prompting import Prompt, make_prompt
from briefqa.answering.generating.splitting import SentenceSplitter
from briefqa.answering.generating.supporting import Stretch, find_support, nearest_in
from briefqa.answering.grounding import Judgement
from briefqa.answering.options import Writer
from briefqa.datatypes import (
    AnswerSentence,
    FaultKind,
    Hit,
    ModelFault,
    Policy,
    StillWriting,
    Verdict,
)
from briefqa.errors import BackendError, ModelFaultError
from briefqa.retrieval.timing import Stopwatch

WRITE, JUDGE, _MODEL = "write", "judge", "model"
"""A stage of the times that an answer takes, and its parts: the judging, and the waiting."""

_MOST_SENTENCES = 12
"""A model that goes on after so many is stopped."""

_MOST_WITHHELD = 24
_FEWEST_WORDS = 2
_DECLINES = re.compile(
    r"\b(?:documents?|passages?|texts?|context|sources?)\b.{0,60}?"
    r"\b(?:(?:do|does|did) not|don['’]t|doesn['’]t|didn['’]t)\b.{0,40}?"
    r"\b(?:say|answer|mention|contain|provide|state|specify|include|address|discuss)",
    re.IGNORECASE,
)
_MATERIAL = (
    r"(?:the|this|these|both|all)(?: (?:given|provided|above|first|second|other))? "
    r"(?:passages?|documents?|texts?|contexts?|excerpts?)(?: (?:above|provided|given))?"
)
# What only says where a claim is from is taken off it: the receipt says that.
_LEAD = re.compile(
    rf"(?:(?:according to|based on|as stated in|in) {_MATERIAL}, "
    rf"|{_MATERIAL} (?:says?|states?|notes?|mentions?|explains?|indicates?|shows?) that )",
    re.IGNORECASE,
)
# The model speaks of what it was given and not of the matter: nothing bears that out.
_OF_MATERIAL = re.compile(rf"(?:{_MATERIAL}|the (?:question|answer))\b", re.IGNORECASE)
# What only announces what follows it claims nothing.
_ANNOUNCING = (":", "：")  # noqa: RUF001 - it is meant
_ADDRESS = re.compile(
    r"(?:https?://|www\.)\S+|\b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|io|gov|info)\b"
)


@dataclass(frozen=True, slots=True)
class WrittenSentence:
    """A sentence that may be shown; ``stretches`` are the words it rests on, to be numbered.

    ``sentence`` has no citations yet.
    """

    sentence: AnswerSentence
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an answer beside its sentences."""

    withheld: tuple[AnswerSentence, ...] = ()
    fault: ModelFault | None = None


def write_answer(  # noqa: PLR0913 - what is asked, of what, of whom, and how long it takes
    question: str,
    hits: Sequence[Hit],
    index: AnswerableIndex,
    writer: Writer,
    watch: Stopwatch,
    *,
    policy: Policy,
) -> Generator[WrittenSentence | StillWriting, None, Outcome]:
    """Yield each sentence once it is judged; closed early, it stops the model.

    A sentence in which the model says that the documents do not answer, or speaks of them
    and not of the matter, is none that could be held against them, and one that was said
    before adds nothing: all these are left out.

    Args:
        question: What is asked, self-contained.
        hits: The passages to answer from, the best first.
        index: Where they come from.
        writer: The model, and what it may take.
        watch: Told what the model took, and the judging.
        policy: What becomes of a sentence that is not supported.

    Returns:
        What was withheld, and what went wrong; a fault is no error, since what came before
        it stands.
    """
    prompt = make_prompt(question, hits, index, writer)
    watch.lap(WRITE, _MODEL)
    if not prompt.hits:
        detail = f"not one passage fits into the {writer.model.context_tokens} tokens it can read"
        return Outcome(fault=ModelFault(FaultKind.NO_ROOM, detail))
    desk = _Desk(prompt.hits, policy)
    fault: ModelFault | None = None
    try:
        with closing(_lines_of(prompt, writer)) as lines:
            for line in lines:
                watch.lap(WRITE, _MODEL)
                if isinstance(line, StillWriting):
                    yield line
                    continue
                written = desk.judge(line)
                watch.lap(WRITE, JUDGE)
                if written is not None:
                    yield written
                if desk.is_full:
                    break
    except ModelFaultError as error:
        fault = ModelFault(error.kind, error.detail)
    except BackendError as error:
        fault = ModelFault(FaultKind.UNREACHABLE, str(error))
    watch.lap(WRITE, _MODEL)
    return Outcome(tuple(desk.withheld), fault)


def _lines_of(prompt: Prompt, writer: Writer) -> Generator[str | StillWriting, None, None]:
    """Yield the sentences of the model as each is whole, and a word while it is silent."""
    splitter = SentenceSplitter()
    pieces = writer.model.stream(
        prompt.messages, max_tokens=writer.max_tokens, timeout_s=writer.timeout_s
    )
    with closing(pieces):
        for piece in pieces:
            if not piece:
                yield StillWriting()
            yield from splitter.feed(piece)
    yield from splitter.finish()


@dataclass(slots=True)
class _Desk:
    """Where the sentences are judged, one after the other."""

    hits: Mapping[str, Hit]
    policy: Policy
    withheld: list[AnswerSentence] = field(default_factory=list)
    said: set[str] = field(default_factory=set)
    shown: int = 0
    is_gap: bool = False
    """Whether the sentence before is not shown."""

    @property
    def is_full(self) -> bool:
        """Whether enough was said, or enough had to be withheld."""
        return self.shown >= _MOST_SENTENCES or len(self.withheld) >= _MOST_WITHHELD

    def judge(self, line: str) -> WrittenSentence | None:
        """Return the sentence of a line, if it may be shown."""
        written = self._judged(line)
        self.is_gap = written is None
        return written

    def _judged(self, line: str) -> WrittenSentence | None:
        text, keys = read_marks(line, self.hits)
        text = _without_lead(text)
        folded = text.casefold()
        if len(text.split()) < _FEWEST_WORDS or folded in self.said or self.is_full:
            return None
        self.said.add(folded)
        if _DECLINES.search(text) or text.endswith(_ANNOUNCING) or _OF_MATERIAL.match(text):
            return None
        cited = [self.hits[key] for key in keys]
        others = [hit for key, hit in self.hits.items() if key not in keys]
        if self.policy is Policy.OFF:
            self.shown += 1
            nearest = nearest_in(text, cited)
            return WrittenSentence(AnswerSentence(text, (), Verdict.UNJUDGED), nearest)
        support = find_support(text, cited, others)
        verdict, detail = support.judgement.verdict, _detail(support.judgement)
        if verdict is Verdict.SUPPORTED and (made_up := _made_up_address(text, support.stretches)):
            verdict, detail = Verdict.UNSUPPORTED, f"not in the passages: {made_up}"
        elif verdict is Verdict.SUPPORTED and self.is_gap and leans(text):
            # What it points back to is not there, and might be anything.
            verdict, detail = Verdict.PARTLY, "it leans on a sentence that is not shown"
        sentence = AnswerSentence(text, (), verdict, detail)
        if verdict is not Verdict.SUPPORTED and self.policy is Policy.STRICT:
            self.withheld.append(sentence)
            return None
        self.shown += 1
        return WrittenSentence(sentence, support.stretches)


def _without_lead(text: str) -> str:
    lead = _LEAD.match(text)
    claim = text[lead.end() :] if lead else text
    return claim[:1].upper() + claim[1:] if lead else claim


def _made_up_address(text: str, stretches: Sequence[Stretch]) -> str | None:
    """Return the first address on the web that no quote holds letter for letter."""
    quotes = [
        chunk.text[span.start - chunk.span.start : span.end - chunk.span.start]
        for chunk, span in stretches
    ]
    found = (each.rstrip(".,;:!?)") for each in _ADDRESS.findall(text))
    return next((each for each in found if not any(each in quote for quote in quotes)), None)


def _detail(judgement: Judgement) -> str | None:
    """Return in a few words what a verdict other than supported rests on."""
    worst = judgement.worst
    if worst is None:
        return None
    if worst.quoted is None:
        return f"not in the passages: {worst.said}"
    return f"{worst.said}, where the passage has {worst.quoted}"
