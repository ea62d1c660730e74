"""Measures what is lost, and what is spared, by showing only a part of each chunk.

For each distance below the best sentence that a sentence may have (see
`briefqa.retrieval.trimming`): of spans in long documents the share that five passages show,
and their overlap with what is shown (IoU); of quotes the share that the first passage and the
first five hold. A set is a folder or file as `briefqa eval run` takes it, and DOCUMENTS=SET
where the documents lie elsewhere.
"""

import argparse
import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from briefqa import build_index
from briefqa.assembly.embedders import embedder_for_questions
from briefqa.assembly.evaluating import index_corpus
from briefqa.assembly.exports import MODELS_FOLDER
from briefqa.assembly.opening import open_texts
from briefqa.datatypes import DocId
from briefqa.evaluation.datasets import Dataset, Query
from briefqa.evaluation.loading import load_dataset
from briefqa.evaluation.measures import Stretch, evidence_ranks, share_within, span_scores
from briefqa.evaluation.placing import Placer, read_record_texts
from briefqa.indexing import Generation
from briefqa.retrieval import embed_question, find_hits, shown_spans
from briefqa.retrieval.trimming import NEAR_BEST

SHOWN = 5
DISTANCES = (0.0, 0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.8, math.inf)

Figures = dict[str, float]


def placer_of(dataset: Dataset, generation: Generation) -> Placer:
    """Return what finds the references of ``dataset`` in canonical texts."""
    wanted = {r.doc_id for q in dataset.queries for r in q.references if r.span is not None}
    corpus = dataset.corpus
    texts = read_record_texts(corpus, wanted) if corpus and corpus.is_file() and wanted else None
    return Placer(lambda doc_id: generation.document(DocId(doc_id)).text, texts)


def measured(query: Query, placer: Placer, passages: list[tuple[str, int, str]]) -> Figures:
    """Return what ``passages`` (document, start, text) show of what ``query`` asks for."""
    found: Figures = {"characters shown": float(sum(len(text) for _, _, text in passages))}
    if any(reference.span is not None for reference in query.references):
        wanted = [place for r in query.references for place in placer.place(r).places]
        shown = [Stretch(doc_id, start, start + len(text)) for doc_id, start, text in passages]
        scores = span_scores(shown, wanted)
        return {**found, "recall": scores.recall, "IoU": scores.iou}
    quotes = [(str(reference.doc_id), reference.text) for reference in query.references]
    ranks = evidence_ranks(quotes, [(doc_id, text) for doc_id, _, text in passages])
    return {**found, "quotes @1": share_within(ranks, 1), "quotes @5": share_within(ranks, 5)}


def by_distance(dataset: Dataset, index: Path) -> Iterator[tuple[float, Figures]]:
    """Yield each distance, and the means over the questions with it."""
    with open_texts(index) as generation:
        embedder = embedder_for_questions(generation.manifest.model_id, index / MODELS_FOLDER)
        placer = placer_of(dataset, generation)
        rows: dict[float, list[Figures]] = {distance: [] for distance in DISTANCES}
        for query in dataset.queries:
            if not query.references:
                continue
            asked = embed_question(query.text, embedder, generation.words)
            hits = find_hits(asked, generation, k=SHOWN)
            for distance in DISTANCES:
                spans = shown_spans(hits, near_best=distance)
                passages = [
                    (
                        str(hit.chunk.doc_id),
                        span.start,
                        span.of(generation.document(hit.chunk.doc_id).text),
                    )
                    for hit, span in zip(hits, spans, strict=True)
                ]
                rows[distance].append(measured(query, placer, passages))
    for distance, figures in rows.items():
        names = figures[0]
        yield distance, {name: float(np.mean([each[name] for each in figures])) for name in names}


def main() -> None:
    """Print a table for each set."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sets", nargs="+", metavar="SET", help="[DOCUMENTS=]SET")
    parser.add_argument("--indexes", type=Path, default=Path("runs"), help="where indexes are kept")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    written: dict[str, dict[str, Figures]] = {}
    for argument in options.sets:
        documents, _, path = argument.rpartition("=")
        dataset = load_dataset(Path(path))
        index = options.indexes / dataset.name
        if documents:
            build_index(Path(documents), index)
        else:
            index_corpus(dataset, index)
        rows = dict(by_distance(dataset, index))
        names = list(rows[NEAR_BEST])
        print(f"\n{dataset.name}\n{'distance':>12}" + "".join(f"{name:>18}" for name in names))
        for distance, figures in rows.items():
            mark = " *" if distance == NEAR_BEST else "  "
            cells = "".join(f"{figures[name]:18.3f}" for name in names)
            print(f"{distance:10.2f}{mark}{cells}", flush=True)
        written[dataset.name] = {str(distance): figures for distance, figures in rows.items()}
    print("\n* what is shipped; inf shows every chunk whole")
    if options.json:
        options.json.write_text(json.dumps(written, indent=2))


if __name__ == "__main__":
    main()
