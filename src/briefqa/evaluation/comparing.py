"""Runs over one question set, held against the first of them: what differs, and by how much."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import fmean
from typing import cast

from briefqa.datatypes import JsonValue
from briefqa.errors import RunsError
from briefqa.evaluation.moves import DocumentMove, document_moves
from briefqa.evaluation.runs import QuestionRecord, Run
from briefqa.evaluation.significance import bootstrap_interval, holm, randomisation_p

TOP_K = 10
"""How deep into a ranking it is looked at what entered and what left."""

HEADLINES = (
    "evidence_recall@5",
    "span_recall@5",
    "ndcg@10",
    "mrr@10",
    "recall@10",
    "citation_precision",
    "citation_recall",
    "decision_accuracy",
    "tokens_shown",
)
"""What is compared unless others are named, the most telling first."""

COSTS = frozenset({"tokens_shown"})
"""Measures of which less is better."""

_SAME = 1e-9

Questions = Mapping[str, QuestionRecord]


@dataclass(frozen=True, slots=True)
class MeasureDifference:
    """A measure of a run less that of the first, over the questions that both have it for.

    ``low`` and ``high`` bound the 95 % bootstrap interval of ``difference``, the mean by
    question. ``p`` is of the paired randomisation test; ``corrected_p`` allows for all
    comparisons made together. ``wins`` counts the questions where the run is better,
    which for a cost is where it has less.
    """

    measure: str
    run: str
    questions: int
    first_mean: float
    mean: float
    difference: float
    low: float
    high: float
    p: float
    corrected_p: float
    wins: int
    ties: int
    losses: int

    @property
    def is_gain(self) -> bool:
        """Whether the difference, if it is one, is for the better."""
        return (self.difference > 0) is not (self.measure in COSTS)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many questions a comparison with ``run`` does without, and why."""

    run: str
    only_in_first: int
    only_in_run: int
    failed: int


