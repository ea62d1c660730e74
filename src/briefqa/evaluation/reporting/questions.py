"""The questions of runs as the script of a report reads them: short names, nothing twice."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import groupby, pairwise
from math import isfinite
from operator import itemgetter, or_

from briefqa.datatypes import JsonValue
from briefqa.evaluation.comparing import COSTS
from briefqa.evaluation.moves import DocumentMove, document_moves
from briefqa.evaluation.runs import (
    ExpectedReference,
    GivenAnswer,
    QuestionRecord,
    RankedPassage,
    Run,
)

PASSAGES = 10
"""How many passages of a question are shown."""
PASSAGE_TEXT = 1_500
"""How many code points of a passage are shown."""
MOST_TEXT = 12_000_000
"""How many code points of passages a report holds; then the rest go without text."""

_MOST_MOVES = 12
_MOST_ANSWER = 4_000
_CITED, _EXPECTED = 1, 2

Harmless = Callable[[str], str]
_Mark = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class QuestionsData:
    """The JSON for the script, safe inside a script element, and what had to be left out.

    ``with_texts`` counts the questions whose passages all have their text.
    """

    json: str
    questions: int
    with_texts: int


def questions_data(
    runs: Sequence[Run],
    labels: Sequence[str],
    measures: Sequence[str],
    *,
    harmless: Harmless,
    most_text: int = MOST_TEXT,
) -> QuestionsData:
    """Return every question of ``runs`` with what each run found for it.

    Args:
        runs: Of one question set.
        labels: A name for each of them.
        measures: Which to show, the most important first: the questions that lose most in it,
            or of a single run have the least of it, get their texts before the others.
        harmless: Makes text of unknown origin safe to show.
        most_text: Code points of passages in total.
    """
    by_id = [{question.query_id: question for question in run.questions} for run in runs]
    ids = list(dict.fromkeys(query_id for each in by_id for query_id in each))
    results = {query_id: [each.get(query_id) for each in by_id] for query_id in ids}
    order = sorted(ids, key=lambda query_id: _worth(results[query_id], measures))
    pool = _Pool(harmless=harmless, left=most_text)
    made = {query_id: _question(results[query_id], measures, pool) for query_id in order}
    content: dict[str, JsonValue] = {
        "runs": list(labels),
        "measures": list(measures),
        "costs": [measure for measure in measures if measure in COSTS],
        "questions": [made[query_id] for query_id in ids],
        "documents": list(pool.documents),
        "texts": list(pool.texts),
    }
    return QuestionsData(
        json=script_json(_all_harmless(content, harmless)),
        questions=len(ids),
        with_texts=len(ids) - pool.questions_cut,
    )


def script_json(value: JsonValue) -> str:
    """Return JSON in which no text can end the script element that it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


@dataclass(slots=True)
class _Pool:
    """Documents and passages by number, so that each is in the file once."""

    harmless: Harmless
    left: int
    documents: dict[str, int] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    questions_cut: int = 0
    is_cut: bool = False

    def document(self, doc_id: str) -> int:
        return self.documents.setdefault(doc_id, len(self.documents))

    def text(self, passage: RankedPassage) -> int | None:
        """Return the number of the passage's text, None where there is no room for it."""
        key = passage.doc_id, passage.text
        if key in self.numbers:
            return self.numbers[key]
        kept = passage.text[:PASSAGE_TEXT]
        if len(kept) > self.left:
            self.is_cut = True
            return None
        self.left -= len(kept)
        more = "…" if len(kept) < len(passage.text) else ""
        self.numbers[key] = len(self.texts)
        self.texts.append(self.harmless(kept) + more)
        return self.numbers[key]


def _worth(results: Sequence[QuestionRecord | None], measures: Sequence[str]) -> float:
    """Return what sorts the questions: the largest loss against the first run comes first."""
    measure = measures[0] if measures else ""
    values = [each.measures.get(measure) if each else None for each in results]
    first, others = values[0], [value for value in values[1:] if value is not None]
    if len(values) == 1:
        return 1.0 if first is None else first
    if first is None or not others:
        return 0.0
    return min(others) - first


def _question(
    results: Sequence[QuestionRecord | None], measures: Sequence[str], pool: _Pool
) -> JsonValue:
    one = next(each for each in results if each is not None)
    pool.is_cut = False
    found: dict[str, JsonValue] = {
        "id": one.query_id,
        "text": one.text,
        "answerable": one.is_answerable,
        "relevant": [[pool.document(d), grade] for d, grade in one.relevant.items() if grade > 0],
        "problems": list(one.problems),
        "expected": [[pool.document(each.doc_id), each.text] for each in one.references],
        "results": [None if each is None else _result(each, measures, pool) for each in results],
        "moves": [_moves(results[0], each, pool) for each in results[1:]],
    }
    pool.questions_cut += pool.is_cut
    return found


