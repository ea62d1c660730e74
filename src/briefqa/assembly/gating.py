"""Measures a build on the user's own questions before it takes the place of what serves."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from briefqa.assembly.askers import GenerationAsker
from briefqa.assembly.calibration_file import calibration_of
from briefqa.assembly.embedders import embedder_for_questions
from briefqa.assembly.exports import MODELS_FOLDER
from briefqa.assembly.places import require_folder
from briefqa.assembly.rerankers import reranker_for_questions
from briefqa.assembly.stores import backends_with
from briefqa.errors import DatasetError, DocumentError, GateError, NoGenerationError
from briefqa.evaluation.datasets import Dataset, Query
from briefqa.evaluation.loading import load_dataset
from briefqa.evaluation.running import RunOptions, run_queries
from briefqa.indexing import Generation, read_current
from briefqa.indexing.generations import open_generation_of
from briefqa.indexing.publishing import Candidate, Judge
from briefqa.protocols import ProgressListener
from briefqa.retrieval import DEFAULT_RERANK_TOP, MOST_HITS

DEFAULT_MARGIN = 0.02
_OF_ANSWERS = ("citation_", "decision_")
_DEPTH = re.compile(r"@(\d+)$")
# Sums of the same values may differ in their last digits.
_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Gate:
    """The questions on which an index must not get worse.

    ``measure`` is by default ``evidence_recall@5``, ``span_recall@5`` or ``recall@5``,
    the first that applies; at most ``margin`` of it may be lost. ``reranker`` is the one
    that questions are answered with.
    """

    questions: Path
    measure: str | None = None
    margin: float = DEFAULT_MARGIN
    reranker: str | None = None
    rerank_top: int = DEFAULT_RERANK_TOP


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a build and the generation before it come to: means over ``count`` questions.

    ``left_out`` counts the questions about documents that are gone on purpose.
    """

    measure: str
    built: float
    serving: float
    count: int
    left_out: int
    margin: float

    @property
    def is_worse(self) -> bool:
        """Whether more than the margin is lost."""
        return self.built < self.serving - self.margin - _SLACK


def judge_for(gate: Gate, index: Path, *, on_progress: ProgressListener | None = None) -> Judge:
    """Return what refuses a build of ``index`` that does not pass the gate.

    Raises:
        DatasetError: If the questions cannot be read, or the measure is none of theirs.
    """
    dataset = load_dataset(gate.questions)
    measure = _measure_of(gate, dataset)

    def judge(candidate: Candidate) -> None:
        found = _judged(candidate, dataset, measure, gate, index, on_progress)
        if found.is_worse:
            raise GateError(
                gate.questions,
                measure=measure,
                built=found.built,
                serving=found.serving,
                margin=gate.margin,
                count=found.count,
            )

    return judge


def judge_serving(
    gate: Gate, index: Path | str, *, on_progress: ProgressListener | None = None
) -> Judgement:
    """Return what the generation that serves comes to, against the one before it.

    Raises:
        NoGenerationError: If there is none before.
        DatasetError: If the questions cannot be read, or the measure is none of theirs.
        IndexFileError: If there is no index, or it cannot be used.
    """
    index = require_folder(index)
    dataset = load_dataset(gate.questions)
    measure = _measure_of(gate, dataset)
    current = read_current(index)
    if current.previous is None:
        raise NoGenerationError(None, kept=[current.serving.generation])
    backends = backends_with(None)
    with (
        open_generation_of(index, current.serving, current.sources, backends) as built,
        open_generation_of(index, current.previous, current.sources, backends) as before,
    ):
        candidate = Candidate(built, before, ())
        return _judged(candidate, dataset, measure, gate, index, on_progress)


def _measure_of(gate: Gate, dataset: Dataset) -> str:
    if gate.measure is not None:
        return gate.measure
    references = [reference for query in dataset.queries for reference in query.references]
    if any(reference.span is None for reference in references):
        return "evidence_recall@5"
    if references:
        return "span_recall@5"
    if any(query.relevant for query in dataset.queries):
        return "recall@5"
    detail = "no question says what would be right; give each its evidence, or set gate.measure"
    raise DatasetError(dataset.path, detail)


def _judged(  # noqa: PLR0913, PLR0917 - what to measure, on what, and how
    candidate: Candidate,
    dataset: Dataset,
    measure: str,
    gate: Gate,
    index: Path,
    on_progress: ProgressListener | None,
) -> Judgement:
    gone = _gone_on_purpose(candidate)
    kept = tuple(query for query in dataset.queries if gone.isdisjoint(_documents_of(query)))
    left = len(dataset.queries) - len(kept)
    if not kept:
        return Judgement(measure, 0.0, 0.0, 0, left, gate.margin)
    values = [
        _values(generation, replace(dataset, queries=kept), measure, gate, index, on_progress)
        for generation in (candidate.built, candidate.serving)
    ]
    common = values[0].keys() & values[1].keys()
    if not common:
        detail = f"the measure {measure!r} applies to none of its questions; see `gate.measure`"
        raise DatasetError(dataset.path, detail)
    built, serving = (sum(each[name] for name in common) / len(common) for each in values)
    return Judgement(measure, built, serving, len(common), left, gate.margin)


def _values(  # noqa: PLR0913, PLR0917 - as above
    generation: Generation,
    dataset: Dataset,
    measure: str,
    gate: Gate,
    index: Path,
    on_progress: ProgressListener | None,
) -> dict[str, float]:
    """Return the measure of each question, by its id, where it applies."""
    models = index / MODELS_FOLDER
    asker = GenerationAsker(
        generation,
        embedder_for_questions(generation.manifest.model_id, models),
        reranker=reranker_for_questions(gate.reranker, models) if gate.reranker else None,
        rerank_top=gate.rerank_top,
        calibration=calibration_of(index, generation.manifest.model_id),
    )
    depth = _DEPTH.search(measure)
    options = RunOptions(
        top_k=min(int(depth[1]), MOST_HITS) if depth is not None else MOST_HITS,
        answers=measure.startswith(_OF_ANSWERS),
    )
    records = run_queries(dataset, asker, options=options, on_progress=on_progress)
    return {r.query_id: r.measures[measure] for r in records if measure in r.measures}


def _documents_of(query: Query) -> set[str]:
    return {*query.relevant, *(reference.doc_id for reference in query.references)}


def _gone_on_purpose(candidate: Candidate) -> set[str]:
    """Return the documents that the build has no more, but for those it failed to read.

    Who deletes a document means it; a question about it says nothing of the build.
    """
    built = {info.doc_id for info in candidate.built.documents()}
    before = {info.doc_id: info.source for info in candidate.serving.documents()}
    return {
        doc_id
        for doc_id, source in before.items()
        if doc_id not in built and not _failed(source, candidate.failed)
    }


def _failed(source: str, failed: Sequence[DocumentError]) -> bool:
    # A record that fails is named by its file and line.
    return any(each.source == source or each.source.startswith(f"{source}:") for each in failed)