@dataclass(frozen=True, slots=True)
class QuestionDifference:
    """A question that a run does better or worse than the first, and what moved.

    ``first`` and ``second`` are the measures in the first run and in ``run``.
    """

    query_id: str
    text: str
    run: str
    first: Mapping[str, float]
    second: Mapping[str, float]
    moves: tuple[DocumentMove, ...]

    def difference(self, measure: str) -> float:
        """Return by how much ``run`` has more of ``measure``; 0 where either has no value."""
        if measure not in self.first or measure not in self.second:
            return 0.0
        return self.second[measure] - self.first[measure]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What ``runs`` come to beside the run ``first``.

    ``differences`` go by measure, then by run. ``questions`` holds those with a
    difference in any measure: the largest in the first of ``measures`` first,
    better and worse ones together.
    """

    first: str
    runs: tuple[str, ...]
    measures: tuple[str, ...]
    differences: tuple[MeasureDifference, ...]
    left_out: tuple[LeftOut, ...]
    questions: tuple[QuestionDifference, ...]


def compare(
    runs: Sequence[Run], measures: Sequence[str] | None = None, *, top_k: int = TOP_K
) -> Comparison:
    """Hold each run against the first, over the questions that both answered.

    Args:
        runs: Two or more, of the same question set.
        measures: Which measures, the most important first; by default those of `HEADLINES`
            that every run has. The more are compared, the more evidence each must bring.
        top_k: How deep to look at what entered and left a ranking.

    Raises:
        RunsError: If they are of different question sets, share no question with a value, or
            one does not have one of ``measures``.
        ValueError: If there are fewer than two runs.
    """
    least = 2
    if len(runs) < least:
        msg = f"a comparison needs at least 2 runs, got {len(runs)}"
        raise ValueError(msg)
    names = run_labels(runs)
    check_same_dataset(runs, names)
    wanted = tuple(dict.fromkeys(measures or headlines(runs)))
    check_measures(runs, wanted)
    found = [
        difference
        for measure in wanted
        for run, name in zip(runs[1:], names[1:], strict=True)
        if (difference := _difference(runs[0], run, measure, name)) is not None
    ]
    if not found:
        msg = (
            f"run {names[0]!r} shares no question that has a value of "
            f"{', '.join(wanted) or 'any measure'} with any of the others; "
            "give runs over the same questions"
        )
        raise RunsError(msg)
    questions = [
        question
        for run, name in zip(runs[1:], names[1:], strict=True)
        for question in _questions(runs[0], run, wanted, name, top_k=top_k)
    ]
    questions.sort(key=lambda each: [-abs(each.difference(measure)) for measure in wanted])
    return Comparison(
        first=names[0],
        runs=tuple(names[1:]),
        measures=wanted,
        differences=tuple(_corrected(found)),
        left_out=tuple(
            _left_out(runs[0], run, name) for run, name in zip(runs[1:], names[1:], strict=True)
        ),
        questions=tuple(questions),
    )


def run_labels(runs: Sequence[Run]) -> list[str]:
    """Return a name for each run that no other has: its own, with a number where that is taken."""
    found: list[str] = []
    for run in runs:
        label, number = run.name, 1
        while label in found:
            number += 1
            label = f"{run.name} ({number})"
        found.append(label)
    return found


def headlines(runs: Sequence[Run]) -> list[str]:
    """Return the measures of `HEADLINES` that every run has; all that they share if none is."""
    shared = [
        measure
        for measure in runs[0].summary.measures
        if all(measure in run.summary.measures for run in runs)
    ]
    return [measure for measure in HEADLINES if measure in shared] or shared


def check_same_dataset(runs: Sequence[Run], names: Sequence[str]) -> None:
    """Make sure that the runs asked the same questions of the same set.

    Raises:
        RunsError: If one is of another question set than the first.
    """
    expected = _dataset(runs[0])
    for run, name in zip(runs[1:], names[1:], strict=True):
        if (found := _dataset(run)) != expected:
            msg = (
                f"run {names[0]!r} is of question set {expected}, but run {name!r} is of {found}; "
                "give runs over the same set"
            )
            raise RunsError(msg)


def check_measures(runs: Sequence[Run], measures: Sequence[str]) -> None:
    """Make sure that every run has ``measures``.

    Raises:
        RunsError: If one does not.
    """
    for measure in measures:
        for run in runs:
            if measure not in run.summary.measures:
                known = ", ".join(run.summary.measures) or "none"
                msg = f"run {run.name!r} has no measure {measure!r}; it has: {known}"
                raise RunsError(msg)


def paired_values(first: Run, second: Run, measure: str) -> list[tuple[float, float]]:
    """Return a measure in both runs, for each question that has it in both."""
    return [
        (one.measures[measure], two.measures[measure])
        for one, two in _pairs(first, second)
        if measure in one.measures and measure in two.measures
    ]


def comparison_to_json(comparison: Comparison, *, top: int | None = None) -> dict[str, JsonValue]:
    """Return ``comparison`` as `briefqa eval compare --json` prints it, with ``top`` questions."""
    questions: list[JsonValue] = [
        {
            "query_id": each.query_id,
            "text": each.text,
            "run": each.run,
            "first": dict(each.first),
            "second": dict(each.second),
            "moves": [
                {**cast("dict[str, JsonValue]", asdict(move)), "why": move.why}
                for move in each.moves
            ],
        }
        for each in comparison.questions[:top]
    ]
    return {
        "first": comparison.first,
        "runs": list(comparison.runs),
        "measures": list(comparison.measures),
        "differences": [asdict(each) for each in comparison.differences],
        "left_out": [asdict(each) for each in comparison.left_out],
        "questions_that_differ": len(comparison.questions),
        "questions": questions,
    }


def _dataset(run: Run) -> str:
    """Return what names the question set: its hash where the run has one, else its name."""
    found = run.about.get("dataset")
    if isinstance(found, dict):
        name, digest = found.get("name"), found.get("sha256")
        return f"{name!r}" if digest is None else f"{name!r} ({str(digest)[:12]})"
    return repr(found)


def _by_id(run: Run) -> Questions:
    return {question.query_id: question for question in run.questions}


def _pairs(first: Run, second: Run) -> Iterator[tuple[QuestionRecord, QuestionRecord]]:
    """Yield the questions that both runs have a result for, in the order of the first."""
    others = _by_id(second)
    for question in first.questions:
        other = others.get(question.query_id)
        if other is not None and question.failed is None and other.failed is None:
            yield question, other


def _left_out(first: Run, run: Run, name: str) -> LeftOut:
    ours, theirs = _by_id(first), _by_id(run)
    both = ours.keys() & theirs.keys()
    return LeftOut(
        run=name,
        only_in_first=len(ours) - len(both),
        only_in_run=len(theirs) - len(both),
        failed=len(both) - sum(1 for _ in _pairs(first, run)),
    )


def _difference(first: Run, run: Run, measure: str, name: str) -> MeasureDifference | None:
    pairs = paired_values(first, run, measure)
    if not pairs:
        return None
    differences = [theirs - ours for ours, theirs in pairs]
    low, high = bootstrap_interval(differences)
    p = randomisation_p(differences)
    more, less = sum(d > _SAME for d in differences), sum(d < -_SAME for d in differences)
    wins, losses = (less, more) if measure in COSTS else (more, less)
    return MeasureDifference(
        measure=measure,
        run=name,
        questions=len(pairs),
        first_mean=fmean(ours for ours, _ in pairs),
        mean=fmean(theirs for _, theirs in pairs),
        difference=fmean(differences),
        low=low,
        high=high,
        p=p,
        corrected_p=p,
        wins=wins,
        ties=len(pairs) - wins - losses,
        losses=losses,
    )


def _corrected(found: Sequence[MeasureDifference]) -> list[MeasureDifference]:
    p_values = holm([each.p for each in found])
    return [replace(each, corrected_p=p) for each, p in zip(found, p_values, strict=True)]


def _questions(
    first: Run, run: Run, measures: Sequence[str], name: str, *, top_k: int
) -> Iterator[QuestionDifference]:
    for one, two in _pairs(first, run):
        found = QuestionDifference(
            query_id=one.query_id,
            text=one.text,
            run=name,
            first={m: one.measures[m] for m in measures if m in one.measures},
            second={m: two.measures[m] for m in measures if m in two.measures},
            moves=(),
        )
        if any(abs(found.difference(measure)) > _SAME for measure in measures):
            yield replace(found, moves=document_moves(one, two, top_k=top_k))
