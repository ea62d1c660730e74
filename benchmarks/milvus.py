"""Asks the same questions of an index in a folder and of its copy in Milvus.

Prints what differs: the chunks found, the answers with their receipts, nDCG@10, and the time
that a question takes, which of milvus-lite says little about a server.

    python benchmarks/milvus.py SET --index FOLDER [--to ADDRESS] [--questions 100]
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from briefqa.assembly.evaluating import index_corpus
from briefqa.assembly.migrating import migrate
from briefqa.assembly.service import Service, open_index
from briefqa.evaluation.datasets import Query
from briefqa.evaluation.loading import load_dataset
from briefqa.evaluation.measures import document_ranking, ndcg
from briefqa.wire import answer_to_wire, search_to_wire

_FOUND = 10


def main() -> int:
    """Ask both, print a table and write it as JSON if that is wanted."""
    arguments = _arguments()
    dataset = load_dataset(arguments.dataset)
    queries = [query for query in dataset.queries if query.relevant][: arguments.questions]
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.index or Path(scratch, "index")
        index_corpus(dataset, folder)
        address = arguments.to or f"milvus-lite:{Path(scratch, 'milvus.db')}"
        begun = time.perf_counter()
        migrate(str(folder), address)
        copied_s = time.perf_counter() - begun
        with open_index(folder) as local, open_index(address) as stored:
            rows = {
                "seconds to copy": round(copied_s, 1),
                **compared(queries, local, stored, "Milvus"),
            }
    for name, value in rows.items():
        sys.stdout.write(f"{name:32}{value}\n")
    if arguments.output is not None:
        arguments.output.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path, help="a question set with its documents")
    parser.add_argument("--index", type=Path, help="folder of its index; made if missing")
    parser.add_argument("--to", help="address in Milvus; by default milvus-lite")
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("-o", "--output", type=Path, help="where to write the figures as JSON")
    return parser.parse_args()


def compared(queries: list[Query], local: Service, stored: Service, name: str) -> dict[str, float]:
    """Return how many answers of two indexes are the same, how good they are and how fast.

    Args:
        queries: What both are asked.
        local: The one in a folder.
        stored: The other.
        name: What to call that.
    """
    same_chunks = same_searches = same_answers = 0
    largest = 0.0
    gains: dict[Service, list[float]] = {local: [], stored: []}
    times: dict[Service, list[float]] = {local: [], stored: []}
    for query in queries:
        found = []
        grades = {str(doc_id): grade for doc_id, grade in query.relevant.items()}
        for service in (local, stored):
            begun = time.perf_counter()
            result = service.search(query.text, top_k=_FOUND)
            times[service].append(1000 * (time.perf_counter() - begun))
            ranking = document_ranking([each.document.doc_id] for each in result.passages)
            gains[service].append(ndcg(ranking, grades, _FOUND))
            found.append(result)
        chunks = [[each.hit.chunk.chunk_id for each in one.passages] for one in found]
        scores = [[each.hit.score for each in one.passages] for one in found]
        same_chunks += chunks[0] == chunks[1]
        same_searches += _told(search_to_wire(found[0])) == _told(search_to_wire(found[1]))
        if chunks[0] == chunks[1]:
            largest = max([largest, *(abs(a - b) for a, b in zip(*scores, strict=True))])
        answers = [answer_to_wire(each.ask(query.text)) for each in (local, stored)]
        same_answers += _told(answers[0]) == _told(answers[1])
    return {
        "questions": len(queries),
        "same chunks in the same order": same_chunks,
        "same searches, scores and all": same_searches,
        "same answers and receipts": same_answers,
        "largest difference of a score": round(largest, 9),
        "ndcg@10, folder": round(statistics.fmean(gains[local]), 4),
        f"ndcg@10, {name}": round(statistics.fmean(gains[stored]), 4),
        "median ms, folder": round(statistics.median(times[local]), 1),
        f"median ms, {name}": round(statistics.median(times[stored]), 1),
    }


def _told(wire: Mapping[str, object]) -> dict[str, object]:
    """Return what is told of an answer but how long it took."""
    return {name: value for name, value in wire.items() if name != "took_ms"}


if __name__ == "__main__":
    raise SystemExit(main())