def _result(record: QuestionRecord, measures: Sequence[str], pool: _Pool) -> JsonValue:
    passages = sorted(record.passages, key=lambda passage: passage.rank)[:PASSAGES]
    return {
        "measures": [_rounded(record.measures.get(measure)) for measure in measures],
        "failed": record.failed,
        "ms": _rounded(record.took_ms.get("total")),
        "found": len(record.passages),
        "answer": None if record.answer is None else _answer(record.answer, pool),
        "passages": [_passage(passage, record, pool) for passage in passages],
    }


def _answer(answer: GivenAnswer, pool: _Pool) -> JsonValue:
    return {
        "answered": answer.answered,
        "confidence": _rounded(answer.confidence),
        "text": answer.text[:_MOST_ANSWER],
        "citations": [
            [each.number, pool.document(each.doc_id), each.quote[:PASSAGE_TEXT]]
            for each in answer.citations
        ],
    }


def _passage(passage: RankedPassage, record: QuestionRecord, pool: _Pool) -> JsonValue:
    text = pool.text(passage)
    return [
        passage.rank,
        pool.document(passage.doc_id),
        record.relevant.get(passage.doc_id, 0),
        _rounded(passage.score),
        {stage: _rounded(score) for stage, score in passage.scores.items()},
        text,
        [] if text is None else list(_shown_marks(passage, record, pool.harmless)),
    ]


def _moves(
    first: QuestionRecord | None, other: QuestionRecord | None, pool: _Pool
) -> list[JsonValue]:
    if first is None or other is None:
        return []
    moves = document_moves(first, other, top_k=PASSAGES)
    return [_move(move, pool) for move in moves[:_MOST_MOVES]]


def _move(move: DocumentMove, pool: _Pool) -> JsonValue:
    return [pool.document(move.doc_id), move.grade, move.before, move.after, move.why]


def _shown_marks(
    passage: RankedPassage, record: QuestionRecord, harmless: Harmless
) -> Iterator[JsonValue]:
    """Yield [start, end, kind] in UTF-16 units of what is shown, as the script counts.

    Stretches ascend and do not overlap; kind 1 is cited, 2 expected, 3 both.
    """
    marks = [mark for mark in _marks(passage, record) if mark[0] < PASSAGE_TEXT]
    edges = sorted({min(edge, PASSAGE_TEXT) for start, end, _ in marks for edge in (start, end)})
    kinds = [
        (start, end, reduce(or_, (kind for low, high, kind in marks if low <= start < high), 0))
        for start, end in pairwise(edges)
    ]
    for kind, stretch in groupby(kinds, key=itemgetter(2)):
        if kind:
            # Neighbours of one kind are one stretch to the eye.
            parts = list(stretch)
            before = _units(harmless(passage.text[: parts[0][0]]))
            inside = _units(harmless(passage.text[parts[0][0] : parts[-1][1]]))
            yield [before, before + inside, kind]


def _marks(passage: RankedPassage, record: QuestionRecord) -> Iterator[_Mark]:
    for quote in record.answer.citations if record.answer else ():
        if quote.doc_id == passage.doc_id:
            yield from _overlap(passage, quote.start, quote.end, quote.quote, _CITED)
    for reference in record.references:
        if reference.doc_id == passage.doc_id:
            yield from _expected(passage, reference)


def _expected(passage: RankedPassage, reference: ExpectedReference) -> Iterator[_Mark]:
    if reference.start is not None and reference.end is not None:
        at = list(_overlap(passage, reference.start, reference.end, reference.text, _EXPECTED))
        if at:
            yield from at
            return
    # A set may count its offsets in another form of the text. This is a colour for the eye,
    # not a citation, so the first place with these words will do.
    words = r"\s+".join(map(re.escape, reference.text.split()))
    found = re.search(words, passage.text) if words else None
    if found is not None:
        yield *found.span(), _EXPECTED


def _overlap(passage: RankedPassage, start: int, end: int, text: str, kind: int) -> Iterator[_Mark]:
    """Yield the part of [start, end) inside ``passage``, provided the words are the same."""
    low, high = max(start, passage.start), min(end, passage.end)
    if low >= high:
        return
    inside = passage.text[low - passage.start : high - passage.start]
    if inside and inside == text[low - start : high - start]:
        yield low - passage.start, high - passage.start, kind


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _rounded(value: float | None) -> float | None:
    return None if value is None or not isfinite(value) else round(value, 4)


def _all_harmless(value: JsonValue, harmless: Harmless) -> JsonValue:
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, list):
        return [_all_harmless(each, harmless) for each in value]
    if isinstance(value, Mapping):
        return {harmless(name): _all_harmless(each, harmless) for name, each in value.items()}
    return value
