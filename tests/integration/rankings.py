"""Indexes a folder, asks it, and prints what came out, for comparison with another run.

Run as ``python -m tests.integration.rankings FOLDER INDEX THREADS QUESTION...``:
INDEX already holds the exported model, which is run on THREADS threads.
"""

import json
import sys
from hashlib import sha256
from pathlib import Path

from briefqa.answering import Models, Options, search_passages
from briefqa.assembly.exports import MODELS_FOLDER
from briefqa.backends.faiss import FaissBackend
from briefqa.backends.onnx import OnnxEmbedder
from briefqa.backends.tantivy import TantivyBackend
from briefqa.chunking import ChunkingOptions
from briefqa.documents import ReadingOptions, read_file
from briefqa.indexing import open_generation
from briefqa.indexing.generations import TOKENS, Backends
from briefqa.indexing.sources import roots_of
from briefqa.indexing.sync import sync


def main(folder: Path, index: Path, threads: int, questions: list[str]) -> None:
    """Print generation and hashes of tokens, and for each question its passages and scores."""
    (card,) = (index / MODELS_FOLDER).glob("*/model.json")
    embedder = OnnxEmbedder.open(card.parent, threads=threads)
    backends = Backends(FaissBackend(), TantivyBackend(), embedder)
    report = sync(
        roots_of([folder]),
        index,
        backends=backends,
        read=read_file,
        chunking=ChunkingOptions(),
        options=ReadingOptions(),
    )
    tokens = index / "generations" / report.generation / TOKENS
    hashes = {path.name: sha256(path.read_bytes()).hexdigest() for path in tokens.iterdir()}
    rankings: list[list[tuple[str, float]]] = []
    with open_generation(index, backends) as generation:
        for question in questions:
            result = search_passages(question, generation, Models(embedder), Options(k=20))
            hits = [passage.hit for passage in result.passages]
            rankings.append([(hit.chunk.chunk_id, hit.score) for hit in hits])
    found = {"generation": report.generation, "tokens": hashes, "rankings": rankings}
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
